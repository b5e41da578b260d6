// clerk/: documents about properties, and the forms that crews use.

#include "tools/city/source.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kDocuments{.source = "clerk",
                               .file = "documents.csv",
                               .number = 14,
                               .header = "document_id,title,kind,parcel_id,created_on,mime,bytes,sha256,url",
                               .key = "document_id",
                               .date = "created_on",
                               .text = "title",
                               .number_column = "bytes",
                               .drift = {.changed = 0, .removed = 100, .added = 50}};

constexpr TableSpec kForms{
    .source = "clerk",
    .file = "forms.csv",
    .number = 15,
    .header = "form_id,title,version,applies_to,status,published_on,questions,description",
    .key = "form_id",
    .text = "title",
    .spoilt = false,
    .drift = {.changed = 0, .removed = 0, .added = 0}};

struct Form {
    std::string_view id, title, applies_to, description;
    int questions;
};

constexpr Form kFormList[] = {
    {"rental-habitability", "Rental habitability", "inspection", "Interior and exterior of a rented dwelling",
     46},
    {"food-routine", "Food service, routine", "inspection", "Risk-based restaurant inspection", 58},
    {"food-followup", "Food service, follow-up", "inspection", "What was open at the last inspection", 12},
    {"fire-prevention", "Fire prevention", "inspection", "Exits, alarms, extinguishers, storage", 40},
    {"hydrant-flow", "Hydrant flow test", "asset", "Static, residual and pitot pressure", 14},
    {"hydrant-visual", "Hydrant visual check", "asset", "Caps, access, paint, leaks", 9},
    {"preplan-survey", "Pre-plan survey", "preplan", "Construction, protection, utilities, people", 72},
    {"vacant-building", "Vacant building", "violation", "Secured, roof, trespass, hazards", 18},
    {"code-complaint", "Code complaint", "service_request", "First visit on a complaint", 16},
    {"building-framing", "Building, framing", "permit", "Framing before cover", 22},
    {"building-final", "Building, final", "permit", "Final before occupancy", 31},
    {"damage-assessment", "Rapid damage assessment", "property", "ATC-20 rapid evaluation after an event",
     20},
};

class Clerk : public Source {
  public:
    Clerk(const Sources& sources, const std::string& folder)
        : Source(sources, folder), documents_(open(kDocuments)), forms_(open(kForms)) {
        std::uint64_t row = 0;
        for (const Form& form : kFormList) {
            Random random(hash(kForms.number, ++row));
            forms_.add(form.id)
                .add(form.title)
                .add(random.between(1, 7))
                .add(form.applies_to)
                .add("published")
                .add_iso(kDayZero - random.between(20, 900))
                .add(form.questions)
                .add(form.description);
            forms_.put(row, {}, Link::not_linked);
        }
    }

    void property(const Property& property) override {
        Random random = random_for(property, 0xD0C);
        const bool one = random.percent(3);
        each_row(
            sources_, documents_, property, one ? 1 : 0,
            [&](std::uint64_t row, const Fate& fate, Random& drawn) { write(property, row, fate, drawn); });
    }

  private:
    struct Kind {
        std::string_view kind, title, mime, extension;
    };

    void write(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        constexpr Kind kKinds[] = {
            {"certificate_of_occupancy", "Certificate of Occupancy", "application/pdf", "pdf"},
            {"site_plan", "Site plan", "application/pdf", "pdf"},
            {"letter", "Letter to owner", "application/pdf", "pdf"},
            {"photo", "Photo, street side", "image/jpeg", "jpg"},
            {"floor_plan", "Floor plan, first floor", "application/pdf", "pdf"},
        };
        const Day created = happened(fate, random, 15 * 365);
        const Kind& kind = random.pick(kKinds);
        const std::string id = "D" + shuffled_number(row, kDocuments.number);
        std::string digest;
        for (int i = 0; i < 64; ++i) digest += "0123456789abcdef"[random.below(16)];
        documents_.add(id)
            .add(std::string(kind.title) + ", " + property.full_address)
            .add(kind.kind)
            .add(property.parcel_id)
            .add_iso(created)
            .add(kind.mime)
            .add(random.between(20'000, 9'000'000))
            .add(digest)
            .add("https://documents.harlowfalls.example/" + id + "." + std::string(kind.extension));
        documents_.put(row, fate, Link::parcel);
    }

    Table& documents_;
    Table& forms_;
};

}  // namespace

std::unique_ptr<Source> clerk(const Sources& sources, const std::string& folder) {
    return std::make_unique<Clerk>(sources, folder);
}

}  // namespace fieldpost::city

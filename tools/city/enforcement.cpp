// lpi/: code violations and licences.

#include <algorithm>

#include "tools/city/source.hpp"
#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kViolations{
    .source = "lpi",
    .file = "violations.csv",
    .number = 7,
    .header =
        "ViolationId,CaseNum,PIN,Address,Code,Description,OpenedDate,ComplyBy,ClosedDate,Status,Severity,"
        "Inspector,FineAmount,Latitude,Longitude",
    .key = "ViolationId",
    .date = "OpenedDate",
    .text = "Description",
    .number_column = "FineAmount",
    .latitude = "Latitude",
    .longitude = "Longitude"};

constexpr TableSpec kLicenses{.source = "lpi",
                              .file = "licenses.csv",
                              .number = 8,
                              .header =
                                  "LicenseNum,LicenseType,BusinessName,LicenseeName,PIN,Address,Zip,Status,"
                                  "IssuedDate,ExpiresDate,Phone,"
                                  "Email,NAICS,SeatingCapacity,Fee",
                              .key = "LicenseNum",
                              .date = "IssuedDate",
                              .text = "BusinessName",
                              .number_column = "Fee",
                              .drift = {.changed = 800, .removed = 200, .added = 50}};

struct Breach {
    std::string_view code, description, severity;
    bool vacant;  // also on vacant land
};

constexpr Breach kBreaches[] = {
    {"PM-302.4", "Weeds and grass over 10 inches", "minor", true},
    {"PM-302.8", "Unregistered motor vehicle in yard", "minor", true},
    {"PM-308.1", "Accumulation of rubbish and garbage", "major", true},
    {"PM-302.1", "Illegal dumping, tires and debris", "major", true},
    {"PM-304.2", "Peeling paint on exterior, possible lead", "major", false},
    {"PM-304.7", "Roof and gutters in disrepair", "major", false},
    {"PM-304.10", "Porch and stairs unsafe", "critical", false},
    {"PM-304.13", "Broken windows", "minor", false},
    {"PM-504.1", "Plumbing fixture not in working order", "major", false},
    {"PM-602.3", "No heat supplied", "critical", false},
    {"PM-604.3", "Exposed wiring", "critical", false},
    {"PM-702.1", "Blocked means of egress", "critical", false},
    {"FC-907.8", "Fire alarm system impaired", "critical", false},
    {"FC-906.2", "Fire extinguishers not serviced", "minor", false},
    {"BC-105.1", "Work without a permit", "major", false},
    {"PM-108.1", "Unsafe structure, open to trespass", "critical", false},
};

class Enforcement : public Source {
  public:
    Enforcement(const Sources& sources, const std::string& folder)
        : Source(sources, folder), violations_(open(kViolations)), licenses_(open(kLicenses)) {}

    void property(const Property& property) override {
        Random random = random_for(property, 0x710);
        constexpr int kCounts[] = {78, 13, 5, 2, 1, 1};
        const int count = property.building_with_units ? 1 : static_cast<int>(random.weighted(kCounts));
        each_row(sources_, violations_, property, count,
                 [&](std::uint64_t row, const Fate& fate, Random& drawn) {
                     write_violation(property, row, fate, drawn);
                 });
        const bool rental = property.residential() && property.owner.landlord && !property.unit_of_building &&
                            random.percent(60);
        const int licences = (property.business.empty() ? 0 : 1) + (rental ? 1 : 0) +
                             (property.use == Use::restaurant && random.percent(60) ? 1 : 0);
        each_row(sources_, licenses_, property, licences,
                 [&](std::uint64_t row, const Fate& fate, Random& drawn) {
                     write_license(property, row, fate, drawn);
                 });
    }

  private:
    void write_violation(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        const Day opened = happened(fate, random, 5 * 365);
        const Breach* breach = &random.pick(kBreaches);
        while (!property.built() && !breach->vacant) breach = &random.pick(kBreaches);
        const Day comply_by = opened + random.between(7, 60);
        Day closed = opened + random.between(5, 300);
        std::string_view status = closed >= kDayZero || random.percent(20) ? "Open" : "Closed";
        if (status == "Open" && random.percent(15)) status = "Referred";
        if (fate.changed_on > 0) {
            const bool reopened = status == "Closed" && closed < kDayZero;
            status = reopened ? "Referred" : "Closed";
            closed = changed_day(fate);
        }
        const Manners manners{.by_address = 20, .by_position = 5, .care = Care::clerk};
        const Reference reference = refer(sources_, property, manners, random);
        std::string number = "C" + std::to_string(year_of(opened)) + "-" + shuffled_number(row, 70);
        violations_.add("V" + shuffled_number(row, kViolations.number))
            .add(number)
            .add(reference.parcel_id)
            .add(reference.address)
            .add(breach->code)
            .add(breach->description)
            .add_iso(opened)
            .add_iso(comply_by)
            .add_iso(status == "Closed" ? closed : kUnknownDay)
            .add(status)
            .add(breach->severity)
            .add(inspector(random))
            .add_cents(random.percent(30) ? random.between(1, 20) * 5'000 : 0)
            .add_position(reference.position());
        put_linked(sources_, violations_, row, fate, property, reference);
    }

    void write_license(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        const bool business = !property.business.empty();
        Day issued = happened(fate, random, 3 * 365);
        Day expires = issued + 730;
        std::string_view status = expires < kDayZero ? "Expired" : random.percent(3) ? "Suspended" : "Active";
        if (fate.changed_on > 0) {  // renewed, or suspended when it was fresh
            status = status == "Active" ? "Suspended" : "Active";
            issued = changed_day(fate);
            expires = issued + 730;
        }
        std::string_view type = "Rental Registration";
        std::string_view naics = "531110";
        if (business) {
            const bool food = property.use == Use::restaurant;
            type = food                                      ? (row % 64 == 0 ? "Food Service" : "Liquor")
                   : property.property_class == "Industrial" ? "Industrial"
                                                             : "General Business";
            naics = food ? "722511" : property.property_class == "Industrial" ? "332710" : "459999";
        }
        const PersonName name = person(random);
        const Manners manners{.by_address = 30, .care = Care::clerk};
        const Reference reference = refer(sources_, property, manners, random);
        const std::string number = shuffled_number(row, kLicenses.number);
        licenses_.add("L-" + number)
            .add(type)
            .add(business ? property.business : property.owner.name)
            .add(std::string(name.first) + ' ' + std::string(name.last))
            .add(reference.parcel_id)
            .add(reference.address)
            .add(property.address.postal_code)
            .add(status)
            .add_iso(issued)
            .add_iso(expires)
            .add(phone(random))
            .add(random.percent(50) ? "license" + number + "@mail.example" : std::string())
            .add(naics)
            .add_known(property.use == Use::restaurant ? random.between(3, 40) * 4 : 0)
            .add_cents(random.between(5, 60) * 1'000);
        put_linked(sources_, licenses_, row, fate, property, reference);
    }

    Table& violations_;
    Table& licenses_;
};

}  // namespace

std::unique_ptr<Source> enforcement(const Sources& sources, const std::string& folder) {
    return std::make_unique<Enforcement>(sources, folder);
}

}  // namespace fieldpost::city

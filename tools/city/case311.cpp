// case311/: service requests in Open311 bulk columns, as citizens enter them.

#include "tools/city/source.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kRequests{
    .source = "case311",
    .file = "service_requests.csv",
    .number = 9,
    .header =
        "service_request_id,service_name,service_subtype,requested_datetime,updated_datetime,closed_date,"
        "status_description,status_notes,source,description,agency_responsible,address,address_id,zipcode,"
        "lat,"
        "long,media_url",
    .key = "service_request_id",
    .date = "requested_datetime",
    .text = "description",
    .number_column = "lat",
    .latitude = "lat",
    .longitude = "long",
    .drift = {.changed = 1500, .removed = 100, .added = 600}};

struct Service {
    std::string_view name, subtype, description, agency;
};

constexpr Service kServices[] = {
    {"Pothole", "Street", "Big hole in front of the house, someone will get hurt", "Public Works"},
    {"Street Light Out", "Lamp", "Light has been out for two weeks", "Public Works"},
    {"Missed Collection", "Recycling", "The truck skipped our side of the street", "Sanitation"},
    {"Missed Collection", "Trash", "Bins still full, it smells", "Sanitation"},
    {"Illegal Dumping", "Tires", "Pile of tires and a mattress dumped overnight", "Sanitation"},
    {"Graffiti", "Private property", "Graffiti on the side wall", "Public Works"},
    {"Tree Concern", "Limb down", "Large limb hanging over the sidewalk", "Forestry"},
    {"Rodents", "Rats", "Rats seen near the garbage, several times", "Health"},
    {"Noise", "Loud music", "Music until 3 am again", "Police, non-emergency"},
    {"Abandoned Vehicle", "Private lot", "Car without plates, flat tires", "Parking"},
    {"Water Leak", "Main", "Water coming up through the street", "Water"},
    {"No Water", "Service", "No water since this morning", "Water"},
    {"Housing Complaint", "No heat", "Landlord does not answer, no heat for days", "Codes"},
    {"Housing Complaint", "Mold", "Mold in the bathroom, kids are sick", "Codes"},
    {"Vacant Building", "Open to entry", "Door is open, people go in at night", "Codes"},
    {"Snow Removal", "Sidewalk", "Sidewalk never shovelled; elderly neighbors", "Codes"},
    {"Hydrant", "Leaking", "Hydrant leaks and freezes over the walk", "Water"},
    {"Animal Control", "Stray dog", "Brown dog, no collar, \"friendly\"", "Animal Services"},
};

class Case311 : public Source {
  public:
    Case311(const Sources& sources, const std::string& folder)
        : Source(sources, folder), requests_(open(kRequests)) {}

    void property(const Property& property) override {
        constexpr int kCounts[] = {52, 24, 12, 6, 3, 2, 1};
        Random random = random_for(property, 0x311);
        const auto count = static_cast<int>(random.weighted(kCounts));
        each_row(
            sources_, requests_, property, count,
            [&](std::uint64_t row, const Fate& fate, Random& drawn) { write(property, row, fate, drawn); });
    }

  private:
    void write(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        constexpr std::string_view kChannels[] = {"phone", "app", "web", "web", "email", "walk-in"};
        constexpr std::string_view kNotes[] = {"Assigned to crew", "Duplicate of an earlier request",
                                               "Waiting for parts", "Inspected, no action needed", ""};
        const Day requested = happened(fate, random, 3 * 365);
        const auto second = static_cast<int>(random.below(86'400));
        const Service& service = random.pick(kServices);
        Day updated = requested + static_cast<int>(random.below(30));
        bool closed = updated < kDayZero && !random.percent(8);
        if (updated >= kDayZero) updated = requested;
        std::string_view notes = random.pick(kNotes);
        if (fate.changed_on > 0) {
            closed = !closed;
            updated = changed_day(fate);
            notes = closed ? "Done" : "Reopened at the citizen's request";
        }
        const Manners manners{.by_address = 42, .by_position = 22, .none = 6, .care = Care::citizen};
        const Reference reference = refer(sources_, property, manners, random);
        const std::string number = shuffled_number(row, kRequests.number);
        requests_.add("SR" + number)
            .add(service.name)
            .add(service.subtype)
            .add_moment(requested, second, 'T', "-06:00")
            .add_moment(updated, (second + 4'321) % 86'400, 'T', "-06:00")
            .add_moment(closed ? updated : kUnknownDay, (second + 4'321) % 86'400, 'T', "-06:00")
            .add(closed ? "closed" : "open")
            .add(notes)
            .add(random.pick(kChannels))
            .add(service.description)
            .add(service.agency)
            .add(reference.address)
            .add(reference.parcel_id)
            .add(random.percent(60) ? property.address.postal_code : std::string())
            .add_position(reference.position())
            .add(random.percent(10) ? "https://311.harlowfalls.example/media/" + number + ".jpg"
                                    : std::string());
        put_linked(sources_, requests_, row, fate, property, reference);
    }

    Table& requests_;
};

}  // namespace

std::unique_ptr<Source> case311(const Sources& sources, const std::string& folder) {
    return std::make_unique<Case311>(sources, folder);
}

}  // namespace fieldpost::city

// lpi/: building permits in BLDS columns, and inspections.

#include <algorithm>

#include "tools/city/source.hpp"
#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kPermits{
    .source = "lpi",
    .file = "permits.csv",
    .number = 5,
    .header =
        "PermitNum,Description,AppliedDate,IssuedDate,CompletedDate,StatusCurrent,StatusCurrentMapped,"
        "StatusDate,"
        "OriginalAddress1,OriginalAddress2,OriginalCity,OriginalState,OriginalZip,PIN,Latitude,Longitude,"
        "Jurisdiction,PermitClass,PermitClassMapped,WorkClass,WorkClassMapped,PermitType,PermitTypeMapped,"
        "PermitTypeDesc,EstProjectCost,Fee,HousingUnits,TotalSqFt,ContractorCompanyName,ContractorTrade,"
        "ContractorLicNum,ContractorPhone,ExpiresDate,ProjectName,Conditions",
    .key = "PermitNum",
    .date = "AppliedDate",
    .text = "Description",
    .number_column = "EstProjectCost",
    .latitude = "Latitude",
    .longitude = "Longitude"};

constexpr TableSpec kInspections{
    .source = "lpi",
    .file = "inspections.csv",
    .number = 6,
    .header =
        "InspectionId,PermitNum,InspType,InspTypeMapped,Program,PIN,OriginalAddress1,RequestDate,"
        "ScheduledDate,"
        "InspectedDate,Result,ResultMapped,InspectionNotes,Inspector,Final,ReInspection",
    .key = "InspectionId",
    .date = "RequestDate",
    .text = "InspectionNotes"};

struct Work {
    std::string_view type, mapped, description, trade;
    bool house;     // also at houses, not only at large buildings
    int low, high;  // hundreds of dollars
};

constexpr Work kWorks[] = {
    {"BLDG", "Building", "Interior remodel, kitchen and bath", "General", true, 40, 600},
    {"BLDG", "Building", "Rear deck and stairs", "General", true, 20, 180},
    {"BLDG", "Building", "One-story addition", "General", true, 300, 1800},
    {"BLDG", "Building", "Replace windows, same openings", "General", true, 15, 200},
    {"BLDG", "Building", "Tenant build-out, first floor", "General", false, 200, 6000},
    {"DEMO", "Demolition", "Demolish detached garage", "Wrecking", true, 10, 90},
    {"DEMO", "Demolition", "Demolish fire-damaged structure", "Wrecking", true, 60, 400},
    {"ELEC", "Electrical", "Upgrade service to 200 amp", "Electrical", true, 12, 60},
    {"ELEC", "Electrical", "Rooftop solar array, 7.2 kW", "Electrical", true, 120, 320},
    {"ELEC", "Electrical", "Fire alarm panel replacement", "Electrical", false, 50, 900},
    {"FENCE", "Fence", "6 ft privacy fence, rear yard", "Fence", true, 10, 90},
    {"MECH", "Mechanical", "Furnace and AC change-out", "HVAC", true, 30, 140},
    {"MECH", "Mechanical", "Rooftop units, three", "HVAC", false, 150, 1500},
    {"PLUM", "Plumbing", "Water heater replacement", "Plumbing", true, 8, 40},
    {"PLUM", "Plumbing", "Sewer lateral repair", "Plumbing", true, 30, 180},
    {"POOL", "Pool/Spa", "In-ground pool, 16 x 32", "Pools", true, 250, 800},
    {"ROOF", "Roof", "Tear-off and re-roof", "Roofing", true, 50, 300},
    {"GRAD", "Grading", "Parking lot grading and drainage", "Excavation", false, 80, 1200},
};

struct Stage {
    std::string_view current, mapped;
};
constexpr Stage kStages[] = {
    {"RECEIVED", "Application Accepted"}, {"PLAN REVIEW", "In Review"},        {"FEES DUE", "Fees/Payment"},
    {"ISSUED", "Permit Issued"},          {"INSPECTIONS", "Inspection Phase"}, {"CLOSED", "Permit Finaled"},
    {"CO ISSUED", "Occupancy"},           {"VOID", "Permit Cancelled"},
};
constexpr std::size_t kIssued = 3, kClosed = 5, kVoid = 7;

constexpr int kPermitDays = 11 * 365;

class Permits : public Source {
  public:
    Permits(const Sources& sources, const std::string& folder)
        : Source(sources, folder), permits_(open(kPermits)), inspections_(open(kInspections)) {}

    void property(const Property& property) override {
        const int count = permit_count(property);
        each_row(sources_, permits_, property, count,
                 [&](std::uint64_t row, const Fate& fate, Random& random) {
                     write_permit(property, row, fate, random);
                 });
        each_row(sources_, inspections_, property, inspection_count(property),
                 [&](std::uint64_t row, const Fate& fate, Random& random) {
                     write_inspection(property, count, row, fate, random);
                 });
    }

  private:
    int permit_count(const Property& property) const {
        constexpr int kBuilt[] = {52, 25, 13, 6, 3, 1};
        constexpr int kUnit[] = {82, 14, 4};
        Random random = random_for(property, 0x9C01);
        if (!property.built()) return random.percent(8) ? 1 : 0;
        return static_cast<int>(property.unit_of_building ? random.weighted(kUnit) : random.weighted(kBuilt));
    }

    int inspection_count(const Property& property) const {
        constexpr int kUsual[] = {56, 25, 10, 6, 3};
        constexpr int kBusy[] = {20, 25, 25, 20, 10};
        Random random = random_for(property, 0x1C01);
        if (!property.built()) return 0;
        return static_cast<int>(property.business.empty() ? random.weighted(kUsual) : random.weighted(kBusy));
    }

    static std::string permit_number(std::uint64_t row, Day applied) {
        std::string out = "B";
        append_padded(out, year_of(applied) % 100, 2);
        return out + "-" + shuffled_number(row, kPermits.number);
    }

    void write_permit(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        const Day applied = happened(fate, random, kPermitDays);  // the first draw: see applied_on()
        const Work* work = &random.pick(kWorks);
        const bool small = property.use == Use::single_family || property.use == Use::two_family ||
                           property.unit_of_building;
        while (small && !work->house) work = &random.pick(kWorks);

        // The longer ago, the further on.
        const int age = kDayZero - applied;
        std::size_t stage = age > 500   ? kClosed
                            : age > 120 ? kIssued + random.below(2)
                            : age > 30  ? 1 + random.below(3)
                                        : random.below(2);
        if (stage == kClosed && random.percent(15)) stage = kClosed + 1;
        if (random.percent(4)) stage = kVoid;
        Day status_on =
            applied + static_cast<int>(random.below(static_cast<std::uint32_t>(std::max(1, age / 2))));
        Day issued = applied + random.between(3, 60);
        Day completed = issued + random.between(20, 400);
        if (fate.changed_on > 0) {
            stage = stage < kIssued ? stage + 1 : stage == kClosed ? kIssued + 1 : kClosed;
            status_on = changed_day(fate);
            issued = std::min(issued, status_on);
            completed = status_on;
        }
        const bool is_issued = stage >= kIssued && stage != kVoid;
        const bool is_completed = stage == kClosed || stage == kClosed + 1;
        const std::int64_t cost = std::int64_t{random.between(work->low, work->high)} * 10'000;
        const Manners manners{.by_address = 15, .by_position = 3, .care = Care::clerk};
        const Reference reference = refer(sources_, property, manners, random);
        const std::string company = company_name(random);
        std::string licence = "CL-";
        append_padded(licence, random.between(1, 9999), 5);

        permits_.add(permit_number(row, applied))
            .add(work->description)
            .add_iso(applied)
            .add_iso(is_issued ? issued : kUnknownDay)
            .add_iso(is_completed ? completed : kUnknownDay)
            .add(kStages[stage].current)
            .add(kStages[stage].mapped)
            .add_iso(status_on)
            .add(reference.address)
            .add("")
            .add(kCityName)
            .add(kState)
            .add(random.percent(85) ? property.address.postal_code : std::string())
            .add(reference.parcel_id)
            .add_position(reference.position())
            .add("City of Harlow Falls")
            .add(property.residential() ? "RES" : "COM")
            .add(property.residential() ? "Residential" : "Non-Residential")
            .add(work->description.find("addition") != std::string_view::npos ? "NEW" : "ALT")
            .add(work->description.find("addition") != std::string_view::npos ? "New" : "Existing")
            .add(work->type)
            .add(work->mapped)
            .add(work->trade)
            .add_cents(cost)
            .add_cents(cost / 100 + 3'500)
            .add_known(property.residential() ? property.units : 0)
            .add_known(property.area_sqft)
            .add(company)
            .add(work->trade)
            .add(licence)
            .add(phone(random))
            .add_iso(is_issued ? issued + 365 : kUnknownDay)
            .add(property.business)
            .add(is_issued ? conditions(row) : "");
        put_linked(sources_, permits_, row, fate, property, reference);
    }

    // What the approval binds to; of most nothing.
    std::string_view conditions(std::uint64_t row) const {
        constexpr std::string_view kConditions[] = {
            "Keep one exit and the street clear during work",
            "Hot work only with a fire watch for 60 minutes after",
            "Sprinklers stay in service; tell the fire department before each shut-down",
            "No work between 19:00 and 07:00",
            "Smoke alarms in all bedrooms before the final inspection",
            "Asbestos survey before demolition; water and gas capped at the main"};
        Random random(hash(sources_.seed(), 0xC0D1, row));
        return random.percent(18) ? random.pick(kConditions) : std::string_view();
    }

    // When a permit was applied for, without making the permit.
    Day applied_on(const Property& property, std::uint64_t row) const {
        Random random(hash(sources_.seed(), kPermits.number, row));
        return happened({.born = property.born}, random, kPermitDays);
    }

    void write_inspection(const Property& property, int permit_count, std::uint64_t row, const Fate& fate,
                          Random& random) {
        constexpr Stage kPermitKinds[] = {
            {"FOOTING", "Foundation"},        {"FRAME", "Framing"},        {"ROUGH ELEC", "Electrical Rough"},
            {"ROUGH PLUM", "Plumbing Rough"}, {"FINAL", "Final Building"}, {"INSUL", "Insulation"}};
        constexpr std::string_view kPassNotes[] = {"OK", "Approved as built", "No defects found",
                                                   "Corrections verified"};
        constexpr std::string_view kFailNotes[] = {"Missing smoke alarms on second floor",
                                                   "Handrail loose at rear stairs",
                                                   "Egress blocked by storage",
                                                   "Hand sink without hot water",
                                                   "Extinguisher tag expired",
                                                   "Open junction box in basement",
                                                   "GFCI required at counter",
                                                   "No access to unit, tenant absent"};
        Day requested = happened(fate, random, 6 * 365);
        std::string permit;
        Stage kind{"RENTAL", "Rental Habitability"};
        std::string_view program = "Rental";
        if (permit_count > 0 && random.percent(60)) {
            const std::uint64_t of =
                property.ordinal * 64 + random.below(static_cast<std::uint32_t>(permit_count));
            const Day applied = applied_on(property, of);
            permit = permit_number(of, applied);
            if (requested < applied) requested = std::min(applied + 7, std::max(applied, kDayZero - 1));
            program = "Permit";
            kind = random.pick(kPermitKinds);
        } else if (property.use == Use::restaurant) {
            program = "Food";
            kind = {"FOOD", "Food Service"};
        } else if (!property.residential()) {
            program = "Fire";
            kind = {"FIRE", "Fire Prevention"};
        }
        Day scheduled = requested + random.between(1, 21);
        const int weights[] = {70, 18, 6, 6};
        constexpr std::string_view kMapped[] = {"Passed", "Rejected", "Partial", "Cancelled"};
        constexpr std::string_view kResults[] = {"PASS", "FAIL", "PARTIAL", "CANCELLED"};
        std::size_t result = random.weighted(weights);
        Day inspected = scheduled + static_cast<int>(random.below(3));
        bool done = inspected < kDayZero;
        const bool again = random.percent(12);
        if (fate.changed_on > 0) {
            result = done && result == 0 ? 1 : 0;
            inspected = changed_day(fate);
            scheduled = std::min(scheduled, inspected);
            done = true;
        }
        const Manners manners{.by_address = 14, .care = Care::clerk};
        const Reference reference = refer(sources_, property, manners, random);
        const std::string_view note = result == 0 ? random.pick(kPassNotes) : random.pick(kFailNotes);
        inspections_.add("I" + shuffled_number(row, kInspections.number))
            .add(permit)
            .add(kind.current)
            .add(kind.mapped)
            .add(program)
            .add(reference.parcel_id)
            .add(reference.address)
            .add_iso(requested)
            .add_iso(scheduled)
            .add_iso(done ? inspected : kUnknownDay)
            .add(done ? kResults[result] : "")
            .add(done ? kMapped[result] : "")
            .add(done ? note : "")
            .add(inspector(random))
            .add(kind.current == "FINAL" ? "Yes" : "No")
            .add(again ? "Yes" : "No");
        put_linked(sources_, inspections_, row, fate, property, reference);
    }

    Table& permits_;
    Table& inspections_;
};

}  // namespace

std::unique_ptr<Source> permits(const Sources& sources, const std::string& folder) {
    return std::make_unique<Permits>(sources, folder);
}

}  // namespace fieldpost::city

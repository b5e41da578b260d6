#include "tools/city/preplan.hpp"

#include "tools/city/words.hpp"

namespace fieldpost::city {

const TableSpec kPreplans{
    .source = "fire",
    .file = "preplans.csv",
    .number = 11,
    .header =
        "plan_id,name,parcel_id,address,status,version,surveyed_on,surveyed_by,next_review_due,construction,"
        "year_built,stories_above,stories_below,height_ft,area_sqft,roof_material,truss,basement,solar_"
        "panels,"
        "occupancy_load,use_type,key_box_location,gate_code,fire_alarm_type,fire_suppression_type,"
        "fire_suppression_extent,fdc_location,standpipe_class,panel_location,riser_location,impairment,"
        "gas_shutoff,electric_shutoff,water_shutoff,generator_location,pv_kind,ess_kwh,needed_fire_flow_gpm,"
        "occupants_day,occupants_night,non_ambulatory,refuge_area,collapse_risk,contact_name,contact_role,"
        "contact_phone,quick_sheet,strategy_notes",
    .key = "plan_id",
    .date = "surveyed_on",
    .text = "strategy_notes",
    .number_column = "needed_fire_flow_gpm",
    .drift = {.changed = 1000, .removed = 100, .added = 20}};

namespace {

constexpr std::string_view kPlaces[] = {
    "Side A, left of main entrance", "Side A lobby",        "Side B, alley",
    "Side C, loading dock",          "Side D, parking lot", "Basement, NE corner",
    "Electrical room, first floor",  "Side C, rear door"};
constexpr std::string_view kRoofs[] = {"METAL", "ASPHALT_SHINGLES", "MEMBRANE", "MEMBRANE", "SLATE", "OTHER"};
constexpr std::string_view kTrusses[] = {"none", "roof", "floor", "both", "unknown"};
constexpr std::string_view kAlarms[] = {"AUTOMATIC", "MANUAL_AND_AUTOMATIC", "MANUAL"};
constexpr std::string_view kSystems[] = {"WET_PIPE_SPRINKLER_SYSTEM", "WET_PIPE_SPRINKLER_SYSTEM",
                                         "DRY_PIPE_SPRINKLER_SYSTEM", "PRE_ACTION_SYSTEM", "UNKNOWN"};
constexpr std::string_view kRoles[] = {"Building manager", "Owner", "Night watch", "Facilities",
                                       "Key holder"};
constexpr std::string_view kNotes[] = {"Long hose stretch from side A; lay in from the corner",
                                       "Truss roof: no crews above or below after ten minutes",
                                       "Expect people in wheelchairs on all floors",
                                       "Void spaces between old and new ceilings, open up early",
                                       "Protect exposure D, six feet away",
                                       "Elevator keys in the box at the panel"};

std::string_view use_type(const Property& property) {
    switch (property.use) {
        case Use::school:
            return "EDUCATION";
        case Use::hospital:
        case Use::nursing_home:
            return "HEALTH_CARE";
        case Use::church:
            return "ASSEMBLY";
        case Use::warehouse:
            return "STORAGE";
        case Use::manufacturing:
            return "INDUSTRIAL";
        default:
            return property.residential() ? "RESIDENTIAL" : "COMMERCIAL";
    }
}

}  // namespace

bool has_preplan(const Property& property, Random& random) {
    if (!property.built() || property.unit_of_building) return false;
    const std::uint32_t share = property.property_class == "Institutional" ? 90
                                : property.property_class == "Industrial"  ? 22
                                : property.units > 12                      ? 60
                                : property.property_class == "Commercial"  ? 6
                                                                           : 0;
    return random.percent(share);
}

void write_preplan(const Sources& sources, Table& table, const Property& property, std::uint64_t row,
                   const Fate& fate, Random& random) {
    const Day surveyed = fate.changed_on > 0 ? changed_day(fate) : happened(fate, random, 4 * 365);
    const bool sprinklers = random.percent(65);
    const bool care = property.use == Use::hospital || property.use == Use::nursing_home;
    const bool solar = random.percent(12);
    const bool battery = solar && random.percent(40);
    const int stories = property.stories;
    const int day = care ? random.between(40, 300) : random.between(2, 30) * stories + property.units;
    const int night =
        property.residential() || care ? property.units * 2 + random.between(10, 80) : random.between(0, 4);
    const bool published = fate.changed_on > 0 || random.percent(92);
    const Manners manners{.by_address = 12, .care = Care::clerk};
    const Reference reference = refer(sources, property, manners, random);
    const PersonName contact = person(random);
    const std::string_view notes = random.pick(kNotes);

    std::string gate;
    if (random.percent(30)) {
        gate = "77#";
        append_padded(gate, random.below(10'000), 4);
    }
    std::string quick = std::to_string(stories) + "-story, " + std::string(property.construction);
    quick += sprinklers ? ", sprinklered" : ", not sprinklered";
    if (property.basement) quick += ", basement";
    if (care) quick += ". Patients cannot walk: defend in place";
    if (battery) quick += ". Battery storage in garage";

    table.add("FP" + shuffled_number(row, kPreplans.number))
        .add(property.building_name.empty() ? property.business : property.building_name)
        .add(reference.parcel_id)
        .add(reference.address)
        .add(published ? "published" : "draft")
        .add(random.between(1, 6) + (fate.changed_on > 0 ? fate.changed_on : 0))
        .add_iso(surveyed)
        .add(inspector(random))
        .add_iso(surveyed + 730)
        .add(property.construction)
        .add(property.year_built)
        .add(stories)
        .add(property.basement ? 1 : 0)
        .add(stories * 12 + 4)
        .add(property.area_sqft)
        .add(random.pick(kRoofs))
        .add(random.pick(kTrusses))
        .add(property.basement ? "Y" : "N")
        .add(solar ? "Y" : "N")
        .add(day * 2)
        .add(use_type(property))
        .add(random.percent(60) ? random.pick(kPlaces) : std::string_view{})
        .add(gate)
        .add(random.percent(80) ? random.pick(kAlarms) : std::string_view{})
        .add(sprinklers ? random.pick(kSystems) : std::string_view{})
        .add(!sprinklers          ? ""
             : random.percent(80) ? "FULL"
                                  : "PARTIAL")
        .add(sprinklers ? random.pick(kPlaces) : std::string_view{})
        .add(stories > 4 ? "I" : "")
        .add(random.pick(kPlaces))
        .add(sprinklers ? random.pick(kPlaces) : std::string_view{})
        .add(random.percent(5) ? "Sprinkler riser out of service since 2026-01-12" : "")
        .add(random.pick(kPlaces))
        .add(random.pick(kPlaces))
        .add(random.pick(kPlaces))
        .add(random.percent(20) ? random.pick(kPlaces) : std::string_view{})
        .add(solar ? "roof array" : "")
        .add_known(battery ? random.between(10, 200) : 0)
        .add(random.between(2, 14) * 250)
        .add(day)
        .add(night)
        .add(care                 ? random.between(5, 60)
             : random.percent(10) ? random.between(1, 4)
                                  : 0)
        .add(stories > 3 ? "Stair landings, floors 3 and up" : "")
        .add(property.year_built < 1930 && random.percent(20) ? "high" : "low")
        .add(std::string(contact.first) + ' ' + std::string(contact.last))
        .add(random.pick(kRoles))
        .add(phone(random))
        .add(quick)
        .add(notes);
    put_linked(sources, table, row, fate, property, reference);
}

}  // namespace fieldpost::city

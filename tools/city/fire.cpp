// fire/: pre-plans, hazardous materials and incidents.

#include "tools/city/preplan.hpp"
#include "tools/city/source.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kHazards{
    .source = "fire",
    .file = "hazards.csv",
    .number = 12,
    .header =
        "hazard_id,product,parcel_id,address,reported_on,expires_on,status,un_number,dot_class,nfpa_health,"
        "nfpa_flammability,nfpa_instability,nfpa_special,quantity,quantity_unit,container,location_on_site,"
        "latitude,longitude,note",
    .key = "hazard_id",
    .date = "reported_on",
    .text = "note",
    .number_column = "nfpa_health",
    .latitude = "latitude",
    .longitude = "longitude",
    .drift = {.changed = 1000, .removed = 200, .added = 30}};

constexpr TableSpec kIncidents{.source = "fire",
                               .file = "incidents.csv",
                               .number = 13,
                               .header =
                                   "incident_id,type_code,type,parcel_id,address,alarm_at,arrived_at,cleared_"
                                   "at,latitude,longitude,units,"
                                   "disposition,injuries,property_loss,narrative",
                               .key = "incident_id",
                               .date = "alarm_at",
                               .text = "narrative",
                               .number_column = "injuries",
                               .latitude = "latitude",
                               .longitude = "longitude",
                               .drift = {.changed = 300, .removed = 0, .added = 100}};

struct Product {
    std::string_view name, un, dot;
    int health, flammability, instability;
    std::string_view special, unit, container;
};

constexpr Product kProducts[] = {
    {"Propane", "UN1978", "GASES", 2, 4, 0, "", "gal", "Above-ground tank"},
    {"Gasoline", "UN1203", "FLAMMABLE_LIQUIDS", 1, 3, 0, "", "gal", "Underground tank"},
    {"Diesel fuel", "UN1202", "FLAMMABLE_LIQUIDS", 1, 2, 0, "", "gal", "Above-ground tank"},
    {"Chlorine", "UN1017", "POISONS_AND_ETIOLOGIC_MATERIALS", 4, 0, 0, "OX", "lb", "Ton cylinder"},
    {"Anhydrous ammonia", "UN1005", "GASES", 3, 1, 0, "", "lb", "Refrigeration system"},
    {"Sulfuric acid", "UN1830", "CORROSIVES", 3, 0, 2, "W", "gal", "Tote"},
    {"Sodium hydroxide", "UN1824", "CORROSIVES", 3, 0, 1, "", "gal", "Drum"},
    {"Oxygen, liquid", "UN1073", "OXIDIZERS", 3, 0, 0, "OX", "gal", "Cryogenic tank"},
    {"Acetylene", "UN1001", "GASES", 0, 4, 3, "", "cu ft", "Cylinder"},
    {"Lithium-ion batteries", "UN3480", "MISCELLANEOUS_DANGEROUS_SUBSTANCES", 2, 2, 2, "W", "kWh", "Rack"},
    {"Hydrogen peroxide, 35 %", "UN2014", "OXIDIZERS", 3, 0, 1, "OX", "gal", "Drum"},
    {"Nitrogen, liquid", "UN1977", "GASES", 3, 0, 0, "SA", "gal", "Cryogenic tank"},
    {"Pool chlorinator", "UN1748", "OXIDIZERS", 3, 0, 2, "OX", "lb", "Pail"},
    {"Iodine-131", "UN2915", "RADIOACTIVE_MATERIALS", 3, 0, 0, "", "mCi", "Shielded cabinet"},
};

struct IncidentKind {
    std::string_view code, name, narrative;
};

constexpr IncidentKind kIncidentKinds[] = {
    {"111", "Building fire", "Smoke from second floor window on arrival, knocked down with one line"},
    {"113", "Cooking fire", "Food on stove, confined to container, ventilated"},
    {"143", "Grass fire", "Brush along the fence, extinguished with tank water"},
    {"311", "Medical assist", "Assisted EMS crew with lift"},
    {"321", "EMS call", "Patient contact, transported"},
    {"353", "Removal of victims from stalled elevator", "Two persons released, no injuries"},
    {"412", "Gas leak", "Odor of gas, meter shut off, utility notified"},
    {"424", "Carbon monoxide incident", "CO at 60 ppm, furnace shut down"},
    {"440", "Electrical wiring problem", "Arcing at service drop, utility notified"},
    {"500", "Service call", "Lock-out, entry made through window"},
    {"531", "Smoke scare", "Steam from dryer vent, no hazard"},
    {"735", "Alarm system malfunction", "Panel in trouble, owner advised"},
    {"745", "Alarm system activation, no fire", "Burnt toast, alarm reset"},
};

class Fire : public Source {
  public:
    Fire(const Sources& sources, const std::string& folder)
        : Source(sources, folder),
          preplans_(open(kPreplans)),
          hazards_(open(kHazards)),
          incidents_(open(kIncidents)) {}

    void property(const Property& property) override {
        Random random = random_for(property, 0xF14E);
        const bool planned = has_preplan(property, random);
        const int hazards = hazard_count(property, random);
        constexpr int kCounts[] = {91, 7, 1, 1};
        const auto incidents = static_cast<int>(random.weighted(kCounts));
        for (int k = 0; k < (planned ? 1 : 0); ++k) {
            one_row(sources_, preplans_, property, k, property.born,
                    [&](std::uint64_t row, const Fate& fate, Random& drawn) {
                        write_preplan(sources_, preplans_, property, row, fate, drawn);
                    });
        }
        for (int k = 0; k < hazards; ++k) {
            one_row(sources_, hazards_, property, k, property.born,
                    [&](std::uint64_t row, const Fate& fate, Random& drawn) {
                        write_hazard(property, row, fate, drawn);
                    });
        }
        each_row(sources_, incidents_, property, incidents,
                 [&](std::uint64_t row, const Fate& fate, Random& drawn) {
                     write_incident(property, row, fate, drawn);
                 });
    }

  private:
    static int hazard_count(const Property& property, Random& random) {
        const int most = random.between(1, 4);
        if (!property.built() || property.unit_of_building) return 0;
        switch (property.use) {
            case Use::manufacturing:
                return random.percent(60) ? most : 0;
            case Use::warehouse:
                return random.percent(25) ? most : 0;
            case Use::hospital:
                return most;
            case Use::school:
                return random.percent(40) ? 1 : 0;
            case Use::restaurant:
                return random.percent(8) ? 1 : 0;
            case Use::retail:
                return random.percent(6) ? 1 : 0;
            default:
                return random.permille(2) ? 1 : 0;
        }
    }

    void write_hazard(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        constexpr std::string_view kWhere[] = {"Rear yard, side C",   "Basement",
                                               "Loading dock",        "Roof, mechanical room",
                                               "First floor storage", "Detached shed, NW corner"};
        constexpr std::string_view kNotes[] = {"Quantity as of the last tier II report",
                                               "Secondary containment present", "Stored beside oxidizers",
                                               "Placard missing at the door", "Seasonal"};
        const Day reported = fate.changed_on > 0 ? changed_day(fate) : happened(fate, random, 2 * 365);
        const Product& product = random.pick(kProducts);
        const bool active = fate.changed_on == 0 && !random.percent(8);
        const Manners manners{.by_address = 10, .care = Care::clerk};
        const Reference reference = refer(sources_, property, manners, random);
        hazards_.add("HZ" + shuffled_number(row, kHazards.number))
            .add(product.name)
            .add(reference.parcel_id)
            .add(reference.address)
            .add_iso(reported)
            .add_iso(reported + 365)
            .add(active ? "active" : "removed")
            .add(product.un)
            .add(product.dot)
            .add(product.health)
            .add(product.flammability)
            .add(product.instability)
            .add(product.special)
            .add(random.between(1, 200) * 5)
            .add(product.unit)
            .add(product.container)
            .add(random.pick(kWhere))
            .add_position(reference.position())
            .add(random.pick(kNotes));
        put_linked(sources_, hazards_, row, fate, property, reference);
    }

    void write_incident(const Property& property, std::uint64_t row, const Fate& fate, Random& random) {
        const Day alarm = happened(fate, random, 6 * 365);
        // Before the last hour of the day, so that an incident ends on its own day.
        const auto second = static_cast<int>(random.below(82'000));
        const int arrived = second + random.between(150, 600);
        const int cleared = arrived + random.between(300, 3'200);
        const IncidentKind& kind = random.pick(kIncidentKinds);
        const bool fire = kind.code.front() == '1';
        const Manners manners{.by_address = 70, .by_position = 10, .none = 6, .care = Care::clerk};
        const Reference reference = refer(sources_, property, manners, random);
        std::string units = "E" + std::to_string(random.between(1, 12));
        if (fire) units += " L" + std::to_string(random.between(1, 5)) + " BC1";
        std::string number = "F";
        append_padded(number, year_of(alarm) % 100, 2);
        incidents_.add(number + "-" + shuffled_number(row, kIncidents.number))
            .add(kind.code)
            .add(kind.name)
            .add(reference.parcel_id)
            .add(reference.address)
            .add_moment(alarm, second, ' ', "")
            .add_moment(alarm, arrived, ' ', "")
            .add_moment(alarm, cleared, ' ', "")
            .add_position(reference.position())
            .add(units)
            .add(fate.changed_on > 0  ? "Report amended"
                 : random.percent(70) ? "Completed"
                                      : "Cancelled en route")
            .add(random.percent(4) ? 1 : 0)
            .add_cents(fire ? std::int64_t{random.between(0, 80)} * 100'000 : 0)
            .add(kind.narrative);
        put_linked(sources_, incidents_, row, fate, property, reference);
    }

    Table& preplans_;
    Table& hazards_;
    Table& incidents_;
};

}  // namespace

std::unique_ptr<Source> fire(const Sources& sources, const std::string& folder) {
    return std::make_unique<Fire>(sources, folder);
}

}  // namespace fieldpost::city

#include "tools/city/property.hpp"

#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

struct UseWords {
    std::string_view property_class, code, desc;
};

// In the order of Use.
constexpr UseWords kUseWords[] = {
    {"Residential", "101", "Single Family"}, {"Residential", "104", "Two Family"},
    {"Residential", "111", "Apartments"},    {"Residential", "102", "Condominium Building"},
    {"Commercial", "325", "Retail"},         {"Commercial", "340", "Office"},
    {"Commercial", "326", "Restaurant"},     {"Commercial", "013", "Mixed Use"},
    {"Industrial", "316", "Warehouse"},      {"Industrial", "400", "Manufacturing"},
    {"Institutional", "934", "School"},      {"Institutional", "960", "Church"},
    {"Institutional", "902", "Hospital"},    {"Institutional", "304", "Nursing Home"},
    {"Vacant", "130", "Vacant Land"},
};

void set_unit(Property& property, const Lot& lot, int unit) {
    Address& address = property.address;
    address.unit_type = lot.use == Use::office ? "Ste" : lot.use == Use::condominium ? "Unit" : "Apt";
    switch (lot.unit_style) {
        case UnitStyle::letters:
            address.unit = static_cast<char>('A' + unit);
            break;
        case UnitStyle::numbers:
            append_int(address.unit, unit + 1);
            break;
        case UnitStyle::floors: {
            const int on_floor = lot.units > 30 ? 8 : 4;
            append_int(address.unit, (unit / on_floor + 1) * 100 + unit % on_floor + 1);
            break;
        }
    }
    property.unit_of_building = true;
    if (lot.use == Use::condominium) {
        property.use_code = "103";
        property.use_desc = "Condominium Unit";
    } else if (lot.use == Use::office) {
        property.use_code = "341";
        property.use_desc = "Suite";
    } else {
        property.property_class = "Residential";
        property.use_code = "112";
        property.use_desc = "Apartment Unit";
    }
}

void build(Property& property, const Lot& lot, bool new_construction, Random& random) {
    if (lot.use == Use::vacant_land) return;
    const bool large = lot.use != Use::single_family && lot.use != Use::two_family;
    property.year_built = new_construction     ? 2026
                          : random.percent(55) ? random.between(1880, 1949)
                                               : random.between(1950, 2025);
    property.stories = lot.units > 30   ? random.between(6, 18)
                       : lot.units > 12 ? random.between(3, 6)
                       : large          ? random.between(1, 4)
                                        : random.between(1, 3);
    constexpr std::string_view kLargeTypes[] = {"TYPE_IIB", "TYPE_IIIB", "TYPE_IIIA",
                                                "TYPE_IV",  "TYPE_IIA",  "UNKNOWN"};
    constexpr std::string_view kTallTypes[] = {"TYPE_IA", "TYPE_IB"};
    constexpr std::string_view kHouseTypes[] = {"TYPE_VB", "TYPE_VA", "TYPE_VB", "TYPE_IIIB", "UNKNOWN"};
    property.construction = property.stories > 5 ? random.pick(kTallTypes)
                            : large              ? random.pick(kLargeTypes)
                                                 : random.pick(kHouseTypes);
    property.basement = random.percent(large ? 45 : 72);
    property.area_sqft = large ? random.between(20, 160) * 100 * property.stories / 2 + lot.units * 750
                               : random.between(8, 34) * 100;
}

}  // namespace

std::string Landlords::name(std::uint64_t landlord) const {
    Random random(hash(seed_, 0x1A4E, landlord));
    return landlord_name(random);
}

std::string district_id(std::uint32_t district) {
    std::string out = "D";
    append_padded(out, district + 1, 2);
    return out;
}

std::string postal_code(const Plan& plan, std::uint32_t district) {
    std::string out = "61";
    append_padded(out, 701 + district / (plan.districts().size() > 20 ? 3 : 2), 3);
    return out;
}

std::string number_text(const Address& address) {
    std::string out;
    append_int(out, address.number);
    if (address.number_to != 0) {
        out += '-';
        // "1025-57", but "95-103" and "1095-1105": the second number is cut only when the hundreds agree.
        const bool cut = address.number >= 100 && address.number / 100 == address.number_to / 100;
        if (cut)
            append_padded(out, address.number_to % 100, 2);
        else
            append_int(out, address.number_to);
    }
    if (address.number_suffix == "1/2") out += ' ';
    out += address.number_suffix;
    return out;
}

std::string full_text(const Address& address) {
    std::string out = number_text(address);
    out += ' ';
    if (address.pre_direction != 0) {
        out += address.pre_direction;
        out += ' ';
    }
    out += address.street->name;
    if (!address.street->type.empty()) out += ' ' + address.street->type;
    if (address.post_direction != 0) {
        out += ' ';
        out += address.post_direction;
    }
    if (!address.unit.empty()) out += ' ' + address.unit_type + ' ' + address.unit;
    return out;
}

Property property_of(const Plan& plan, const Landlords& landlords, const Segment& segment, const Lot& lot,
                     std::uint32_t number_in_lot, std::uint64_t ordinal, bool new_construction) {
    Property out;
    out.ordinal = ordinal;
    out.segment = &segment;
    out.district = plan.tile(segment).district;
    out.position = position_of(lot.at);
    out.alone = lot.properties() == 1;
    append_padded(out.parcel_id, segment.tile + 1, 4);
    out.parcel_id += '-';
    append_padded(out.parcel_id, segment.number_in_tile, 3);
    out.parcel_id += '-';
    append_padded(out.parcel_id, lot.index, 2);
    out.parcel_id += '-';
    append_padded(out.parcel_id, number_in_lot, 3);

    const UseWords& words = kUseWords[static_cast<std::size_t>(lot.use)];
    out.use = lot.use;
    out.property_class = words.property_class;
    out.use_code = words.code;
    out.use_desc = words.desc;

    out.address.number = lot.number;
    out.address.number_to = lot.number_to;
    out.address.street = &plan.street(segment);
    (out.address.street->direction_after ? out.address.post_direction : out.address.pre_direction) =
        segment.side.direction;
    out.address.postal_code = postal_code(plan, out.district);
    const std::uint32_t seconds = lot.second != Second::none ? 1 : 0;
    if (number_in_lot > 0 && number_in_lot <= seconds) {
        out.address.number_suffix = lot.second == Second::half ? "1/2" : "A";
    } else if (number_in_lot > 0) {
        set_unit(out, lot, static_cast<int>(number_in_lot - seconds) - 1);
    }
    out.building_with_units = lot.units_listed && number_in_lot == 0;
    out.full_address = full_text(out.address);

    // What the building is, all its units share; the rest is each property's own.
    Random building(hash(plan.seed(), 0xB11D, segment.tile, segment.number_in_tile, lot.index));
    Random own(hash(plan.seed(), 0x9409, ordinal));
    build(out, lot, new_construction, building);
    const bool named = lot.use >= Use::school && lot.use <= Use::nursing_home;
    const bool house = lot.units > 5 && building.percent(45);
    if (named || house) out.building_name = institution_name(building, words.desc);
    out.units = out.unit_of_building ? 1 : lot.units;
    if (out.unit_of_building) out.area_sqft = own.between(5, 18) * 100;
    out.lot_sqft = out.unit_of_building ? 0 : own.between(30, 140) * 100 * (lot.number_to != 0 ? 2 : 1);
    out.land_cents = std::int64_t{out.lot_sqft} * own.between(300, 1200);
    out.building_cents = std::int64_t{out.area_sqft} * own.between(4'000, 16'000);
    if (own.percent(70)) {
        out.sold_on = kDayZero - 30 - static_cast<int>(own.below(365 * 30));
        out.sold_cents =
            (out.land_cents + out.building_cents + 900'000) * own.between(40, 110) / 10'000'000 * 100'000;
    }

    const bool rented = out.use_desc == "Apartment Unit" || out.use_desc == "Suite";
    const bool trade = out.property_class == "Commercial" || out.property_class == "Industrial";
    const int kinds[] = {rented ? 0 : trade ? 25 : 62, rented ? 100 : trade ? 45 : 22, rented ? 0 : 16};
    const std::size_t kind = own.weighted(kinds);
    if (kind == 1) {
        // A rented unit belongs to whoever owns the building.
        Random choice(rented || out.building_with_units
                          ? hash(plan.seed(), 0x0714, segment.tile, segment.number_in_tile, lot.index)
                          : own.next());
        out.owner.party = choice.next() % landlords.count();
        out.owner.landlord = out.owner.organisation = true;
        out.owner.name = landlords.name(out.owner.party);
    } else {
        out.owner.party = ordinal;
        out.owner.occupant = kind == 0;
        out.owner.organisation = trade || named;
        if (named) {
            out.owner.name = out.building_name;
        } else if (trade) {
            out.owner.name = company_name(own);
        } else {
            const PersonName name = person(own);
            out.owner.first = name.first;
            out.owner.last = name.last;
            out.owner.name = out.owner.last + ' ' + out.owner.first + ' ' + name.initial;
        }
    }
    if (out.built() && !out.building_with_units && trade && own.percent(85)) {
        out.business = business_name(own, out.use_desc == "Suite" ? "Office" : words.desc);
    }
    return out;
}

}  // namespace fieldpost::city

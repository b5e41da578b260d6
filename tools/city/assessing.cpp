// assessing/: the address spine, aliases, parties and who owns what.

#include <set>

#include "tools/city/source.hpp"
#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kProperties{
    .source = "assessing",
    .file = "properties.csv",
    .number = 1,
    .header =
        "parcel_id,number,number_to,number_suffix,pre_dir,street_name,street_type,post_dir,unit_type,unit,"
        "full_address,place,state,postal_code,latitude,longitude,district,property_class,use_code,use_desc,"
        "building_name,year_built,stories,units,building_area_sqft,lot_area_sqft,construction,basement,"
        "assessed_land,assessed_building,owner_name,last_sale_date,last_sale_price,updated_on,"
        "vacancy",
    .key = "parcel_id",
    .date = "updated_on",
    .text = "owner_name",
    .number_column = "latitude",
    .latitude = "latitude",
    .longitude = "longitude",
    .drift = {.changed = 500, .removed = 0, .added = 0}};

constexpr TableSpec kAliases{.source = "assessing",
                             .file = "aliases.csv",
                             .number = 2,
                             .header = "alias_id,kind,alias,current,parcel_id,effective_from,effective_to",
                             .key = "alias_id",
                             .text = "alias",
                             .spoilt = false,
                             .drift = {.changed = 0, .removed = 0, .added = 0}};

constexpr TableSpec kParties{
    .source = "assessing",
    .file = "parties.csv",
    .number = 3,
    .header =
        "party_id,kind,name,first_name,last_name,role,parcel_id,phone,email,mailing_address,mailing_city,"
        "mailing_state,mailing_zip,language,since,needs",
    .key = "party_id",
    .date = "since",
    .text = "name",
    .drift = {.changed = 300, .removed = 0, .added = 0}};

constexpr TableSpec kOwners{
    .source = "assessing",
    .file = "owners.csv",
    .number = 4,
    .header = "ownership_id,parcel_id,party_id,owner_name,share_pct,deed_ref,deed_date,owner_occupied",
    .key = "ownership_id",
    .text = "owner_name",
    .spoilt = false,
    .drift = {.changed = 0, .removed = 0, .added = 0}};

// Rows of a property in parties.csv.
constexpr int kOwnerRow = 0;
constexpr int kLandlordRow = 1;
constexpr int kResidentRow = 2;
constexpr int kBusinessRow = 3;

std::string party_id(std::uint64_t property, int row) {
    return "P" + shuffled_number(property * 64 + static_cast<std::uint64_t>(row), kParties.number);
}

class Assessing : public Source {
  public:
    Assessing(const Sources& sources, const std::string& folder)
        : Source(sources, folder),
          properties_(open(kProperties)),
          aliases_(open(kAliases)),
          parties_(open(kParties)),
          owners_(open(kOwners)) {
        for (const Street& street : sources.plan.streets()) street_alias(street);
    }

    void property(const Property& property) override {
        write_property(property);
        property_aliases(property);
        write_parties(property);
        write_owner(property);
    }

  private:
    void write_property(const Property& property) {
        one_row(sources_, properties_, property, 0, property.born,
                [&](std::uint64_t row, const Fate& fate, Random& random) {
                    const Address& address = property.address;
                    const Day updated = happened(fate, random, 900);
                    // A reassessment is what changes.
                    const std::int64_t rise = fate.changed_on > 0 ? 100 + fate.changed_on : 100;
                    properties_.add(property.parcel_id)
                        .add(address.number)
                        .add_known(address.number_to)
                        .add(address.number_suffix)
                        .add_letter(address.pre_direction)
                        .add(address.street->name)
                        .add(address.street->type)
                        .add_letter(address.post_direction)
                        .add(address.unit_type)
                        .add(address.unit)
                        .add(property.full_address)
                        .add(kCityName)
                        .add(kState)
                        .add(address.postal_code)
                        .add_position(&property.position)
                        .add(district_id(property.district))
                        .add(property.property_class)
                        .add(property.use_code)
                        .add(property.use_desc)
                        .add(property.building_name)
                        .add_known(property.year_built)
                        .add_known(property.stories)
                        .add_known(property.units)
                        .add_known(property.area_sqft)
                        .add_known(property.lot_sqft)
                        .add(property.construction)
                        .add(!property.built()   ? ""
                             : property.basement ? "Y"
                                                 : "N")
                        .add_cents((property.land_cents + 100'000) * rise / 100)
                        .add_cents(property.building_cents * rise / 100)
                        .add(property.owner.name)
                        .add_iso(property.sold_on);
                    if (property.sold_on == kUnknownDay)
                        properties_.add("");
                    else
                        properties_.add_cents(property.sold_cents);
                    properties_.add_iso(fate.changed_on > 0 ? changed_day(fate) : updated);
                    properties_.add(vacancy_of(property));
                    properties_.put(row, fate, Link::not_linked);
                });
    }

    // What the registry of vacant buildings says, in NERIS' words; empty for what is lived or worked in.
    std::string_view vacancy_of(const Property& property) const {
        constexpr std::string_view kWords[] = {"ABANDONED",   "DAMAGE_DECAY",   "FORECLOSURE",
                                               "FORECLOSURE", "FOR_SALE_LEASE", "NEW_CONSTRUCTION_REMODEL"};
        if (!property.built() || property.unit_of_building) return "";
        Random random(hash(sources_.seed(), 0x7ACA, property.ordinal));
        return random.percent(2) ? random.pick(kWords) : std::string_view();
    }

    // Help that a person needs in an emergency, as codes; secret, and most people need none.
    std::string needs_of(const Property& property, int k) const {
        constexpr std::string_view kCodes[] = {"MOB", "MOB", "O2", "DEAF", "BLIND", "COG", "BED", "PWR"};
        Random random(hash(sources_.seed(), 0x4EED, property.ordinal * 64 + static_cast<std::uint64_t>(k)));
        if (!random.percent(3)) return {};
        std::string out(random.pick(kCodes));
        const std::string_view second = random.pick(kCodes);
        if (random.percent(30) && out != second) out += ' ' + std::string(second);
        return out;
    }

    void alias(std::string_view kind, std::string_view text, std::string_view current,
               std::string_view parcel, Day from, Day to, const Fate& fate) {
        std::string id = "A";
        append_padded(id, static_cast<std::int64_t>(++last_alias_), 6);
        aliases_.add(id).add(kind).add(text).add(current).add(parcel).add_iso(from).add_iso(to);
        aliases_.put(last_alias_, fate, Link::not_linked);
    }

    void street_alias(const Street& street) {
        if (street.former_name.empty()) return;
        Random random(hash(sources_.seed(), 0xA11A, last_alias_));
        std::string current = street.name;
        if (!street.type.empty()) current += ' ' + street.type;
        const Day to = first_of_year(random.between(1968, 2020));
        const Day from = first_of_year(random.between(1890, 1950));
        alias("former_name", street.former_name, current, "", from, to, {});
    }

    void property_aliases(const Property& property) {
        if (property.unit_of_building || property.born > 0 || property.gone_on > 0) return;
        Random random = random_for(property, 0xA11B);
        const Day since = first_of_year(random.between(1950, 2024));
        if (!property.building_name.empty()) {
            alias("building", property.building_name, property.full_address, property.parcel_id, since,
                  kUnknownDay, {});
        } else if (property.use == Use::office && random.percent(10)) {
            std::string name = "1 " + property.address.street->name + " Plaza";
            if (vanity_.insert(name).second) {
                alias("vanity", name, property.full_address, property.parcel_id, since, kUnknownDay, {});
            }
        }
    }

    struct Party {
        std::string_view kind, role;
        std::string name, first, last;
        bool mail_here = true;
    };

    void write_party(const Property& property, int k, const Party& party) {
        one_row(sources_, parties_, property, k, property.born,
                [&](std::uint64_t row, const Fate& fate, Random& random) {
                    constexpr std::string_view kLanguages[] = {"en", "en", "en", "en", "en", "en",
                                                               "es", "es", "vi", "ar", "pl", "zh"};
                    const std::string id = party_id(property.ordinal, k);
                    const Day since = happened(fate, random, 20 * 365);
                    const auto line = static_cast<int>(random.below(100));
                    const std::string_view language = party.kind == "person" ? random.pick(kLanguages) : "en";
                    // A new telephone number is what changes.
                    std::string number = "309-555-01";
                    append_padded(number, (line + fate.changed_on) % 100, 2);
                    parties_.add(id)
                        .add(party.kind)
                        .add(party.name)
                        .add(party.first)
                        .add(party.last)
                        .add(party.role)
                        .add(property.parcel_id)
                        .add(number)
                        .add(random.percent(60) ? lower(id) + "@mail.example" : std::string());
                    if (party.mail_here) {
                        parties_.add(upper(property.full_address))
                            .add(kCityName)
                            .add(kState)
                            .add(property.address.postal_code);
                    } else {
                        std::string box = "PO Box ";
                        append_int(box, random.between(100, 9999));
                        constexpr std::string_view kTowns[] = {"Springfield", "Peoria", "Chicago",
                                                               "Naperville", "St. Louis"};
                        const std::string_view town = random.pick(kTowns);
                        parties_.add(box)
                            .add(town)
                            .add(town == "St. Louis" ? "MO" : "IL")
                            .add("6" + std::to_string(random.between(2000, 3999)));
                    }
                    parties_.add(language).add_iso(since);
                    parties_.add(party.role == "resident" || property.owner.occupant ? needs_of(property, k)
                                                                                     : std::string());
                    parties_.put(row, fate, Link::not_linked);
                });
    }

    void write_parties(const Property& property) {
        Random random = random_for(property, 0x9A47);
        const Owner& owner = property.owner;
        const std::string_view kind = owner.organisation ? "organisation" : "person";
        if (!owner.landlord) {
            write_party(property, kOwnerRow,
                        {kind, "owner", owner.name, owner.first, owner.last, owner.occupant});
        }
        const std::uint64_t landlord = sources_.landlords.registered_at(property.ordinal);
        if (landlord < sources_.landlords.count()) {
            write_party(
                property, kLandlordRow,
                {"organisation", "owner", sources_.landlords.name(landlord), "", "", random.percent(30)});
        }
        const PersonName name = person(random);
        const bool tenant =
            property.residential() && !owner.occupant && !property.building_with_units && property.built();
        if (tenant && random.percent(40)) {
            const std::string first(name.first), last(name.last);
            write_party(property, kResidentRow,
                        {"person", "resident", last + ' ' + first + ' ' + name.initial, first, last, true});
        }
        if (!property.business.empty()) {
            write_party(property, kBusinessRow,
                        {"organisation", "business", property.business, "", "", true});
        }
    }

    void write_owner(const Property& property) {
        one_row(sources_, owners_, property, 0, property.born,
                [&](std::uint64_t row, const Fate& fate, Random& random) {
                    const Owner& owner = property.owner;
                    const std::uint64_t home =
                        owner.landlord ? sources_.landlords.home(owner.party) : property.ordinal;
                    std::string deed = "Bk ";
                    append_int(deed, random.between(1200, 5400));
                    deed += " Pg ";
                    append_int(deed, random.between(1, 990));
                    owners_.add("O" + shuffled_number(row, kOwners.number))
                        .add(property.parcel_id)
                        .add(party_id(home, owner.landlord ? kLandlordRow : kOwnerRow))
                        .add(owner.name)
                        .add(std::int64_t{100})
                        .add(deed)
                        .add_iso(property.sold_on)
                        .add(owner.occupant ? "Y" : "N");
                    owners_.put(row, fate, Link::not_linked);
                });
    }

    Table& properties_;
    Table& aliases_;
    Table& parties_;
    Table& owners_;
    std::uint64_t last_alias_ = 0;
    std::set<std::string> vanity_;
};

}  // namespace

std::unique_ptr<Source> assessing(const Sources& sources, const std::string& folder) {
    return std::make_unique<Assessing>(sources, folder);
}

}  // namespace fieldpost::city

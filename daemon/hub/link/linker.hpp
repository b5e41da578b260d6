// Finds the property that a record belongs to.
//
// By parcel number, else by address, else by position; each link says how it was found and how sure it is. A
// wrong link is worse than none: what fits several properties, a street without number, a block, an
// intersection and a place "near" an address stay unlinked, with the reason.
//
// An index in memory over all properties, about 150 bytes each. Not for use from several threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/hub/link/position_grid.hpp"
#include "daemon/hub/link/street_index.hpp"
#include "sync/records/address.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::hub {

struct LinkOptions {
    // The city's own municipality and postal communities: "Cambridge", "East Cambridge". An address that
    // names another place is not linked. Empty: any place will do.
    std::vector<std::string> places;
    double nearest_within_m = 30;  // how far the property may be that a position alone is linked to
};

// What a record says of its place; any part may be missing.
struct LinkInput {
    std::string_view parcel_id;
    bool learnt_parcels = true;                 // parcel_id may have the meaning that learn_parcel() taught
    const records::Address* address = nullptr;  // used when it names a street; else `text`
    std::string_view text;
    std::optional<PointE7> position;  // WGS 84; only used alone when the record gives no other way
};

// Why there is no link.
enum class Unlinked {
    no,              // it is linked
    nothing_given,   // neither parcel, nor address, nor position
    no_number,       // a street, an intersection or a name, but no house number
    block,           // "1400 block of Main St"
    nearby,          // "opposite 12 Main St"
    elsewhere,       // in another municipality
    unknown_street,  // no property stands on such a street
    unknown_number,  // the street is known, the number is not
    ambiguous,       // several properties fit equally well
    unknown_parcel,  // only a parcel number was given, and it is not known
    nothing_near,    // only a position was given, and no property is clearly the nearest
};
std::string_view to_string(Unlinked reason);

struct Link {
    records::RecordId property = 0;  // 0: not linked
    records::LinkMethod method = records::LinkMethod::none;
    int confidence = 0;  // percent: 95 and above is certain, below 80 deserves a look
    Unlinked reason = Unlinked::no;
};

class Linker {
  public:
    explicit Linker(LinkOptions options = {});

    // Adds one property. `aliases` are further addresses of the same place. Adding is cheap at any time.
    void add_property(records::RecordId id, std::string_view parcel_id, const records::Address& address,
                      std::span<const records::Address> aliases = {}, std::optional<PointE7> position = {});

    // The same input gives the same link as long as no property is added and nothing is learnt.
    Link link(const LinkInput& input);

    // Lets later records that carry the same parcel number profit from an address that linked well, where the
    // properties themselves do not carry that number (another system's numbering). Numbers that point to two
    // properties are dropped. Only address links of confidence 90 and above teach.
    void learn_parcel(std::string_view parcel_id, const Link& link);

    std::size_t property_count() const { return properties_.size(); }
    // Rough size of the index, bytes.
    std::size_t memory_bytes() const;

  private:
    struct Property {
        records::RecordId id;
        std::uint64_t parcel;       // hash of the number with its separators as they are; 0: none
        std::uint32_t next_parcel;  // the property before it with the same digits, or none
        PointE7 position;
        bool has_position;
        bool plain_parcel;  // the number has no separators
    };
    // Either a property or the reason why there is none.
    struct Resolution {
        std::uint32_t property = StreetIndex::none;
        int confidence = 0;
        Unlinked reason = Unlinked::no;
        bool by_position = false;  // the position decided between several that the address names
        bool found() const { return property != StreetIndex::none; }
    };

    std::vector<std::uint32_t> by_parcel(std::string_view parcel_id) const;
    // `among`: when not empty, only these properties count.
    Resolution by_address(const records::AddressReading& reading, std::optional<PointE7> position,
                          const std::vector<std::uint32_t>& among);
    Resolution settle(StreetFit street, NumberMatch match, std::optional<PointE7> position,
                      const std::vector<std::uint32_t>& among) const;
    Resolution by_position(PointE7 position) const;
    Resolution by_neighbours(const StreetChoice& choice, const records::Address& address, PointE7 position);
    bool is_elsewhere(const records::AddressReading& reading) const;
    records::AddressReading read(const LinkInput& input) const;
    Link made(const Resolution& resolution, records::LinkMethod method) const;

    LinkOptions options_;
    records::AddressContext context_;
    std::vector<std::string> places_;  // folded
    std::vector<Property> properties_;
    std::unordered_map<std::uint64_t, std::uint32_t>
        parcels_;  // hash without separators -> last property that has it
    struct Learnt {
        records::RecordId property;
        bool contradicted;
    };
    std::unordered_map<std::uint64_t, Learnt> learnt_;
    StreetIndex streets_;
    PositionGrid grid_;
};

}  // namespace fieldpost::hub

// Inside: how row numbers are made (see schema.sql) and how a body becomes search terms.
#pragma once

#include <bitset>
#include <cstdint>

#include "sync/lookup/terms.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::snapshot {

inline constexpr int slot_bits = 20;
inline constexpr std::int64_t slots_of_place = std::int64_t{1} << slot_bits;

// A place of rows that are linked to no property takes so many.
inline constexpr std::int64_t unlinked_in_place = 32;

constexpr std::int64_t first_row(std::int64_t place) {
    return place << slot_bits;
}
constexpr std::int64_t last_row(std::int64_t place) {
    return first_row(place + 1) - 1;
}
constexpr std::int64_t place_of(std::int64_t row) {
    return row >> slot_bits;
}

// The property of place ?1, in a row and column; no row, or NULL: it has none. ?2 is the place's first row.
inline constexpr const char* property_of_place =
    "SELECT record FROM layer WHERE row = ?2 AND kind = 1 UNION ALL SELECT property FROM other_place WHERE "
    "place = ?1";

// A property is its own place, whatever link it was given.
inline records::RecordId place_property(const records::LayerRow& row) {
    return row.kind == records::PROPERTY ? row.record : row.property;
}

// Bodies to terms. A body that this program cannot read gives none, and says so in the log once per kind.
class TermReader {
  public:
    lookup::Terms read(records::Kind kind, BytesView body);

  private:
    std::bitset<64> warned_;
};

}  // namespace fieldpost::snapshot

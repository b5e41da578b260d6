// Inside: what the search entries' keys are made of (README.md). Keys order as their bytes do.
#pragma once

#include <string_view>

#include "sync/base/bytes.hpp"
#include "sync/lookup/terms.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::snapshot {

// Of the tables that Postings keeps.
inline constexpr const char* record_table = "record";
inline constexpr const char* address_table = "address";
inline constexpr const char* term_table = "term";
inline constexpr const char* name_table = "name";

// The first 24 bits of a record's 63. Some records share them: the row says which it is.
inline Bytes record_key(records::RecordId record) {
    const auto bits = static_cast<std::uint64_t>(record) >> 39U;
    return {static_cast<char>(bits >> 16U), static_cast<char>(bits >> 8U & 0xffU),
            static_cast<char>(bits & 0xffU)};
}

inline Bytes street_key(std::int64_t street) {
    Bytes key;
    append_u32(key, static_cast<std::uint32_t>(street));
    return key;
}

// Street, last number of a range or 0, number.
inline Bytes address_key(std::int64_t street, std::uint32_t high, std::uint32_t number,
                         std::string_view part = {}) {
    Bytes key = street_key(street);
    append_u32(key, high);
    append_u32(key, number);
    key += part;
    return key;
}

// The kind ends the text: it is below every letter and digit.
inline Bytes term_key_of(std::string_view text, lookup::TermKind kind) {
    return Bytes(text) + static_cast<char>(kind);
}

// Words have letters and digits only.
inline Bytes word_key(std::string_view word) {
    return Bytes(word.substr(0, 200));
}

}  // namespace fieldpost::snapshot

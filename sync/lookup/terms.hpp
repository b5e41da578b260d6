// What a record can be found by. One set of rules for the hub's bulk build, the device's feed changes and the
// query, so that what goes into the search entries can be taken out again from the same bytes. Pure; any
// thread.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/records/layer.hpp"

namespace fieldpost::lookup {

// Raised when the rules below change: a file whose entries were made by other rules is given new ones.
inline constexpr std::int64_t terms_version = 2;

// A street as the dictionary holds it. All parts folded and canonical; a direction counts the same before and
// after.
struct Street {
    std::string name;       // "HIAWATHA", "5TH", "AVENUE OF THE ARTS"
    std::string type;       // "BLVD"; may be empty
    std::string direction;  // "E"; may be empty
    auto operator<=>(const Street&) const = default;
};

// Empty name when the address has no street.
Street street_of(const records::Address& address);

// The letter, fraction or unit that names a part of the house (records::sub_address), after a number before
// the number
// ("99-" of Queens' "99-1234"): "A", "1/2", "3B", "REAR".
std::string house_part(const records::Address& address);

// One way to a property: its address, or an alias.
struct AddressTerm {
    Street street;
    std::uint32_t number = 0;  // 0: none
    std::uint32_t high = 0;    // last number of a range; 0: no range
    std::string part;          // house_part() of the address; empty: the whole house
    auto operator<=>(const AddressTerm&) const = default;
};

// Ranges longer than this are taken for their first number alone: no block is that long, and it bounds the
// search.
inline constexpr std::uint32_t longest_range = 400;

// whole_name: whole_name_word() of a name, so that a name typed in full is found at once among the many that
// share its words. phone: phone_key(). Keys of these two are lower case, those of the others are not.
enum class TermKind { parcel = 1, tag = 2, number = 3, whole_name = 4, phone = 5 };

// In the place of a house's part, of an address without number: a row that holds the course of the street. No
// house_part() is so.
inline constexpr std::string_view street_course = "=";

struct ExactTerm {
    TermKind kind = TermKind::number;
    std::string key;  // term_key() of what the source wrote
    auto operator<=>(const ExactTerm&) const = default;
};

// Letters and digits only, upper case, at most 48: "012.-03-04.0" -> "01203040".
std::string term_key(std::string_view text);

// A box on the map in 1e-7 degrees; a point when both corners are the same.
struct SpotTerm {
    std::string spot_class;  // "property", "hazard", or the asset's class: lower case, words joined by "_"
    std::int32_t south = 0;
    std::int32_t north = 0;
    std::int32_t west = 0;
    std::int32_t east = 0;
    bool operator==(const SpotTerm&) const = default;
};

struct Terms {
    std::vector<AddressTerm> addresses;  // sorted, each once
    std::vector<ExactTerm> exact;        // sorted, each once
    std::vector<std::string> names;      // folded, single spaces; sorted, each once; bounded

    // The words of all names, sorted, each once.
    std::vector<std::string> words() const;
    std::optional<SpotTerm> spot;
    bool operator==(const Terms&) const = default;
};

// What one layer of a record contributes. A message of a kind without search fields gives empty terms.
Terms extract(records::Kind kind, const google::protobuf::Message& message);

// A short key for a name's words in any order: 40 bits of a hash. Names that share it by chance are told
// apart by their words.
std::string whole_name_word(std::string_view folded_name);

// "tel" and the last ten digits, the last one first, so that a number is found with or without area and
// country code. Empty when there are fewer than seven digits, or more letters than an extension has.
std::string phone_key(std::string_view text);

// "Fire Hydrant" -> "fire_hydrant"; "other" when nothing is left.
std::string spot_class(std::string_view asset_class);

// Whether the asset must not be counted on: its status says so, or a date since when.
bool out_of_service(const records::Asset& asset);

}  // namespace fieldpost::lookup

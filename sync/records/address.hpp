// Addresses as people and source systems write them, brought to one form.
//
// The parts are those of records.Address (NENA-STA-006.3 / CLDXF); abbreviations follow USPS Publication 28.
// Everything here is pure, deterministic and bounded: of a longer text only the first max_address_bytes are
// read. Nothing throws. May be called from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sync/records/common.pb.h"

namespace fieldpost::records {

inline constexpr std::size_t max_address_bytes = 512;

// What is known of the place the addresses come from.
struct AddressContext {
    // Names of municipalities and postal communities, in any spelling. They tell "373 Broadway Cambridge" (a
    // place behind a street without a type) from a street named so.
    std::vector<std::string> places;
};

// An address with what a text says beside it.
struct AddressReading {
    Address address;
    // Further streets of the text, as street_key() gives them: "& Oak St", "to Water St E", "at 5th". The
    // name may be cut off, as many systems cut long lines.
    std::vector<std::string> cross_streets;
    bool block =
        false;  // "1400 block of Main St", "14XX Main St": a stretch of street, no door; number is its first
    bool nearby = false;   // "opposite 12 Main St", "near": somewhere else than the address
    bool mailing = false;  // it ends as a mailing address does, with state, ZIP or country
};

// Reads an address from free text: house number with letters, fractions and ranges ("1025-57" is 1025 to
// 1057), a building or tenant before the number, a unit before or behind, directions before or behind the
// name, cross streets, place, state and ZIP. What cannot be read is left empty: a text without house number
// has number 0. address.text is the text itself, trimmed, as far as it was read.
AddressReading read_address(std::string_view text, const AddressContext& context = {});
Address parse_address(std::string_view text, const AddressContext& context = {});

// An address that a source holds in columns; each may be empty. `number` may hold a range or fraction,
// `street` may hold the whole street with type, direction and cross street where the other columns are empty.
struct AddressParts {
    std::string_view number = {};
    std::string_view number_suffix = {};  // also as spreadsheets mangle fractions: "2-Jan" is 1/2
    std::string_view pre_direction = {};
    std::string_view street = {};
    std::string_view type = {};
    std::string_view post_direction = {};
    std::string_view unit_type = {};
    std::string_view unit = {};
    std::string_view place = {};
    std::string_view postal_code = {};
};
Address from_parts(const AddressParts& parts, const AddressContext& context = {});

// For people: "1025-57 Hiawatha Blvd E", "12 1/2 St Marys Ter Apt 4". Without building, place and ZIP.
// Reading it again gives an address with the same address_key().
std::string display(const Address& address);
// The street alone, for people: "Hiawatha Blvd E".
std::string display_street(const Address& address);

// The street in one canonical form: direction first wherever it was written, name as street_name() gives it,
// type abbreviated: "E HIAWATHA BLVD", "SAINT MARYS TER", "21ST ST". Empty when the address has no street.
std::string street_key(const Address& address);
// The name alone, without direction and type: "HIAWATHA".
std::string loose_street_key(const Address& address);
// Number, street and unit in one canonical form: two addresses are the same door exactly when the keys are
// equal.
std::string address_key(const Address& address);

// The part of a house that letter, fraction and unit name, in one form whatever the way it was written: "12R
// Main St", "12 Main St Rear" and "12-R" are all "REAR"; "#4B", "Apt 4-B", "Unit 4 B" are "4B"; "12 1/2" is
// "1/2". Empty: the whole.
std::string sub_address(const Address& address);
// Of sub_address() only what may be a building of its own: letter, fraction, rear. "12R Main St Apt 4" gives
// "REAR".
std::string building_part(const Address& address);

}  // namespace fieldpost::records

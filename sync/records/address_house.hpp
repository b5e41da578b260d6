// Inside of the address reader: where in a text the house number stands, and which words are the street
// behind it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/records/address_number.hpp"
#include "sync/records/address_street.hpp"
#include "sync/records/address_tokens.hpp"

namespace fieldpost::records::reading {

// The words of one street, as views into the tokens, and the token after them.
struct Gathered {
    Words words;
    std::size_t end = 0;
};

// A house number and the street that follows it.
struct House {
    HouseNumber number;
    std::size_t begin = 0;
    Gathered street;
    bool typed = false;  // the street shows its type, so it surely is one
};

// Collects the words of a street from tokens[at] up to a mark, a unit, a cross street or a number.
// `numbered`: a house number came before, so "AND" may belong to the name.
Gathered gather_street(const Tokens& tokens, std::size_t at, bool numbered);

// The house number is the first that a street with a type follows; of several without a sign between them,
// the last
// ("Oak Hall 200 1500 Colvin St"). Failing that, the first number that any words follow.
std::optional<House> find_house(const Tokens& tokens, bool mailing, const std::vector<std::string>& places);

// The word at tokens[at], empty when there is none.
std::string_view word_at(const Tokens& tokens, std::size_t at);
bool mark_at(const Tokens& tokens, std::size_t at, char mark);

// A value that a unit may have: "4", "4B", "B", "PH7", and "FOUR" as "4". nullopt when the word can be none.
std::optional<std::string> unit_value(std::string_view word);
// "B-12": a unit that begins with a letter and goes on behind a dash.
bool is_dashed_unit(const Tokens& tokens, std::size_t at);

// Words that end a street and are part of none: "AT", "BETWEEN", "REAR".
bool ends_street(std::string_view word);

}  // namespace fieldpost::records::reading

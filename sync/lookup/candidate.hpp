// Inside of the search: a row that may be what was meant, with what speaks for and against it.
#pragma once

#include <cstdint>
#include <string>

#include "sync/lookup/search.hpp"
#include "sync/lookup/street_dictionary.hpp"

namespace fieldpost::lookup {

// What each shortcoming takes from a score of 1. Tuned so that a wrong street type weighs more than a missing
// one, a wrong direction more than a wrong type (North and South Main Street are miles apart), and so that
// two shortcomings of the small sort never weigh more than one of the great.
namespace cost {
inline constexpr double name_half_typed = 0.03;  // and half_typed_share * the share not typed
inline constexpr double half_typed_share = 0.08;
inline constexpr double name_words_missing = 0.10;
inline constexpr double error = 0.10;  // each, and error_share / letters
inline constexpr double error_share = 0.25;
inline constexpr double type_not_typed = 0.01;
inline constexpr double type_not_there = 0.06;
inline constexpr double type_other = 0.15;
inline constexpr double direction_not_typed = 0.02;
inline constexpr double direction_not_there = 0.06;
inline constexpr double direction_other = 0.20;
inline constexpr double unread_word = 0.07;
// And for the first of them: what is one error from a word of this street is likelier to mean that.
inline constexpr double unread_any = 0.05;
// Beside a name with typing errors no word may be lost for nothing, least of all before it: "Maklin Park" is
// no park.
inline constexpr double unread_beside = 0.16;
inline constexpr double unread_before = 0.30;
// Words of the name are missing, and a word that was typed is none of them: then it is another name.
inline constexpr double word_exchanged = 0.16;
inline constexpr double name_goes_on = 0.18;  // what was typed is the whole name of another street
inline constexpr double number_in_range = 0.01;
inline constexpr double number_other_side = 0.26;
inline constexpr double number_half_typed = 0.06;
inline constexpr double no_number = 0.20;  // a street was typed: its addresses are a list, not an answer
inline constexpr double number_digit_off = 0.265;  // not the number typed: one digit differs
inline constexpr double unlikely_digit = 0.005;    // by the kind of the error
inline constexpr double number_unread = 0.06;      // a number was typed and not taken for the house's
inline constexpr double number_nearest = 0.28;     // the closest that exists
inline constexpr double part_other = 0.25;         // one letter or digit differs from the unit typed
inline constexpr double part_not_typed = 0.03;
inline constexpr double part_not_there = 0.05;
inline constexpr double part_half_typed = 0.02;
}  // namespace cost

// Below this nothing is an answer.
inline constexpr double least_score = 0.45;

// How a typed house number meets that of an entry.
enum class NumberFit { not_typed, exact, in_range, other_side, half_typed, digit_off, nearest };

// Whether another door than the one typed is offered.
constexpr bool is_other_door(NumberFit fit) {
    return fit == NumberFit::other_side || fit == NumberFit::digit_off || fit == NumberFit::nearest;
}

// Whether the number is one of low–high: where both ends stand on one side of the street, so does the number.
bool holds(std::uint32_t low, std::uint32_t high, std::uint32_t number);

// What made an address a candidate; put into words only when it is shown.
struct AddressReason {
    NameMatch name;
    Street street;  // as its addresses have it
    std::string typed_type;
    std::string typed_direction;
    int errors_beside = 0;  // typing errors in type and direction, lost and added spaces
    std::string typed_part;
    NumberFit number_fit = NumberFit::not_typed;
    std::uint32_t typed_number = 0;
    std::uint32_t number = 0;  // of the entry
    std::uint32_t high = 0;
    std::string part;
    int unread = 0;  // words that were typed and say nothing here
};

// "house number and street; one letter differs from HIAWATHA"
std::string explain(const AddressReason& reason);

struct Candidate {
    double score = 0;
    Match match = Match::address;
    std::int64_t row = 0;
    std::string why;          // empty for an address: explain(reason)
    AddressReason reason;     // of an address
    bool is_as_typed = true;  // a number or name: whole, and spelled so
};

}  // namespace fieldpost::lookup

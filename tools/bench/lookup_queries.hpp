// What people type to find an address, with what they wanted: made from a seed and the addresses of any city.
// The benchmark of look-up, its peers and the test of its recall ask the same queries.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sync/records/address.hpp"
#include "sync/records/layer.hpp"
#include "tools/bench/dice.hpp"
#include "tools/bench/written_street.hpp"

namespace fieldpost::bench {

// A hit with at least this score is shown as if it were what was asked for.
inline constexpr double confident_score = 0.75;

struct KnownAddress {
    records::RecordId property = 0;
    records::Address address;  // with number and name; others are passed over
};

struct Query {
    std::string text = {};
    // Any of these is right: the properties that have this address. None when what was asked for does not
    // exist.
    std::vector<records::RecordId> wanted = {};
    std::string address = {};  // the wanted one, in full: "1025-57 Hiawatha Blvd E"
    int errors = 0;
    // Another existing address is as near to the text as the wanted one, or nearer. Nobody could tell which
    // of them was meant, so these are counted apart.
    bool rival = false;
    std::string made =
        {};  // what was done to the address, for people: "number last, no type, 1 typing error"
};

// One thread. The queries follow from addresses, seed and the order of the calls.
class AddressQueries {
  public:
    AddressQueries(const std::vector<KnownAddress>& known, std::uint64_t seed);

    bool empty() const { return doors_.empty(); }

    // An address in any order, case, punctuation and abbreviation, with ranges, letters, fractions and units
    // as people write them, and with `errors` (0 to 2) errors: letters and spaces in words, a wrong street
    // type or direction. Digits are right.
    Query address(int errors);
    // An address with one digit of its house number wrong, missing, added or swapped with the next; its words
    // are right. As such errors are judged by the first five, it has a rival when five others are as near:
    // numbers on streets that what was typed may stand for, one digit off, or begun by a number typed last.
    Query wrong_digit();
    // What is in the box after each key of an address typed without error, from the first on. `wanted` and
    // `rival` are those of the whole text.
    std::vector<Query> keystrokes();

    // What does not exist: a number that is on no street of this name, and a street that is like none.
    Query no_such_number();
    Query no_such_street();

  private:
    struct Street {
        records::Address parts;  // of the street alone
        std::vector<std::string> usual;
        std::string name;  // lower case
    };
    struct Door {
        std::size_t street = 0;
        records::Address address;
        std::string part;  // letter, fraction, unit: records::sub_address()
        std::vector<records::RecordId> properties;
    };
    struct Number {  // as typed
        std::uint32_t value = 0;
        std::string text;  // with range, letter or fraction
    };
    struct Streetwise {  // a street as typed
        StreetStyle style;
        std::string text;
        int letter_errors = 0;
        int word_errors = 0;  // wrong type or direction
        std::string made;
    };

    void add(const KnownAddress& known, std::map<std::string, std::size_t>& streets,
             std::unordered_map<std::string, std::size_t>& doors);
    void add_numbers(std::size_t door);
    const Door& some_door() { return dice_.pick(doors_); }
    std::optional<Query> try_address(int errors);
    Number typed_number(const Door& door, std::string& made);
    std::optional<Streetwise> typed_street(const Street& street, int errors);
    void make_word_error(const Street& street, Streetwise& typed);
    std::string typed_unit(const Door& door);
    std::string put_together(const std::string& number, const std::string& street, const std::string& unit,
                             bool plain, std::string& made);
    bool has_rival(const Door& wanted, std::uint32_t number, const Streetwise& typed) const;
    // How many other numbers are one digit from the one typed, or continue it, on streets that are as near.
    std::size_t numbers_as_near(const Door& wanted, std::uint32_t number, const Streetwise& typed,
                                bool last) const;
    // Whether a street of this name, or one like it, has a number that begins so: that one may be half typed.
    bool begins_a_number(const std::string& name, const std::string& number) const;
    bool is_like_a_street(const std::string& name) const;

    Dice dice_;
    std::vector<Street> streets_;
    std::vector<Door> doors_;
    // By each number that a door answers to, those within its range among them.
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> by_number_;
    std::vector<std::set<std::uint32_t>> numbers_;  // of each street
    std::vector<std::string> types_;                // posted, lower case, as often as streets have them
    std::vector<std::string> directions_;           // the same
};

}  // namespace fieldpost::bench

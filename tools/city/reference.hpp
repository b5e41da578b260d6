// How a source's row says which property it is about: by parcel number, by an address as people write it, or
// by nothing but a position. Rows without a parcel number go into truth/links.csv with the right answer.
#pragma once

#include <string>

#include "tools/city/address_text.hpp"
#include "tools/city/calendar.hpp"
#include "tools/city/property.hpp"
#include "tools/city/table.hpp"

namespace fieldpost::city {

// What all sources share.
struct Sources {
    const Plan& plan;
    const Calendar& calendar;
    const Landlords& landlords;
    OutputFile& truth;

    std::uint64_t seed() const { return plan.seed(); }
};

// Shares in percent; the rest is by parcel number.
struct Manners {
    std::uint32_t by_address = 0;
    std::uint32_t by_position = 0;
    std::uint32_t none = 0;  // about a crossing
    Care care = Care::clerk;
};

struct Reference {
    Link by = Link::parcel;
    std::string parcel_id;
    std::string address;
    bool has_position = false;
    Position where;
    std::string style;

    const Position* position() const { return has_position ? &where : nullptr; }
};

Reference refer(const Sources& sources, const Property& property, const Manners& manners, Random& random);

// Writes the table's current row, and its truth if it names no parcel.
void put_linked(const Sources& sources, Table& table, std::uint64_t row, const Fate& fate,
                const Property& property, const Reference& reference);

// Row k (0 to 63) of a table about a property; calls make(row, fate, random) if it is there today.
template <class Make>
void one_row(const Sources& sources, Table& table, const Property& property, int k, int born, Make make) {
    constexpr std::uint64_t kRowsPerProperty = 64;
    const std::uint64_t row = property.ordinal * kRowsPerProperty + static_cast<std::uint64_t>(k);
    const Fate fate =
        sources.calendar.fate(table.spec().drift, table.spec().number, row, born, property.gone_on);
    if (!fate.present()) {
        table.skip(fate);
        return;
    }
    Random random(hash(sources.seed(), table.spec().number, row));
    make(row, fate, random);
}

// Each row that the property has in the table today: `base` (at most 32) from the start, and those added
// since.
template <class Make>
void each_row(const Sources& sources, Table& table, const Property& property, int base, Make make) {
    for (int k = 0; k < base; ++k) one_row(sources, table, property, k, property.born, make);
    for (int on = property.born + 1; on <= sources.calendar.day(); ++on) {
        if (property.gone_on != 0 && on >= property.gone_on) break;
        if (!sources.calendar.adds(table.spec().drift, table.spec().number, property.ordinal, on)) continue;
        one_row(sources, table, property, 32 + on, on, make);
    }
}

// When a row's event happened: on the day the row was added, else some day before day 0.
inline Day happened(const Fate& fate, Random& random, int within_days) {
    const Day before = kDayZero - 1 - static_cast<Day>(random.below(static_cast<std::uint32_t>(within_days)));
    return fate.born > 0 ? kDayZero + fate.born : before;
}
inline Day changed_day(const Fate& fate) {
    return kDayZero + fate.changed_on;
}

// A number for each row that is unique in its table and gives nothing away: digits of a shuffled row number.
std::string shuffled_number(std::uint64_t row, std::uint64_t salt);

std::string phone(Random& random);  // 309-555-01xx
std::string inspector(Random& random);

}  // namespace fieldpost::city

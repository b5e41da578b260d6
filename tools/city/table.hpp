// The files of an export: rows that count themselves, and now and then a spoilt copy or an odd one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"
#include "tools/city/calendar.hpp"
#include "tools/city/fixed.hpp"
#include "tools/city/output_file.hpp"

namespace fieldpost::city {

// What a row names its property with.
enum class Link { parcel, address, position, none, not_linked };

struct Changes {
    std::uint64_t changed = 0, added = 0, removed = 0;
};

// What expected.json says of one file.
struct Count {
    std::uint64_t good = 0;
    std::map<std::string, std::uint64_t> bad;
    std::uint64_t newlines = 0;
    std::uint64_t links[4] = {};  // by Link
    bool linked = false;
    Changes since_start, since_yesterday;

    std::uint64_t rows() const;
    void note(const Fate& fate, int today);
};

struct TableSpec {
    std::string_view source;
    std::string_view file;  // "permits.csv"
    std::uint64_t number;   // names the table in hashes, for ever
    std::string_view header;
    std::string_view key;
    std::string_view date = "";  // the first date column, always filled
    std::string_view text = "";  // free text that may be spoilt or broken over two lines
    std::string_view number_column = "";
    std::string_view latitude = "", longitude = "";
    bool spoilt = true;  // whether bad rows are planted
    Drift drift = {};
};

class Table {
  public:
    Table(const TableSpec& spec, std::uint64_t seed, int today, const std::string& folder);

    const TableSpec& spec() const { return spec_; }

    // Cells of the row being made, in the header's order.
    Table& add(std::string_view text);
    Table& add(std::int64_t value);  // 0 is written
    Table& add_known(std::int64_t value) { return value == 0 ? add("") : add(value); }
    Table& add_letter(char letter) { return letter == 0 ? add("") : add(std::string_view(&letter, 1)); }
    Table& add_e7(std::int32_t value);
    Table& add_position(const Position* position);  // two cells, empty when null
    Table& add_cents(std::int64_t cents);
    Table& add_dollars(std::int64_t cents);
    Table& add_iso(Day day);
    Table& add_american(Day day);
    // `second` of the day; offset such as "-06:00", separator 'T' or ' '.
    Table& add_moment(Day day, int second, char separator, std::string_view offset);

    // Writes the row, which must be complete. `row` names it for ever.
    void put(std::uint64_t row, const Fate& fate, Link link);
    // A row that is no longer there.
    void skip(const Fate& fate) { count_.note(fate, today_); }

    const std::string& key() const { return key_; }  // of the row put last
    const Count& count() const { return count_; }
    bool failed() const { return out_.failed(); }
    Status close() { return out_.close(); }

  private:
    std::string& next_cell();
    std::size_t column(std::string_view name) const;
    void write(std::size_t cells);
    void plant(std::uint64_t row);
    bool spoil(std::string_view kind, std::uint64_t drawn);

    TableSpec spec_;
    std::uint64_t seed_;
    int today_;
    std::vector<std::string_view> columns_;
    std::vector<std::string> cells_;
    std::size_t used_ = 0;
    std::string key_;
    Count count_;
    OutputFile out_;
    std::string scratch_;
};

}  // namespace fieldpost::city

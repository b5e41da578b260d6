#include "tools/city/table.hpp"

#include <stdexcept>

#include "tools/city/random.hpp"

namespace fieldpost::city {
namespace {

constexpr std::uint32_t kSpoiltPer10k = 50;
constexpr std::uint32_t kOddPer10k = 25;
constexpr std::size_t kCellsLeft = 2;  // of a row with too few: it loses its date

void append_cell(std::string& out, std::string_view cell) {
    if (cell.find_first_of(",\"\n\r") == std::string_view::npos) {
        out += cell;
        return;
    }
    out += '"';
    for (const char c : cell) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace

std::uint64_t Count::rows() const {
    std::uint64_t sum = good;
    for (const auto& [kind, count] : bad) sum += count;
    return sum;
}

void Count::note(const Fate& fate, int today) {
    if (!fate.present()) {
        if (fate.born == 0) ++since_start.removed;
        if (fate.removed_on == today) ++since_yesterday.removed;
        return;
    }
    if (fate.born > 0)
        ++since_start.added;
    else if (fate.changed_on > 0)
        ++since_start.changed;
    if (fate.born == today && today > 0)
        ++since_yesterday.added;
    else if (fate.changed_on == today && today > 0)
        ++since_yesterday.changed;
}

Table::Table(const TableSpec& spec, std::uint64_t seed, int today, const std::string& folder)
    : spec_(spec),
      seed_(seed),
      today_(today),
      out_(folder + "/" + std::string(spec.source) + "/" + std::string(spec.file)) {
    std::string_view rest = spec.header;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        columns_.push_back(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    cells_.resize(columns_.size() + 1);  // room for one cell too many
    out_.buffer() += spec.header;
    out_.buffer() += '\n';
}

std::string& Table::next_cell() {
    if (used_ >= columns_.size())
        throw std::logic_error("more cells than columns in " + std::string(spec_.file));
    std::string& cell = cells_[used_++];
    cell.clear();
    return cell;
}

Table& Table::add(std::string_view text) {
    next_cell() = text;
    return *this;
}

Table& Table::add(std::int64_t value) {
    append_int(next_cell(), value);
    return *this;
}

Table& Table::add_e7(std::int32_t value) {
    append_e7(next_cell(), value);
    return *this;
}

Table& Table::add_position(const Position* position) {
    if (position == nullptr) return add("").add("");
    return add_e7(position->lat_e7).add_e7(position->lon_e7);
}

Table& Table::add_cents(std::int64_t cents) {
    append_cents(next_cell(), cents);
    return *this;
}

Table& Table::add_dollars(std::int64_t cents) {
    append_dollars(next_cell(), cents);
    return *this;
}

Table& Table::add_iso(Day day) {
    append_iso(next_cell(), day);
    return *this;
}

Table& Table::add_american(Day day) {
    append_american(next_cell(), day);
    return *this;
}

Table& Table::add_moment(Day day, int second, char separator, std::string_view offset) {
    std::string& cell = next_cell();
    if (day == kUnknownDay) return *this;
    append_iso(cell, day);
    cell += separator;
    append_time(cell, second);
    cell += offset;
    return *this;
}

void Table::put(std::uint64_t row, const Fate& fate, Link link) {
    if (used_ != columns_.size())
        throw std::logic_error("too few cells in a row of " + std::string(spec_.file));
    key_ = cells_[column(spec_.key)];
    const std::uint64_t odd = hash(seed_, 0x0DD, spec_.number, row) % 10'000;
    if (spec_.spoilt && odd < kOddPer10k) {
        std::string& text = cells_[column(spec_.text)];
        if (const auto space = text.find(' '); space != std::string::npos) {
            text.insert(space + 1, 1, '\n');
            ++count_.newlines;
        }
    }
    write(columns_.size());
    ++count_.good;
    if (link != Link::not_linked) {
        ++count_.links[static_cast<std::size_t>(link)];
        count_.linked = true;
    }
    count_.note(fate, today_);
    if (spec_.spoilt) plant(row);
    used_ = 0;
    out_.flush_if_full();
}

std::size_t Table::column(std::string_view name) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i] == name) return i;
    }
    throw std::logic_error("no column " + std::string(name) + " in " + std::string(spec_.file));
}

void Table::write(std::size_t cells) {
    std::string& out = out_.buffer();
    for (std::size_t i = 0; i < cells; ++i) {
        if (i > 0) out += ',';
        append_cell(out, cells_[i]);
    }
    out += '\n';
}

void Table::plant(std::uint64_t row) {
    Random random(hash(seed_, 0xBAD, spec_.number, row));
    if (random.below(10'000) >= kSpoiltPer10k) return;
    constexpr std::string_view kKinds[] = {"unparseable_date", "missing_key",     "duplicate_key",
                                           "swapped_lat_lon",  "too_few_columns", "too_many_columns",
                                           "invalid_utf8",     "not_a_number"};
    // Not every row can be spoilt in every way; the first that fits, from a random start.
    const std::uint64_t start = random.next();
    for (std::uint64_t i = 0; i < std::size(kKinds); ++i) {
        const std::string_view kind = kKinds[(start + i) % std::size(kKinds)];
        if (!spoil(kind, random.next())) continue;
        ++count_.bad[std::string(kind)];
        return;
    }
}

bool Table::spoil(std::string_view kind, std::uint64_t drawn) {
    std::string& key = cells_[column(spec_.key)];
    std::size_t cells = columns_.size();
    if (kind == "duplicate_key") {
        std::string& text = cells_[column(spec_.text)];
        text += text.empty() ? "entered again" : " (entered again)";
        write(cells);
        return true;
    }
    if (kind == "missing_key") {
        key.clear();
        write(cells);
        return true;
    }
    if (kind == "unparseable_date") {
        if (spec_.date.empty()) return false;
        constexpr std::string_view kDates[] = {"31/02/2O24", "TBD", "0000-00-00", "13-Foo-2020"};
        cells_[column(spec_.date)] = kDates[drawn % std::size(kDates)];
    } else if (kind == "not_a_number") {
        if (spec_.number_column.empty()) return false;
        constexpr std::string_view kNumbers[] = {"n/a", "unknown", "see file", "#REF!"};
        cells_[column(spec_.number_column)] = kNumbers[drawn % std::size(kNumbers)];
    } else if (kind == "swapped_lat_lon") {
        if (spec_.latitude.empty()) return false;
        std::string& latitude = cells_[column(spec_.latitude)];
        if (latitude.empty()) return false;
        latitude.swap(cells_[column(spec_.longitude)]);
    } else if (kind == "invalid_utf8") {
        constexpr std::string_view kBytes[] = {"Caf\xE9",
                                               "Pe\xF1"
                                               "a",
                                               "\xFF\xFE", "M\xFCller"};
        std::string& text = cells_[column(spec_.text)];
        text.insert(0, std::string(kBytes[drawn % std::size(kBytes)]) + " ");
    } else if (kind == "too_few_columns") {
        cells = kCellsLeft;
    } else if (kind == "too_many_columns") {
        for (std::size_t i = cells; i > 1; --i) cells_[i].swap(cells_[i - 1]);
        cells_[1] = "?";
        ++cells;
    }
    key += "-R";
    write(cells);
    return true;
}

}  // namespace fieldpost::city

#include "daemon/hub/ingest/moment.hpp"

#include <charconv>

#include "daemon/hub/ingest/text.hpp"

namespace fieldpost::hub {

namespace {

constexpr std::int64_t day_s = 86400;
constexpr int first_year = 1700;
constexpr int last_year = 2200;

// Reads a text from left to right; every step says whether what it wanted was there.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }
    char peek() const { return text_.empty() ? '\0' : text_.front(); }
    bool take(char c) {
        if (peek() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    void skip_blanks() {
        while (take(' ')) {
        }
    }
    // A number of at least one and at most `most` digits.
    std::optional<int> digits(std::size_t most) {
        int value = 0;
        std::size_t count = 0;
        while (count < most && peek() >= '0' && peek() <= '9') {
            value = value * 10 + (peek() - '0');
            text_.remove_prefix(1);
            ++count;
        }
        if (count == 0) return std::nullopt;
        return value;
    }
    std::size_t count_digits() const {
        std::size_t count = 0;
        while (count < text_.size() && text_[count] >= '0' && text_[count] <= '9') ++count;
        return count;
    }

  private:
    std::string_view text_;
};

struct Civil {
    int year = 0;
    int month = 0;
    int day = 0;
};

std::optional<Civil> read_date(Cursor& cursor, DateFormat format) {
    const std::size_t leading = cursor.count_digits();
    if (leading == 8) {
        const int year = *cursor.digits(4);
        const int month = *cursor.digits(2);
        return Civil{year, month, *cursor.digits(2)};
    }
    const bool year_first = leading == 4;
    const auto first = cursor.digits(4);
    const char separator = cursor.peek();
    if (!first || (separator != '-' && separator != '/' && separator != '.')) return std::nullopt;
    cursor.take(separator);
    const auto second = cursor.digits(2);
    if (!second || !cursor.take(separator)) return std::nullopt;
    const std::size_t trailing = cursor.count_digits();
    const auto third = cursor.digits(4);
    if (!third) return std::nullopt;
    if (year_first) return trailing <= 2 ? std::optional(Civil{*first, *second, *third}) : std::nullopt;
    if (trailing != 4 || leading > 2) return std::nullopt;
    if (format == DateFormat::day_first) return Civil{*third, *second, *first};
    return Civil{*third, *first, *second};
}

// Seconds of the day; nullopt when it is no time.
std::optional<std::int64_t> read_time(Cursor& cursor) {
    auto hour = cursor.digits(2);
    if (!hour || !cursor.take(':')) return std::nullopt;
    const auto minute = cursor.digits(2);
    if (!minute) return std::nullopt;
    int second = 0;
    if (cursor.take(':')) {
        const auto read = cursor.digits(2);
        if (!read) return std::nullopt;
        second = *read;
        if (cursor.take('.') && !cursor.digits(9)) return std::nullopt;
    }
    Cursor ahead = cursor;
    ahead.skip_blanks();
    const char half = static_cast<char>(ahead.peek() & ~0x20);
    if (half == 'A' || half == 'P') {
        ahead.take(ahead.peek());
        if (!ahead.take('M') && !ahead.take('m')) return std::nullopt;
        if (*hour < 1 || *hour > 12) return std::nullopt;
        hour = *hour % 12 + (half == 'P' ? 12 : 0);
        cursor = ahead;
    }
    if (*hour > 23 || *minute > 59 || second > 60) return std::nullopt;
    return *hour * 3600 + *minute * 60 + second;
}

// "Z", "+00", "-0600", "-06:00". Outer nullopt: damaged; inner: none.
std::optional<std::optional<std::int64_t>> read_offset(Cursor& cursor) {
    cursor.skip_blanks();
    if (cursor.at_end()) return std::optional<std::int64_t>{};
    if (cursor.take('Z')) return std::optional<std::int64_t>{0};
    const bool west = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) return std::nullopt;
    const auto hours = cursor.digits(2);
    if (!hours) return std::nullopt;
    cursor.take(':');
    const int minutes = cursor.digits(2).value_or(0);
    if (*hours > 14 || minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * 3600 + minutes * 60;
    return std::optional<std::int64_t>{west ? -seconds : seconds};
}

std::optional<Moment> read_epoch(std::string_view text, std::int64_t per_second) {
    const auto count = parse_number(text);
    if (!count) return std::nullopt;
    const double seconds = *count / static_cast<double>(per_second);
    const double days = seconds / static_cast<double>(day_s);
    if (days < static_cast<double>(days_from_civil(first_year, 1, 1)) ||
        days > static_cast<double>(days_from_civil(last_year, 12, 31))) {
        return std::nullopt;
    }
    return Moment{static_cast<std::int64_t>(seconds), true, 0};
}

}  // namespace

UnixSeconds Moment::utc(const TimeZone& zone) const {
    if (!has_time) return wall_seconds;
    return offset_s ? wall_seconds - *offset_s : zone.to_utc(wall_seconds);
}

std::string Moment::date(const TimeZone& zone) const {
    return format_date(has_time && offset_s ? zone.to_wall(utc(zone)) : wall_seconds);
}

std::optional<Moment> parse_moment(std::string_view text, DateFormat format) {
    text = trim(text);
    if (format == DateFormat::epoch_seconds) return read_epoch(text, 1);
    if (format == DateFormat::epoch_milliseconds) return read_epoch(text, 1000);
    Cursor cursor(text);
    const auto civil = read_date(cursor, format);
    if (!civil || civil->year < first_year || civil->year > last_year ||
        !is_civil(civil->year, civil->month, civil->day)) {
        return std::nullopt;
    }
    Moment moment;
    moment.wall_seconds = days_from_civil(civil->year, civil->month, civil->day) * day_s;
    if (cursor.at_end()) return moment;
    if (!cursor.take('T')) {
        if (cursor.peek() != ' ') return std::nullopt;
        cursor.skip_blanks();
    }
    const auto time = read_time(cursor);
    if (!time) return std::nullopt;
    const auto offset = read_offset(cursor);
    if (!offset || !cursor.at_end()) return std::nullopt;
    moment.wall_seconds += *time;
    moment.has_time = true;
    moment.offset_s = *offset;
    return moment;
}

}  // namespace fieldpost::hub

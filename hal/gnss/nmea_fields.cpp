#include "hal/gnss/nmea_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "sync/base/time.hpp"

namespace fieldpost::hal {
namespace {

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

// Decimal only: from_chars would also read "nan" and "inf".
std::optional<double> read_number(std::string_view text) {
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    for (const char byte : text) {
        if (!is_digit(byte) && byte != '.' && byte != '-') return std::nullopt;
    }
    double value = 0;
    const auto [stop, problem] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (problem != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<int> read_digits(std::string_view text) {
    if (text.empty() || text.size() > 4) return std::nullopt;
    int value = 0;
    for (const char byte : text) {
        if (!is_digit(byte)) return std::nullopt;
        value = value * 10 + (byte - '0');
    }
    return value;
}

// Some receivers print a time or a date as a number and so lose its first zero.
std::string_view with_leading_zero(std::string_view five, std::array<char, 6>& padded) {
    padded[0] = '0';
    std::ranges::copy(five, padded.begin() + 1);
    return {padded.data(), padded.size()};
}

// "ddmm.mmmm" or "dddmm.mmmm" in degrees. Receivers that drop leading zeros are understood.
std::optional<double> read_angle(std::string_view text, double limit) {
    const auto value = read_number(text);
    if (!value || *value < 0) return std::nullopt;
    const double degrees = std::floor(*value / 100);
    const double minutes = *value - degrees * 100;
    const double angle = degrees + minutes / 60;
    if (minutes > 60 || angle > limit) return std::nullopt;  // 60 is 59.99999, rounded by the receiver
    return angle;
}

}  // namespace

NmeaFields::NmeaFields(std::string_view sentence) {
    while (count_ < fields_.size()) {
        const std::size_t comma = sentence.find(',');
        fields_[count_++] = trimmed(sentence.substr(0, comma));
        if (comma == std::string_view::npos) break;
        sentence.remove_prefix(comma + 1);
    }
    const std::string_view address = fields_[0];
    // "PQGSV" is no maker's sentence: PQ is what Qualcomm's modems call BeiDou.
    const bool qualcomm_beidou = address.starts_with("PQGS");
    if (address.size() == 5 && (address[0] != 'P' || qualcomm_beidou)) {
        talker_ = address.substr(0, 2);
        type_ = address.substr(2);
    } else {
        type_ = address;
    }
}

std::optional<double> NmeaFields::number(std::size_t index) const {
    return read_number((*this)[index]);
}

std::optional<int> NmeaFields::count(std::size_t index) const {
    return read_digits((*this)[index]);
}

char NmeaFields::letter(std::size_t index) const {
    const std::string_view text = (*this)[index];
    return text.size() == 1 ? text.front() : '\0';
}

std::optional<std::int64_t> NmeaFields::time_of_day_us(std::size_t index) const {
    std::array<char, 6> padded;
    const std::string_view field = (*this)[index];
    const std::string_view whole = field.substr(0, field.find('.'));
    const std::string_view text = whole.size() == 5 ? with_leading_zero(whole, padded) : whole;
    if (text.size() != 6) return std::nullopt;
    const auto hours = read_digits(text.substr(0, 2));
    const auto minutes = read_digits(text.substr(2, 2));
    const auto seconds = read_digits(text.substr(4, 2));
    if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
    std::int64_t micros = (*hours * 3600 + *minutes * 60 + *seconds) * std::int64_t{1'000'000};
    const std::string_view fraction = field.substr(whole.size());
    if (fraction.empty()) return micros;
    std::int64_t scale = 100'000;
    for (const char byte : fraction.substr(1)) {
        if (!is_digit(byte)) return std::nullopt;
        micros += (byte - '0') * scale;
        scale /= 10;
    }
    return micros;
}

std::optional<Position> NmeaFields::position(std::size_t index) const {
    const auto latitude = read_angle((*this)[index], 90);
    const auto longitude = read_angle((*this)[index + 2], 180);
    const char ns = letter(index + 1);
    const char ew = letter(index + 3);
    if (!latitude || !longitude || (ns != 'N' && ns != 'S') || (ew != 'E' && ew != 'W')) return std::nullopt;
    if (*latitude == 0 && *longitude == 0) return std::nullopt;
    // Subtracted, not negated: on the equator and in Greenwich there is no minus zero.
    return Position{ns == 'S' ? 0 - *latitude : *latitude, ew == 'W' ? 0 - *longitude : *longitude};
}

std::optional<std::int64_t> read_date(std::string_view ddmmyy) {
    std::array<char, 6> padded;
    if (ddmmyy.size() == 5) ddmmyy = with_leading_zero(ddmmyy, padded);
    if (ddmmyy.size() != 6) return std::nullopt;
    const auto day = read_digits(ddmmyy.substr(0, 2));
    const auto month = read_digits(ddmmyy.substr(2, 2));
    const auto year = read_digits(ddmmyy.substr(4, 2));
    if (!day || !month || !year) return std::nullopt;
    const int full_year = *year >= 80 ? 1900 + *year : 2000 + *year;
    if (!is_civil(full_year, *month, *day)) return std::nullopt;
    return days_from_civil(full_year, *month, *day);
}

}  // namespace fieldpost::hal

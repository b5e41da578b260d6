#include "sync/lookup/position_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t text_limit = 80;
constexpr std::size_t least_decimals = 3;  // a hundred metres: of less, nobody means a position

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct Number {
    double value = 0;
    std::size_t decimals = 0;
    bool negative = false;
    std::size_t hemispheres_before = 0;  // letters N, S, E, W read before it
};

// A text of numbers, signs and letters of the compass, taken apart.
struct Parts {
    std::vector<Number> numbers;
    std::string hemispheres;
    bool degrees = false;  // a sign of degree, minute or second was there
    bool leading_hemisphere = false;
};

bool is_position_word(std::string_view word) {
    constexpr std::array<std::string_view, 8> words{"LAT",      "LON",       "LONG", "LNG",
                                                    "LATITUDE", "LONGITUDE", "GEO",  "GPS"};
    return std::ranges::find(words, word) != words.end();
}

std::optional<Number> take_number(std::string_view text, std::size_t& at) {
    std::size_t end = at;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    const std::string_view digits = text.substr(at, end - at);
    Number number;
    number.negative = at > 0 && text[at - 1] == '-';
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
    if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
    if (const auto dot = digits.find('.'); dot != std::string_view::npos)
        number.decimals = digits.size() - dot - 1;
    at = end;
    return number;
}

std::optional<Parts> take_apart(std::string_view text) {
    Parts parts;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (is_digit(c)) {
            auto number = take_number(text, at);
            if (!number || parts.numbers.size() == 6) return std::nullopt;
            number->hemispheres_before = parts.hemispheres.size();
            parts.numbers.push_back(*number);
            continue;
        }
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            std::size_t end = at;
            while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
            const std::string word = records::fold(text.substr(at, end - at));
            if (word.size() == 1 && std::string_view("NSEW").find(word) != std::string_view::npos) {
                if (parts.numbers.empty()) parts.leading_hemisphere = true;
                parts.hemispheres += word;
            } else if (!is_position_word(word)) {
                return std::nullopt;
            }
            at = end;
            continue;
        }
        // The signs of degree, minute and second are several bytes long, or plain quotes.
        if (static_cast<unsigned char>(c) >= 0x80 || c == '\'' || c == '"') parts.degrees = true;
        const bool harmless = static_cast<unsigned char>(c) >= 0x80 ||
                              std::string_view(" \t,;:'\"-()+").find(c) != std::string_view::npos;
        if (!harmless) return std::nullopt;
        ++at;
    }
    return parts;
}

std::optional<double> degrees_of(const Number* numbers, std::size_t count) {
    double value = 0;
    double share = 1;
    for (std::size_t at = 0; at < count; ++at, share /= 60) {
        const Number& number = numbers[at];
        if (at > 0 && (number.negative || number.value >= 60)) return std::nullopt;
        if (at + 1 < count && number.decimals > 0) return std::nullopt;
        value += number.value * share;
    }
    return numbers[0].negative ? -value : value;
}

std::optional<snapshot::Point> to_point(double lat, double lon) {
    // Longitude first, as maps' own files have it. Nobody lives where such a latitude would be.
    const auto is_lived_at = [](double latitude) { return latitude > -60 && latitude < 84; };
    if (!is_lived_at(lat) && is_lived_at(lon)) std::swap(lat, lon);
    if (std::abs(lat) > 90 || std::abs(lon) > 180) return std::nullopt;
    return snapshot::Point{lat, lon};
}

std::optional<snapshot::Point> read_degrees(std::string_view text) {
    const auto parts = take_apart(text);
    if (!parts) return std::nullopt;
    const std::size_t count = parts->numbers.size();
    if (count != 2 && count != 4 && count != 6) return std::nullopt;
    const bool lettered = parts->hemispheres.size() == 2;
    if (!parts->hemispheres.empty() && !lettered) return std::nullopt;
    const std::size_t half = count / 2;
    const bool exact = parts->numbers[half - 1].decimals >= least_decimals &&
                       parts->numbers.back().decimals >= least_decimals;
    if (!exact && !lettered && !(count > 2 && parts->degrees)) return std::nullopt;
    if (lettered && count == 2 && !exact && !parts->degrees &&
        parts->numbers[0].decimals + parts->numbers[1].decimals == 0)
        return std::nullopt;  // "12 N 14 E": an address of some cities
    auto first = degrees_of(parts->numbers.data(), half);
    auto second = degrees_of(parts->numbers.data() + half, half);
    if (!first || !second) return std::nullopt;
    if (!lettered) return to_point(*first, *second);
    const auto is_latitude = [](char letter) { return letter == 'N' || letter == 'S'; };
    const char a = parts->hemispheres[0];
    const char b = parts->hemispheres[1];
    if (is_latitude(a) == is_latitude(b) || *first < 0 || *second < 0) return std::nullopt;
    if (a == 'S' || a == 'W') *first = -*first;
    if (b == 'S' || b == 'W') *second = -*second;
    const double lat = is_latitude(a) ? *first : *second;
    const double lon = is_latitude(a) ? *second : *first;
    if (std::abs(lat) > 90 || std::abs(lon) > 180) return std::nullopt;
    return snapshot::Point{lat, lon};
}

// UTM on WGS 84 to degrees: series of Krüger to the third order, good to a millimetre within a zone
// (NGA.SIG.0012).
snapshot::Point from_utm(int zone, double easting, double northing) {
    constexpr double radius = 6'367'449.145'823'4;  // rectifying radius
    constexpr double scale = 0.9996;
    constexpr std::array<double, 3> beta{8.377'321'640'821'44e-4, 5.906'110'863'72e-8, 1.676'991'18e-10};
    constexpr std::array<double, 3> delta{3.356'551'448'628'875e-3, 6.571'913'193'17e-6, 1.767'745'996e-8};
    const double xi0 = northing / (scale * radius);
    const double eta0 = (easting - 500'000) / (scale * radius);
    double xi = xi0;
    double eta = eta0;
    for (std::size_t at = 0; at < beta.size(); ++at) {
        const double turns = 2.0 * static_cast<double>(at + 1);
        xi -= beta[at] * std::sin(turns * xi0) * std::cosh(turns * eta0);
        eta -= beta[at] * std::cos(turns * xi0) * std::sinh(turns * eta0);
    }
    const double chi = std::asin(std::sin(xi) / std::cosh(eta));
    double phi = chi;
    for (std::size_t at = 0; at < delta.size(); ++at)
        phi += delta[at] * std::sin(2.0 * static_cast<double>(at + 1) * chi);
    const double degree = 180 / std::numbers::pi;
    return {phi * degree, std::atan2(std::sinh(eta), std::cos(xi)) * degree + zone * 6 - 183};
}

// Northern latitude where a zone's band begins, degrees; bands C to X, without I and O, 8 degrees each.
constexpr std::string_view bands = "CDEFGHJKLMNPQRSTUVWX";
constexpr std::string_view row_letters = "ABCDEFGHJKLMNPQRSTUV";

// MGRS, NGA.STND.0037: zone, band, square of 100 km, easting and northing within it.
std::optional<snapshot::Point> read_grid(std::string_view text) {
    std::string key = records::fold(text);
    std::erase(key, ' ');
    std::size_t digits = 0;
    while (digits < key.size() && is_digit(key[digits])) ++digits;
    if (digits < 1 || digits > 2 || key.size() < digits + 3 + 6) return std::nullopt;
    const int zone = std::stoi(key.substr(0, digits));
    const auto band = bands.find(key[digits]);
    const char column = key[digits + 1];
    const auto row = row_letters.find(key[digits + 2]);
    const std::string within = key.substr(digits + 3);
    if (zone < 1 || zone > 60 || band == std::string_view::npos || row == std::string_view::npos)
        return std::nullopt;
    if (within.size() % 2 != 0 || within.size() > 10 || !std::ranges::all_of(within, is_digit))
        return std::nullopt;
    constexpr std::array<std::string_view, 3> columns{"STUVWXYZ", "ABCDEFGH", "JKLMNPQR"};
    const auto place = columns[static_cast<std::size_t>(zone % 3)].find(column);
    if (place == std::string_view::npos) return std::nullopt;
    const std::size_t each = within.size() / 2;
    const double unit = std::pow(10, 5 - static_cast<int>(each));
    const double easting =
        static_cast<double>(place + 1) * 100'000 + (std::stod(within.substr(0, each)) + 0.5) * unit;
    const double south = static_cast<double>(band) * 8 - 80;
    // Even zones begin their rows with F; rows come again every 2,000 km, and the band says which is meant.
    const std::size_t step = zone % 2 == 0 ? (row + 15) % 20 : row;
    double northing = static_cast<double>(step) * 100'000 + (std::stod(within.substr(each)) + 0.5) * unit;
    if (south < 0) northing -= 10'000'000;
    for (int turn = 0; turn < 10; ++turn, northing += 2'000'000) {
        const snapshot::Point point = from_utm(zone, easting, northing);
        if (point.lat >= south - 1 && point.lat <= south + (band == 19 ? 13 : 9)) return point;
    }
    return std::nullopt;
}

}  // namespace

std::optional<snapshot::Point> read_position(std::string_view text) {
    if (text.size() > text_limit || std::ranges::none_of(text, is_digit)) return std::nullopt;
    if (auto point = read_degrees(text)) return point;
    return read_grid(text);
}

}  // namespace fieldpost::lookup

#include "sync/records/address_street.hpp"

#include <algorithm>
#include <array>

#include "sync/records/address_tokens.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::records::reading {
namespace {

// How surely a type word ends a street's name. `ROAD` nearly always does; `PARK` may be part of a name or a
// place; `LAKE` is a type only as the last word.
enum class Strength { none, weak, fair, strong };

Strength strength(std::string_view word) {
    static constexpr std::array strong = {"ALY", "AVE", "BLVD", "CIR",  "CT",   "DR", "EXPY",
                                          "EXT", "FWY", "HWY",  "LN",   "PKWY", "PL", "RD",
                                          "SQ",  "ST",  "TER",  "TPKE", "WAY"};
    static constexpr std::array fair = {"BYP",  "CRES", "CSWY", "CTR",  "GDNS", "LNDG", "LOOP",
                                        "MALL", "MEWS", "OVAL", "PARK", "PATH", "PIKE", "PLZ",
                                        "RAMP", "ROW",  "RUN",  "TRL",  "WALK", "XING"};
    auto type = street_type(word);
    if (!type) return Strength::none;
    if (std::find(strong.begin(), strong.end(), *type) != strong.end()) return Strength::strong;
    if (std::find(fair.begin(), fair.end(), *type) != fair.end()) return Strength::fair;
    return Strength::weak;
}

bool is_route_word(std::string_view word) {
    return word == "ROUTE" || word == "RTE" || word == "RT" || word == "HIGHWAY" || word == "HWY" ||
           word == "US" || word == "INTERSTATE";
}

// "AVENUE A", "AVENUE OF THE ARTS", "ROUTE 9": the type stands first.
bool has_pre_type(const Words& words) {
    if (words.size() < 2) return false;
    if (is_route_word(words[0])) return is_number_word(words[1]) || is_route_word(words[1]);
    auto type = street_type(words[0]);
    if (!type || *type != "AVE") return false;
    bool letter = words[1].size() == 1 && !is_number_word(words[1]);
    return words[1] == "OF" || (letter && (words.size() == 2 || strength(words[2]) == Strength::none));
}

// Streets that have no type: what follows is something else.
bool is_typeless(std::string_view word) {
    return word == "BROADWAY" || word == "BOWERY" || word == "EMBARCADERO";
}

bool short_direction(std::string_view word) {
    return word.size() <= 2 && direction(word);
}

// How many words the place name takes that the words end with; 0 for none. At least one word stays for the
// street.
std::size_t place_at_end(const Words& words, std::size_t first, const std::vector<std::string>& places) {
    std::size_t best = 0;
    for (const std::string& place : places) {
        auto parts = split_words(place);
        if (parts.empty() || parts.size() >= words.size() - first) continue;
        if (std::equal(parts.rbegin(), parts.rend(), words.rbegin())) best = std::max(best, parts.size());
    }
    return best;
}

// Reads a direction at the front, unless it is itself the name ("North St", "E Ave", "South Ave W"). Returns
// how many words it took.
std::size_t leading_direction(const Words& words, std::string& out) {
    if (words.size() < 2) return 0;
    auto one = direction(words[0]);
    if (!one) return 0;
    Words rest(words.begin() + 1, words.end());
    bool avenue_letter = has_pre_type(rest) && !(rest.size() == 2 && direction(rest[1]));  // N AVENUE B
    bool whole_name = strength(words[1]) == Strength::strong && !avenue_letter;
    if (whole_name && words[1] == "ST" && type_position(rest) < rest.size())
        whole_name = false;  // N ST MARYS AVE
    if (whole_name || (words.size() == 2 && strength(words[1]) != Strength::none)) return 0;
    out = *one;
    auto two = words.size() > 2 ? direction(words[1]) : std::nullopt;
    if (two && words[0].size() == 1 && words[1].size() == 1) {
        auto both = direction(std::string(*one) + std::string(*two));
        if (both) {
            out = *both;
            return 2;
        }
    }
    return 1;
}

std::string join(const Words& words, std::size_t begin, std::size_t end) {
    std::string out;
    for (std::size_t at = begin; at < end; ++at) {
        if (!out.empty()) out += ' ';
        out += words[at];
    }
    return out;
}

}  // namespace

// The last strong type; a fair or weak one only as the last word, or beside a strong one ("4TH STREET
// PLACE").
std::size_t type_position(const Words& words) {
    std::size_t count = words.size();
    std::size_t end = count;
    while (end > 1 && direction(words[end - 1])) --end;
    std::size_t found = count;
    for (std::size_t at = end; at-- > 1;) {
        if (strength(words[at]) != Strength::strong) continue;
        bool saint = words[at] == "ST" && at + 1 < end && strength(words[at - 1]) == Strength::strong &&
                     strength(words[at + 1]) == Strength::none;
        if (saint) continue;
        found = at;
        break;
    }
    if (found < count) {
        bool another = found + 1 < end && found + 2 == end && strength(words[found + 1]) != Strength::none;
        return another ? found + 1 : found;
    }
    if (end > 1 && strength(words[end - 1]) != Strength::none) return end - 1;
    for (std::size_t at = end; at-- > 1;) {
        if (strength(words[at]) == Strength::fair) return at;
    }
    return count;
}

bool begins_typed_street(const Words& words) {
    if (has_pre_type(words)) return true;
    std::size_t type = type_position(words);
    return type < words.size() && type <= 6;
}

StreetWords read_street(const Words& all, bool mailing, const std::vector<std::string>& places) {
    StreetWords street;
    Words words = all;
    if (words.empty()) return street;
    std::size_t place = place_at_end(words, 0, places);
    words.resize(words.size() - place);

    std::size_t first = leading_direction(words, street.pre_direction);
    Words rest(words.begin() + static_cast<std::ptrdiff_t>(first), words.end());
    if (has_pre_type(rest)) {
        street.pre_type = is_route_word(rest[0]) ? "RTE" : "AVE";
        std::size_t from = is_route_word(rest[0]) && is_route_word(rest[1]) && rest.size() > 2 ? 2 : 1;
        std::size_t end = rest.size();
        if (street.pre_type == "RTE") end = std::min(end, from + 1);
        std::size_t used = end;
        if (end > from + 1 && direction(rest[end - 1])) {
            street.post_direction = *direction(rest[end - 1]);
            --end;
        } else if (end < rest.size() && direction(rest[end])) {
            street.post_direction = *direction(rest[end]);
            used = end + 1;
        }
        street.name = join(rest, from, end);
        street.used = first + used;
        return street;
    }

    std::size_t type = type_position(rest);
    std::size_t used = rest.size();
    if (type < rest.size()) {
        street.type = *street_type(rest[type]);
        street.name = join(rest, 0, type);
        used = type + 1;
        // A direction behind the type; but "Main St South Boston" names a place where words follow it.
        bool last = used + 1 == rest.size();
        if (used < rest.size() && direction(rest[used]) && (last || short_direction(rest[used]))) {
            street.post_direction = *direction(rest[used]);
            ++used;
        }
    } else {
        std::size_t end = rest.size();
        if (mailing && end > 1 && is_typeless(rest[0])) end = 1;
        used = end;
        if (end > 1 && direction(rest[end - 1])) {
            street.post_direction = *direction(rest[end - 1]);
            --end;
        }
        street.name = join(rest, 0, end);
    }
    if (street.pre_direction == street.post_direction) street.pre_direction.clear();
    street.used = first + used;
    return street;
}

void put_street(const StreetWords& street, Address& address) {
    address.set_pre_direction(street.pre_direction);
    address.set_pre_type(street.pre_type);
    address.set_name(street.name);
    address.set_post_type(street.type);
    address.set_post_direction(street.post_direction);
}

}  // namespace fieldpost::records::reading

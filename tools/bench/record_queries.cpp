#include "tools/bench/record_queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sync/base/sqlite.hpp"
#include "sync/records/address_words.hpp"
#include "tools/bench/written_street.hpp"

namespace fieldpost::bench {

namespace {

constexpr std::size_t rivals_on_screen = 5;
constexpr double same_place_m = 5;
constexpr int attempts = 100;

std::string digits_of(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= '0' && c <= '9') out += c;
    }
    return out;
}

void add_row(records::Kind kind, records::RecordId record, const google::protobuf::Message& message,
             KnownRecords& out) {
    if (kind == records::PROPERTY) {
        const auto& property = static_cast<const records::Property&>(message);
        if (!property.parcel_id().empty()) out.parcels.push_back({record, property.parcel_id()});
        if (!property.place_name().empty()) out.names.push_back({record, property.place_name()});
        if (!property.has_position()) return;
        const auto at = snapshot::to_point(property.position());
        out.places.push_back({record, property.address(), at});
        for (const auto& alias : property.aliases()) out.aliases.push_back({record, alias, at});
    } else if (kind == records::PARTY) {
        const auto& party = static_cast<const records::Party&>(message);
        if (!party.name().empty()) out.parties.push_back({record, party.name()});
        for (const std::string& phone : party.phones()) {
            if (digits_of(phone).size() == 10) out.phones.push_back({record, phone});
        }
    } else if (kind == records::PERMIT) {
        const auto& permit = static_cast<const records::Permit&>(message);
        if (!permit.permit_number().empty()) out.permits.push_back({record, permit.permit_number()});
    } else if (kind == records::ASSET) {
        const auto& asset = static_cast<const records::Asset&>(message);
        if (asset.asset_class() == "street" && asset.line_size() > 1) {
            KnownRecords::Course course{asset.address(), {}};
            for (const auto& vertex : asset.line()) course.points.push_back(snapshot::to_point(vertex));
            out.courses.push_back(std::move(course));
            return;
        }
        if (!asset.asset_id().empty()) out.tags.push_back({record, asset.asset_id()});
        if (asset.asset_class() == "hydrant" && asset.has_position() && !lookup::out_of_service(asset))
            out.hydrants.push_back({record, asset.address(), snapshot::to_point(asset.position())});
    }
}

std::string sign_wrong(Dice& dice, std::string text) {
    const std::string signs = "0123456789";
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] >= '0' && text[at] <= '9') places.push_back(at);
    }
    if (places.empty()) return text;
    const std::size_t at = dice.pick(places);
    const char sign = signs[dice.below(signs.size())];
    switch (dice.below(4)) {
        case 0:
            if (at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9')
                std::swap(text[at], text[at + 1]);
            break;
        case 1:
            text[at] = sign;
            break;
        case 2:
            text.insert(at, 1, sign);
            break;
        default:
            text.erase(at, 1);
            break;
    }
    return text;
}

// Letters, digits swapped, exchanged, left out or added: at most one.
bool one_sign_apart(const std::string& left, const std::string& right) {
    if (left.size() + 1 < right.size() || right.size() + 1 < left.size()) return false;
    const auto [a, b] = std::ranges::mismatch(left, right);
    const std::string_view l(a, left.end());
    const std::string_view r(b, right.end());
    if (l.size() < r.size()) return l == r.substr(1);
    if (r.size() < l.size()) return r == l.substr(1);
    if (l.empty() || l.substr(1) == r.substr(1)) return true;
    return l.size() > 1 && l[0] == r[1] && l[1] == r[0] && l.substr(2) == r.substr(2);
}

std::string minutes(double degrees, const char* directions) {
    const double all = std::abs(degrees);
    const double whole = std::floor(all);
    return fmt::format("{:.0f} {:06.3f} {}", whole, (all - whole) * 60, directions[degrees < 0 ? 1 : 0]);
}

std::string seconds(double degrees, const char* directions) {
    const long hundredths = std::lround(std::abs(degrees) * 360'000);
    return fmt::format("{}°{:02}'{:05.2f}\"{}", hundredths / 360'000, hundredths / 6000 % 60,
                       static_cast<double>(hundredths % 6000) / 100, directions[degrees < 0 ? 1 : 0]);
}

StreetStyle plain_style(Dice& dice) {
    StreetStyle style;
    if (dice.percent(30)) style.type = StreetStyle::Type::written_out;
    if (dice.percent(20)) style.direction = StreetStyle::Direction::written_out;
    return style;
}

}  // namespace

Result<KnownRecords> read_records(const std::filesystem::path& city) {
    auto database = open_database(city, Durability::read_only);
    if (!database) return database.error();
    return sql([&]() -> Result<KnownRecords> {
        KnownRecords out;
        std::set<std::pair<records::RecordId, int>> seen;
        SQLite::Statement rows(**database, "SELECT record, kind, body FROM layer ORDER BY row");
        while (rows.executeStep()) {
            const auto kind = static_cast<records::Kind>(rows.getColumn(1).getInt());
            const auto message = records::parse_body(kind, rows.getColumn(2).getString());
            if (message) add_row(kind, rows.getColumn(0).getInt64(), **message, out);
        }
        return out;
    });
}

RecordQueries::RecordQueries(const KnownRecords& known, std::uint64_t seed) : known_(known), dice_(seed) {
    std::map<std::pair<long, long>, std::size_t> corners;
    for (std::size_t at = 0; at < known.courses.size(); ++at) {
        for (const snapshot::Point& point : known.courses[at].points) {
            const std::pair place(std::lround(point.lat * 1e6), std::lround(point.lon * 1e6));
            const auto [corner, is_new] = corners.emplace(place, corners_.size());
            if (is_new) corners_.push_back({point, {}});
            corners_[corner->second].courses.push_back(at);
        }
    }
    std::erase_if(corners_, [&](const Corner& corner) {
        return std::ranges::all_of(corner.courses, [&](std::size_t course) {
            return lookup::street_of(known_.courses[course].street) ==
                   lookup::street_of(known_.courses[corner.courses.front()].street);
        });
    });
    for (const auto& phone : known.phones) by_phone_[digits_of(phone.text)].push_back(phone.record);
    for (std::size_t at = 0; at < known.places.size(); ++at) {
        const records::Address& address = known.places[at].address;
        const std::uint32_t last = std::max(address.number(), address.number_high()) / 100;
        for (std::uint32_t block = address.number() / 100; block <= last && block < 9999; ++block) {
            if (block > 0) blocks_[lookup::street_of(address)][block * 100].push_back(at);
        }
    }
}

std::string RecordQueries::separated(const std::string& text) {
    if (dice_.percent(40)) return text;
    std::string out;
    const bool spaced = dice_.percent(40);
    for (const char c : text) {
        const bool sign = c == '-' || c == '.' || c == '/' || c == ' ';
        if (!sign) out += c;
        if (sign && spaced && !out.empty() && out.back() != ' ') out += ' ';
    }
    return out;
}

RecordQuery RecordQueries::number(const std::vector<KnownRecords::Number>& numbers, const std::string& noun,
                                  int errors) {
    RecordQuery out;
    for (int attempt = 0; attempt < attempts && !numbers.empty(); ++attempt) {
        const KnownRecords::Number& wanted = dice_.pick(numbers);
        const std::string right = lookup::term_key(wanted.text);
        const std::string text = errors == 0 ? wanted.text : sign_wrong(dice_, wanted.text);
        const std::string key = lookup::term_key(text);
        if (key.size() < 5 || (errors > 0 && key == right)) continue;
        std::set<std::string> as_near;
        bool is_another = false;
        for (const KnownRecords::Number& other : numbers) {
            const std::string other_key = lookup::term_key(other.text);
            if (other_key == right) {
                out.query.wanted.push_back(other.record);
            } else if (other_key == key) {
                is_another = true;
            } else if (errors > 0 && (one_sign_apart(other_key, key) || other_key.starts_with(key))) {
                as_near.insert(other_key);
            }
        }
        out.query.rival = is_another || as_near.size() >= rivals_on_screen;
        out.query.text = (dice_.percent(20) ? noun + " " : "") + separated(text);
        out.query.address = wanted.text;
        out.query.errors = errors;
        return out;
    }
    return out;
}

RecordQuery RecordQueries::phone() {
    RecordQuery out;
    if (known_.phones.empty()) return out;
    const std::string digits = digits_of(dice_.pick(known_.phones).text);
    const std::string area = digits.substr(0, 3);
    const std::string three = digits.substr(3, 3);
    const std::string four = digits.substr(6);
    const std::vector<std::string> notations{area + "-" + three + "-" + four,
                                             "(" + area + ") " + three + "-" + four,
                                             area + "." + three + "." + four,
                                             area + " " + three + " " + four,
                                             digits,
                                             "+1 " + area + " " + three + " " + four,
                                             "1-" + area + "-" + three + "-" + four,
                                             three + "-" + four};
    const std::size_t which = dice_.below(notations.size());
    out.query.text = notations[which];
    out.query.address = digits;
    for (const auto& [other, owners] : by_phone_) {
        const bool meant = which + 1 == notations.size() ? other.ends_with(three + four) : other == digits;
        if (meant) out.query.wanted.insert(out.query.wanted.end(), owners.begin(), owners.end());
    }
    return out;
}

RecordQuery RecordQueries::position() {
    RecordQuery out;
    if (known_.places.empty()) return out;
    const KnownRecords::Place& place = dice_.pick(known_.places);
    const auto& [lat, lon] = place.position;
    const std::vector<std::string> notations{
        fmt::format("{:.6f}, {:.6f}", lat, lon),
        fmt::format("{:.5f} {:.5f}", lat, lon),
        fmt::format("{:.5f}{} {:.5f}{}", std::abs(lat), lat < 0 ? "S" : "N", std::abs(lon),
                    lon < 0 ? "W" : "E"),
        fmt::format("geo:{:.6f},{:.6f}", lat, lon),
        minutes(lat, "NS") + " " + minutes(lon, "EW"),
        seconds(lat, "NS") + " " + seconds(lon, "EW")};
    out.query.text = dice_.pick(notations);
    out.query.address = records::display(place.address);
    for (const KnownRecords::Place& other : known_.places) {
        if (snapshot::distance_m(other.position, place.position) < same_place_m)
            out.query.wanted.push_back(other.property);
    }
    return out;
}

RecordQuery RecordQueries::crossing() {
    RecordQuery out;
    for (int attempt = 0; attempt < attempts && !corners_.empty(); ++attempt) {
        const Corner& corner = dice_.pick(corners_);
        const records::Address& one = known_.courses[dice_.pick(corner.courses)].street;
        const records::Address& other = known_.courses[dice_.pick(corner.courses)].street;
        if (lookup::street_of(one) == lookup::street_of(other)) continue;
        const std::string first = street_text(one, plain_style(dice_));
        const std::string second = street_text(other, plain_style(dice_));
        const std::vector<std::string> ways{
            first + " & " + second,  first + " and " + second,
            first + " at " + second, first + " / " + second,
            first + "&" + second,    "corner of " + first + " and " + second,
            first + " @ " + second,  "intersection of " + first + " and " + second};
        out.query.text = dice_.pick(ways);
        out.query.address = first + " & " + second;
        out.at = corner.point;
        return out;
    }
    return out;
}

RecordQuery RecordQueries::block() {
    RecordQuery out;
    if (blocks_.empty()) return out;
    const auto street = std::next(blocks_.begin(), static_cast<std::ptrdiff_t>(dice_.below(blocks_.size())));
    const auto block =
        std::next(street->second.begin(), static_cast<std::ptrdiff_t>(dice_.below(street->second.size())));
    const std::string name = street_text(known_.places[block->second.front()].address, plain_style(dice_));
    const std::vector<std::string> ways{
        fmt::format("{} block of {}", block->first, name), fmt::format("{} block {}", block->first, name),
        fmt::format("{} blk {}", block->first, name), fmt::format("{}xx {}", block->first / 100, name)};
    out.query.text = dice_.pick(ways);
    out.query.address = fmt::format("{} {}", block->first, name);
    for (const std::size_t place : block->second) out.query.wanted.push_back(known_.places[place].property);
    return out;
}

RecordQuery RecordQueries::near() {
    RecordQuery out;
    if (known_.places.empty() || known_.hydrants.empty()) return out;
    out.from = dice_.pick(known_.places).position;
    const std::vector<std::string> ways{"nearest hydrant", "hydrant near me", "closest hydrants",
                                        "hydrants nearby"};
    out.query.text = dice_.pick(ways);
    std::vector<std::pair<double, records::RecordId>> all;
    for (const KnownRecords::Place& hydrant : known_.hydrants)
        all.emplace_back(snapshot::distance_m(hydrant.position, *out.from), hydrant.property);
    std::ranges::sort(all);
    for (const auto& [distance, hydrant] : all) {
        if (distance < all.front().first + 0.5) out.query.wanted.push_back(hydrant);
    }
    return out;
}

}  // namespace fieldpost::bench

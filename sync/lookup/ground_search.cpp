#include "sync/lookup/ground_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "sync/base/distance_text.hpp"
#include "sync/lookup/describe.hpp"
#include "sync/lookup/edit_distance.hpp"
#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t streets_kept = 6;
constexpr double as_good = 0.06;
constexpr double good_street = 0.9;
constexpr std::size_t courses_read = 200;  // of one street
constexpr double same_point_m = 15;        // centre lines of two sources may miss each other by a lane
constexpr double same_crossing_m = 60;     // dual carriageways cross twice
constexpr std::size_t crossing_limit = 3;
constexpr double block_score = 0.9;  // a list, not an answer

std::string signed_street(const Street& street) {
    std::string folded = street.direction;
    for (const std::string& part : {street.name, street.type}) {
        if (!part.empty()) folded += (folded.empty() ? "" : " ") + part;
    }
    return records::title_case(folded);
}

// The first point of one course that stands on another.
template <class Course>
std::vector<std::pair<snapshot::Point, records::RecordId>> meetings(const std::vector<Course>& one,
                                                                    const std::vector<Course>& other) {
    std::vector<std::pair<snapshot::Point, records::RecordId>> out;
    const auto is_new = [&](const snapshot::Point& point) {
        return std::ranges::none_of(out, [&](const auto& known) {
            return snapshot::distance_m(known.first, point) < same_crossing_m;
        });
    };
    constexpr double box = 0.0004;  // degrees, more than same_point_m in latitude anywhere people live
    for (const Course& a : one) {
        for (const Course& b : other) {
            for (const snapshot::Point& p : a.points) {
                for (const snapshot::Point& q : b.points) {
                    if (std::abs(p.lat - q.lat) > box || std::abs(p.lon - q.lon) > box) continue;
                    if (snapshot::distance_m(p, q) <= same_point_m && is_new(p))
                        out.emplace_back(p, a.record);
                }
            }
            if (out.size() >= crossing_limit) return out;
        }
    }
    return out;
}

std::string near_why(const snapshot::Spot& spot, const google::protobuf::Message& message,
                     const std::string& from) {
    std::string out =
        distance_text(spot.distance_m) + (from.empty() ? " away" : " from " + from) + " in a straight line";
    if (spot.row.kind != records::ASSET) return out;
    const auto& asset = static_cast<const records::Asset&>(message);
    if (spot.out_of_service) out += "; OUT OF SERVICE";
    if (asset.asset_class() == "hydrant") {
        out += asset.flow_test_on().empty() ? "; no flow test is known"
                                            : "; flow tested " + asset.flow_test_on();
    }
    return out;
}

}  // namespace

std::vector<GroundSearch::FoundStreet> GroundSearch::streets_of(const std::string& text, bool may_grow) {
    TypedText typed = read_words(text);
    typed.last_complete = !may_grow;
    const std::vector<Reading> all = readings(typed, text, places_);
    AddressSearch search(dictionary_, entries_, all);
    const auto best = [&] {
        double score = 0;
        for (const StreetCandidate& street : search.streets()) score = std::max(score, street.score);
        return score;
    };
    search.match();
    const std::vector<Repair> mended =
        best() < good_street ? repairs(typed, dictionary_) : std::vector<Repair>{};
    for (const int errors : {1, 2}) {
        if (best() < (errors == 1 ? good_street : good_street - cost::error))
            search.match_misspelt(mended, places_, errors);
    }
    std::vector<FoundStreet> out;
    const double top = best();
    for (const StreetCandidate& street : search.streets()) {
        if (street.reading->number == 0 && street.score >= top - as_good)
            out.push_back({street.street, street.score, street.reason});
    }
    std::ranges::sort(
        out, {}, [](const FoundStreet& street) { return std::tuple(-street.score, street.reason.street); });
    if (out.size() > streets_kept) out.resize(streets_kept);
    return out;
}

std::vector<GroundSearch::Course> GroundSearch::courses_of(std::int64_t street, std::string& title) {
    std::vector<Course> out;
    for (const auto& entry : entries_.door(street, 0, std::string(street_course), courses_read)) {
        const auto row = entries_.row(entry.row);
        if (!row || row->kind != records::ASSET) continue;
        const auto message = records::parse_body(row->kind, row->body);
        if (!message) continue;
        const auto& asset = static_cast<const records::Asset&>(**message);
        if (title.empty()) title = records::display_street(asset.address());
        Course course{row->record, {}};
        for (const auto& vertex : asset.line()) course.points.push_back(snapshot::to_point(vertex));
        out.push_back(std::move(course));
    }
    return out;
}

Crossings GroundSearch::crossings(const std::vector<CrossingText>& texts) {
    Crossings out;
    for (const CrossingText& text : texts) {
        const auto first = streets_of(text.first, false);
        const auto second = first.empty() ? std::vector<FoundStreet>{} : streets_of(text.second, true);
        for (const FoundStreet& one : first) {
            std::string one_title;
            const auto one_courses = courses_of(one.street, one_title);
            for (const FoundStreet& other : second) {
                if (one.street == other.street || one_courses.empty()) continue;
                std::string other_title;
                const auto met = meetings(one_courses, courses_of(other.street, other_title));
                for (const auto& [point, record] : met) {
                    std::string why = fmt::format("where {} meets {}", one_title, other_title);
                    const int errors = one.reason.name.errors + other.reason.name.errors;
                    if (errors > 0)
                        why +=
                            errors == 1 ? "; one letter differs" : fmt::format("; {} letters differ", errors);
                    out.found.push_back({one_title + " & " + other_title, point, record,
                                         std::min(one.score, other.score), std::move(why)});
                }
            }
        }
        if (out.found.empty() && !first.empty() && !second.empty() && out.do_not_meet.empty()) {
            out.do_not_meet = {signed_street(first.front().reason.street),
                               signed_street(second.front().reason.street)};
        }
    }
    std::ranges::stable_sort(out.found, {}, [](const Crossing& crossing) { return -crossing.score; });
    if (out.found.size() > crossing_limit) out.found.resize(crossing_limit);
    return out;
}

void GroundSearch::block(const BlockText& text, std::size_t limit, std::vector<Candidate>& out) {
    for (const FoundStreet& street : streets_of(text.street, true)) {
        const auto add = [&](const snapshot::AddressEntry& entry) {
            Candidate candidate;
            candidate.score = street.score * block_score;
            candidate.match = Match::block;
            candidate.row = entry.row;
            candidate.why =
                fmt::format("in the {} block of {}", text.from, signed_street(street.reason.street));
            candidate.reason.street = street.reason.street;
            candidate.reason.number = entry.number;
            candidate.reason.part = entry.part;
            out.push_back(std::move(candidate));
        };
        for (const auto& entry :
             entries_.addresses(street.street, std::max(text.from, 1U), text.from + 99, limit))
            add(entry);
        for (const auto& entry : entries_.ranges(street.street, text.from, text.from + 99, limit)) add(entry);
    }
}

Result<std::vector<Hit>> hits_near(snapshot::Reader& reader, const std::string& spot_class,
                                   const snapshot::Point& point, const std::string& from, std::size_t limit) {
    auto spots = reader.near(spot_class.empty() ? "property" : spot_class, point, limit);
    if (!spots) return spots.error();
    std::ranges::stable_sort(*spots, {}, &snapshot::Spot::out_of_service);
    std::vector<Hit> out;
    for (const snapshot::Spot& spot : *spots) {
        const auto message = records::parse_body(spot.row.kind, spot.row.body);
        if (!message) continue;
        Description described = describe(spot.row.kind, **message);
        Hit hit;
        hit.record = spot.row.record;
        hit.kind = spot.row.kind;
        hit.property = spot.row.property;
        hit.title = std::move(described.title);
        hit.subtitle = std::move(described.subtitle);
        hit.match = Match::near;
        hit.why = near_why(spot, **message, from);
        hit.score = std::max(0.5, block_score - 0.01 * static_cast<double>(out.size()));
        hit.position = spot.position;
        out.push_back(std::move(hit));
    }
    return out;
}

std::optional<std::string> spot_class_meant(const std::vector<std::pair<std::string, records::Kind>>& classes,
                                            std::string_view what) {
    if (what.empty() || what == "PROPERTIES" || what == "ADDRESS" || what == "ADDRESSES" || what == "HOUSES")
        return "property";
    std::optional<std::string> near;
    for (const std::string_view word : records::split_words(what)) {
        const TypedWord typed(word);
        for (const auto& [name, kind] : classes) {
            const std::string folded = records::fold(name);
            if (word == folded || word == folded + "S" || what == folded || what == folded + "S") return name;
            const int most = folded.size() >= 5 ? 1 : 0;
            if (!near && std::min(typed.distance(folded, most), typed.distance(folded + "S", most)) <= most)
                near = name;
        }
    }
    return near;
}

}  // namespace fieldpost::lookup

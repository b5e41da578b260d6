#include "sync/lookup/hits.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sync/lookup/describe.hpp"

namespace fieldpost::lookup {

namespace {

using Message = std::unique_ptr<google::protobuf::Message>;

struct Found {
    Candidate candidate;
    records::LayerRow row;
    std::size_t recent = 0;  // place among the recently opened; their number when it is none
    double distance_m = HUGE_VAL;
};

constexpr double sure_score = 0.85;
constexpr double clearly_better = 0.02;

// The door or number that was typed, all that was typed, and hardly an error in it.
bool may_be_sure(const Candidate& candidate) {
    if (candidate.score < sure_score) return false;
    if (candidate.match == Match::block) return false;
    if (candidate.match != Match::address) return candidate.is_as_typed;
    const AddressReason& reason = candidate.reason;
    const bool typed_whole =
        reason.number_fit == NumberFit::exact || reason.number_fit == NumberFit::in_range;
    return typed_whole && !reason.name.goes_on && reason.unread == 0 &&
           (reason.typed_part.empty() || reason.part == reason.typed_part);
}

// How far another door than the one typed is from it.
std::uint32_t apart(const AddressReason& reason) {
    if (!is_other_door(reason.number_fit)) return 0;
    return std::max(reason.number, reason.typed_number) - std::min(reason.number, reason.typed_number);
}

// What belongs to a place that was opened counts as opened with it.
std::size_t recent_place(const std::vector<records::RecordId>& recent, const records::LayerRow& row) {
    const auto is_opened = [&](records::RecordId opened) {
        return opened == row.record || (row.property != 0 && opened == row.property);
    };
    return static_cast<std::size_t>(std::ranges::find_if(recent, is_opened) - recent.begin());
}

// Better by less than this is not better: then the nearer comes first.
double rank(double score) {
    return -std::round(score * 200);
}

std::optional<snapshot::Point> position_in(records::Kind kind, const Message& message) {
    if (!message) return std::nullopt;
    if (kind == records::PROPERTY) {  // most hits are: without asking for the field by name
        const auto& property = static_cast<const records::Property&>(*message);
        if (!property.has_position()) return std::nullopt;
        return snapshot::to_point(property.position());
    }
    const auto position = records::position_of(*message);
    if (!position) return std::nullopt;
    return snapshot::to_point(*position);
}

Message whole_record(snapshot::Entries& entries, records::RecordId record) {
    auto merged = snapshot::merge(entries.record(record));
    return merged ? std::move(*merged) : nullptr;
}

double distance_to(snapshot::Entries& entries, const records::LayerRow& row, const snapshot::Point& from) {
    auto message = records::parse_body(row.kind, row.body);
    auto position = message ? position_in(row.kind, *message) : std::nullopt;
    if (!position && row.property != 0)
        position = position_in(records::PROPERTY, whole_record(entries, row.property));
    return position ? snapshot::distance_m(from, *position) : HUGE_VAL;
}

// The property's own address is another one: this one is an alias of it.
bool is_alias(const AddressReason& reason, const records::Property& property) {
    return street_of(property.address()) != reason.street || property.address().number() != reason.number;
}

Hit to_hit(snapshot::Entries& entries, const Found& found) {
    Hit hit;
    hit.record = found.row.record;
    hit.kind = found.row.kind;
    hit.property = found.row.property;
    hit.match = found.candidate.match;
    hit.score = std::clamp(found.candidate.score, 0.0, 1.0);
    hit.why = found.candidate.match == Match::address ? explain(found.candidate.reason) : found.candidate.why;
    const Message message = whole_record(entries, hit.record);
    Description described = message ? describe(hit.kind, *message) : describe_unknown(hit.kind);
    hit.title = std::move(described.title);
    hit.subtitle = std::move(described.subtitle);
    hit.position = position_in(hit.kind, message);
    if (hit.kind == records::PROPERTY && message) {
        const auto& property = static_cast<const records::Property&>(*message);
        if (hit.match == Match::address && is_alias(found.candidate.reason, property)) {
            hit.why += "; another address of this place";
        }
    } else if (hit.property != 0) {
        if (const Message property = whole_record(entries, hit.property)) {
            const std::string address = describe(records::PROPERTY, *property).title;
            hit.subtitle += hit.subtitle.empty() ? address : " · " + address;
            if (!hit.position) hit.position = position_in(records::PROPERTY, property);
        }
    }
    return hit;
}

}  // namespace

std::vector<Hit> make_hits(snapshot::Entries& entries, std::vector<Candidate> candidates, std::size_t limit,
                           const SearchOptions& options) {
    std::ranges::stable_sort(candidates, {},
                             [](const Candidate& candidate) { return rank(candidate.score); });
    std::vector<Found> found;
    std::set<records::RecordId> seen;
    std::set<std::int64_t> rows;
    double last_rank = 0;
    for (Candidate& candidate : candidates) {
        // All that are as good as the last one shown are looked at, so that the nearest of them can be.
        if (found.size() >= limit && (rank(candidate.score) > last_rank || found.size() >= 4 * limit)) break;
        if (candidate.score < least_score) break;
        if (!rows.insert(candidate.row).second) continue;
        auto row = entries.row(candidate.row);
        if (!row || !seen.insert(row->record).second) continue;
        last_rank = rank(candidate.score);
        const std::size_t recent = recent_place(options.recent, *row);
        found.push_back({std::move(candidate), std::move(*row), recent, HUGE_VAL});
        if (options.position)
            found.back().distance_m = std::round(distance_to(entries, found.back().row, *options.position));
    }
    std::ranges::sort(found, {}, [](const Found& each) {
        const AddressReason& reason = each.candidate.reason;
        return std::tuple(rank(each.candidate.score), each.recent, each.distance_m, each.candidate.match,
                          apart(reason), reason.street.name, reason.street.type, reason.street.direction,
                          reason.number, reason.part, each.row.record);
    });
    if (found.size() > limit) found.resize(limit);
    std::vector<Hit> hits;
    hits.reserve(found.size());
    for (const Found& each : found) hits.push_back(to_hit(entries, each));
    if (!found.empty() && may_be_sure(found.front().candidate)) {
        hits.front().sure = found.size() == 1 || hits[1].score < hits.front().score - clearly_better;
    }
    return hits;
}

}  // namespace fieldpost::lookup

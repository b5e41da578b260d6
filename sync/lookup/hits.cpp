#include "sync/lookup/hits.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sync/lookup/describe.hpp"

namespace fieldpost::lookup {

namespace {

using Message = std::unique_ptr<google::protobuf::Message>;

// A record with all its layers.
struct Record {
    records::RecordId id = 0;
    records::Kind kind = records::KIND_UNSET;
    records::RecordId property = 0;
    Message message;  // nullptr: of a kind that this program does not know, or damaged
};

struct Found {
    const Candidate* candidate = nullptr;
    Record record;
    std::size_t recent = 0;  // place among the recently opened; their number when it is none
    double distance_m = HUGE_VAL;
};

// Hits that are so much worse than the best are only in the way.
constexpr double far_worse = 0.3;
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
    const bool named_whole = reason.name.how == NameMatch::How::whole && !reason.name.goes_on;
    return typed_whole && named_whole && reason.unread == 0 &&
           (reason.typed_part.empty() || reason.part == reason.typed_part);
}

// How far another door than the one typed is from it.
std::uint32_t apart(const AddressReason& reason) {
    if (!is_other_door(reason.number_fit)) return 0;
    return std::max(reason.number, reason.typed_number) - std::min(reason.number, reason.typed_number);
}

// What belongs to a place that was opened counts as opened with it.
std::size_t recent_place(const std::vector<records::RecordId>& recent, const Record& record) {
    const auto is_opened = [&](records::RecordId opened) {
        return opened == record.id || (record.property != 0 && opened == record.property);
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

Message whole(const std::vector<records::LayerRow>& layers) {
    auto merged = snapshot::merge(layers);
    return merged ? std::move(*merged) : nullptr;
}

// nullopt when the row is gone.
std::optional<Record> record_of_row(snapshot::Entries& entries, std::int64_t row) {
    const auto layers = entries.record_of_row(row);
    if (layers.empty()) return std::nullopt;
    const records::LayerRow& first = layers.front();
    return Record{first.record, first.kind, first.property, whole(layers)};
}

double distance_to(snapshot::Entries& entries, const Found& found, const snapshot::Point& from) {
    auto position = position_in(found.record.kind, found.record.message);
    if (!position && found.record.property != 0)
        position = position_in(records::PROPERTY, whole(entries.property_of_row(found.candidate->row)));
    return position ? snapshot::distance_m(from, *position) : HUGE_VAL;
}

// The property's own address is another one: this one is an alias of it.
bool is_alias(const AddressReason& reason, const records::Property& property) {
    return street_of(property.address()) != reason.street || property.address().number() != reason.number;
}

Hit to_hit(snapshot::Entries& entries, const Found& found) {
    const Candidate& candidate = *found.candidate;
    const Message& message = found.record.message;
    Hit hit;
    hit.record = found.record.id;
    hit.kind = found.record.kind;
    hit.property = found.record.property;
    hit.match = candidate.match;
    hit.score = std::clamp(candidate.score, 0.0, 1.0);
    hit.why = candidate.match == Match::address ? explain(candidate.reason) : candidate.why;
    Description described = message ? describe(hit.kind, *message) : describe_unknown(hit.kind);
    hit.title = std::move(described.title);
    hit.subtitle = std::move(described.subtitle);
    hit.position = position_in(hit.kind, message);
    if (hit.kind == records::PROPERTY && message) {
        const auto& property = static_cast<const records::Property&>(*message);
        if (hit.match == Match::address && is_alias(candidate.reason, property)) {
            hit.why += "; another address of this place";
        }
    } else if (hit.property != 0) {
        if (const Message property = whole(entries.property_of_row(candidate.row))) {
            const std::string address = describe(records::PROPERTY, *property).title;
            hit.subtitle += hit.subtitle.empty() ? address : " · " + address;
            if (!hit.position) hit.position = position_in(records::PROPERTY, property);
        }
    }
    return hit;
}

// In the order in which they are shown, as far as they themselves tell.
using Order = std::tuple<double, Match, std::uint32_t, const Street&, std::uint32_t, const std::string&>;
Order order_of(const Candidate& candidate) {
    const AddressReason& reason = candidate.reason;
    return {rank(candidate.score), candidate.match, apart(reason), reason.street, reason.number, reason.part};
}

bool comes_before(const Candidate* a, const Candidate* b) {
    return order_of(*a) < order_of(*b);
}

// The best first; without those that are no answers, or far worse than the best.
std::vector<const Candidate*> in_order(const std::vector<Candidate>& candidates) {
    double best = 0;
    for (const Candidate& candidate : candidates) best = std::max(best, candidate.score);
    const double least = std::max(least_score, best - far_worse);
    std::vector<const Candidate*> out;
    for (const Candidate& candidate : candidates) {
        if (candidate.score >= least) out.push_back(&candidate);
    }
    std::ranges::stable_sort(out, comes_before);
    return out;
}

}  // namespace

std::vector<Hit> make_hits(snapshot::Entries& entries, const std::vector<Candidate>& candidates,
                           std::size_t limit, const SearchOptions& options) {
    // Where a record is, and when it was opened, is known only when it was read: then all that are as good as
    // the last one shown are looked at, so that the nearest of them can be.
    const bool order_is_known = !options.position && options.recent.empty();
    const auto comes_after_last = [&](const Candidate* candidate, const Candidate* last) {
        if (order_is_known) return comes_before(last, candidate);
        return rank(last->score) < rank(candidate->score);
    };
    std::vector<Found> found;
    std::set<records::RecordId> seen;
    std::set<std::int64_t> rows;
    for (const Candidate* candidate : in_order(candidates)) {
        if (found.size() >= limit && comes_after_last(candidate, found.back().candidate)) break;
        if (found.size() >= 4 * limit) break;
        if (!rows.insert(candidate->row).second) continue;
        auto record = record_of_row(entries, candidate->row);
        if (!record || !seen.insert(record->id).second) continue;
        const std::size_t recent = recent_place(options.recent, *record);
        found.push_back({candidate, std::move(*record), recent, HUGE_VAL});
        if (options.position)
            found.back().distance_m = std::round(distance_to(entries, found.back(), *options.position));
    }
    std::ranges::sort(found, {}, [](const Found& each) {
        return std::tuple(rank(each.candidate->score), each.recent, each.distance_m,
                          order_of(*each.candidate), each.record.id);
    });
    if (found.size() > limit) found.resize(limit);
    std::vector<Hit> hits;
    hits.reserve(found.size());
    for (const Found& each : found) hits.push_back(to_hit(entries, each));
    if (!found.empty() && may_be_sure(*found.front().candidate)) {
        hits.front().sure = found.size() == 1 || hits[1].score < hits.front().score - clearly_better;
    }
    return hits;
}

}  // namespace fieldpost::lookup

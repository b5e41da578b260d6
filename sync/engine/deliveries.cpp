#include "sync/engine/deliveries.hpp"

#include <algorithm>
#include <utility>

#include "sync/base/bytes.hpp"
#include "sync/base/crypto.hpp"

namespace fieldpost::engine {

namespace {

// Of several profiles, and of devices that were out of reach for some deliveries.
constexpr std::size_t most_remembered = 64;

bool is_called_as(const Delivery& one, const Delivery& other) {
    return one.title == other.title && one.steward == other.steward && one.refresh_s == other.refresh_s;
}

// `before` is what the device holds of it; nullptr: nothing.
protocol::SourceDelivery to_wire(const std::string& source, const Delivery& now, const Delivery* before) {
    protocol::SourceDelivery out;
    out.set_source(source);
    out.set_delivered_at(now.at);
    if (before != nullptr && is_called_as(*before, now)) return out;
    out.set_title(now.title);
    out.set_steward(now.steward);
    out.set_refresh_s(now.refresh_s);
    return out;
}

}  // namespace

std::uint64_t mark_of(const Deliveries& deliveries) {
    Bytes text = "fieldpost deliveries 1";
    for (const auto& [source, delivery] : deliveries) {
        for (const std::string* part : {&source, &delivery.title, &delivery.steward}) {
            append_u64(text, part->size());
            text += *part;
        }
        append_u64(text, static_cast<std::uint64_t>(delivery.at));
        append_u64(text, static_cast<std::uint64_t>(delivery.refresh_s));
    }
    return std::max<std::uint64_t>(1, read_u64(sha256(text)));
}

const Deliveries* DeliveriesTold::find(std::string_view profile, std::uint64_t mark) const {
    const auto found = std::ranges::find_if(
        told_, [&](const Told& told) { return told.mark == mark && told.profile == profile; });
    return found == told_.end() ? nullptr : &found->deliveries;
}

void DeliveriesTold::tell(std::string_view profile, const Deliveries& now, std::uint64_t held,
                          protocol::HelloReply& answer) {
    if (mark_of(now) == held) return;
    const Deliveries* known = find(profile, held);
    Deliveries then;  // what the device holds once it has written this answer
    std::size_t bytes = 0;
    for (const auto& [source, delivery] : now) {
        const auto found = known == nullptr ? Deliveries::const_iterator() : known->find(source);
        const Delivery* before = known == nullptr || found == known->end() ? nullptr : &found->second;
        if (before == nullptr || *before != delivery) {
            auto told = to_wire(source, delivery, before);
            bytes += told.ByteSizeLong();
            if (bytes > most_delivery_bytes && answer.deliveries_size() > 0) {
                if (before != nullptr) then.emplace(source, *before);
                continue;
            }
            *answer.add_deliveries() = std::move(told);
        }
        then.emplace(source, delivery);
    }
    const std::uint64_t mark = mark_of(then);
    answer.set_deliveries_mark(mark);
    if (find(profile, mark) != nullptr) return;
    told_.push_back({std::string(profile), mark, std::move(then)});
    if (told_.size() > most_remembered) told_.pop_front();
}

void DeliveriesHeard::mounted(std::uint64_t hellos) {
    *this = {};
    said_before_ = hellos;
}

void DeliveriesHeard::heard(std::uint64_t number, const protocol::HelloReply& reply, FeedPlaces heads) {
    if (reply.deliveries_mark() == 0 || number <= said_before_) return;
    if (expected_ && are_same_feeds(expected_->heads, heads)) return;
    NoteDeliveries next{{}, reply.deliveries_mark(), std::move(heads)};
    for (const auto& one : reply.deliveries())
        next.delivered[one.source()] = {one.delivered_at(), one.title(), one.steward(), one.refresh_s()};
    expected_ = std::move(next);
}

std::optional<NoteDeliveries> DeliveriesHeard::due(const FeedPlaces& city) {
    if (!expected_ || !stands_at(city, expected_->heads)) return std::nullopt;
    noting_ = expected_->mark;
    return std::exchange(expected_, std::nullopt);
}

void DeliveriesHeard::noted(std::uint64_t mark, std::uint64_t hellos) {
    if (mark != noting_) return;  // of a city that is gone meanwhile it says nothing
    mark_ = std::exchange(noting_, 0);
    said_before_ = hellos;
    expected_.reset();  // on top of what the city held before
}

}  // namespace fieldpost::engine

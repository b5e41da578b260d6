#include "sync/engine/deliveries.hpp"

#include <algorithm>
#include <iterator>

#include "sync/base/bytes.hpp"
#include "sync/base/crypto.hpp"

namespace fieldpost::engine {

namespace {

// Of several profiles, and of devices that were out of reach for some deliveries.
constexpr std::size_t most_remembered = 64;

}  // namespace

std::uint64_t mark_of(const Deliveries& deliveries) {
    Bytes text = "fieldpost deliveries 1";
    for (const auto& [source, at] : deliveries) {
        text += '\0';
        text += source;
        text += '\0';
        append_u64(text, static_cast<std::uint64_t>(at));
    }
    return std::max<std::uint64_t>(1, read_u64(sha256(text)));
}

const Deliveries* DeliveriesTold::find(std::uint64_t mark) const {
    const auto found = std::ranges::find(told_, mark, &std::pair<std::uint64_t, Deliveries>::first);
    return found == told_.end() ? nullptr : &found->second;
}

void DeliveriesTold::tell(Deliveries now, std::uint64_t held, protocol::HelloReply& answer) {
    if (now.size() > most_deliveries)
        now.erase(std::next(now.begin(), static_cast<std::ptrdiff_t>(most_deliveries)), now.end());
    const std::uint64_t mark = mark_of(now);
    if (mark == held) return;
    const Deliveries* before = find(held);
    const auto is_held = [before](const auto& delivery) {
        if (before == nullptr) return false;
        const auto known = before->find(delivery.first);
        return known != before->end() && known->second == delivery.second;
    };
    for (const auto& one : now) {
        if (is_held(one)) continue;
        auto& delivery = *answer.add_deliveries();
        delivery.set_source(one.first);
        delivery.set_delivered_at(one.second);
    }
    answer.set_deliveries_mark(mark);
    if (find(mark) != nullptr) return;
    told_.emplace_back(mark, std::move(now));
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
    for (const auto& delivery : reply.deliveries()) {
        if (next.delivered.size() == most_deliveries) break;
        next.delivered[delivery.source()] = delivery.delivered_at();
    }
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

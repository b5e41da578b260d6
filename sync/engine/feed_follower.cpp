#include "sync/engine/feed_follower.hpp"

#include <algorithm>

namespace fieldpost::engine {

namespace {

constexpr Millis ask_again_after = 10'000;
constexpr std::size_t max_held_bytes = 2U << 20U;
constexpr std::uint32_t ask_bytes = 256U << 10U;

bool is_in_order(const protocol::FeedSegment& segment) {
    std::uint64_t last = segment.after();
    for (const auto& entry : segment.entries()) {
        if (entry.n() <= last) return false;
        last = entry.n();
    }
    return last <= segment.through();
}

}  // namespace

FeedFollower::FeedFollower(std::string device, Bytes hub_public_key)
    : device_(std::move(device)), hub_public_key_(std::move(hub_public_key)) {}

void FeedFollower::mount(std::map<records::FeedId, FeedState> feeds) {
    view_ = std::move(feeds);
    follows_.clear();
    for (const auto& [id, state] : view_) follows_[id];
    generation_changed_ = false;
}

void FeedFollower::describe(protocol::Hello& hello) const {
    for (const auto& [id, state] : view_) {
        auto& cursor = *hello.add_feeds();
        cursor.set_feed(records::feed_text(id));
        cursor.set_hub_generation(state.generation);
        cursor.set_n(state.cursor);
    }
}

void FeedFollower::resume(Millis now, const protocol::HelloReply& reply, Actions& actions) {
    running_ = true;
    std::vector<records::FeedId> wanted;
    for (const auto& [id, state] : view_) wanted.push_back(id);
    actions.push_back(SubscribeFeeds{std::move(wanted)});
    generation_changed_ = false;  // the hub says it now, feed by feed
    for (const auto& head : reply.heads()) {
        const auto id = records::parse_feed(head.feed());
        const auto known = id ? view_.find(*id) : view_.end();
        if (known == view_.end()) continue;
        if (head.hub_generation() != known->second.generation) {
            generation_changed_ = true;
            continue;
        }
        known->second.head = std::max(known->second.head, head.n());
        next(now, *id, actions);
    }
}

void FeedFollower::pause() {
    running_ = false;
    for (auto& [id, follow] : follows_) follow.asked_at = -1;
}

std::uint64_t FeedFollower::end_of(const records::FeedId& id) const {
    const Follow& follow = follows_.at(id);
    return follow.held.empty() ? view_.at(id).cursor : follow.held.back().through();
}

void FeedFollower::segment(Millis now, const protocol::Signed& sealed, Actions& actions) {
    auto segment = protocol::open_as<protocol::FeedSegment>(sealed, hub_public_key_, "feed segment");
    if (!segment) {
        actions.push_back(Notice{"a feed segment was refused: " + segment.error().message});
        return;
    }
    accept(now, std::move(*segment), actions);
}

void FeedFollower::accept(Millis now, protocol::FeedSegment segment, Actions& actions) {
    const auto id = records::parse_feed(segment.feed());
    const auto known = id ? view_.find(*id) : view_.end();
    if (known == view_.end()) return;  // not ours, or no longer
    FeedState& state = known->second;
    if (segment.hub_generation() != state.generation) {
        generation_changed_ = true;
        return;
    }
    if (!is_in_order(segment)) {
        actions.push_back(Notice{"a segment of feed " + segment.feed() + " is out of order and was refused"});
        return;
    }
    Follow& follow = follows_.at(*id);
    state.head = std::max({state.head, segment.head(), segment.through()});
    const std::uint64_t end = end_of(*id);
    if (segment.after() > end) {  // something is missing before it: ask for the range instead
        next(now, *id, actions);
        return;
    }
    if (segment.through() <= end) {  // nothing new; if a range was asked for, it is still on its way
        next(now, *id, actions);
        return;
    }
    follow.asked_at = -1;
    const auto fresh =
        std::ranges::find_if(segment.entries(), [&](const auto& entry) { return entry.n() > end; });
    segment.mutable_entries()->erase(segment.entries().begin(), fresh);
    segment.set_after(end);
    const std::size_t bytes = segment.ByteSizeLong();
    if (follow.held.empty() || follow.held_bytes + bytes <= max_held_bytes) {
        follow.held_bytes += bytes;
        follow.held.push_back(std::move(segment));
    }
    next(now, *id, actions);
}

void FeedFollower::next(Millis now, const records::FeedId& id, Actions& actions) {
    Follow& follow = follows_.at(id);
    const FeedState& state = view_.at(id);
    if (!follow.applying && !follow.held.empty()) {
        follow.applying = true;
        actions.push_back(ApplySegment{id, follow.held.front()});
    }
    if (running_ && follow.asked_at < 0 && end_of(id) < state.head &&
        follow.held_bytes < max_held_bytes / 2) {
        follow.asked_at = now;
        protocol::Up up;
        auto& request = *up.mutable_feed_request();
        request.set_feed(records::feed_text(id));
        request.set_hub_generation(state.generation);
        request.set_after(end_of(id));
        request.set_max_bytes(ask_bytes);
        actions.push_back(Publish{protocol::topic::up(device_), up.SerializeAsString(), false});
    }
}

void FeedFollower::head(Millis now, const protocol::Signed& sealed, Actions& actions) {
    auto head = protocol::open_as<protocol::FeedHead>(sealed, hub_public_key_, "feed head");
    if (!head) return;  // only a hint
    const auto id = records::parse_feed(head->head().feed());
    const auto known = id ? view_.find(*id) : view_.end();
    if (known == view_.end() || head->head().hub_generation() != known->second.generation) return;
    known->second.head = std::max(known->second.head, head->head().n());
    next(now, *id, actions);
}

void FeedFollower::applied(Millis now, const records::FeedId& feed, std::uint64_t n, Actions& actions) {
    const auto known = view_.find(feed);
    if (known == view_.end()) return;
    Follow& follow = follows_.at(feed);
    if (!follow.applying) return;  // of a city that is no longer mounted
    known->second.cursor = std::max(known->second.cursor, n);
    while (!follow.held.empty() && follow.held.front().through() <= known->second.cursor) {
        follow.held_bytes -= std::min(follow.held_bytes, follow.held.front().ByteSizeLong());
        follow.held.pop_front();
    }
    if (follow.held.empty()) follow.held_bytes = 0;
    follow.applying = false;
    next(now, feed, actions);
}

void FeedFollower::apply_failed(Millis now, const records::FeedId& feed) {
    const auto follow = follows_.find(feed);
    if (follow == follows_.end()) return;
    follow->second = Follow{};
    follow->second.asked_at = now;  // as if it had not come: a full disk is not helped by more of it at once
}

void FeedFollower::tick(Millis now, Actions& actions) {
    for (auto& [id, follow] : follows_) {
        if (follow.asked_at >= 0 && now - follow.asked_at > ask_again_after) follow.asked_at = -1;
        next(now, id, actions);
    }
}

bool FeedFollower::caught_up() const {
    return std::ranges::all_of(view_,
                               [](const auto& feed) { return feed.second.cursor >= feed.second.head; });
}

}  // namespace fieldpost::engine

#include "sync/engine/feed_follower.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace fieldpost::engine {

namespace {

constexpr Millis ask_again_after = 10'000;
constexpr std::size_t max_held_bytes = 2U << 20U;
constexpr std::uint32_t ask_bytes = 256U << 10U;
// How long after the try before it a feed is fetched anew, when its rows are not the hub's: then it is left,
// and status says so. A program that was started again tries again.
constexpr std::array<Millis, 4> try_again_after = {0, 600'000, 3'600'000, 6 * 3'600'000};
constexpr Millis forget_tries_after = 24 * 3'600'000;  // of rows that are the hub's

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
    leaving_.clear();
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

std::optional<ChangeFeeds> FeedFollower::reconcile(const protocol::HelloReply& reply) {
    if (!reply.has_desired() || (view_.empty() && leaving_.empty())) return std::nullopt;
    std::set<records::FeedId> desired;
    for (const auto& text : reply.desired().feeds()) {
        if (auto id = records::parse_feed(text)) desired.insert(std::move(*id));
    }
    ChangeFeeds change;
    change.hub_generation = reply.hub_generation();
    for (const auto& [id, state] : view_) {
        if (!desired.contains(id)) leaving_.insert(id);
    }
    // Until a city without them is mounted: a disk may refuse the change.
    for (const auto& id : leaving_) {
        change.drop.push_back(id);
        view_.erase(id);
        follows_.erase(id);
        mismatches_.erase(id);
    }
    const bool same_numbers = std::ranges::all_of(
        view_, [&](const auto& feed) { return feed.second.generation == reply.hub_generation(); });
    if (same_numbers) {  // else a new snapshot comes, with all that is cleared
        for (const auto& id : desired) {
            if (!view_.contains(id)) change.add.push_back(id);
        }
    }
    if (change.drop.empty() && change.add.empty()) return std::nullopt;
    return change;
}

void FeedFollower::resume(Millis now, const protocol::HelloReply& reply, Actions& actions) {
    const bool first = !std::exchange(running_, true);
    const bool missed = std::ranges::any_of(reply.heads(), [&](const protocol::FeedCursor& head) {
        const auto id = records::parse_feed(head.feed());
        const auto known = id ? view_.find(*id) : view_.end();
        return known != view_.end() && head.hub_generation() == known->second.generation &&
               head.n() > end_of(*id);
    });
    // Not each time: a broker's answer waits behind all else on a slow link, and we wait for it.
    if (first || missed || wanted() != listening_) listen(actions);
    generation_changed_ = false;  // the hub says it now, feed by feed
    for (const auto& head : reply.heads()) {
        const auto id = records::parse_feed(head.feed());
        const auto known = id ? view_.find(*id) : view_.end();
        if (known == view_.end()) continue;
        if (head.hub_generation() != known->second.generation) {
            generation_changed_ = true;
            continue;
        }
        heard(known->second, follows_.at(*id), head);
        next(now, *id, actions);
    }
}

void FeedFollower::pause() {
    running_ = false;
    for (auto& [id, follow] : follows_) follow.asked_at = -1;
}

void FeedFollower::allow(bool allowed, Actions& actions) {
    if (allowed == allowed_) return;
    allowed_ = allowed;
    for (auto& [id, follow] : follows_) follow.asked_at = -1;
    if (running_) listen(actions);
}

void FeedFollower::listen(Actions& actions) {
    listening_ = wanted();
    actions.push_back(SubscribeFeeds{listening_});
}

// What the broker is to push.
std::vector<records::FeedId> FeedFollower::wanted() const {
    std::vector<records::FeedId> wanted;
    if (!allowed_) return wanted;
    for (const auto& [id, state] : view_) wanted.push_back(id);
    return wanted;
}

void FeedFollower::heard(FeedState& state, Follow& follow, const protocol::FeedCursor& head) {
    state.head = std::max(state.head, head.n());
    if (head.has_checksum() && (!follow.hub || head.n() >= follow.hub->n)) {
        follow.hub = FeedPoint{head.n(), head.checksum()};
    }
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
    if (follow.beginning_again) return;
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
    if (follow.beginning_again) return;
    if (!follow.applying && !follow.held.empty()) {
        follow.applying = true;
        actions.push_back(ApplySegment{id, follow.held.front()});
    }
    if (!follow.applying && follow.hub && follow.hub->n == state.cursor && state.head == state.cursor) {
        compare(now, id, actions);
    }
    if (running_ && allowed_ && follow.asked_at < 0 && end_of(id) < state.head &&
        follow.held_bytes < max_held_bytes / 2) {
        follow.asked_at = now;
        protocol::Up up;
        auto& request = *up.mutable_feed_request();
        request.set_feed(records::feed_text(id));
        request.set_hub_generation(state.generation);
        request.set_after(end_of(id));
        request.set_max_bytes(ask_bytes);
        actions.push_back(
            Publish{protocol::topic::up(device_), up.SerializeAsString(), false, SendClass::feed});
    }
}

// Both ends stand at the same number: their rows must be the same.
void FeedFollower::compare(Millis now, const records::FeedId& id, Actions& actions) {
    Follow& follow = follows_.at(id);
    const FeedState& state = view_.at(id);
    if (follow.hub->checksum == state.checksum) {
        const auto known = mismatches_.find(id);
        if (known == mismatches_.end()) return;
        known->second.stands = false;
        if (now - known->second.tried_at >= forget_tries_after) mismatches_.erase(known);
        return;
    }
    Mismatch& mismatch = mismatches_[id];
    const bool last = mismatch.tries == try_again_after.size();
    if (!mismatch.stands) {
        mismatch.stands = true;
        ++mismatches_found_;
        actions.push_back(Notice{
            "the rows of feed " + records::feed_text(id) + " are not the hub's at " +
            std::to_string(state.cursor) +
            (last ? ", however often it was fetched anew: it stays as it is" : ": it is fetched anew")});
    }
    // What is dropped must be able to come again.
    if (last || !running_ || !allowed_) return;
    if (mismatch.tries > 0 && now - mismatch.tried_at < try_again_after[mismatch.tries]) return;
    ++mismatch.tries;
    mismatch.tried_at = now;
    mismatch.stands = false;  // until it is compared again
    follow.beginning_again = true;
    follow.asked_at = -1;
    ChangeFeeds change;
    change.hub_generation = state.generation;
    change.again.push_back(id);
    actions.push_back(std::move(change));
}

void FeedFollower::change_failed(Millis now) {
    for (auto& [id, follow] : follows_) {
        if (!follow.beginning_again) continue;
        follow.beginning_again = false;
        Mismatch& mismatch = mismatches_[id];
        mismatch.stands = true;
        mismatch.tried_at = now;
    }
}

std::vector<records::FeedId> FeedFollower::differing() const {
    std::vector<records::FeedId> out;
    for (const auto& [id, mismatch] : mismatches_) {
        if (mismatch.stands && view_.contains(id)) out.push_back(id);
    }
    return out;
}

void FeedFollower::head(Millis now, const protocol::Signed& sealed, Actions& actions) {
    auto head = protocol::open_as<protocol::FeedHead>(sealed, hub_public_key_, "feed head");
    if (!head) return;  // only a hint
    const auto id = records::parse_feed(head->head().feed());
    const auto known = id ? view_.find(*id) : view_.end();
    if (known == view_.end() || head->head().hub_generation() != known->second.generation) return;
    heard(known->second, follows_.at(*id), head->head());
    next(now, *id, actions);
}

void FeedFollower::applied(Millis now, const records::FeedId& feed, const FeedPoint& reached,
                           Actions& actions) {
    const auto known = view_.find(feed);
    if (known == view_.end()) return;
    Follow& follow = follows_.at(feed);
    if (!follow.applying) return;  // of a city that is no longer mounted
    if (reached.n >= known->second.cursor) {
        known->second.cursor = reached.n;
        known->second.checksum = reached.checksum;
    }
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
    Follow anew;
    anew.hub = follow->second.hub;
    follow->second = std::move(anew);
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

#include "sync/engine/feed_follower.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace fieldpost::engine {

namespace {

constexpr Millis ask_again_after = 10'000;  // beyond the time that the link takes for the answer
constexpr Millis longest_rest = 600'000;    // of a feed whose ranges are of no use, or that the disk refuses
constexpr Millis longest_rest_for_good = 24 * 3'600'000;  // … that the city refuses for good
constexpr Millis late_after = 3'000;                      // … then another feed has its turn meanwhile
constexpr Millis longest_patience = 120'000;
constexpr std::size_t largest_row = 256U << 10U;  // the hub sends one whole, however little was asked for
constexpr Millis way_given = 5'000;  // between two ranges, while own work is sent over a slow link
constexpr std::size_t max_held_bytes = 2U << 20U;
// How long after the try before it a feed is fetched anew, when its rows are not the hub's: then it is left,
// and status says so. A program that was started again tries again.
constexpr std::array<Millis, 4> try_again_after = {0, 600'000, 3'600'000, 6 * 3'600'000};
// After a try that the disk refused.
constexpr Millis try_refused_again_after = 30'000;
// Refusals in a row after which what is held is not what it is tried with again, or another city is wanted.
constexpr unsigned many_refusals = 4;
constexpr Millis forget_tries_after = 24 * 3'600'000;  // of rows that are the hub's

bool lacks_room(ErrorCode why) {
    return why == ErrorCode::full || why == ErrorCode::unavailable;
}

// Errors of a disk, though what it was given may be behind some of them.
bool is_of_disk(ErrorCode why) {
    return lacks_room(why) || why == ErrorCode::io || why == ErrorCode::not_found;
}

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

void FeedFollower::mount(bool has_city, std::map<records::FeedId, FeedState> feeds) {
    has_city_ = has_city;
    view_ = std::move(feeds);
    leaving_.clear();
    follows_.clear();
    for (const auto& [id, state] : view_) follows_[id];
    generation_changed_ = false;
    heads_heard_ = false;
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
    if (!reply.has_desired() || !has_city_) return std::nullopt;
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
            // One that is wanted again while it still leaves is added once it is gone.
            if (!view_.contains(id) && !leaving_.contains(id)) change.add.push_back(id);
        }
    }
    if (change.drop.empty() && change.add.empty()) return std::nullopt;
    return change;
}

// A hub answers in order: what was asked for before that hello, and is not here, does not come any more.
void FeedFollower::answered(Millis now, Millis took) {
    pace_.answered(now, took);
    for (auto& [id, follow] : follows_) {
        if (follow.asked_at >= 0 && follow.asked_at < now - took) give_up(follow);
    }
}

void FeedFollower::resume(Millis now, const protocol::HelloReply& reply, Actions& actions) {
    const bool first = !std::exchange(running_, true);
    const bool missed = std::ranges::any_of(reply.heads(), [&](const protocol::FeedCursor& head) {
        const auto id = records::parse_feed(head.feed());
        const auto known = id ? view_.find(*id) : view_.end();
        return known != view_.end() && head.hub_generation() == known->second.generation &&
               head.n() > known->second.head;
    });
    // Not each time: a broker's answer waits behind all else on a slow link, and we wait for it.
    if (first || missed || wanted() != listening_) listen(actions);
    generation_changed_ = false;  // the hub says it now, feed by feed
    heads_heard_ = true;
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
    pace_.reset();
    for (auto& [id, follow] : follows_) {
        follow.asked_at = -1;
        follow.unanswered = 0;
        if (follow.refused && !follow.held.empty()) follow.rests_until = 0;  // to try costs no data
    }
}

void FeedFollower::allow(bool allowed, Actions& actions) {
    if (allowed == allowed_) return;
    allowed_ = allowed;
    for (auto& [id, follow] : follows_) follow.asked_at = -1;
    if (running_) listen(actions);
}

void FeedFollower::listen(Actions& actions) {
    listening_ = wanted();
    actions.push_back(listening_);
}

// The link has shown to be faster or slower than what is listened to on it is for.
void FeedFollower::follow_pace(Actions& actions) {
    if (running_ && allowed_ && listening_.live != pace_.is_fast()) listen(actions);
}

void FeedFollower::acknowledged(Millis after, Actions& actions) {
    pace_.acknowledged(after);
    follow_pace(actions);
}

// What the broker is to push.
SubscribeFeeds FeedFollower::wanted() const {
    SubscribeFeeds wanted;
    if (!allowed_) return wanted;
    wanted.live = pace_.is_fast();
    for (const auto& [id, state] : view_) wanted.feeds.push_back(id);
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

std::optional<protocol::FeedSegment> FeedFollower::opened(const protocol::Signed& sealed, Actions& actions) {
    auto segment = protocol::open_as<protocol::FeedSegment>(sealed, hub_public_key_, "feed segment");
    if (segment) return std::move(*segment);
    actions.push_back(Notice{"a feed segment was refused: " + segment.error().message});
    return std::nullopt;
}

void FeedFollower::segment(Millis now, const protocol::Signed& sealed, Actions& actions) {
    if (auto segment = opened(sealed, actions)) accept(now, std::move(*segment), actions);
}

void FeedFollower::range(Millis now, const protocol::Signed& sealed, Actions& actions) {
    auto segment = opened(sealed, actions);
    if (!segment) return;
    const std::size_t bytes = segment->ByteSizeLong();
    came_ += bytes;
    const auto id = records::parse_feed(segment->feed());
    const auto found = id ? follows_.find(*id) : follows_.end();
    if (found != follows_.end() && found->second.asked_after == segment->after())
        found->second.unanswered = 0;
    // Anyone may send again what the hub once signed.
    if (found == follows_.end() || found->second.asked_at < 0 ||
        found->second.asked_after != segment->after()) {
        accept(now, std::move(*segment), actions);
        return;
    }
    Follow& follow = found->second;
    if (!follow.asked_twice) {
        pace_.came(now, now - follow.asked_at, bytes, came_ - follow.came_before - bytes);
        follow_pace(actions);
    }
    accept(now, std::move(*segment), actions);
    // Refused or empty: what is asked for at once would be so again.
    if (end_of(*id) <= *follow.asked_after) follow.rests_until = try_again_at(now, follow, longest_rest);
    follow.asked_at = -1;
    follow.asked_after.reset();
    ask(now, actions);
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
    // Something is missing before it: the range is asked for instead. Or nothing is new.
    if (segment.after() > end || segment.through() <= end) {
        next(now, *id, actions);
        return;
    }
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
    if (!follow.applying && !follow.held.empty() && (!follow.refused || now >= follow.rests_until)) {
        follow.applying = true;
        actions.push_back(ApplySegment{id, follow.held.front()});
    }
    if (!follow.applying && follow.hub && follow.hub->n == state.cursor && state.head == state.cursor) {
        compare(now, id, actions);
    }
    ask(now, actions);
}

// For what is missing, in turns: for one range of a feed at a time, and for few in all. Beside these go as
// many that are late, or of feeds that were not answered for: nobody waits for those, and a link that brings
// nothing at all is not filled with more.
void FeedFollower::ask(Millis now, Actions& actions) {
    if (!running_ || !allowed_) return;
    if (!pace_.is_fast() && gives_way_ && now - asked_at_ < way_given) return;
    const std::ptrdiff_t most = pace_.at_once();
    std::ptrdiff_t late = 0;
    std::ptrdiff_t on_time = 0;
    for (const auto& [id, follow] : follows_) {
        if (follow.asked_at >= 0) ++(is_late(now, follow) ? late : on_time);
    }
    for (const bool again : {false, true}) {
        std::ptrdiff_t& on_their_way = again ? late : on_time;
        records::FeedId& last = again ? asked_again_ : asked_;
        while (on_their_way < most && on_time + late < 2 * most) {
            const auto turn = next_wanted(now, last, again);
            if (!turn) break;
            ++on_their_way;
            last = *turn;
            request(now, last, actions);
        }
    }
}

// The first behind `last` whose ranges came, or of those that were asked for in vain (`again`) the one with
// the fewest: what was lost once does not wait for feeds that are never answered for.
std::optional<records::FeedId> FeedFollower::next_wanted(Millis now, const records::FeedId& last,
                                                         bool again) const {
    const std::pair<const records::FeedId, Follow>* found = nullptr;
    auto turn = follows_.upper_bound(last);
    for (std::size_t i = 0; i < follows_.size(); ++i, ++turn) {
        if (turn == follows_.end()) turn = follows_.begin();
        const auto& [id, follow] = *turn;
        if ((follow.unanswered > 0) != again || !is_wanted(now, id, follow)) continue;
        if (found == nullptr || follow.unanswered < found->second.unanswered) found = &*turn;
    }
    return found == nullptr ? std::nullopt : std::optional(found->first);
}

bool FeedFollower::is_wanted(Millis now, const records::FeedId& id, const Follow& follow) const {
    const bool is_stuck = follow.refused && !follow.held.empty();
    return follow.asked_at < 0 && !follow.beginning_again && !is_stuck && now >= follow.rests_until &&
           end_of(id) < view_.at(id).head && follow.held_bytes < max_held_bytes / 2;
}

void FeedFollower::request(Millis now, const records::FeedId& id, Actions& actions) {
    Follow& follow = follows_.at(id);
    const std::uint64_t end = end_of(id);
    follow.asked_at = asked_at_ = now;
    follow.asked_twice = follow.asked_after == end;
    follow.asked_after = end;
    follow.asked_bytes = pace_.range_bytes();
    follow.came_before = came_;
    protocol::Up up;
    auto& request = *up.mutable_feed_request();
    request.set_feed(records::feed_text(id));
    request.set_hub_generation(view_.at(id).generation);
    request.set_after(end);
    request.set_max_bytes(follow.asked_bytes);
    actions.push_back(Publish{protocol::topic::up(device_), up.SerializeAsString(), false, SendClass::feed});
}

// What the link takes for all ranges that are on their way.
Millis FeedFollower::takes_all() const {
    std::size_t bytes = 0;
    for (const auto& [id, follow] : follows_) {
        if (follow.asked_at >= 0) bytes += follow.asked_bytes;
    }
    return pace_.takes(bytes);
}

bool FeedFollower::is_late(Millis now, const Follow& follow) const {
    return follow.unanswered > 0 || now - follow.asked_at > late_after + takes_all();
}

// How long a range may be on its way: as long as the link takes, and a hub for its answer.
Millis FeedFollower::patience(const Follow& follow) const {
    const Millis wait = ask_again_after << std::min(follow.unanswered, 4U);
    return std::min(wait + std::max(takes_all(), pace_.takes(largest_row)), longest_patience);
}

void FeedFollower::give_up(Follow& follow) {
    // Once for each feed, which the hub may not answer for another reason.
    if (follow.unanswered++ == 0 && follow.came_before == came_) pace_.missed();
    follow.asked_at = -1;
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
    const Millis pause = mismatch.refused ? try_refused_again_after : try_again_after[mismatch.tries];
    if (now - mismatch.tried_at < pause) return;
    ++mismatch.tries;
    mismatch.tried_at = now;
    mismatch.refused = false;
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
        mismatch.refused = true;
        --mismatch.tries;
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
    follow.refused = false;
    follow.in_vain = 0;
    follow.disk_refusals = 0;
    follow.refusals = 0;
    next(now, feed, actions);
}

void FeedFollower::apply_failed(Millis now, const records::FeedId& feed, ErrorCode why) {
    const auto found = follows_.find(feed);
    if (found == follows_.end()) return;
    Follow& follow = found->second;
    if (!follow.applying) return;  // of a city that is no longer mounted
    follow.applying = false;
    follow.refused = true;
    const bool is_for_good = !is_of_disk(why);
    follow.rests_until = try_again_at(now, follow, is_for_good ? longest_rest_for_good : longest_rest);
    if (is_for_good) ++follow.refusals;
    if (!is_for_good && !lacks_room(why)) ++follow.disk_refusals;
    // A full or broken disk shall not cost the link anything; but what it was given may be behind an error.
    const bool is_suspect = !lacks_room(why) && follow.disk_refusals == many_refusals;
    if (!is_for_good && !is_suspect && follow.held_bytes <= max_held_bytes) return;
    follow.held.clear();
    follow.held_bytes = 0;
    follow.asked_at = -1;  // what is on its way is behind it
    follow.asked_after.reset();
}

bool FeedFollower::needs_snapshot() const {
    return std::ranges::any_of(follows_,
                               [](const auto& feed) { return feed.second.refusals >= many_refusals; });
}

// Whatever is the matter, it will not mend itself at once, and each range of it costs data.
Millis FeedFollower::try_again_at(Millis now, Follow& follow, Millis longest) {
    return now + std::min(ask_again_after << std::min(follow.in_vain++, 14U), longest);
}

void FeedFollower::tick(Millis now, Actions& actions) {
    for (auto& [id, follow] : follows_) {
        if (follow.asked_at >= 0 && now - follow.asked_at > patience(follow)) give_up(follow);
        next(now, id, actions);
    }
}

FeedPlaces FeedFollower::places() const {
    FeedPlaces places;
    for (const auto& [id, state] : view_) places[id] = {state.generation, state.cursor};
    return places;
}

bool FeedFollower::compared() const {
    return std::ranges::all_of(follows_, [&](const auto& feed) {
        const auto& [id, follow] = feed;
        return follow.hub && follow.hub->n == view_.at(id).cursor;
    });
}

bool FeedFollower::caught_up() const {
    return std::ranges::all_of(view_,
                               [](const auto& feed) { return feed.second.cursor >= feed.second.head; });
}

}  // namespace fieldpost::engine

// The feeds' way down: applies what comes in order, asks for what is missing, never applies a gap, and
// compares the checksums of both ends where they stand at the same number. PROTOCOL: feed rules 8 to 12.
//
// Rows that are not the hub's: that feed alone is dropped and fetched from 0, all of it, for nobody knows
// which row it is; until it is here again, what it holds is missing on board. That is bounded. How often: at
// once, and then 10 minutes, 1 hour and 6 hours after the try before, so four times; then the feed stays as
// it is, and status says so. Four more come only when its rows were the hub's again a day after the last try,
// or after a new start of the program, which has one at once. How many bytes each time: what the feed holds
// now, a row once, with its removals and without what was superseded; asked for by ranges of 256 KiB at most,
// one at a time, 2 MiB at most held in memory, and only while the link may carry feeds. There is no bound of
// bytes beside these: a large feed on a slow link is fetched four times in seven hours at worst.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "sync/engine/device_actions.hpp"
#include "sync/engine/feed_pace.hpp"
#include "sync/engine/feed_point.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::engine {

struct FeedState {
    std::uint64_t generation = 0;  // of the hub whose numbers these are
    std::uint64_t cursor = 0;      // applied through here
    std::uint64_t head = 0;        // newest that is known to exist
    std::uint64_t checksum = 0;    // of the rows held, which are those of `cursor`
};

class FeedFollower {
  public:
    FeedFollower(std::string device, Bytes hub_public_key);

    // A city is mounted, or none (`has_city` false): its cursors. Forgets what was in flight.
    void mount(bool has_city, std::map<records::FeedId, FeedState> feeds);
    void describe(protocol::Hello& hello) const;
    // What the profile that the hub says changes in what is followed; feeds that are lost are forgotten at
    // once, gained ones are followed when the city is mounted with them. nullopt: nothing.
    std::optional<ChangeFeeds> reconcile(const protocol::HelloReply& reply);
    // The hub answered the newest hello, so long after it. resume() follows.
    void answered(Millis now, Millis took);
    // Batches are acknowledged after so long at least.
    void acknowledged(Millis after, Actions& actions);
    // The hub answered a hello: its heads. Every feed of the mounted city is followed.
    void resume(Millis now, const protocol::HelloReply& reply, Actions& actions);
    void pause();
    // A segment, pushed or asked for. Signature and order are checked here.
    void segment(Millis now, const protocol::Signed& sealed, Actions& actions);
    void range(Millis now, const protocol::Signed& sealed, Actions& actions);
    void head(Millis now, const protocol::Signed& sealed, Actions& actions);
    // The ApplySegment for this feed is committed through n; or failed: it is tried again after 10 s, and
    // each time in a row after twice as long, 10 minutes at most. Until then nothing more of the feed is
    // asked for. What a disk failed at is kept meanwhile: for lack of room (full, unavailable) always, else
    // (io, not_found) but for the fourth time in a row, when it is forgotten once and comes again. All else
    // the city refuses for good: what is held of the feed is forgotten and comes again, after a day at most,
    // for each time costs data.
    void applied(Millis now, const records::FeedId& feed, const FeedPoint& reached, Actions& actions);
    void apply_failed(Millis now, const records::FeedId& feed, ErrorCode why);
    // A ChangeFeeds did not happen: what it was to begin again is tried later.
    void change_failed(Millis now);
    // Whether the link may carry feeds. When it may not, nothing is listened to and nothing asked for.
    void allow(bool allowed, Actions& actions);
    // Whether own work waits to be sent: on a slow link ranges give way to it.
    void give_way(bool to_work) { gives_way_ = to_work; }
    // Asks again for what did not come.
    void tick(Millis now, Actions& actions);

    const std::map<records::FeedId, FeedState>& feeds() const { return view_; }
    // Where each feed of the mounted city stands.
    FeedPlaces places() const;
    bool caught_up() const;
    // The hub has said its heads since this city was mounted, and the city stands at them.
    bool reached_hub() const { return heads_heard_ && !generation_changed_ && caught_up(); }
    // The hub's numbers are of another generation than the mounted city's: only a new snapshot helps.
    bool generation_changed() const { return generation_changed_; }
    // The city refused for good what came of a feed, again and again: a new snapshot may help.
    bool needs_snapshot() const;
    // Each feed's rows were compared with the hub's where both stand now.
    bool compared() const;
    // Feeds whose rows are not the hub's, as far as is known.
    std::vector<records::FeedId> differing() const;
    // How often one was found so in this run.
    std::uint64_t mismatches() const { return mismatches_found_; }

  private:
    struct Follow {
        std::deque<protocol::FeedSegment> held;  // in order, contiguous from the cursor
        std::size_t held_bytes = 0;
        bool applying = false;
        Millis asked_at = -1;                      // -1: nothing asked
        std::optional<std::uint64_t> asked_after;  // by the last request that was not answered
        bool asked_twice = false;                  // for that: nobody knows to which the answer is
        std::uint32_t asked_bytes = 0;             // at most, in the answer
        unsigned unanswered = 0;                   // requests in a row that were given up
        std::uint64_t came_before = 0;             // came_ then
        Millis rests_until = 0;                    // what it asked for was of no use: not again before
        bool refused = false;          // or the disk refused what is held, which is not tried again before
        unsigned in_vain = 0;          // times in a row that either was so
        unsigned disk_refusals = 0;    // since something was applied, but for want of room
        unsigned refusals = 0;         // and for good
        std::optional<FeedPoint> hub;  // the newest that the hub has said of it
        bool beginning_again = false;  // a ChangeFeeds is on its way to that
    };
    // What was done about rows that are not the hub's. Stays when a city is mounted: the next may be no
    // better.
    struct Mismatch {
        bool stands = false;
        std::size_t tries = 0;
        Millis tried_at = 0;
        bool refused = false;  // the last one by the disk: it does not count
    };

    std::optional<protocol::FeedSegment> opened(const protocol::Signed& sealed, Actions& actions);
    void accept(Millis now, protocol::FeedSegment segment, Actions& actions);
    void listen(Actions& actions);
    void follow_pace(Actions& actions);
    void ask(Millis now, Actions& actions);
    std::optional<records::FeedId> next_wanted(Millis now, const records::FeedId& last, bool again) const;
    bool is_wanted(Millis now, const records::FeedId& id, const Follow& follow) const;
    void request(Millis now, const records::FeedId& id, Actions& actions);
    Millis takes_all() const;
    bool is_late(Millis now, const Follow& follow) const;
    Millis patience(const Follow& follow) const;
    void give_up(Follow& follow);
    static Millis try_again_at(Millis now, Follow& follow, Millis longest);
    void heard(FeedState& state, Follow& follow, const protocol::FeedCursor& head);
    void next(Millis now, const records::FeedId& id, Actions& actions);
    void compare(Millis now, const records::FeedId& id, Actions& actions);
    SubscribeFeeds wanted() const;
    std::uint64_t end_of(const records::FeedId& id) const;

    std::string device_;
    Bytes hub_public_key_;
    FeedPace pace_;
    SubscribeFeeds listening_;           // what was last asked of the broker
    records::FeedId asked_;              // the last of which a range was asked for …
    records::FeedId asked_again_;        // … and of those of which the last range did not come
    std::uint64_t came_ = 0;             // bytes of ranges, of all feeds
    std::set<records::FeedId> leaving_;  // lost, and perhaps still in the mounted city
    std::map<records::FeedId, FeedState> view_;
    std::map<records::FeedId, Follow> follows_;
    std::map<records::FeedId, Mismatch> mismatches_;
    std::uint64_t mismatches_found_ = 0;
    Millis asked_at_ = 0;
    bool gives_way_ = false;
    bool running_ = false;
    bool has_city_ = false;
    bool allowed_ = true;
    bool generation_changed_ = false;
    bool heads_heard_ = false;  // since the city was mounted
};

}  // namespace fieldpost::engine

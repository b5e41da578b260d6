// The feeds' way down: applies what comes in order, asks for what is missing, never applies a gap, and
// compares the checksums of both ends where they stand at the same number. PROTOCOL: feed rules 8 to 12.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "sync/engine/device_actions.hpp"
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

    // A city was mounted: these are its cursors. Forgets what was in flight.
    void mount(std::map<records::FeedId, FeedState> feeds);
    void describe(protocol::Hello& hello) const;
    // What the profile that the hub says changes in what is followed; feeds that are lost are forgotten at
    // once, gained ones are followed when the city is mounted with them. nullopt: nothing.
    std::optional<ChangeFeeds> reconcile(const protocol::HelloReply& reply);
    // The hub answered the hello: its heads. Every feed of the mounted city is followed.
    void resume(Millis now, const protocol::HelloReply& reply, Actions& actions);
    void pause();
    // A segment, live or asked for. Signature and order are checked here.
    void segment(Millis now, const protocol::Signed& sealed, Actions& actions);
    void head(Millis now, const protocol::Signed& sealed, Actions& actions);
    // The ApplySegment for this feed is committed through n; or failed, and is asked for again after a while.
    void applied(Millis now, const records::FeedId& feed, const FeedPoint& reached, Actions& actions);
    void apply_failed(Millis now, const records::FeedId& feed);
    // A ChangeFeeds did not happen: what it was to begin again is tried later.
    void change_failed(Millis now);
    // Whether the link may carry feeds. When it may not, nothing is listened to and nothing asked for.
    void allow(bool allowed, Actions& actions);
    // Asks again for what did not come.
    void tick(Millis now, Actions& actions);

    const std::map<records::FeedId, FeedState>& feeds() const { return view_; }
    bool caught_up() const;
    // The hub's numbers are of another generation than the mounted city's: only a new snapshot helps.
    bool generation_changed() const { return generation_changed_; }
    // Feeds whose rows are not the hub's, as far as is known.
    std::vector<records::FeedId> differing() const;
    // How often one was found so in this run.
    std::uint64_t mismatches() const { return mismatches_found_; }

  private:
    struct Follow {
        std::deque<protocol::FeedSegment> held;  // in order, contiguous from the cursor
        std::size_t held_bytes = 0;
        bool applying = false;
        Millis asked_at = -1;          // -1: nothing asked
        std::optional<FeedPoint> hub;  // the newest that the hub has said of it
        bool beginning_again = false;  // a ChangeFeeds is on its way to that
    };
    // What was done about rows that are not the hub's. Stays when a city is mounted: the next may be no
    // better.
    struct Mismatch {
        bool stands = false;
        std::size_t tries = 0;
        Millis tried_at = 0;
    };

    void accept(Millis now, protocol::FeedSegment segment, Actions& actions);
    void listen(Actions& actions);
    void heard(FeedState& state, Follow& follow, const protocol::FeedCursor& head);
    void next(Millis now, const records::FeedId& id, Actions& actions);
    void compare(Millis now, const records::FeedId& id, Actions& actions);
    std::vector<records::FeedId> wanted() const;
    std::uint64_t end_of(const records::FeedId& id) const;

    std::string device_;
    Bytes hub_public_key_;
    std::vector<records::FeedId> listening_;  // what was last asked of the broker
    std::set<records::FeedId> leaving_;       // lost, and perhaps still in the mounted city
    std::map<records::FeedId, FeedState> view_;
    std::map<records::FeedId, Follow> follows_;
    std::map<records::FeedId, Mismatch> mismatches_;
    std::uint64_t mismatches_found_ = 0;
    bool running_ = false;
    bool allowed_ = true;
    bool generation_changed_ = false;
};

}  // namespace fieldpost::engine

// The feeds' way down: applies what comes in order, asks for what is missing, never applies a gap.
// PROTOCOL: feed rules 8 to 12.
#pragma once

#include <deque>
#include <map>

#include "sync/engine/device_actions.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::engine {

struct FeedState {
    std::uint64_t generation = 0;  // of the hub whose numbers these are
    std::uint64_t cursor = 0;      // applied through here
    std::uint64_t head = 0;        // newest that is known to exist
};

class FeedFollower {
  public:
    FeedFollower(std::string device, Bytes hub_public_key);

    // A city was mounted: these are its cursors. Forgets what was in flight.
    void mount(std::map<records::FeedId, FeedState> feeds);
    void describe(protocol::Hello& hello) const;
    // The hub answered the hello: its heads. Every feed of the mounted city is followed.
    void resume(Millis now, const protocol::HelloReply& reply, Actions& actions);
    void pause();
    // A segment, live or asked for. Signature and order are checked here.
    void segment(Millis now, const protocol::Signed& sealed, Actions& actions);
    void head(Millis now, const protocol::Signed& sealed, Actions& actions);
    // The ApplySegment for this feed is committed through n; or failed, and is asked for again after a while.
    void applied(Millis now, const records::FeedId& feed, std::uint64_t n, Actions& actions);
    void apply_failed(Millis now, const records::FeedId& feed);
    // Asks again for what did not come.
    void tick(Millis now, Actions& actions);

    const std::map<records::FeedId, FeedState>& feeds() const { return view_; }
    bool caught_up() const;
    // The hub's numbers are of another generation than the mounted city's: only a new snapshot helps.
    bool generation_changed() const { return generation_changed_; }

  private:
    struct Follow {
        std::deque<protocol::FeedSegment> held;  // in order, contiguous from the cursor
        std::size_t held_bytes = 0;
        bool applying = false;
        Millis asked_at = -1;  // -1: nothing asked
    };

    void accept(Millis now, protocol::FeedSegment segment, Actions& actions);
    void next(Millis now, const records::FeedId& id, Actions& actions);
    std::uint64_t end_of(const records::FeedId& id) const;

    std::string device_;
    Bytes hub_public_key_;
    std::map<records::FeedId, FeedState> view_;
    std::map<records::FeedId, Follow> follows_;
    bool running_ = false;
    bool generation_changed_ = false;
};

}  // namespace fieldpost::engine

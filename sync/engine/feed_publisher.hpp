// Publishes what the hub's feeds have gained: segments to whoever follows them live, heads as retained hints;
// and makes the segments that devices ask for. Single-threaded, inside the store's round.
#pragma once

#include <map>

#include "sync/engine/hub_actions.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::engine {

class FeedPublisher {
  public:
    FeedPublisher(HubStore& store, protocol::Signer& signer);

    // Entries up to now count as published: devices ask for what they lack.
    Status start();
    // Which heads are published behind the segments, retained, as hints: those that have grown since they
    // were, a few times a second at most, because each costs a slow link its bytes; all now and then.
    enum class Heads { none, grown, all };
    // Publishes entries that were committed since the last call, in order. An Error is of a feed that cannot
    // be read, the first: it is tried again with the next call. What was made of the others stands in
    // `actions`, counts as published, and must be sent.
    Status publish(Heads heads, HubActions& actions);

    // Of entries after `after`; `head` is the feed's newest.
    Result<protocol::Signed> segment(const records::FeedId& feed, std::uint64_t after, std::uint64_t head,
                                     std::size_t max_bytes);
    protocol::FeedCursor head_of(const records::FeedId& feed, const FeedPoint& head);

  private:
    Status publish_feed(const records::FeedId& feed, const FeedPoint& head, Heads heads, HubActions& actions);
    Status publish_head(const records::FeedId& feed, const FeedPoint& head, HubActions& actions);

    HubStore& store_;
    protocol::Signer& signer_;
    std::map<records::FeedId, std::uint64_t> published_;
    std::map<records::FeedId, std::uint64_t> hinted_;
};

}  // namespace fieldpost::engine

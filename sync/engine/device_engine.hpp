// The device's end of the protocol: one object that a program feeds with messages, link changes, journal
// growth and ticks, and whose actions it carries out. Single-threaded; no I/O; deterministic.
#pragma once

#include "sync/engine/artifact_fetcher.hpp"
#include "sync/engine/feed_follower.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::engine {

struct MountedCity {
    std::uint64_t snapshot_generation = 0;
    std::map<records::FeedId, FeedState> feeds;
};

struct DeviceIdentity {
    std::string device;
    Bytes hub_public_key;
    std::string version;
};

class DeviceEngine {
  public:
    DeviceEngine(DeviceIdentity identity, JournalView& journal, protocol::Signer& signer,
                 UplinkLimits limits = {});

    void connected(Millis now, Actions& actions);
    void disconnected();
    void message(Millis now, std::string_view topic, BytesView payload, Actions& actions);
    void tick(Millis now, Actions& actions);

    // A city file was mounted at start-up or after a fetch.
    void mounted(MountedCity city);
    // The journal has new durable entries.
    void appended(Millis now, Actions& actions);
    // The OpenEpoch action is committed.
    void epoch_opened(Millis now, Actions& actions);

    void feed_applied(Millis now, const records::FeedId& feed, std::uint64_t n, Actions& actions);
    void feed_failed(Millis now, const records::FeedId& feed);
    void artifact_prepared(Millis now, std::vector<std::uint32_t> missing, Actions& actions);
    void block_written(Millis now, std::uint32_t block, Actions& actions);
    // A step failed that may succeed another time.
    void artifact_failed() { fetcher_.failed(); }
    // The artifact was verified, and mounted (ok) or cannot be used by this program.
    void artifact_finished(Millis now, bool ok, MountedCity city, Actions& actions);

    const FeedFollower& feeds() const { return feeds_; }
    const Uplink& uplink() const { return uplink_; }
    const ArtifactFetcher& fetcher() const { return fetcher_; }
    // The hub answers: it did at this connection's last hello, and has not said goodbye since.
    bool in_contact() const { return in_contact_; }
    // What the hub said is wrong with this device; empty when nothing.
    const std::string& problem() const { return problem_; }

  private:
    void say_hello(Millis now, Actions& actions);
    void hello_reply(Millis now, const protocol::HelloReply& reply, Actions& actions);

    DeviceIdentity identity_;
    Uplink uplink_;
    FeedFollower feeds_;
    ArtifactFetcher fetcher_;
    MountedCity city_;
    bool connected_ = false;
    bool in_contact_ = false;
    Millis hello_at_ = 0;
    bool heard_ = false;  // anything from the hub to this device since then
    std::string problem_;
};

}  // namespace fieldpost::engine

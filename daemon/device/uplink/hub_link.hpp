// Drives the device's engine: carries its messages over MQTT, its actions to journal and city, and tells the
// program what changed. Loop thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/device/city/city_cache.hpp"
#include "daemon/device/city/readers.hpp"
#include "daemon/device/journal/journal.hpp"
#include "daemon/support/event_loop.hpp"
#include "sync/engine/device_engine.hpp"
#include "sync/engine/link_policy.hpp"
#include "sync/mqtt/client.hpp"

namespace fieldpost::device {

enum class LinkState { offline, connecting, connected };
std::string_view to_string(LinkState state);

struct HubLinkEvents {
    std::function<void()> changed;  // anything in /status
    std::function<void()> noted;    // the hub said what became of operations
    std::function<void(const records::FeedId&, std::uint64_t)> feed_moved;
    std::function<void()> sources_noted;  // what the city says of its sources is another than before
    std::function<void(const engine::NoteBlob&)> blob_noted;
    std::function<void(const engine::NoteHub&)> hub_noted;
    // A message went up or came down: bytes of its payload.
    std::function<void(engine::SendClass, std::size_t)> carried;
    // Asked: may so many missing bytes of a snapshot go over the present link?
    engine::BulkRule allows_bulk;
    engine::WallClock wall_clock;  // asked: what is said to be the time of a batch
};

class HubLink {
  public:
    HubLink(support::EventLoop& loop, engine::DeviceIdentity identity, mqtt::Options broker, Journal& journal,
            engine::BlobView& blobs, CityCache& city, Readers& readers, protocol::Signer& signer,
            HubLinkEvents events);

    // What CityCache::open() or mend() gave.
    void mount(const Mounted& mounted);
    void start();
    // Says goodbye; up to ten seconds.
    void stop();

    void appended();
    void blobs_added();
    // As DeviceEngine's functions of these names.
    void blobs_offered_again();
    void epoch_opened();
    // What the present uplink may carry.
    void set_rights(engine::SendRights rights);
    // The link that carries the traffic.
    void set_link(std::optional<engine::LinkKind> kind);
    // A person asked: connect and compare now.
    void nudge();

    LinkState state() const { return state_; }
    std::int64_t since_us() const { return since_us_; }  // unix microseconds
    const engine::DeviceEngine& engine() const { return engine_; }
    const std::string& last_problem() const { return problem_; }
    const std::string& fetch_problem() const { return fetch_problem_; }
    // Feeds whose changes cannot be written on board, and why.
    const std::map<records::FeedId, std::string>& refused_feeds() const { return refused_feeds_; }
    const engine::MountedCity& city() const { return mounted_; }

  private:
    engine::Millis now() const;
    void connected();
    void disconnected(const std::string& reason);
    void message(const mqtt::Message& message);
    void carry_out(engine::Actions actions);
    void carry_out(engine::Action action);
    // The engine's timers; at the pace of what is under way.
    void look();
    void set_pace(std::chrono::seconds pace);
    bool is_idle() const;
    void watch_transport();
    void renew_dead_connection();
    void drop_older_city();
    void listen_to_hub();
    void listen_to(const engine::SubscribeFeeds& feeds);
    void set_state(LinkState state);

    support::EventLoop& loop_;
    const engine::DeviceIdentity identity_;
    Journal& journal_;
    CityCache& cache_;
    Readers& readers_;
    HubLinkEvents events_;
    engine::DeviceEngine engine_;
    mqtt::Client client_;
    std::chrono::seconds pace_{0};  // of ticking_; zero: it does not run
    engine::Millis acted_at_ = 0;   // the engine had something done
    support::Timer ticking_;
    support::Timer watching_;  // the transport, while the engine may not send more
    bool watches_ = false;
    std::set<std::string> filters_;  // of feeds, that the broker has of this connection
    engine::MountedCity mounted_;
    engine::Millis renewed_at_ = 0;
    std::uint64_t alone_ = 0;  // the snapshot behind which no older one is kept any more
    LinkState state_ = LinkState::offline;
    std::int64_t since_us_ = 0;
    std::string problem_;
    std::string fetch_problem_;
    std::map<records::FeedId, std::string> refused_feeds_;
};

}  // namespace fieldpost::device

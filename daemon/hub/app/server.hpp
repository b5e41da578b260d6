// fieldpost-hub serve: the hub's end of sync on the broker, and its API. One event loop owns the store.
#pragma once

#include <memory>

#include "daemon/hub/app/device_clocks.hpp"
#include "daemon/hub/app/engine_store.hpp"
#include "daemon/hub/app/inbox.hpp"
#include "daemon/hub/artifacts/rebuild.hpp"
#include "daemon/hub/journal/conflict_inbox.hpp"
#include "daemon/support/event_loop.hpp"
#include "daemon/support/http_server.hpp"
#include "daemon/support/keystore_signer.hpp"
#include "daemon/support/metrics.hpp"
#include "daemon/support/service_manager.hpp"
#include "sync/engine/hub_engine.hpp"
#include "sync/mqtt/client.hpp"

namespace fieldpost::hub {

struct ServeSettings {
    std::filesystem::path store;
    std::string broker_host = "127.0.0.1";
    std::uint16_t broker_port = 1883;
    std::string http_address = "127.0.0.1";
    std::uint16_t http_port = 8470;  // 0: none
    int telemetry_days = 90;         // for so long reports of the telemetry lane are kept; 0: for ever
};

class Server {
  public:
    static Result<std::unique_ptr<Server>> create(ServeSettings settings, const hal::Keystore& keystore);

    // Until SIGINT or SIGTERM.
    Status run();

  private:
    Server(ServeSettings settings, const hal::Keystore& keystore);
    Status open();
    void connected();
    void received(mqtt::Message message);
    void work();
    // Applies the messages one by one; gives those back for which the store had no time.
    std::vector<mqtt::Message> apply_each(std::vector<mqtt::Message> messages);
    Status round(const std::vector<mqtt::Message>& messages, engine::HubActions& actions);
    void publish_feeds(engine::HubEngine::Heads heads);
    void carry_out(engine::HubActions& actions);
    void rebuild_snapshots();
    void forget_telemetry();
    void forget_more_telemetry(std::int64_t present_us);
    void add_routes();

    const ServeSettings settings_;
    support::EventLoop loop_;
    support::Metrics metrics_;
    support::KeystoreSigner signer_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<BlobStore> blobs_;
    std::unique_ptr<CrashGuard> crashes_;
    std::unique_ptr<EngineStore> engine_store_;
    std::unique_ptr<ConflictInbox> conflicts_;
    std::unique_ptr<engine::HubEngine> engine_;
    std::unique_ptr<mqtt::Client> client_;
    support::Router router_;
    std::unique_ptr<support::HttpServer> http_;
    Inbox inbox_;
    DeviceClocks clocks_;
    bool working_ = false;  // work() will run
    int busy_rounds_ = 0;   // in a row that found the store locked by another program
    bool connected_ = false;
    std::string link_problem_;
    support::Timer retry_timer_;
    support::Timer feed_timer_;
    support::Timer hint_timer_;
    support::Timer head_timer_;
    support::Timer tidy_timer_;
    support::Timer forget_timer_;
    support::Watchdog watchdog_{loop_};
    support::Counter& messages_;
    support::Counter& refused_;
    support::Counter& alarms_;
    support::Counter& rounds_failed_;
    support::Counter& rebuilt_;
    std::int64_t generation_ = 0;                   // that snapshots were last looked at for
    std::unique_ptr<SnapshotRebuilder> rebuilder_;  // last: its thread ends first
};

}  // namespace fieldpost::hub

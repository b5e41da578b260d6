#include "daemon/hub/app/server.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/hub/app/conflict_routes.hpp"
#include "daemon/hub/blobs/blob_routes.hpp"
#include "daemon/hub/journal/telemetry_age.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::hub {

namespace json = boost::json;

namespace {

// Applied in one transaction, with one sync for all of them: what waits, but for no longer than a second. A
// batch of 200 observations has some 20 KiB.
constexpr std::size_t round_messages = 256;
constexpr std::size_t round_bytes = 1U << 20U;
// An import takes the store's write lock for a short time, again and again. The loop must not stand still
// meanwhile: it asks for a moment, and comes back.
constexpr int busy_wait_ms = 50;
constexpr std::chrono::milliseconds busy_pace{20};
constexpr int long_busy_rounds = 100;  // several seconds: something holds the lock that should not
// Another process may have imported: its changes are published from here.
constexpr std::chrono::milliseconds feed_pace{500};
constexpr std::chrono::seconds hint_pace{2};
constexpr std::chrono::seconds head_pace{60};
constexpr std::chrono::hours tidy_pace{24};
constexpr std::chrono::milliseconds forget_pace{200};
// What is forgotten is gone for good: a clock that is wrong at the start gets its time to be set.
constexpr std::chrono::hours first_forget{1};

std::int64_t unix_now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::int64_t unix_now_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Server::Server(ServeSettings settings, const hal::Keystore& keystore)
    : settings_(std::move(settings)),
      signer_(keystore),
      messages_(metrics_.counter("fieldpost_hub_messages_total", "Messages received from devices")),
      refused_(metrics_.counter("fieldpost_hub_refused_messages_total",
                                "Messages dropped because too many waited; devices send them again")),
      alarms_(metrics_.counter("fieldpost_hub_alarms_total", "Things someone should look at")),
      rounds_failed_(
          metrics_.counter("fieldpost_hub_failed_rounds_total", "Transactions that were rolled back")),
      rebuilt_(metrics_.counter("fieldpost_hub_snapshots_rebuilt_total",
                                "Snapshots built anew since none could be offered")) {}

Result<std::unique_ptr<Server>> Server::create(ServeSettings settings, const hal::Keystore& keystore) {
    std::unique_ptr<Server> server(new Server(std::move(settings), keystore));
    if (auto opened = server->open(); !opened) return opened.error();
    return server;
}

Status Server::open() {
    auto store = Store::open(settings_.store);
    if (!store) return store.error();
    store_ = std::move(*store);
    auto blobs = BlobStore::open(store_->folder() / "blobs");
    if (!blobs) return blobs.error();
    blobs_ = std::move(*blobs);
    auto crashes = CrashGuard::open(store_->folder());
    if (!crashes) return crashes.error();
    crashes_ = std::move(*crashes);
    engine_store_ = std::make_unique<EngineStore>(*store_, blobs_.get(), crashes_.get());
    conflicts_ = std::make_unique<ConflictInbox>(*store_);
    auto prepared = sql([&]() -> Status {
        SQLite::Transaction transaction(store_->database());
        if (auto done = engine_store_->prepare(); !done) return done;
        transaction.commit();
        store_->database().setBusyTimeout(busy_wait_ms);
        return ok();
    });
    if (!prepared) return prepared;
    engine_ = std::make_unique<engine::HubEngine>(*engine_store_, signer_);
    if (auto started = engine_->start(); !started) return started;

    mqtt::Options broker;
    broker.host = settings_.broker_host;
    broker.port = settings_.broker_port;
    broker.client_id = "fieldpost-hub";
    broker.will = mqtt::Message{protocol::topic::hub_presence(), Bytes(protocol::absent), true};
    mqtt::Events events;
    events.connected = [this] { connected(); };
    events.disconnected = [this](const std::string& reason) {
        if (connected_ || reason != link_problem_) spdlog::warn("broker: {}", reason);
        connected_ = false;
        link_problem_ = reason;
    };
    events.message = [this](mqtt::Message message) { received(std::move(message)); };
    client_ = std::make_unique<mqtt::Client>(
        broker, std::move(events), [this](std::function<void()> event) { loop_.post(std::move(event)); });
    rebuilder_ = std::make_unique<SnapshotRebuilder>(
        store_->folder(), engine_store_->artifacts(), signer_,
        [this](std::function<void()> event) { loop_.post(std::move(event)); },
        [this](const std::string& profile, const Result<SnapshotReport>& report) {
            if (report) {
                rebuilt_.add();
                spdlog::info("profile {}: snapshot {} is offered, {} rows, {:.1f} s", profile,
                             report->generation, report->rows, report->seconds);
            } else {
                spdlog::error("profile {}: {}", profile, report.error().message);
            }
            rebuild_snapshots();  // another generation may have begun meanwhile
        });
    http_ = std::make_unique<support::HttpServer>(loop_, router_);
    if (settings_.http_port != 0) {
        add_routes();
        if (auto port = http_->listen_tcp(settings_.http_address, settings_.http_port); !port)
            return port.error();
    }
    return ok();
}

Status Server::run() {
    auto signals = loop_.on_stop_signal([this] {
        spdlog::info("stopping");
        support::tell_stopping();
        http_->stop([this] { loop_.stop(); });
    });
    if (!signals) return signals;
    client_->start();
    feed_timer_ = loop_.every(feed_pace, [this] { publish_feeds(engine::HubEngine::Heads::none); });
    hint_timer_ = loop_.every(hint_pace, [this] { publish_feeds(engine::HubEngine::Heads::grown); });
    head_timer_ = loop_.every(head_pace, [this] {
        // A broker may have forgotten it, and nobody would be told.
        if (connected_) client_->subscribe({protocol::topic::up_filter()});
        publish_feeds(engine::HubEngine::Heads::all);
        rebuild_snapshots();
    });
    rebuild_snapshots();
    tidy_timer_ = loop_.every(tidy_pace, [this] {
        blobs_->remove_old(unix_now_s());
        forget_telemetry();
    });
    forget_timer_ = loop_.after(first_forget, [this] { forget_telemetry(); });
    spdlog::info("fieldpost-hub {} ready: broker {}:{}, http {}:{}", FIELDPOST_VERSION, settings_.broker_host,
                 settings_.broker_port, settings_.http_address, settings_.http_port);
    support::tell_ready("broker " + settings_.broker_host + ":" + std::to_string(settings_.broker_port));
    watchdog_.start();
    loop_.run();
    client_->stop();
    return ok();
}

void Server::connected() {
    spdlog::info("connected to the broker");
    connected_ = true;
    link_problem_.clear();
    client_->subscribe({protocol::topic::up_filter()});
    client_->publish({protocol::topic::hub_presence(), Bytes(protocol::present), true});
    publish_feeds(engine::HubEngine::Heads::all);
}

void Server::received(mqtt::Message message) {
    messages_.add();
    if (!inbox_.add(std::move(message))) {
        refused_.add();
        return;
    }
    if (!working_) {
        working_ = true;
        loop_.post([this] { work(); });
    }
}

// Applies what has come in as one transaction, and only then answers.
void Server::work() {
    std::vector<mqtt::Message> messages =
        inbox_.take(crashes_->one_by_one() ? 1 : round_messages, round_bytes);
    engine::HubActions actions;
    const auto done = round(messages, actions);
    if (done) {
        messages.clear();
        carry_out(actions);
    } else if (done.error().code != ErrorCode::unavailable) {
        rounds_failed_.add();
        spdlog::error("a round of {} messages was rolled back: {}", messages.size(), done.error().message);
        messages = apply_each(std::move(messages));
    }
    const bool busy = !messages.empty();
    busy_rounds_ = busy ? busy_rounds_ + 1 : 0;
    if (busy_rounds_ == long_busy_rounds)
        spdlog::warn("another program holds the store's write lock: what devices send waits");
    inbox_.put_back(std::move(messages));
    working_ = !inbox_.empty();
    if (busy) {
        retry_timer_ = loop_.after(busy_pace, [this] { work(); });
        return;
    }
    if (!working_)
        publish_feeds(engine::HubEngine::Heads::none);  // else at its own pace: what waits goes first
    if (store_->generation() != generation_ || engine_store_->artifacts().is_to_tidy()) rebuild_snapshots();
    if (working_) loop_.post([this] { work(); });
}

std::vector<mqtt::Message> Server::apply_each(std::vector<mqtt::Message> messages) {
    // One of them may be at fault: each alone, so that it does not take the others with it.
    for (auto message = messages.begin(); message != messages.end(); ++message) {
        engine::HubActions alone;
        const auto done = round({*message}, alone);
        if (done) {
            carry_out(alone);
        } else if (done.error().code == ErrorCode::unavailable) {
            return {std::move_iterator(message), std::move_iterator(messages.end())};
        } else {
            spdlog::error("{}: {}", message->topic, done.error().message);
        }
    }
    return {};
}

Status Server::round(const std::vector<mqtt::Message>& messages, engine::HubActions& actions) {
    CrashGuard::Round watched(*crashes_);
    return sql([&]() -> Status {
        SQLite::Transaction transaction(store_->database(), SQLite::TransactionBehavior::IMMEDIATE);
        for (const auto& message : messages) {
            if (!crashes_->handling(message.topic, message.payload)) {
                alarms_.add();
                continue;
            }
            if (auto done = engine_->message(message.topic, message.payload, actions); !done) return done;
        }
        crashes_->committing();
        transaction.commit();
        watched.committed();
        return ok();
    });
}

void Server::publish_feeds(engine::HubEngine::Heads heads) {
    if (!connected_) return;
    engine::HubActions actions;
    if (auto done = engine_->publish_feeds(heads, actions); !done)
        spdlog::error("feeds: {}", done.error().message);
    carry_out(actions);  // of the feeds that could be read
}

void Server::rebuild_snapshots() {
    generation_ = store_->generation();
    const auto city = Catalog(*store_).city();
    if (!city) return;  // nothing was imported yet
    const auto devices = engine_store_->registry().all();
    if (!devices) return;
    for (const std::string& alarm : engine_store_->tidy_snapshots()) {
        alarms_.add();
        spdlog::error("{}", alarm);
    }
    std::vector<std::string> profiles;
    for (const Profile& profile : city->profiles) {
        // A hub that was restored may have none of the snapshots that it offered, but it knows its devices.
        const bool is_used = std::ranges::any_of(*devices, [&](const Device& device) {
            return device.profile == profile.name && device.seen_at != 0;
        });
        if (is_used || !engine_store_->artifacts().generations(profile.name).empty())
            profiles.push_back(profile.name);
    }
    rebuilder_->look(profiles, static_cast<std::uint64_t>(generation_), std::chrono::steady_clock::now());
}

// A little at a time: what vehicles send goes between.
void Server::forget_telemetry() {
    if (settings_.telemetry_days <= 0) return;
    const auto present = sql([&]() -> Result<std::int64_t> {
        SQLite::Transaction transaction(store_->database(), SQLite::TransactionBehavior::IMMEDIATE);
        auto found = telemetry_present(*store_, unix_now_us());
        if (found) transaction.commit();
        return found;
    });
    if (present) {
        forget_more_telemetry(*present);
    } else {
        spdlog::error("old telemetry stays until tomorrow: {}", present.error().message);
    }
}

void Server::forget_more_telemetry(std::int64_t present_us) {
    const auto more = sql([&]() -> Result<bool> {
        SQLite::Transaction transaction(store_->database(), SQLite::TransactionBehavior::IMMEDIATE);
        auto forgotten =
            forget_old_telemetry(*store_, present_us, std::chrono::hours(24) * settings_.telemetry_days);
        if (forgotten) transaction.commit();
        return forgotten;
    });
    const bool is_busy = !more && more.error().code == ErrorCode::unavailable;
    if (!more && !is_busy) spdlog::error("old telemetry stays: {}", more.error().message);
    if (is_busy || (more && *more)) {
        forget_timer_ = loop_.after(forget_pace, [this, present_us] { forget_more_telemetry(present_us); });
    }
}

void Server::carry_out(engine::HubActions& actions) {
    for (auto& notice : actions.notices) {
        if (notice.alarm) alarms_.add();
        spdlog::log(notice.alarm ? spdlog::level::warn : spdlog::level::info, "device {}: {}", notice.device,
                    notice.text);
    }
    for (const auto& sent : actions.sent_at) {
        const auto differs = clocks_.said(sent, unix_now_us());
        if (!differs) continue;
        alarms_.add();
        spdlog::warn("device {}: {}", sent.device, *differs);
    }
    for (auto& publish : actions.publishes) {
        // Refused while the broker is away: devices ask again.
        client_->publish(
            {std::move(publish.topic), std::move(publish.payload), publish.retain, publish.confirmed});
    }
}

void Server::add_routes() {
    add_conflict_routes(router_, *conflicts_);
    add_blob_routes(router_, *blobs_);
    router_.add("GET", "/api/v1/status", [this](const support::Request&, const support::Reply& reply) {
        auto heads = engine_store_->feed_heads();
        if (!heads) return reply.send(support::problem(heads.error()));
        auto operations = engine_store_->operations().count();
        if (!operations) return reply.send(support::problem(operations.error()));
        json::array feeds;
        for (const auto& [feed, head] : *heads) {
            feeds.push_back(json::object{{"id", records::feed_text(feed)}, {"head", head.n}});
        }
        reply.send(support::json_response(
            200, json::object{{"city", engine_store_->city()},
                              {"version", FIELDPOST_VERSION},
                              {"generation", std::to_string(engine_store_->generation())},
                              {"broker", connected_ ? "connected" : "offline"},
                              {"operations", *operations},
                              {"feeds", std::move(feeds)}}));
    });
    router_.add(
        "GET", "/api/v1/operations", [this](const support::Request& request, const support::Reply& reply) {
            auto limit = request.query_integer("limit", 1, 100'000);
            if (!limit) return reply.send(support::problem(limit.error()));
            auto items = engine_store_->operations().list(static_cast<std::size_t>(limit->value_or(100)));
            if (!items) return reply.send(support::problem(items.error()));
            reply.send(support::json_response(200, json::object{{"operations", std::move(*items)}}));
        });
    router_.add("GET", "/api/v1/devices", [this](const support::Request&, const support::Reply& reply) {
        auto devices = engine_store_->registry().all();
        if (!devices) return reply.send(support::problem(devices.error()));
        json::array items;
        for (const auto& device : *devices) {
            auto reports = engine_store_->operations().reports(device.id);
            if (!reports) return reply.send(support::problem(reports.error()));
            const auto clock = clocks_.newest(device.id);
            items.push_back(json::object{
                {"id", device.id},
                {"profile", device.profile},
                {"public_key", to_hex(device.public_key)},
                {"seen_at", device.seen_at == 0 ? json::value(nullptr)
                                                : json::value(format_rfc3339(device.seen_at * 1'000'000))},
                {"position", reports->at("position")},
                {"status", reports->at("status")},
                {"health", reports->at("health")},
                {"clock",
                 clock ? json::value(json::object{{"ahead_s", static_cast<double>(clock->ahead_us) / 1e6},
                                                  {"quality", engine::time_quality_name(clock->quality)}})
                       : json::value(nullptr)}});
        }
        reply.send(support::json_response(200, json::object{{"devices", std::move(items)}}));
    });
    router_.add("GET", "/api/v1/gaps", [this](const support::Request& request, const support::Reply& reply) {
        auto limit = request.query_integer("limit", 1, 10'000);
        if (!limit) return reply.send(support::problem(limit.error()));
        auto gaps = engine_store_->gaps().list(static_cast<std::size_t>(limit->value_or(100)));
        if (!gaps) return reply.send(support::problem(gaps.error()));
        json::array items;
        for (const Gap& gap : *gaps) {
            items.push_back(json::object{{"device", gap.device},
                                         {"epoch", std::to_string(gap.epoch)},
                                         {"lane", protocol::lane_name(gap.lane)},
                                         {"first", gap.first},
                                         {"last", gap.last},
                                         {"missing", gap.missing},
                                         {"named_at", format_rfc3339(gap.named_at * 1'000'000)}});
        }
        reply.send(support::json_response(200, json::object{{"gaps", std::move(items)}}));
    });
    router_.add("GET", "/metrics", [this](const support::Request&, const support::Reply& reply) {
        reply.send({200, std::string(support::Metrics::content_type), metrics_.render(), {}});
    });
}

}  // namespace fieldpost::hub

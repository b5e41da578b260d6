// fieldpost-bench-hub: the hub's own apply loop, fed from memory: its engine over its store, without broker,
// network and device. Prints JSON. Usually run by tools/bench/run.
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "daemon/hub/app/engine_store.hpp"
#include "sync/engine/hub_engine.hpp"
#include "sync/protocol/dictionary.hpp"
#include "tools/bench/batches.hpp"
#include "tools/bench/observations.hpp"

namespace {

using namespace fieldpost;

// Of a backlog, in one transaction: as many bytes as the server takes.
constexpr std::size_t round_messages = 50;

// The server's round: a transaction, then what is to be published.
Status apply(hub::Store& store, engine::HubEngine& engine, const std::string& topic,
             const std::vector<Bytes>& messages, std::size_t& first) {
    engine::HubActions actions;
    auto applied = sql([&]() -> Status {
        SQLite::Transaction transaction(store.database(), SQLite::TransactionBehavior::IMMEDIATE);
        const std::size_t end = std::min(messages.size(), first + round_messages);
        for (; first < end; ++first) {
            if (auto done = engine.message(topic, messages[first], actions); !done) return done;
        }
        transaction.commit();
        return ok();
    });
    if (!applied) return applied;
    for (const auto& notice : actions.notices) {
        return fail(ErrorCode::internal, "the hub's engine says: " + notice.text);
    }
    return engine.publish_feeds(engine::HubEngine::Heads::none, actions);
}

Result<boost::json::object> measure(const std::filesystem::path& folder, const std::string& profile,
                                    const std::filesystem::path& file, std::size_t count, std::size_t each) {
    const auto operations = bench::read_observations(file, count);
    if (!operations) return operations.error();
    bench::KeySigner device_key;
    const std::string device = "apply-loop-" + to_hex(random_bytes(6));
    const auto messages = bench::seal_batches(bench::make_batches(*operations, device, each), device_key,
                                              {true, protocol::dictionaries.front()});
    if (!messages) return messages.error();

    auto store = hub::Store::open(folder);
    if (!store) return store.error();
    hub::EngineStore engine_store(**store);
    auto prepared = sql([&]() -> Status {
        SQLite::Transaction transaction((*store)->database());
        if (auto done = engine_store.prepare(); !done) return done;
        if (auto added = engine_store.registry().add(device, device_key.public_key(), profile); !added)
            return added;
        transaction.commit();
        return ok();
    });
    if (!prepared) return prepared.error();
    bench::KeySigner hub_key;
    engine::HubEngine engine(engine_store, hub_key);
    if (auto started = engine.start(); !started) return started.error();

    const auto before = engine_store.operations().count();
    if (!before) return before.error();
    const std::string topic = protocol::topic::up(device);
    const auto began = std::chrono::steady_clock::now();
    const std::clock_t cpu_began = std::clock();
    for (std::size_t next = 0; next < messages->size();) {
        if (auto done = apply(**store, engine, topic, *messages, next); !done) return done.error();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const double cpu_seconds = static_cast<double>(std::clock() - cpu_began) / CLOCKS_PER_SEC;
    const auto after = engine_store.operations().count();
    if (!after) return after.error();
    if (*after != *before + count) return fail(ErrorCode::internal, "not all observations were applied");
    return boost::json::object{{"observations", count},
                               {"obs_per_s", static_cast<double>(count) / seconds},
                               {"obs_per_cpu_s", static_cast<double>(count) / cpu_seconds}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "fieldpost-bench-hub: observations applied by the hub's engine over its store, fed from memory"};
    std::filesystem::path folder;
    std::filesystem::path file;
    std::string profile = "inspector";
    std::size_t count = 10'000;
    std::size_t each = 200;
    app.add_option("store", folder, "Folder of a hub's store; a device and its observations are added to it")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("observations", file, "JSON lines of tools/bench/peers/observations.mjs")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--profile", profile)->capture_default_str();
    app.add_option("--count", count)->capture_default_str();
    app.add_option("--batch", each, "Observations in one batch")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const auto figures = measure(folder, profile, file, count, each);
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench-hub: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}

// A journal that goes on in two boxes, as the hub's engine sees it over the store that the program has.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "daemon/hub/app/engine_store.hpp"
#include "sync/engine/hub_engine.hpp"
#include "tests/unit/engine/key_signer.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

struct Bench {
    Bench() {
        open();
        Catalog catalog(*store);
        City city{"testville", "Testville", {}, {{"east", "East"}}, {}};
        city.profiles.push_back({"fire", "Fire", {"east"}, {{records::INTERNAL, "general"}}});
        REQUIRE(catalog.put_city(city).has_value());
        REQUIRE(engine_store->prepare().has_value());
        REQUIRE(engine_store->registry().add("truck-1", device.public_key(), "fire").has_value());
    }
    // As a start of the program does it.
    void open() {
        engine.reset();
        engine_store.reset();
        store = Store::open(folder.path).value();
        engine_store = std::make_unique<EngineStore>(*store);
        engine = std::make_unique<engine::HubEngine>(*engine_store, hub);
        REQUIRE(engine->start().has_value());
    }
    // The next operation of the epoch comes. Whether the hub raised the alarm of a copied disk.
    bool alarms(std::uint64_t epoch) {
        auto& lane =
            lanes.try_emplace(epoch, Lane{0, protocol::chain_start("truck-1", epoch, protocol::WORK)})
                .first->second;
        protocol::Batch batch;
        batch.set_protocol(protocol::version);
        batch.set_device("truck-1");
        batch.set_epoch(epoch);
        batch.set_lane(protocol::WORK);
        batch.set_first_seq(++lane.seq);
        batch.set_hash_before(lane.hash);
        protocol::Operation operation;
        operation.set_id(std::to_string(epoch) + " " + std::to_string(lane.seq));
        operation.mutable_observation_made()->set_note("a note");
        batch.add_entries()->set_operation(operation.SerializeAsString());
        lane.hash = protocol::chain_next(lane.hash, batch.entries(0).operation());
        last = batch;
        return send(batch);
    }
    bool send(const protocol::Batch& batch) {
        protocol::Up up;
        *up.mutable_batch() = protocol::seal(batch, device, protocol::packed).value();
        engine::HubActions actions;
        SQLite::Transaction round(store->database());
        REQUIRE(engine->message(protocol::topic::up("truck-1"), up.SerializeAsString(), actions).has_value());
        round.commit();
        // Whatever it finds, nothing that was recorded is refused.
        const auto at = engine_store->lane_position("truck-1", batch.epoch(), protocol::WORK).value();
        CHECK(at.seq() == batch.first_seq());
        return std::ranges::any_of(actions.notices, [](const engine::HubNotice& notice) {
            return notice.alarm && notice.text.find("a copied disk") != std::string::npos;
        });
    }

    struct Lane {
        std::uint64_t seq = 0;
        Bytes hash;
    };
    engine::testing::KeySigner hub{"hub"};
    engine::testing::KeySigner device{"truck-1"};
    support::TemporaryFolder folder;
    std::unique_ptr<Store> store;
    std::unique_ptr<EngineStore> engine_store;
    std::unique_ptr<engine::HubEngine> engine;
    std::map<std::uint64_t, Lane> lanes;
    protocol::Batch last;
};

}  // namespace

TEST_CASE("Two journals that write under one name by turns raise an alarm, also across a restart") {
    Bench bench;
    CHECK_FALSE(bench.alarms(77));
    CHECK_FALSE(bench.alarms(78));
    CHECK(bench.alarms(77));
    CHECK_FALSE(bench.alarms(77));
    bench.open();
    CHECK(bench.alarms(78));
}

TEST_CASE("A new epoch that stays raises none, and neither does a repeat of what the old one had sent") {
    Bench bench;
    CHECK_FALSE(bench.alarms(77));
    CHECK_FALSE(bench.alarms(77));
    const auto repeated = bench.last;
    CHECK_FALSE(bench.alarms(78));
    CHECK_FALSE(bench.send(repeated));
    CHECK_FALSE(bench.alarms(78));
    bench.open();
    CHECK_FALSE(bench.alarms(78));
    CHECK_FALSE(bench.alarms(79));
}

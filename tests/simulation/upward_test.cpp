// The journal's way up over the production stores of both ends, on real files, with backups of the hub: what
// is parked, safe, thinned, lost and named.
#include <algorithm>

#include "daemon/device/journal/journal.hpp"
#include "daemon/hub/app/engine_store.hpp"
#include "daemon/hub/backup/backup.hpp"
#include "sync/engine/device_engine.hpp"
#include "sync/engine/hub_engine.hpp"
#include "tests/simulation/device_node.hpp"
#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using protocol::TELEMETRY;
using protocol::URGENT;
using protocol::WORK;

namespace {

class NoAttachments final : public engine::BlobView {
  public:
    std::vector<engine::WaitingBlob> waiting(std::size_t) override { return {}; }
    Result<Bytes> read(BytesView, std::uint64_t, std::size_t) override {
        return fail(ErrorCode::not_found, "there are none");
    }
};

constexpr UnixMicros recorded = 1'772'366'400'000'000;  // when the bench records

// A device and its hub, with nothing between them but what a test drops.
struct Bench : device::testing::Bench {
    Bench() { open_hub(hub_folder.path); }

    void open_hub(const std::filesystem::path& where) {
        hub_engine.reset();
        engine_store.reset();
        store.reset();
        store = hub::Store::open(where).value();
        engine_store = std::make_unique<hub::EngineStore>(*store);
        SQLite::Transaction transaction(store->database());
        hub::Catalog catalog(*store);
        if (!catalog.city()) REQUIRE(catalog.put_city(simulation::sample_city()).has_value());
        REQUIRE(engine_store->prepare().has_value());
        REQUIRE(engine_store->registry().add("truck-1", device_signer.public_key(), "all").has_value());
        transaction.commit();
        hub_engine = std::make_unique<engine::HubEngine>(*engine_store, hub_signer);
        REQUIRE(hub_engine->start().has_value());
    }
    // The hub is lost, and comes back as it was at its last backup.
    void restore(const std::filesystem::path& backup) {
        const auto copy = other_folder.path / std::to_string(++restores);
        std::filesystem::copy(backup, copy, std::filesystem::copy_options::recursive);
        open_hub(copy);
    }

    void record(int count, protocol::Lane lane) {
        int saved = 0;
        for (int i = 0; i < count; ++i) {
            auto operation = device::testing::observation("r-" + std::to_string(++made));
            operation.mutable_time()->set_quality(protocol::TIME_GNSS);
            if (lane == TELEMETRY && made % 2 == 0) operation.mutable_position_reported();
            if (lane == TELEMETRY && made % 2 != 0) operation.mutable_health_reported()->set_uptime_s(1);
            journal->append(lane, std::move(operation), [&](const Result<device::Recorded>& answer) {
                REQUIRE(answer.has_value());
                ++saved;
            });
        }
        loop.run_until([&] { return saved == count; });
        drive([&](engine::Actions& actions) { device.appended(now, actions); });
    }
    // An urgent observation that needs one of the work lane.
    void record_waiting(const std::string& id, std::uint64_t needs) {
        auto operation = device::testing::observation(id);
        operation.mutable_after()->set_epoch(journal->epoch());
        operation.mutable_after()->set_lane(WORK);
        operation.mutable_after()->set_seq(needs);
        REQUIRE(append(operation, URGENT).has_value());
        drive([&](engine::Actions& actions) { device.appended(now, actions); });
    }
    device::Recorded found(const std::string& id) { return journal->by_id(id).value().value(); }

    device::RoomMade make_room(std::optional<UnixMicros> acknowledged_before,
                               std::optional<std::uint64_t> goal = std::nullopt) {
        device::RoomRule rule;
        rule.acknowledged_before = acknowledged_before;
        rule.now.set_utc_us(recorded + 1);
        std::optional<Result<device::RoomMade>> answer;
        journal->make_room(goal.value_or(0), rule,
                           [&](const Result<device::RoomMade>& room) { answer = room; });
        loop.run_until([&] { return answer.has_value(); });
        REQUIRE(answer->has_value());
        return **answer;
    }

    void connect() {
        drive([&](engine::Actions& actions) { device.connected(now, actions); });
        exchange();
    }
    void disconnect() {
        device.disconnected();
        to_hub.clear();
        to_device.clear();
    }
    // Until nobody has anything to say.
    void exchange() {
        while (!to_hub.empty() || !to_device.empty()) {
            hub_takes();
            device_takes();
        }
    }
    void hub_takes() {
        for (const Bytes& payload : std::exchange(to_hub, {})) {
            engine::HubActions actions;
            SQLite::Transaction transaction(store->database());
            REQUIRE(hub_engine->message(protocol::topic::up("truck-1"), payload, actions).has_value());
            transaction.commit();
            for (const auto& publish : actions.publishes) to_device.push_back(publish.payload);
            for (const auto& notice : actions.notices) notices.push_back(notice.text);
        }
    }
    void device_takes() {
        for (const Bytes& payload : std::exchange(to_device, {})) {
            drive([&](engine::Actions& actions) {
                device.message(now, protocol::topic::down("truck-1"), payload, actions);
            });
        }
    }
    void wait_for_hello() {
        now += 61'000;
        drive([&](engine::Actions& actions) { device.tick(now, actions); });
        exchange();
    }
    template <class Call>
    void drive(Call&& call) {
        engine::Actions actions;
        now += 10;
        call(actions);
        for (auto& action : actions) carry_out(action);
    }
    void carry_out(engine::Action& action) {
        if (auto* publish = std::get_if<engine::Publish>(&action)) to_hub.push_back(publish->payload);
        if (auto* noted = std::get_if<engine::NoteAck>(&action)) note(noted->ack);
        if (auto* safe = std::get_if<engine::NoteSafe>(&action)) journal->note_safe(safe->position);
        if (auto* open = std::get_if<engine::OpenEpoch>(&action)) {
            std::optional<Status> opened;
            journal->open_epoch(*open, [&](Status status) { opened = std::move(status); });
            loop.run_until([&] { return opened.has_value(); });
            REQUIRE(opened->has_value());
            drive([&](engine::Actions& actions) { device.epoch_opened(now, actions); });
        }
    }
    std::int64_t noticed(const std::string& part) const {
        return std::ranges::count_if(
            notices, [&](const std::string& text) { return text.find(part) != std::string::npos; });
    }
    std::uint64_t at_hub() { return engine_store->operations().count().value(); }
    bool is_settled(protocol::Lane lane) { return journal->noted(lane) == journal->last_seq(lane); }

    support::TemporaryFolder hub_folder;
    support::TemporaryFolder other_folder;
    int restores = 0;
    simulation::KeySigner hub_signer{"hub"};
    simulation::KeySigner device_signer{"truck-1"};
    std::unique_ptr<hub::Store> store;
    std::unique_ptr<hub::EngineStore> engine_store;
    std::unique_ptr<engine::HubEngine> hub_engine;
    NoAttachments attachments;
    engine::DeviceEngine device{
        {"truck-1", hub_signer.public_key(), "1.0", 0}, *journal, attachments, device_signer};
    engine::Millis now = 0;
    std::vector<Bytes> to_hub;
    std::vector<Bytes> to_device;
    std::vector<std::string> notices;
};

}  // namespace

TEST_CASE("What the hub parks stays pending with its reason, and is settled at the device when the hub does",
          "[upward]") {
    Bench bench;
    bench.connect();
    bench.record_waiting("u-1", 1);
    bench.exchange();
    CHECK(bench.is_settled(URGENT));
    CHECK(bench.found("u-1").state == device::OperationState::pending);
    CHECK_FALSE(bench.found("u-1").reason.empty());
    CHECK(bench.noticed("has to wait") == 1);
    CHECK(bench.noticed("quarantined") == 0);

    SECTION("at once") {
        bench.record(1, WORK);
        bench.exchange();
    }
    SECTION("with the next hello, when the word of it was lost") {
        bench.record(1, WORK);
        bench.hub_takes();
        bench.to_device.clear();
        CHECK(bench.found("u-1").state == device::OperationState::pending);
        bench.disconnect();
        bench.connect();
    }
    SECTION("in a new epoch too") {
        CHECK(bench.open_epoch({{URGENT, 1}}).has_value());
        CHECK(bench.found("u-1").epoch == bench.journal->epoch());
        bench.disconnect();
        bench.connect();
        CHECK(bench.found("u-1").state == device::OperationState::pending);
        CHECK_FALSE(bench.found("u-1").reason.empty());
        // What it needs is named by the epoch that it was to be in: nobody will write that any more.
        CHECK(bench.at_hub() == 1);
        return;
    }
    CHECK(bench.found("u-1").state == device::OperationState::accepted);
    CHECK(bench.found("u-1").version == 1);
    CHECK(bench.found("u-1").reason.empty());
    CHECK(bench.journal->noted(URGENT) == 1);
}

TEST_CASE("What a backup of the hub holds may be trimmed, and nothing else", "[upward]") {
    Bench bench;
    bench.connect();
    bench.record(10, WORK);
    bench.exchange();
    CHECK_FALSE(bench.make_room(std::nullopt).anything());
    REQUIRE(hub::back_up(bench.hub_folder.path, bench.other_folder.path / "backup").has_value());
    bench.record(10, WORK);
    bench.exchange();  // the acknowledgement says so
    CHECK(bench.make_room(std::nullopt).trimmed == 10);
    CHECK(bench.read().front().seq == 11);
    CHECK(bench.is_settled(WORK));
}

TEST_CASE("After a restore devices send again what the hub lacks, and it is there once", "[upward]") {
    Bench bench;
    bench.connect();
    bench.record(10, WORK);
    bench.exchange();
    REQUIRE(hub::back_up(bench.hub_folder.path, bench.other_folder.path / "backup").has_value());
    bench.record(10, WORK);
    bench.record(3, URGENT);
    bench.exchange();
    REQUIRE(bench.at_hub() == 23);
    const auto generation = bench.store->generation();

    SECTION("to a device that connects again") {
        bench.disconnect();
        bench.restore(bench.other_folder.path / "backup");
        REQUIRE(bench.at_hub() == 10);
        bench.connect();
    }
    SECTION("to one that never noticed") {
        bench.restore(bench.other_folder.path / "backup");
        bench.wait_for_hello();
    }
    SECTION("also what an earlier epoch had left there") {
        REQUIRE(bench.open_epoch({{WORK, 20}, {URGENT, 3}}).has_value());
        bench.disconnect();
        bench.restore(bench.other_folder.path / "backup");
        bench.connect();
    }
    SECTION("also what was trimmed to what the backup holds") {
        bench.wait_for_hello();
        REQUIRE(bench.make_room(std::nullopt).trimmed == 10);
        bench.disconnect();
        bench.restore(bench.other_folder.path / "backup");
        bench.connect();
    }
    CHECK(bench.store->generation() != generation);
    CHECK(bench.at_hub() == 23);
    CHECK(bench.is_settled(WORK));
    CHECK(bench.is_settled(URGENT));
    CHECK(bench.found("r-20").state == device::OperationState::accepted);
    CHECK(bench.engine_store->gaps().list(10)->empty());
    // One restore is one new generation, however often the device says hello.
    const auto now_in = bench.store->generation();
    bench.wait_for_hello();
    bench.disconnect();
    bench.connect();
    CHECK(bench.store->generation() == now_in);
}

TEST_CASE("A restored hub does not say that more is safe than it has", "[upward]") {
    Bench bench;
    bench.connect();
    bench.record(10, WORK);
    bench.exchange();
    const auto epoch = bench.journal->epoch();
    const auto first = bench.other_folder.path / "first";
    const auto second = bench.other_folder.path / "second";
    REQUIRE(hub::back_up(bench.hub_folder.path, first).has_value());
    bench.record(10, WORK);
    bench.exchange();
    REQUIRE(hub::back_up(bench.hub_folder.path, second).has_value());
    CHECK(bench.engine_store->lane_position("truck-1", epoch, WORK)->safe() == 20);
    bench.restore(first);
    CHECK(bench.engine_store->lane_position("truck-1", epoch, WORK)->safe() == 10);
    CHECK(bench.engine_store->lane_position("truck-1", epoch, WORK)->seq() == 10);
    bench.restore(second);
    CHECK(bench.engine_store->lane_position("truck-1", epoch, WORK)->safe() == 20);
}

TEST_CASE("What nobody holds after a restore is a named gap, and the rest arrives behind it", "[upward]") {
    Bench bench;
    bench.connect();
    bench.record(10, WORK);
    bench.exchange();
    REQUIRE(hub::back_up(bench.hub_folder.path, bench.other_folder.path / "backup").has_value());
    bench.record(10, WORK);
    bench.exchange();
    const auto epoch = bench.journal->epoch();
    REQUIRE(bench.make_room(recorded + 1).trimmed == 19);  // a month has passed: all but the last
    bench.disconnect();
    bench.restore(bench.other_folder.path / "backup");
    bench.notices.clear();
    bench.connect();
    bench.record(5, WORK);
    bench.exchange();

    const auto gaps = bench.engine_store->gaps().list(10).value();
    REQUIRE(gaps.size() == 1);
    CHECK(gaps[0].device == "truck-1");
    CHECK(gaps[0].epoch == epoch);
    CHECK(gaps[0].lane == WORK);
    CHECK(gaps[0].first == 11);
    CHECK(gaps[0].last == 19);
    CHECK(gaps[0].missing == 9);
    CHECK(bench.at_hub() == 10 + 1 + 5);
    CHECK(bench.is_settled(WORK));
    CHECK(bench.noticed("11 to 19") == 1);
    bench.disconnect();
    bench.connect();
    CHECK(bench.engine_store->gaps().list(10)->size() == 1);
}

TEST_CASE("Both ends agree on a lane that was thinned", "[upward]") {
    Bench bench;
    std::uint64_t arrived_before = 0;
    SECTION("before anything of it was sent") {
        bench.record(400, TELEMETRY);
    }
    SECTION("after some had arrived that the device did not hear of") {
        bench.connect();
        bench.record(150, TELEMETRY);
        for (int i = 0; i < 3; ++i) {  // the hub has some of it, and its answers are lost
            bench.hub_takes();
            bench.to_device.clear();
        }
        arrived_before = bench.at_hub();
        CHECK(arrived_before > 0);
        bench.disconnect();
        bench.record(250, TELEMETRY);
        bench.disconnect();
    }
    const auto room = bench.make_room(std::nullopt, bench.journal->size()->used - 1);
    REQUIRE(room.rewritten);
    REQUIRE(room.telemetry == 200);
    bench.connect();
    CHECK(bench.is_settled(TELEMETRY));
    // The void, the 200 behind it, and what came before the lane was thinned.
    CHECK(bench.at_hub() == 201 + arrived_before);
    const auto position =
        bench.engine_store->lane_position("truck-1", bench.journal->epoch(), TELEMETRY).value();
    CHECK(position.seq() == bench.journal->last_seq(TELEMETRY));
    CHECK(position.hash() == bench.journal->hash_at(TELEMETRY, position.seq()));
    const auto results =
        bench.engine_store->results("truck-1", bench.journal->epoch(), TELEMETRY, 1, position.seq());
    REQUIRE(results.has_value());
    for (const auto& result : *results) {
        CHECK(result.outcome == protocol::ACCEPTED);
        CHECK(result.version == 0);  // no record is made of a report, and none of a void
    }
    bench.record(3, TELEMETRY);
    bench.exchange();
    CHECK(bench.is_settled(TELEMETRY));
}

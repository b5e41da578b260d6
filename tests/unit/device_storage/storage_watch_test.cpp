#include "daemon/device/storage/storage_watch.hpp"

#include "tests/unit/device_journal/bench.hpp"
#include "tests/unit/device_journal/file_size_limit.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::TELEMETRY;
using protocol::WORK;

namespace {

constexpr std::uint64_t kib = 1U << 10U;

struct StorageBench : Bench {
    // A disk that is never low: only the journal's budget counts.
    StorageWatch& watch_with(std::uint64_t budget, std::uint64_t reserve = 0) {
        watch = std::make_unique<StorageWatch>(
            StorageLimits{budget, reserve, 0}, folder.path, *journal, city,
            [this] {
                protocol::TimeStamp now;
                now.set_utc_us(now_us);
                now.set_quality(now_us == 0 ? protocol::TIME_NONE : protocol::TIME_NTP);
                return now;
            },
            StorageEvents{[this] { ++changes; }, [this] { ++rewrites; }});
        return *watch;
    }
    void record(int count, protocol::Lane lane) {
        int saved = 0;
        for (int i = 0; i < count; ++i) {
            auto operation = observation("r-" + std::to_string(++made), std::string(400, 'x'));
            operation.mutable_time()->set_quality(protocol::TIME_NTP);
            journal->append(lane, std::move(operation), [&](const Result<Recorded>&) { ++saved; });
        }
        loop.run_until([&] { return saved == count; });
    }
    // A look at things, and all that it has others do.
    void tick() {
        watch->tick();
        loop.run_until([this] { return !watch->making_room(); });
    }

    CityCache city{folder.path / "city",
                   [this](std::function<void()> event) { loop.post(std::move(event)); }};
    std::unique_ptr<StorageWatch> watch;
    UnixMicros now_us = 1'772'366'400'000'000;
    int changes = 0;
    int rewrites = 0;
};

}  // namespace

TEST_CASE("Telemetry beyond the budget gives way, and the engine is told that numbers changed") {
    StorageBench bench;
    bench.record(1000, TELEMETRY);
    bench.record(20, WORK);
    bench.watch_with(400 * kib);
    REQUIRE(bench.journal->size()->used > 400 * kib);
    bench.tick();
    CHECK(bench.rewrites >= 1);
    CHECK(bench.journal->size()->used <= 400 * kib);
    CHECK(bench.journal->waiting(WORK).count == 20);
    bench.check_chain(TELEMETRY);
    bench.check_chain(WORK);
    bench.tick();
    CHECK(bench.watch->plan().message.empty());
    CHECK(bench.watch->plan().accept_telemetry);
}

TEST_CASE("A journal full of a crew's records keeps them all, takes more, and says what helps") {
    StorageBench bench;
    bench.record(1000, WORK);
    bench.watch_with(400 * kib);
    bench.tick();
    bench.tick();
    CHECK(bench.watch->plan().message.find("connect this vehicle to the hub") != std::string::npos);
    CHECK_FALSE(bench.watch->plan().accept_telemetry);
    CHECK(bench.changes == 1);
    CHECK(bench.read(WORK).size() == 1000);
    CHECK(bench.append(observation("one-more")).has_value());
    CHECK_FALSE(bench.append(observation("a-position"), TELEMETRY).has_value());

    // The hub has them, and they are old.
    bench.note(bench.ack(1, 1001));
    bench.now_us += 2 * keep_acknowledged_us;
    bench.tick();
    bench.tick();
    CHECK(bench.watch->plan().message.empty());
    CHECK(bench.append(observation("a-position"), TELEMETRY).has_value());
    CHECK(bench.changes == 2);
}

TEST_CASE("While the time is not known nothing counts as old") {
    StorageBench bench;
    bench.now_us = 0;
    bench.record(1000, WORK);
    bench.note(bench.ack(1, 1000));
    bench.watch_with(400 * kib);
    bench.tick();
    CHECK(bench.read(WORK).size() == 1000);
}

TEST_CASE("The reserve is taken when there is room for it") {
    StorageBench bench;
    bench.watch_with(std::uint64_t{1} << 30U, 64 * kib);
    CHECK_FALSE(bench.journal->reserve_held());
    bench.tick();
    bench.record(1, WORK);  // behind it
    CHECK(bench.journal->reserve_held());
    bench.tick();
    CHECK(bench.watch->plan().message.empty());
    CHECK_FALSE(bench.watch->plan().renew_reserve);
}

TEST_CASE("A journal that could not be written is tried again, and records are saved once there is room") {
    StorageBench bench;
    bench.watch_with(1024 * 1024 * kib);
    bench.record(1, WORK);
    {
        const FileSizeLimit full(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
        CHECK_FALSE(bench.append(observation("lost")).has_value());
        CHECK_FALSE(bench.journal->writable());
    }
    bench.tick();
    bench.loop.run_until([&] { return bench.journal->writable(); });
    CHECK(bench.append(observation("kept")).has_value());
}

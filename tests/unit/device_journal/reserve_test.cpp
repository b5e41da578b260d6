#include "daemon/device/journal/reserve.hpp"

#include <catch2/catch.hpp>

#include "sync/base/file.hpp"
#include "tests/unit/device_journal/bench.hpp"
#include "tests/unit/device_journal/file_size_limit.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::TELEMETRY;

TEST_CASE("A reserve takes its room on the disk, and an earlier run's is held", "[journal]") {
    const support::TemporaryFolder folder;
    const auto file = folder.path / "reserve";
    Reserve reserve(file);
    CHECK_FALSE(reserve.held());
    CHECK_FALSE(reserve.give_up());
    REQUIRE(reserve.renew(1U << 20U).has_value());
    CHECK(reserve.held());
    CHECK(std::filesystem::file_size(file) == 1U << 20U);
    REQUIRE(reserve.renew(1U << 20U).has_value());
    Reserve next_run(file);
    CHECK(next_run.held());
    CHECK(next_run.give_up());
    CHECK_FALSE(next_run.held());
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("A reserve for which there is no room takes none", "[journal]") {
    const support::TemporaryFolder folder;
    Reserve reserve(folder.path / "reserve");
    const FileSizeLimit limit(64U << 10U);
    const auto renewed = reserve.renew(1U << 20U);
    REQUIRE_FALSE(renewed.has_value());
    CHECK_FALSE(reserve.held());
    CHECK_FALSE(std::filesystem::exists(folder.path / "reserve"));
}

TEST_CASE("A write that fails gives up the reserve before anybody hears NOT SAVED", "[journal]") {
    Bench bench;
    bench.append_numbered(1);
    bench.journal->keep_reserve(1U << 20U);
    bench.append_numbered(1);  // behind it
    REQUIRE(bench.journal->reserve_held());
    {
        const FileSizeLimit limit(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
        const auto refused = bench.append(observation("too-much"));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().message.find("NOT SAVED") == 0);
        CHECK_FALSE(bench.journal->reserve_held());
    }
    CHECK(bench.append(observation("enough")).has_value());
    bench.journal->keep_reserve(1U << 20U);
    bench.append_numbered(1);
    CHECK(bench.journal->reserve_held());
}

TEST_CASE("Telemetry for which there is no room leaves the reserve to records, and is no alarm",
          "[journal]") {
    Bench bench;
    bench.append_numbered(1);
    bench.journal->keep_reserve(1U << 20U);
    bench.append_numbered(1);  // behind it
    REQUIRE(bench.journal->reserve_held());
    {
        const FileSizeLimit limit(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
        CHECK_FALSE(bench.append(observation("position"), TELEMETRY).has_value());
        CHECK(bench.journal->reserve_held());
        CHECK(bench.journal->writable());
        CHECK_FALSE(bench.append(observation("record")).has_value());
        CHECK_FALSE(bench.journal->reserve_held());
        CHECK_FALSE(bench.journal->writable());
        CHECK_FALSE(bench.append(observation("position"), TELEMETRY).has_value());
        CHECK_FALSE(bench.journal->writable());
    }
    CHECK_FALSE(bench.append(observation("position"), TELEMETRY).has_value());
    bench.journal->accept_telemetry(true);  // as is said once there is room
    CHECK(bench.append(observation("position"), TELEMETRY).has_value());
    CHECK(bench.journal->writable());
}

TEST_CASE("What the device reports of itself takes no reserve in any lane, and none that a record gave up",
          "[journal]") {
    Bench bench;
    protocol::Operation report;
    report.set_id("report");
    if (GENERATE(true, false)) {
        report.mutable_position_reported();
    } else {
        report.mutable_health_reported();
    }
    bench.append_numbered(1);
    bench.journal->keep_reserve(1U << 20U);
    bench.append_numbered(1);  // behind it
    REQUIRE(bench.journal->reserve_held());
    {
        const FileSizeLimit limit(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
        CHECK_FALSE(bench.append(report, protocol::URGENT).has_value());
        CHECK(bench.journal->reserve_held());
        CHECK(bench.journal->writable());
        CHECK_FALSE(bench.append(observation("record")).has_value());
        CHECK_FALSE(bench.journal->reserve_held());
    }
    CHECK(bench.append(report, protocol::URGENT).error().code == ErrorCode::full);
    CHECK(bench.append(observation("sos"), protocol::URGENT).has_value());
    bench.journal->accept_telemetry(true);  // as is said once there is room
    CHECK(bench.append(report, protocol::URGENT).has_value());
}

TEST_CASE("Telemetry that is not wanted is refused, work is not", "[journal]") {
    Bench bench;
    bench.journal->accept_telemetry(false);
    const auto refused = bench.append(observation("position"), TELEMETRY);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::full);
    CHECK(bench.append(observation("record")).has_value());
    bench.journal->accept_telemetry(true);
    CHECK(bench.append(observation("position"), TELEMETRY).has_value());
}

TEST_CASE("A journal that the disk does not let open says NOT SAVED, and opens when there is room",
          "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    bench.journal->keep_reserve(1U << 20U);
    bench.append_numbered(1);  // behind it
    bench.journal = Journal::closed(bench.folder.path / "journal.db", "truck-1",
                                    [&](std::function<void()> event) { bench.loop.post(std::move(event)); });
    CHECK_FALSE(bench.journal->is_open());
    CHECK_FALSE(bench.journal->writable());
    const auto refused = bench.append(observation("x"));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::full);
    CHECK(refused.error().message.starts_with("NOT SAVED"));
    CHECK(bench.journal->find({}).error().code == ErrorCode::unavailable);
    CHECK(bench.journal->waiting(protocol::WORK).count == 0);
    {
        const FileSizeLimit full(1);
        CHECK_FALSE(bench.journal->reopen().has_value());
        CHECK_FALSE(bench.journal->is_open());
        CHECK_FALSE(bench.journal->reserve_held());
    }
    REQUIRE(bench.journal->reopen().has_value());
    CHECK(bench.journal->writable());
    CHECK(bench.journal->last_seq(protocol::WORK) == 4);
    bench.append_numbered(1);
    bench.check_chain();
}

TEST_CASE("A journal is opened beside the loop, and is closed until the loop takes it over", "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    bench.journal = Journal::closed(bench.folder.path / "journal.db", "truck-1",
                                    [&](std::function<void()> event) { bench.loop.post(std::move(event)); });
    std::optional<Result<Journal::Files>> files;
    {
        support::WorkerThread beside("beside", 1);
        REQUIRE(beside.post([&] { files = bench.journal->open_files(); }));
    }
    REQUIRE(files->has_value());
    CHECK_FALSE(bench.journal->is_open());
    CHECK_FALSE(bench.append(observation("x")).has_value());
    bench.journal->adopt(std::move(**files));
    CHECK(bench.journal->writable());
    bench.append_numbered(1);
    CHECK(bench.journal->last_seq(protocol::WORK) == 4);
    bench.check_chain();
    bench.journal->adopt({});
    CHECK(bench.journal->is_open());
}

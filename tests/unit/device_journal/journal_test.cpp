#include "daemon/device/journal/journal.hpp"

#include <algorithm>
#include <fstream>
#include <thread>

#include "sync/base/file.hpp"
#include "tests/unit/device_journal/bench.hpp"
#include "tests/unit/device_journal/file_size_limit.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::TELEMETRY;
using protocol::URGENT;
using protocol::WORK;

namespace {

// What a power cut would leave now: the files as they lie on disk, opened by another program.
std::uint64_t last_seq_after_power_cut(const Bench& bench) {
    const support::TemporaryFolder other;
    for (const char* name : {"journal.db", "journal.db-wal"}) {
        std::error_code error;
        std::filesystem::copy_file(bench.folder.path / name, other.path / name, error);
    }
    Loop loop;
    const auto journal = Journal::open(other.path / "journal.db", "truck-1",
                                       [&](std::function<void()> event) { loop.post(std::move(event)); });
    REQUIRE(journal.has_value());
    return (*journal)->last_seq(WORK);
}

}  // namespace

TEST_CASE("Saved is said when the operation is on disk, not before", "[journal]") {
    Bench bench;
    for (std::uint64_t n = 1; n <= 20; ++n) {
        std::uint64_t on_disk = 0;
        bool told = false;
        bench.journal->append(WORK, observation("id-" + std::to_string(n)),
                              [&](const Result<Recorded>& saved) {
                                  told = true;
                                  REQUIRE(saved.has_value());
                                  on_disk = last_seq_after_power_cut(bench);
                              });
        CHECK_FALSE(told);
        bench.loop.run_until([&] { return told; });
        CHECK(on_disk >= n);
    }
}

TEST_CASE("Operations are numbered in each lane by itself, and are there after a restart", "[journal]") {
    Bench bench;
    bench.append_numbered(3, WORK);
    bench.append_numbered(1, URGENT);
    const auto recorded = bench.append(observation("last"), WORK);
    REQUIRE(recorded.has_value());
    CHECK(recorded->seq == 4);
    CHECK(recorded->lane == WORK);
    CHECK(recorded->epoch == bench.journal->epoch());
    CHECK(recorded->state == OperationState::pending);
    CHECK_FALSE(recorded->repeated);

    const auto epoch = bench.journal->epoch();
    const auto before = bench.read();
    bench.open();
    CHECK(bench.journal->epoch() == epoch);
    CHECK(bench.journal->last_seq(WORK) == 4);
    CHECK(bench.journal->last_seq(URGENT) == 1);
    CHECK(bench.journal->last_seq(TELEMETRY) == 0);
    const auto after = bench.read();
    REQUIRE(after.size() == before.size());
    for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].operation == before[i].operation);
    bench.append_numbered(2);
    bench.check_chain(WORK);
    bench.check_chain(URGENT);
    bench.check_chain(TELEMETRY);
}

TEST_CASE("What waits is written by one commit", "[journal]") {
    Bench bench;
    bench.loop.shut();
    std::size_t saved = 0;
    std::vector<std::uint64_t> order;
    const auto append = [&](int n) {
        bench.journal->append(WORK, observation("id-" + std::to_string(n)),
                              [&](const Result<Recorded>& result) {
                                  REQUIRE(result.has_value());
                                  order.push_back(result->seq);
                                  ++saved;
                              });
    };
    append(0);
    bench.loop.await_event();
    append(1);  // its commit is told when the loop is open again: until then the writer stands still
    for (int n = 2; n < 400; ++n) append(n);
    bench.loop.open();
    bench.loop.run_until([&] { return saved == 400; });
    CHECK(bench.loop.posts() <= 4);
    CHECK(std::is_sorted(order.begin(), order.end()));
    bench.check_chain();
}

TEST_CASE("What is recorded again is answered with the first, in one commit or a later one", "[journal]") {
    Bench bench;
    const auto first = bench.append(observation("same")).value();
    auto later = observation("same");  // the request is made again a minute on, in another place
    later.mutable_time()->set_utc_us(first.operation.time().utc_us() + 60'000'000);
    later.mutable_gnss()->set_fix(protocol::FIX_3D);
    const auto again = bench.append(later);
    REQUIRE(again.has_value());
    CHECK(again->repeated);
    CHECK(again->seq == first.seq);
    CHECK(again->operation.time().utc_us() == first.operation.time().utc_us());

    std::vector<Result<Recorded>> answers;
    for (int i = 0; i < 3; ++i) {
        bench.journal->append(WORK, observation("other"),
                              [&](Result<Recorded> saved) { answers.push_back(saved); });
    }
    bench.loop.run_until([&] { return answers.size() == 3; });
    CHECK_FALSE(answers[0]->repeated);
    CHECK(answers[1]->repeated);
    CHECK(answers[2]->repeated);

    bench.open();
    CHECK(bench.append(observation("same"))->repeated);
    CHECK(bench.journal->last_seq(WORK) == 2);
    CHECK(bench.journal->last_seq(URGENT) == 0);
    bench.check_chain();
}

TEST_CASE("An id that is there with other content is refused, and nothing of it is told saved", "[journal]") {
    Bench bench;
    const auto first = observation("same", "first", 7);
    REQUIRE(bench.append(first).has_value());
    auto other_visit = first;
    other_visit.set_visit_id("visit");
    auto other_effect = first;
    other_effect.mutable_visit_finished()->set_result("passed");
    auto other_value = first;
    other_value.mutable_observation_made()->add_values()->set_name("doors");
    const auto refused = [&](const protocol::Operation& operation, protocol::Lane lane = WORK) {
        const auto answer = bench.append(operation, lane);
        return answer.has_error() && answer.error().code == ErrorCode::conflict;
    };
    CHECK(refused(observation("same", "second", 7)));
    CHECK(refused(observation("same", "first", 8)));
    CHECK(refused(other_visit));
    CHECK(refused(other_effect));
    CHECK(refused(other_value));
    CHECK(refused(first, URGENT));

    // The others of the same commit are saved.
    std::vector<Result<Recorded>> answers;
    for (const char* note : {"one", "two"}) {
        for (const char* id : {"new", note}) {
            bench.journal->append(WORK, observation(id, note),
                                  [&](Result<Recorded> saved) { answers.push_back(std::move(saved)); });
        }
    }
    bench.loop.run_until([&] { return answers.size() == 4; });
    CHECK(answers[0].has_value());
    CHECK(answers[1].has_value());
    CHECK(answers[2].has_error());
    CHECK(answers[3].has_value());
    CHECK(bench.journal->writable());
    CHECK(bench.journal->last_seq(WORK) == 4);
    CHECK(bench.journal->last_seq(URGENT) == 0);
    CHECK(bench.journal->by_id("same").value()->operation.observation_made().note() == "first");
    CHECK(bench.journal->by_id("new").value()->operation.observation_made().note() == "one");
    bench.check_chain();
}

TEST_CASE("What cannot be kept is refused with a sentence, and takes nothing with it", "[journal]") {
    Bench bench;
    std::vector<std::string> refused;
    std::size_t saved = 0;
    const auto count = [&](const Result<Recorded>& result) {
        if (result) {
            ++saved;
        } else {
            CHECK(result.error().code == ErrorCode::invalid_argument);
            CHECK_FALSE(result.error().message.empty());
            refused.push_back(result.error().message);
        }
    };
    bench.journal->append(WORK, observation("good-1"), count);
    bench.journal->append(WORK, observation("long", std::string(65'000, 'x') + std::string(1'000, 'y')),
                          count);
    bench.journal->append(WORK, observation(""), count);
    bench.journal->append(WORK, observation("no text", "\xff\xfe"), count);
    bench.journal->append(protocol::LANE_UNSET, observation("no lane"), count);
    bench.journal->append(static_cast<protocol::Lane>(4), observation("no lane either"), count);
    bench.journal->append(WORK, observation("good-2"), count);
    bench.loop.run_until([&] { return saved + refused.size() == 7; });
    CHECK(saved == 2);
    CHECK(bench.journal->last_seq(WORK) == 2);
    CHECK(bench.append(observation("just fits", std::string(65'000, 'x'))).has_value());
    bench.check_chain();
    CHECK(bench.journal->find({}).has_value());
}

TEST_CASE("When the disk takes no more NOT SAVED is said, and nothing is half written", "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    {
        const FileSizeLimit full(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
        const auto refused = bench.append(observation("too much"));
        REQUIRE(refused.has_error());
        CHECK(refused.error().message.find("NOT SAVED") != std::string::npos);
        CHECK_FALSE(bench.journal->writable());
        CHECK(bench.journal->last_seq(WORK) == 3);
    }
    CHECK(last_seq_after_power_cut(bench) == 3);
    const auto saved = bench.append(observation("too much"));
    REQUIRE(saved.has_value());
    CHECK_FALSE(saved->repeated);
    CHECK(saved->seq == 4);
    CHECK(bench.journal->writable());
    bench.check_chain();
}

TEST_CASE("Too many that wait are refused, and each is answered once", "[journal]") {
    Bench bench;
    bench.loop.shut();
    std::size_t saved = 0;
    std::size_t refused = 0;
    const auto append = [&](int n) {
        bench.journal->append(TELEMETRY, observation("id-" + std::to_string(n)),
                              [&](const Result<Recorded>& result) {
                                  if (result) {
                                      ++saved;
                                  } else {
                                      CHECK(result.error().code == ErrorCode::full);
                                      CHECK(result.error().message.find("NOT SAVED") != std::string::npos);
                                      ++refused;
                                  }
                              });
    };
    append(0);
    bench.loop.await_event();
    for (int n = 1; n < 10'000; ++n) append(n);
    // The writer stands still, so some of these are refused.
    std::thread rest([&] {
        for (int n = 10'000; n < 11'000; ++n) append(n);
    });
    bench.loop.await_blocked(2);
    bench.loop.open();
    bench.loop.run_until([&] { return saved + refused == 11'000; });
    rest.join();
    CHECK(bench.journal->last_seq(TELEMETRY) == saved);
    CHECK(saved >= 10'000);
    CHECK(refused > 0);
}

TEST_CASE("What was appended before the end of the program is on disk after it", "[journal]") {
    Bench bench;
    bench.loop.shut();
    bench.journal->append(WORK, observation("first"), [](const Result<Recorded>&) {});
    bench.loop.await_event();
    for (int n = 0; n < 1'300; ++n) {
        bench.journal->append(WORK, observation("id-" + std::to_string(n)), [](const Result<Recorded>&) {});
    }
    bench.loop.open();
    bench.journal.reset();
    bench.open();
    CHECK(bench.journal->last_seq(WORK) == 1'301);
    bench.check_chain();
}

TEST_CASE("Another device's journal is refused and left as it is", "[journal]") {
    Bench bench;
    bench.append_numbered(2);
    const auto refused =
        Journal::open(bench.folder.path / "journal.db", "truck-2", [](std::function<void()>) {});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == ErrorCode::refused);
    CHECK(refused.error().message.find("truck-1") != std::string::npos);
    bench.open();
    CHECK(bench.journal->last_seq(WORK) == 2);
}

TEST_CASE("A damaged journal is left in place for a person", "[journal]") {
    const support::TemporaryFolder folder;
    const auto path = folder.path / "journal.db";
    const auto open = [&] { return Journal::open(path, "truck-1", [](std::function<void()>) {}); };

    SECTION("that is no database") {
        folder.write("journal.db", std::string(10'000, 'q'));
    }
    SECTION("with a damaged page") {
        {
            Bench bench;
            for (int n = 0; n < 200; ++n) {
                bench.journal->append(WORK, observation("id-" + std::to_string(n), std::string(500, 'n')),
                                      [](const Result<Recorded>&) {});
            }
            bench.journal.reset();
            std::filesystem::copy_file(bench.folder.path / "journal.db", path);
            bench.open();
        }
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(8 * 4096);
        file << std::string(4096, '\x5a');
    }
    SECTION("that does not say its epoch") {
        { REQUIRE(open().has_value()); }
        Database(path.string(), SQLite::OPEN_READWRITE)
            .exec("UPDATE journal SET value = 'x' WHERE key = 'epoch'");
    }
    const Bytes before = read_file(path).value();
    const auto opened = open();
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == ErrorCode::corrupt);
    CHECK(opened.error().message.find("journal.db") != std::string::npos);
    CHECK(read_file(path).value() == before);
}

TEST_CASE("A journal of a newer program is refused", "[journal]") {
    Bench bench;
    bench.journal.reset();
    Database file((bench.folder.path / "journal.db").string(), SQLite::OPEN_READWRITE);
    const std::string ours = file.execAndGet("PRAGMA user_version").getString();
    file.exec("PRAGMA user_version=99");
    const auto opened =
        Journal::open(bench.folder.path / "journal.db", "truck-1", [](std::function<void()>) {});
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == ErrorCode::conflict);
    file.exec("PRAGMA user_version=" + ours);
    bench.open();
}

TEST_CASE("A journal of the first schema is brought to this one with all it holds", "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    bench.journal.reset();
    Database((bench.folder.path / "journal.db").string(), SQLite::OPEN_READWRITE)
        .exec(
            "DROP INDEX operation_recorded; DROP INDEX operation_parked; DROP INDEX operation_correction; "
            "DROP INDEX operation_judged; DROP INDEX operation_visiting; DROP INDEX operation_pending; "
            "ALTER TABLE lane DROP COLUMN safe; ALTER TABLE lane DROP COLUMN trimmed; "
            "DROP TABLE city_head; ALTER TABLE operation DROP COLUMN noted_in; "
            "PRAGMA user_version=1");
    bench.open();
    CHECK(bench.journal->find({}).value().size() == 3);
    bench.append_numbered(1);
    bench.check_chain();
    CHECK(Database((bench.folder.path / "journal.db").string())
              .execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'operation_recorded'")
              .getInt() == 1);
}

TEST_CASE("Two new journals have different epochs", "[journal]") {
    Bench one;
    Bench two;
    CHECK(one.journal->epoch() != two.journal->epoch());
    CHECK(one.journal->epoch() != 0);
    CHECK(one.journal->epoch() >> 63U == 0);
}

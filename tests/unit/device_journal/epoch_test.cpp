#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "tests/unit/device_journal/bench.hpp"
#include "tests/unit/device_journal/file_size_limit.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::URGENT;
using protocol::WORK;

namespace {

// What is logged while it lives.
class Log {
  public:
    Log() { spdlog::default_logger()->sinks().push_back(sink_); }
    ~Log() { std::erase(spdlog::default_logger()->sinks(), sink_); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    int lines(const std::string& with) const {
        std::istringstream text(text_.str());
        int found = 0;
        for (std::string line; std::getline(text, line);)
            found += line.find(with) != std::string::npos ? 1 : 0;
        return found;
    }

  private:
    std::ostringstream text_;
    spdlog::sink_ptr sink_ = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
};

}  // namespace

TEST_CASE("A new epoch carries what the hub has not acknowledged, with its first place", "[journal]") {
    Bench bench;
    bench.append_numbered(5);
    bench.append_numbered(2, URGENT);
    const auto first_epoch = bench.journal->epoch();
    const auto before = bench.read();
    const auto fourth_hash = bench.journal->hash_at(WORK, 4);
    REQUIRE(bench.open_epoch({{WORK, 3}}).has_value());

    CHECK(bench.journal->epoch() != first_epoch);
    const auto carried = bench.read();
    REQUIRE(carried.size() == 2);
    CHECK(carried[0].operation == before[3].operation);
    CHECK(carried[1].operation == before[4].operation);
    REQUIRE(carried[0].origin.has_value());
    CHECK(carried[0].origin->epoch() == first_epoch);
    CHECK(carried[0].origin->seq() == 4);
    CHECK(carried[0].origin->hash() == fourth_hash.value());
    CHECK(bench.read(URGENT).size() == 2);
    bench.check_chain(WORK);
    bench.check_chain(URGENT);

    // New operations go behind them, and what went before is still found.
    bench.append_numbered(1);
    CHECK(bench.journal->last_seq(WORK) == 3);
    CHECK_FALSE(bench.read().back().origin.has_value());
    CHECK(bench.journal->by_id("id-1").value()->epoch == first_epoch);
    CHECK(bench.journal->by_id("id-4").value()->epoch == bench.journal->epoch());
    CHECK(bench.journal->find({}).value().size() == 8);
    CHECK(bench.append(observation("id-1"))->repeated);
}

TEST_CASE("An operation keeps its first place through any number of epochs and restarts", "[journal]") {
    Bench bench;
    bench.append_numbered(4);
    const auto first_epoch = bench.journal->epoch();
    const auto hash = bench.journal->hash_at(WORK, 4).value();
    for (std::uint64_t gone = 0; gone < 3; ++gone) {
        REQUIRE(bench.open_epoch({{WORK, gone == 0 ? 0U : 1U}}).has_value());
        bench.open();
        const auto entries = bench.read();
        REQUIRE(entries.size() == 4 - gone);
        CHECK(entries.back().origin->epoch() == first_epoch);
        CHECK(entries.back().origin->seq() == 4);
        CHECK(entries.back().origin->hash() == hash);
        bench.check_chain();
        // Whoever waits for it names that one: the hub may never see those between.
        const auto first = bench.journal->by_id("id-4").value()->first_place;
        CHECK(first.epoch() == first_epoch);
        CHECK(first.lane() == WORK);
        CHECK(first.seq() == 4);
    }
}

TEST_CASE("A new epoch that is wanted twice is opened once and loses nothing", "[journal]") {
    Bench bench;
    bench.append_numbered(5);
    int opened = 0;
    for (int i = 0; i < 2; ++i) {
        bench.journal->open_epoch({"wanted", {{WORK, 3}}}, [&](const Status& status) {
            CHECK(status.has_value());
            ++opened;
        });
    }
    bench.loop.run_until([&] { return opened == 2; });
    CHECK(bench.read().size() == 2);
    CHECK(bench.journal->last_seq(WORK) == 2);
    bench.check_chain();
}

TEST_CASE("What is appended while an epoch is opened lands behind it", "[journal]") {
    Bench bench;
    bench.append_numbered(2);
    const auto first_epoch = bench.journal->epoch();
    std::optional<Recorded> recorded;
    bool opened = false;
    bench.journal->open_epoch({"wanted", {{WORK, 1}}},
                              [&](const Status& status) { opened = status.has_value(); });
    bench.journal->append(WORK, observation("meanwhile"),
                          [&](const Result<Recorded>& saved) { recorded = *saved; });
    bench.loop.run_until([&] { return recorded.has_value(); });
    CHECK(opened);
    CHECK(recorded->epoch != first_epoch);
    CHECK(recorded->seq == 2);
    bench.check_chain();
}

TEST_CASE("What the hub says of an earlier epoch is not written to the new one", "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    const auto late = bench.ack(1, 3);
    REQUIRE(bench.open_epoch({}).has_value());
    bench.note(late);
    CHECK(bench.journal->noted(WORK) == 0);
    CHECK(bench.journal->by_id("id-1").value()->state == OperationState::pending);
    bench.note(bench.ack(1, 3));
    CHECK(bench.journal->noted(WORK) == 3);
}

TEST_CASE("What waits at the hub for another operation is carried along, and is pending again", "[journal]") {
    Bench bench;
    bench.append_numbered(4);
    bench.note(bench.parked(bench.ack(1, 4), 2));
    const auto first_epoch = bench.journal->epoch();
    REQUIRE(bench.open_epoch({{WORK, 3}}).has_value());
    const auto carried = bench.read();
    REQUIRE(carried.size() == 2);
    CHECK(carried[0].origin->seq() == 2);
    CHECK(carried[0].origin->epoch() == first_epoch);
    CHECK(carried[1].origin->seq() == 4);
    CHECK(bench.journal->by_id("id-2").value()->reason.empty());
    CHECK(bench.journal->by_id("id-4").value()->state == OperationState::pending);
    CHECK(bench.journal->by_id("id-3").value()->state == OperationState::accepted);
    bench.check_chain();
}

TEST_CASE("What went on to a later epoch is not taken for what made room", "[journal]") {
    Bench bench;
    bench.append_numbered(2);
    bench.note(bench.parked(bench.ack(1, 2), 1));
    REQUIRE(bench.open_epoch({{WORK, 2}}).has_value());
    const auto earlier = bench.journal->earlier(10);
    REQUIRE(earlier.size() == 1);
    CHECK(earlier[0].noted() == 2);
    CHECK(earlier[0].first() == 1);
}

TEST_CASE("What the hub lost of earlier epochs is carried along, the oldest first", "[journal]") {
    Bench bench;
    bench.append_numbered(5);
    bench.note(bench.ack(1, 5));
    const auto first = bench.journal->epoch();
    REQUIRE(bench.open_epoch({{WORK, 5}}).has_value());
    bench.append_numbered(3);
    bench.note(bench.ack(1, 3));
    const auto second = bench.journal->epoch();
    REQUIRE(bench.open_epoch({{WORK, 3}}).has_value());
    bench.append_numbered(1);

    auto earlier = bench.journal->earlier(10);
    REQUIRE(earlier.size() == 2);
    CHECK(earlier[0].epoch() == second);
    CHECK(earlier[0].seq() == 3);
    CHECK(earlier[1].epoch() == first);
    CHECK(earlier[1].lane() == WORK);
    CHECK(earlier[1].seq() == 5);
    CHECK(earlier[1].noted() == 5);
    CHECK(earlier[1].first() == 1);
    CHECK(bench.journal->earlier(1).size() == 1);

    earlier[0].set_seq(2);
    earlier[1].set_seq(3);
    REQUIRE(bench.begin_epoch({"a hub was restored", {}, earlier}).has_value());
    std::vector<std::string> ids;
    for (const auto& entry : bench.read()) {
        protocol::Operation operation;
        REQUIRE(operation.ParseFromString(entry.operation));
        ids.push_back(operation.id());
    }
    CHECK(ids == std::vector<std::string>{"id-4", "id-5", "id-8", "id-9"});
    CHECK(bench.journal->by_id("id-5").value()->state == OperationState::pending);
    CHECK(bench.journal->by_id("id-3").value()->state == OperationState::accepted);
    bench.check_chain();
    // The hub is believed to hold no more of them than it says.
    earlier = bench.journal->earlier(10);
    REQUIRE(earlier.size() == 2);
    CHECK(earlier[0].seq() == 2);
    CHECK(earlier[1].seq() == 3);
}

TEST_CASE("A new epoch carries more than it holds in memory at once, in order", "[journal]") {
    Bench bench;
    bench.append_numbered(1203);
    bench.note(bench.parked(bench.ack(1, 3), 2));
    REQUIRE(bench.open_epoch({{WORK, 3}}).has_value());
    CHECK(bench.read().size() == 1201);
    CHECK(bench.read().front().origin->seq() == 2);
    CHECK(bench.read().back().origin->seq() == 1203);
    bench.check_chain();
}

TEST_CASE("An epoch for which there is no room takes the reserve, and is not tried at once again",
          "[journal]") {
    Bench bench;
    bench.append_numbered(50);
    bench.journal->keep_reserve(1U << 20U);
    bench.append_numbered(1);  // behind it
    const auto before = bench.journal->epoch();
    {
        const FileSizeLimit full(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
        REQUIRE_FALSE(bench.open_epoch({}).has_value());
        CHECK_FALSE(bench.journal->reserve_held());
    }
    const auto again = bench.open_epoch({});
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == ErrorCode::unavailable);
    CHECK(bench.journal->epoch() == before);
    bench.append_numbered(1);
    bench.check_chain();

    bench.steady_now += std::chrono::seconds(59);
    CHECK_FALSE(bench.open_epoch({}).has_value());
    bench.steady_now += std::chrono::seconds(1);
    CHECK(bench.open_epoch({}).has_value());
    CHECK(bench.journal->epoch() != before);
    CHECK(bench.read().size() == 52);
    bench.check_chain();
}

TEST_CASE("An epoch that cannot be opened is tried once for all who want it, and told once a minute",
          "[journal]") {
    Bench bench;
    bench.append_numbered(50);
    const Log log;
    const FileSizeLimit full(std::filesystem::file_size(bench.folder.path / "journal.db-wal"));
    for (int minute = 1; minute <= 2; ++minute) {
        int failed = 0;
        for (int i = 0; i < 5; ++i) {
            bench.journal->open_epoch({"wanted", {}}, [&](const Status& opened) {
                CHECK_FALSE(opened.has_value());
                ++failed;
            });
        }
        const auto posts = bench.loop.posts();
        bench.loop.run_until([&] { return failed == 5; });
        CHECK(bench.loop.posts() <= posts + 1);
        for (int i = 0; i < 5; ++i) CHECK_FALSE(bench.open_epoch({}).has_value());
        CHECK(log.lines("opening a new journal epoch") == minute);
        CHECK(log.lines("no new journal epoch") == minute);
        bench.steady_now += std::chrono::minutes(1);
    }
}

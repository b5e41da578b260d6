// What a device records once it knows the time.
#include "daemon/device/record/time_corrections.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "daemon/device/record/recorder.hpp"
#include "hal/clock/sim.hpp"
#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using protocol::TIME_GNSS;
using protocol::TIME_NONE;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t known_boot = 1'772'366'400 * second;

protocol::TimeStamp stamp(const Bytes& boot, std::int64_t boottime_s, protocol::TimeQuality quality,
                          std::int64_t booted_at_us = 0) {
    protocol::TimeStamp out;
    out.set_boot_id(boot);
    out.set_boottime_us(boottime_s * second);
    out.set_utc_us(booted_at_us + boottime_s * second);
    out.set_quality(quality);
    return out;
}

// A journal whose entries are only read back.
class OldJournal final : public engine::JournalView {
  public:
    void add(protocol::Operation operation, protocol::Lane lane = protocol::WORK) {
        entries[lane].push_back({entries[lane].size() + 1, operation.SerializeAsString(), std::nullopt});
    }
    void add(const protocol::TimeStamp& at, protocol::Lane lane = protocol::WORK) {
        protocol::Operation operation;
        *operation.mutable_time() = at;
        add(std::move(operation), lane);
    }
    std::uint64_t epoch() const override { return 1; }
    std::uint64_t last_seq(protocol::Lane lane) const override {
        const auto found = entries.find(lane);
        return found == entries.end() ? 0 : found->second.size();
    }
    std::uint64_t noted(protocol::Lane) const override { return 0; }
    std::uint64_t notes() const override { return 0; }
    const engine::InCity& in_city() const override { return nothing; }
    std::optional<Bytes> hash_at(protocol::Lane, std::uint64_t) override { return std::nullopt; }
    std::uint64_t first_held(protocol::Lane) override { return 1; }
    std::vector<std::uint64_t> parked(protocol::Lane, std::uint64_t, std::size_t) override { return {}; }
    std::vector<protocol::LanePosition> earlier(std::size_t) override { return {}; }
    Result<std::vector<engine::JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t) override {
        std::vector<engine::JournalEntry> out;
        for (const auto& entry : entries[lane]) {
            if (entry.seq > after && out.size() < max_entries) out.push_back(entry);
        }
        return out;
    }
    std::map<protocol::Lane, std::vector<engine::JournalEntry>> entries;
    const engine::InCity nothing;
};

}  // namespace

TEST_CASE("stamps of an earlier run in the same boot are corrected, in any lane") {
    OldJournal journal;
    for (int i = 0; i < 1'200; ++i) journal.add(stamp("now", 10 + i, TIME_GNSS, known_boot));
    journal.add(stamp("now", 5, TIME_NONE), protocol::URGENT);
    TimeCorrections corrections("now");
    corrections.recall(journal);
    const auto now = stamp("now", 2'000, TIME_GNSS, known_boot);
    const auto due = corrections.due(now);
    REQUIRE(due.size() == 1);
    CHECK(due[0].correction.boot_id() == "now");
    CHECK(due[0].correction.offset_us() == known_boot);
    CHECK(corrections.due(now).empty());  // it is under way
    corrections.failed(due[0].id);
    REQUIRE(corrections.due(now).size() == 1);
    CHECK(is_uuid(due[0].id));

    protocol::Operation recorded;
    recorded.set_id(due[0].id);
    *recorded.mutable_time() = now;
    *recorded.mutable_time_corrected() = due[0].correction;
    corrections.recorded(recorded);
    CHECK(corrections.due(now).empty());
    journal.add(recorded);
    TimeCorrections next_run("now");
    next_run.recall(journal);
    CHECK(next_run.due(now).empty());
}

TEST_CASE("what is recorded after the time was lost again has a correction of its own") {
    TimeCorrections corrections("now");
    const auto learn = [&](std::int64_t at) {
        const auto now = stamp("now", at, TIME_GNSS, known_boot);
        const auto due = corrections.due(now);
        REQUIRE(due.size() == 1);
        protocol::Operation recorded;
        recorded.set_id(due[0].id);
        *recorded.mutable_time() = now;
        *recorded.mutable_time_corrected() = due[0].correction;
        corrections.recorded(recorded);
        return due[0].id;
    };
    corrections.stamped(stamp("now", 5, TIME_NONE));
    const std::string first = learn(10);
    corrections.stamped(stamp("now", 20, TIME_NONE));
    CHECK(learn(30) != first);
}

TEST_CASE("a boot that never learned the time is bracketed by its neighbours, once") {
    OldJournal journal;
    journal.add(stamp("first", 10, TIME_GNSS, known_boot));
    journal.add(stamp("lost", 20, TIME_NONE));
    journal.add(stamp("lost", 60, TIME_NONE));
    TimeCorrections corrections("now");
    corrections.recall(journal);
    CHECK(corrections.due(stamp("now", 5, TIME_NONE)).empty());
    const auto now = stamp("now", 5, TIME_GNSS, known_boot + 1'000 * second);
    const auto due = corrections.due(now);
    REQUIRE(due.size() == 1);
    CHECK(due[0].correction.boot_id() == "lost");
    CHECK(due[0].correction.quality() == protocol::TIME_BUILD_FLOOR);
    CHECK(due[0].correction.offset_us() + 20 * second > known_boot + 10 * second);
    CHECK(due[0].correction.offset_us() + 60 * second < known_boot + 1'000 * second);

    protocol::Operation recorded;
    recorded.set_id(due[0].id);
    *recorded.mutable_time() = now;
    *recorded.mutable_time_corrected() = due[0].correction;
    journal.add(recorded);
    TimeCorrections next_run("now");
    next_run.recall(journal);
    CHECK(next_run.due(now).empty());
}

TEST_CASE("a recorder that learns the time corrects what it recorded, before it goes on") {
    class NoBlobs final : public KeptBlobs {
      public:
        std::optional<std::uint64_t> bytes_of(BytesView) const override { return std::nullopt; }
    } blobs;
    device::testing::Bench bench;
    hal::SimClock clock;
    Recorder recorder(*bench.journal, clock, blobs);
    const auto observe = [&](const std::string& note) {
        NewObservation observation;
        observation.kind = "note";
        observation.note = note;
        bool done = false;
        recorder.observe(std::move(observation), [&](const Result<Recorded>& saved) {
            CHECK(saved.has_value());
            done = true;
        });
        bench.loop.run_until([&] { return done; });
    };
    clock.set_utc(100 * second, hal::TimeQuality::none);
    clock.advance(10 * second);
    observe("in 1970");
    clock.set_utc(known_boot, hal::TimeQuality::ntp);
    observe("in 2026");
    observe("later");
    const auto entries = bench.read();
    REQUIRE(entries.size() == 4);
    protocol::Operation second_one;
    REQUIRE(second_one.ParseFromString(entries[1].operation));
    REQUIRE(second_one.has_time_corrected());
    CHECK(second_one.time_corrected().quality() == protocol::TIME_NTP);
    CHECK(second_one.time_corrected().offset_us() == known_boot - 110 * second);
    CHECK(second_one.time_corrected().boot_id() == second_one.time().boot_id());
}

TEST_CASE("a status goes by the urgent lane, and only known ones are said") {
    class NoBlobs final : public KeptBlobs {
      public:
        std::optional<std::uint64_t> bytes_of(BytesView) const override { return std::nullopt; }
    } blobs;
    device::testing::Bench bench;
    hal::SimClock clock;
    Recorder recorder(*bench.journal, clock, blobs);
    CHECK_FALSE(recorder.crew_status());
    for (const auto& [status, good] : {std::pair{"sos", true}, {"on_scene", true}, {"lost", false}}) {
        std::optional<Result<Recorded>> answer;
        recorder.report_status({{}, status, "x"}, [&](Result<Recorded> saved) { answer = std::move(saved); });
        bench.loop.run_until([&] { return answer.has_value(); });
        CHECK(answer->has_value() == good);
    }
    CHECK(bench.read(protocol::URGENT).size() == 2);
    CHECK(bench.read().empty());
    REQUIRE(recorder.crew_status());
    CHECK(recorder.crew_status()->operation.status_reported().status() == "on_scene");
    CHECK(recorder.crew_status()->state == OperationState::pending);
    bench.note(bench.ack(1, 2, protocol::URGENT));
    CHECK(recorder.crew_status()->state == OperationState::accepted);
    CHECK(Recorder(*bench.journal, clock, blobs).crew_status()->operation.status_reported().status() ==
          "on_scene");
}

TEST_CASE("a clock that was far ahead does not freeze what the crew said") {
    class NoBlobs final : public KeptBlobs {
      public:
        std::optional<std::uint64_t> bytes_of(BytesView) const override { return std::nullopt; }
    } blobs;
    device::testing::Bench bench;
    hal::SimClock clock;
    const auto report = [&](const std::string& status) {
        Recorder recorder(*bench.journal, clock, blobs);
        bool done = false;
        recorder.report_status({{}, status, {}}, [&](const Result<Recorded>& saved) {
            CHECK(saved.has_value());
            done = true;
        });
        bench.loop.run_until([&] { return done; });
    };
    clock.set_utc(known_boot + std::int64_t{3'000'000'000} * second, hal::TimeQuality::rtc);
    report("on_scene");
    clock.set_utc(known_boot, hal::TimeQuality::ntp);
    report("available");
    CHECK(Recorder(*bench.journal, clock, blobs).crew_status()->operation.status_reported().status() ==
          "available");
}

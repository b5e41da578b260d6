#include "daemon/device/link/link_watch.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "daemon/device/link/keep_alive.hpp"
#include "hal/clock/sim.hpp"
#include "sync/base/file.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using engine::LinkKind;
using engine::SendClass;

namespace {

constexpr UnixMicros november = 1'795'340'187'000'000;  // 2026-11-22
constexpr std::int64_t day_us = 86'400'000'000;

// Says what the test says.
class PlayedLink final : public hal::Link {
  public:
    Status start(hal::UplinksHandler on_change) override {
        on_change_ = std::move(on_change);
        return ok();
    }
    void stop() override { on_change_ = nullptr; }
    hal::PartStatus status() const override { return {hal::PartState::ok, "played"}; }

    void is(const std::string& name, hal::LinkKind kind, bool metered) {
        on_change_({{name, kind, true, metered, 0}});
    }
    void is_gone() { on_change_({}); }

  private:
    hal::UplinksHandler on_change_;
};

struct Bench {
    Bench() {
        clock.set_utc(november, hal::TimeQuality::ntp);
        rules[static_cast<std::size_t>(LinkKind::lte)].month = 1'000'000;
        open();
    }
    void open() {
        watch.reset();
        run_posted();
        auto played = std::make_unique<PlayedLink>();
        link = played.get();
        watch = std::make_unique<LinkWatch>(
            std::move(played), rules, folder.path / "link-bytes", clock,
            [this](std::function<void()> event) {
                const std::lock_guard lock(mutex);
                events.push_back(std::move(event));
                posted.notify_all();
            },
            [this] { ++changes; });
        REQUIRE(watch->start().has_value());
    }
    void run_posted() {
        for (;;) {
            std::function<void()> event;
            {
                const std::lock_guard lock(mutex);
                if (events.empty()) return;
                event = std::move(events.front());
                events.pop_front();
            }
            if (watch) event();
        }
    }
    void await_posted() {
        std::unique_lock lock(mutex);
        REQUIRE(posted.wait_for(lock, std::chrono::seconds(20), [this] { return !events.empty(); }));
    }
    void talk_over(hal::LinkKind kind, bool metered = false) {
        link->is("up0", kind, metered);
        run_posted();
    }

    support::TemporaryFolder folder;
    hal::SimClock clock;
    engine::LinkPolicy::Rules rules = engine::LinkPolicy::default_rules_of_all();
    std::mutex mutex;
    std::condition_variable posted;
    std::deque<std::function<void()>> events;
    PlayedLink* link = nullptr;
    std::unique_ptr<LinkWatch> watch;
    int changes = 0;
};

}  // namespace

TEST_CASE("What may go follows the link that carries the traffic") {
    Bench bench;
    CHECK_FALSE(bench.watch->policy().kind().has_value());
    CHECK_FALSE(bench.watch->policy().allows(SendClass::bulk));
    bench.talk_over(hal::LinkKind::wifi_depot);
    CHECK(bench.watch->rights() == engine::SendRights::all());
    CHECK(bench.watch->carrier()->name == "up0");
    bench.talk_over(hal::LinkKind::satellite, true);
    CHECK_FALSE(bench.watch->policy().allows(SendClass::feed));
    bench.talk_over(hal::LinkKind::wifi, true);
    CHECK(bench.watch->policy().kind() == LinkKind::lte);
    CHECK(bench.changes == 3);
    bench.link->is_gone();
    bench.run_posted();
    CHECK(bench.watch->carrier() == nullptr);
    CHECK(bench.watch->policy().allows(SendClass::work));
    CHECK_FALSE(bench.watch->policy().allows(SendClass::feed));
    CHECK(bench.changes == 4);
}

TEST_CASE("A month's data that is spent holds things back at once, and the next month gives them free") {
    Bench bench;
    bench.talk_over(hal::LinkKind::lte, true);
    CHECK(bench.watch->policy().left() == 1'000'000U);
    const int before = bench.changes;
    bench.watch->count(SendClass::feed, 900'000);
    CHECK(bench.watch->policy().left().value() < 100'000);
    CHECK(bench.changes == before);
    bench.watch->count(SendClass::feed, 100'000);
    CHECK(bench.watch->policy().left() == 0U);
    CHECK(bench.changes == before + 1);
    CHECK(bench.watch->policy().allows(SendClass::urgent));
    CHECK_FALSE(bench.watch->policy().allows(SendClass::telemetry));
    bench.clock.advance(9 * day_us);  // December
    bench.watch->tick();
    CHECK(bench.watch->policy().left() == 1'000'000U);
    CHECK(bench.watch->policy().allows(SendClass::telemetry));
    CHECK(bench.changes == before + 2);
}

TEST_CASE("What went over one kind of link is not taken from the budget of another") {
    Bench bench;
    bench.talk_over(hal::LinkKind::wifi_depot);
    bench.watch->count(SendClass::bulk, 10'000'000);
    bench.talk_over(hal::LinkKind::lte, true);
    CHECK(bench.watch->policy().left() == 1'000'000U);
    CHECK(bench.watch->rights() == engine::SendRights::all());
}

TEST_CASE("A restart does not give a spent month back") {
    Bench bench;
    bench.talk_over(hal::LinkKind::lte, true);
    bench.watch->count(SendClass::attachments, 500'000);
    const auto used = bench.watch->used();
    CHECK(used.all >= 500'000);
    CHECK(used.attachments == used.all);
    bench.open();
    bench.talk_over(hal::LinkKind::lte, true);
    CHECK(bench.watch->used() == used);
}

TEST_CASE("The count is on disk after five minutes without a word from anybody, and after 256 KiB") {
    Bench bench;
    const auto file = bench.folder.path / "link-bytes";
    const auto kept = [&] {
        return MonthBytes::parse(read_file(file).value()).value().of("2026-11", LinkKind::lte);
    };
    bench.talk_over(hal::LinkKind::lte, true);
    bench.watch->count(SendClass::work, 1000);
    bench.watch->tick();
    CHECK_FALSE(std::filesystem::exists(file));
    bench.clock.advance(301'000'000);
    bench.watch->tick();
    bench.await_posted();
    bench.run_posted();
    CHECK(kept() == bench.watch->used());
    bench.watch->count(SendClass::work, 300'000);
    bench.await_posted();
    bench.run_posted();
    CHECK(kept() == bench.watch->used());
    CHECK(bench.watch->problem().empty());
}

TEST_CASE("A count that cannot be written is said, and kept when it can be") {
    Bench bench;
    const auto file = bench.folder.path / "link-bytes";
    std::filesystem::create_directory(file);
    bench.talk_over(hal::LinkKind::lte, true);
    bench.watch->count(SendClass::work, 300'000);
    bench.await_posted();
    bench.run_posted();
    CHECK_FALSE(bench.watch->problem().empty());
    std::filesystem::remove(file);
    bench.clock.advance(31'000'000);
    bench.watch->tick();
    bench.await_posted();
    bench.run_posted();
    CHECK(bench.watch->problem().empty());
    CHECK(std::filesystem::is_regular_file(file));
}

TEST_CASE("While the crew asks for help its positions go, whatever is paused") {
    Bench bench;
    bench.talk_over(hal::LinkKind::lte, true);
    bench.watch->pause(LinkKind::lte, true);
    CHECK_FALSE(bench.watch->rights().allows_positions());
    const int before = bench.changes;
    bench.watch->set_sos(true);
    CHECK(bench.watch->rights().allows_positions());
    CHECK(bench.changes == before + 1);
    bench.watch->set_sos(true);
    CHECK(bench.changes == before + 1);
}

TEST_CASE("A damaged count is set aside, said in this run, and the month is counted anew") {
    Bench bench;
    bench.watch.reset();
    bench.run_posted();
    REQUIRE(write_file_atomic(bench.folder.path / "link-bytes", "rubbish").has_value());
    bench.open();
    bench.talk_over(hal::LinkKind::lte, true);
    CHECK(bench.watch->used() == engine::LinkBytes{});
    CHECK(std::filesystem::exists(bench.folder.path / "link-bytes.damaged-1"));
    CHECK(bench.watch->problem().find("begins anew") != std::string::npos);
    bench.watch->count(SendClass::work, 300'000);  // kept at once
    bench.await_posted();
    bench.run_posted();
    CHECK(bench.watch->problem().find("begins anew") != std::string::npos);
}

TEST_CASE("The keep-alive is that of the link, and stays as it is while none is known to be up") {
    CHECK(keep_alive_over(LinkKind::satellite) == keep_alive_by_satellite);
    CHECK(keep_alive_over(LinkKind::lte) == keep_alive);
    CHECK_FALSE(keep_alive_over(std::nullopt).has_value());
}

TEST_CASE("With wrong settings of the link, urgent and work go on, and it says so") {
    support::TemporaryFolder folder;
    const hal::SimClock clock;
    LinkWatch watch(
        nullptr, engine::LinkPolicy::default_rules_of_all(), folder.path / "link-bytes", clock,
        [](std::function<void()>) {}, [] {});
    REQUIRE(watch.start().has_value());
    CHECK(watch.status().state == hal::PartState::broken);
    CHECK(watch.policy().allows(SendClass::work));
    CHECK_FALSE(watch.policy().allows(SendClass::feed));
}

TEST_CASE("A pause counts at once and over restarts, against what the configuration says") {
    Bench bench;
    bench.rules[static_cast<std::size_t>(LinkKind::wifi)].paused = true;
    bench.open();
    bench.talk_over(hal::LinkKind::wifi);
    CHECK_FALSE(bench.watch->policy().allows(SendClass::work));
    const int before = bench.changes;
    bench.watch->pause(LinkKind::wifi, false);
    CHECK(bench.changes > before);
    CHECK(bench.watch->policy().allows(SendClass::work));
    bench.watch->pause(LinkKind::satellite, true);
    bench.open();
    bench.talk_over(hal::LinkKind::wifi);
    CHECK(bench.watch->policy().allows(SendClass::work));
    bench.talk_over(hal::LinkKind::satellite, true);
    CHECK(bench.watch->policy().hold(SendClass::work) == engine::LinkPolicy::Hold::paused);
    CHECK(bench.watch->policy().allows(SendClass::urgent));
    CHECK(bench.watch->pause_problem().empty());
}

TEST_CASE("Of a person's pause and the configuration, whoever spoke last counts") {
    Bench bench;
    auto& configured = bench.rules[static_cast<std::size_t>(LinkKind::lte)].paused;
    const auto work_goes = [&] {
        bench.open();
        bench.talk_over(hal::LinkKind::lte, true);
        return bench.watch->policy().allows(SendClass::work);
    };
    REQUIRE(work_goes());
    bench.watch->pause(LinkKind::lte, true);
    CHECK_FALSE(work_goes());
    bench.watch->pause(LinkKind::lte, false);
    bench.watch->pause(LinkKind::lte, true);
    CHECK_FALSE(work_goes());
    configured = true;
    CHECK_FALSE(work_goes());
    configured = false;
    CHECK(work_goes());
    configured = true;
    CHECK_FALSE(work_goes());
    bench.watch->pause(LinkKind::lte, false);
    CHECK(work_goes());
    configured = false;
    CHECK(work_goes());
    bench.watch->pause(LinkKind::lte, true);
    CHECK_FALSE(work_goes());
}

TEST_CASE("A pause that the version before kept holds, until the configuration is changed") {
    Bench bench;
    const auto file = bench.folder.path / "link-pauses";
    REQUIRE(write_file_atomic(file, "fieldpost link pauses 1\nlte paused\nsatellite goes\n").has_value());
    bench.open();
    bench.talk_over(hal::LinkKind::lte, true);
    CHECK_FALSE(bench.watch->policy().allows(SendClass::work));
    CHECK(bench.watch->pause_problem().empty());
    bench.watch.reset();  // writes what it has to
    const std::string now = read_file(file).value();
    CHECK(now.starts_with("fieldpost link pauses 2\n"));
    CHECK(now.find("lte paused configured goes\n") != std::string::npos);
    for (const char* damaged : {"fieldpost link pauses 1\nlte\n", "fieldpost link pauses 1\nradio goes\n",
                                "fieldpost link pauses 1\nlte paused more\n"}) {
        CHECK(parse_link_pauses(damaged, engine::LinkPolicy()).error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("A pause that cannot be kept counts, and is said; a damaged file of them is set aside") {
    Bench bench;
    const auto file = bench.folder.path / "link-pauses";
    std::filesystem::create_directory(file);
    bench.talk_over(hal::LinkKind::lte, true);
    bench.watch->pause(LinkKind::lte, true);
    CHECK_FALSE(bench.watch->policy().allows(SendClass::work));
    bench.await_posted();
    bench.run_posted();
    CHECK_FALSE(bench.watch->pause_problem().empty());
    std::filesystem::remove(file);
    for (const char* damaged :
         {"", "fieldpost link pauses 2\nlte\n", "fieldpost link pauses 2\nlte paused configured\n",
          "fieldpost link pauses 2\nradio paused configured goes\n"}) {
        REQUIRE(write_file_atomic(file, damaged).has_value());
        bench.open();
        bench.talk_over(hal::LinkKind::lte, true);
        CHECK(bench.watch->policy().allows(SendClass::work));
        CHECK_FALSE(std::filesystem::exists(file));
        CHECK(bench.watch->pause_problem().find("was lost") != std::string::npos);
    }
    bench.watch->pause(LinkKind::lte, true);
    bench.await_posted();
    bench.run_posted();
    CHECK(bench.watch->pause_problem().empty());
}

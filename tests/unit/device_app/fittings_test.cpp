#include "daemon/device/app/fittings.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "hal/clock/sim.hpp"

using namespace fieldpost;
using namespace fieldpost::device;

namespace {

constexpr std::int64_t minute = 60'000'000;

struct Bench {
    explicit Bench(const hal::StorageConfig& disk = {}, const hal::IndicatorConfig& light = {},
                   const hal::InstallerConfig& installer = {})
        : fittings(
              disk, light, installer, clock,
              [this](std::function<void()> event) {
                  const std::lock_guard lock(mutex);
                  events.push_back(std::move(event));
                  posted.notify_all();
              },
              [this] { ++changes; }) {}

    // Runs what is posted by now.
    void run_posted() {
        std::unique_lock lock(mutex);
        run_posted(lock);
    }
    void run_posted(std::unique_lock<std::mutex>& lock) {
        while (!events.empty()) {
            const auto event = std::move(events.front());
            events.pop_front();
            lock.unlock();
            event();
            lock.lock();
        }
    }

    // Runs what is posted until `reached`, ten seconds at most.
    bool reach(const std::function<bool()>& reached) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        std::unique_lock lock(mutex);
        while (true) {
            run_posted(lock);
            if (reached()) return true;
            if (posted.wait_until(lock, limit) == std::cv_status::timeout) return false;
        }
    }

    hal::SimClock clock;
    std::mutex mutex;
    std::condition_variable posted;
    std::deque<std::function<void()>> events;
    int changes = 0;
    Fittings fittings;  // last: its threads end before the rest goes
};

}  // namespace

TEST_CASE("a device without these parts says that they are not fitted") {
    Bench bench;
    bench.fittings.start();
    bench.fittings.show(hal::Indication::fault);
    bench.fittings.works(true);
    CHECK(bench.fittings.disk_status().state == hal::PartState::not_fitted);
    CHECK(bench.fittings.light_status().state == hal::PartState::not_fitted);
    CHECK(bench.fittings.installer_status().state == hal::PartState::not_fitted);
    CHECK_FALSE(bench.fittings.disk().has_value());
    CHECK(bench.fittings.slots().empty());
}

TEST_CASE("wrong settings break the part alone, with a sentence that names the table") {
    Bench bench({"sim", {{"free_mb", "many"}}}, {"lamp", {}}, {"sim", {}});
    bench.fittings.start();
    bench.fittings.show(hal::Indication::ready);
    CHECK(bench.fittings.disk_status().state == hal::PartState::broken);
    CHECK(bench.fittings.disk_status().detail.find("[disk]") != std::string::npos);
    CHECK(bench.fittings.light_status().detail.find("[indicator]") != std::string::npos);
    CHECK(bench.reach([&] { return bench.fittings.slots().size() == 2; }));
}

TEST_CASE("the disk's reading comes to the loop") {
    Bench bench({"sim", {{"wear_percent", "70"}}});
    bench.fittings.start();
    REQUIRE(bench.reach([&] { return bench.fittings.disk().has_value(); }));
    CHECK(bench.fittings.disk()->wear_percent == 70);
    CHECK(bench.changes > 0);
}

TEST_CASE("the system that runs is marked good when the program has worked for a minute") {
    Bench bench({}, {}, {"sim", {}});
    bench.fittings.start();
    REQUIRE(bench.reach([&] { return !bench.fittings.slots().empty(); }));
    REQUIRE(bench.fittings.slots().front().booted);
    bench.fittings.works(true);
    bench.clock.advance(minute - 1);
    bench.fittings.works(true);
    bench.clock.advance(1);
    bench.fittings.works(true);
    CHECK(bench.reach([&] { return bench.fittings.slots().front().good == true; }));
}

TEST_CASE("an update that is being installed is known of until its end") {
    using Kind = hal::InstallEvent::Kind;
    Bench bench;
    bench.fittings.start();
    const auto after = [&](Kind kind, int percent) {
        bench.fittings.installer_tells({kind, percent, "It goes on."});
        bench.run_posted();
        return bench.fittings.installs();
    };
    CHECK_FALSE(bench.fittings.installs());
    CHECK(after(Kind::running, 0));
    CHECK(after(Kind::running, 40));
    CHECK_FALSE(after(Kind::installed, 100));
    CHECK_FALSE(after(Kind::running, 100));  // told behind the end
    CHECK(after(Kind::running, 10));
    CHECK_FALSE(after(Kind::failed, 10));
}

TEST_CASE("a minute in which the program did not work once is none") {
    hal::SimClock clock;
    std::atomic<int> told = 0;  // by the installer
    const auto half_a_minute_later = [&](Fittings& fittings, bool does) {
        clock.advance(minute / 2);
        fittings.works(does);
    };
    const auto post = [&](const std::function<void()>&) { ++told; };
    {
        Fittings fittings({}, {}, {"sim", {}}, clock, post, [] {});
        fittings.works(true);
        half_a_minute_later(fittings, false);
        half_a_minute_later(fittings, true);
        half_a_minute_later(fittings, true);
    }  // what was asked of the installer is answered
    CHECK(told == 0);
    {
        Fittings fittings({}, {}, {"sim", {}}, clock, post, [] {});
        fittings.works(true);
        half_a_minute_later(fittings, true);
        half_a_minute_later(fittings, true);
    }
    CHECK(told == 1);
}

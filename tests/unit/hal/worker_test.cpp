#include "hal/worker.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace fieldpost;
using namespace fieldpost::hal;

TEST_CASE("a worker that would wait for ever is stopped at once, and may be started again") {
    Worker worker;
    for (int round = 0; round < 2; ++round) {
        std::promise<void> waiting;
        std::atomic<bool> stopped = false;
        const Status started = worker.start([&](const StopEvent& stop) {
            waiting.set_value();
            stopped = stop.wait(-1, std::nullopt) == StopEvent::Woke::stop;
        });
        REQUIRE(started.has_value());
        waiting.get_future().wait();
        worker.stop();
        CHECK(stopped);
    }
}

TEST_CASE("a worker that is busy when it is stopped sees it at its next wait") {
    Worker worker;
    std::atomic<bool> stopping = false;
    const Status started = worker.start([&](const StopEvent& stop) {
        while (!stopping) std::this_thread::yield();
        while (!stop.sleep(0)) {
        }
    });
    REQUIRE(started.has_value());
    stopping = true;
    worker.stop();
}

TEST_CASE("a worker wakes for a readable descriptor, and for a time-out") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    Fd reader(ends[0]);
    Fd writer(ends[1]);
    Worker worker;
    std::promise<StopEvent::Woke> first;
    std::promise<StopEvent::Woke> second;
    const Status started = worker.start([&](const StopEvent& stop) {
        first.set_value(stop.wait(reader.get(), 1000));
        second.set_value(stop.wait(reader.get(), std::nullopt));
    });
    REQUIRE(started.has_value());
    CHECK(first.get_future().get() == StopEvent::Woke::timeout);
    REQUIRE(::write(writer.get(), "x", 1) == 1);
    CHECK(second.get_future().get() == StopEvent::Woke::readable);
}

TEST_CASE(
    "how long a worker has not waited grows while it works, and is zero while it waits and when it ended") {
    using namespace std::chrono_literals;
    Worker worker;
    CHECK(worker.busy_for() == 0ns);
    std::atomic<bool> works = true;
    REQUIRE(worker
                .start([&](const StopEvent& stop) {
                    while (works) std::this_thread::yield();
                    while (stop.wait(-1, std::nullopt) != StopEvent::Woke::stop) {
                    }
                })
                .has_value());
    while (worker.busy_for() < 20ms) std::this_thread::yield();
    const auto before = worker.busy_for();
    CHECK(worker.busy_for() >= before);
    works = false;
    while (worker.busy_for() != 0ns) std::this_thread::yield();
    worker.stop();
    CHECK(worker.busy_for() == 0ns);
}

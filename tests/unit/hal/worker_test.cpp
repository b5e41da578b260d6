#include "hal/worker.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace fieldpost;
using namespace fieldpost::hal;

TEST_CASE("a worker that would wait for ever is stopped at once") {
    Worker worker;
    std::promise<void> waiting;
    const Status started = worker.start([&](const StopEvent& stop) {
        waiting.set_value();
        CHECK(stop.wait(-1, std::nullopt) == StopEvent::Woke::stop);
    });
    REQUIRE(started.has_value());
    waiting.get_future().wait();
    worker.stop();
}

TEST_CASE("stop is seen even when it was asked for before the wait") {
    Worker worker;
    std::promise<void> go;
    const Status started =
        worker.start([go = std::make_shared<std::future<void>>(go.get_future())](const StopEvent& stop) {
            go->wait();
            while (!stop.sleep(0)) {
            }
        });
    REQUIRE(started.has_value());
    auto stopping = std::async(std::launch::async, [&] { worker.stop(); });
    go.set_value();
    stopping.get();
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

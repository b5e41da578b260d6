#include "daemon/support/worker_thread.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace fieldpost::support;
using namespace std::chrono_literals;

TEST_CASE("a worker is busy for as long as one function runs, and not while it waits for work") {
    WorkerThread worker("worker", 4);
    CHECK(worker.busy_for() == 0s);
    std::promise<void> begun;
    std::promise<void> end;
    REQUIRE(worker.post([&] {
        begun.set_value();
        end.get_future().wait();
    }));
    begun.get_future().wait();
    while (worker.busy_for() < 20ms) std::this_thread::yield();
    end.set_value();
    while (worker.busy_for() != 0s) std::this_thread::yield();

    // The next one is counted anew.
    std::promise<std::chrono::steady_clock::duration> busy;
    REQUIRE(worker.post([&] { busy.set_value(worker.busy_for()); }));
    CHECK(busy.get_future().get() < 20s);
}

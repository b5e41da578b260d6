#include "daemon/support/event_loop.hpp"

#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <thread>
#include <vector>

#include "daemon/support/worker_thread.hpp"

using namespace fieldpost::support;
using namespace std::chrono_literals;

TEST_CASE("what is posted runs in order, in the loop thread, and never inside the call") {
    EventLoop loop;
    std::vector<int> ran;
    CHECK_FALSE(loop.in_loop_thread());
    std::thread other([&] {
        for (int i = 0; i < 100; ++i) {
            loop.post([&, i] {
                ran.push_back(i);
                CHECK(loop.in_loop_thread());
            });
        }
        loop.post([&] {
            loop.post([&] {
                ran.push_back(101);
                loop.stop();
            });
            ran.push_back(100);
        });
    });
    loop.run();
    other.join();
    REQUIRE(ran.size() == 102);
    CHECK(std::is_sorted(ran.begin(), ran.end()));
    CHECK_FALSE(loop.in_loop_thread());
}

TEST_CASE("a loop that was stopped can run again, and one stopped before it ran returns at once") {
    EventLoop loop;
    loop.stop();
    loop.run();
    int ran = 0;
    loop.post([&] {
        ++ran;
        loop.stop();
    });
    loop.run();
    CHECK(ran == 1);
}

TEST_CASE("timers fire in order of their time, and not when cancelled or destroyed") {
    EventLoop loop;
    std::vector<std::string> fired;
    const Timer second = loop.after(20ms, [&] { fired.emplace_back("second"); });
    const Timer first = loop.after(1ms, [&] { fired.emplace_back("first"); });
    Timer cancelled = loop.after(2ms, [&] { fired.emplace_back("cancelled"); });
    cancelled.cancel();
    {
        const Timer destroyed = loop.after(2ms, [&] { fired.emplace_back("destroyed"); });
    }
    Timer replaced = loop.after(2ms, [&] { fired.emplace_back("replaced"); });
    replaced = loop.after(3ms, [&] { fired.emplace_back("replacement"); });
    const Timer end = loop.after(40ms, [&] { loop.stop(); });
    loop.run();
    CHECK(fired == std::vector<std::string>{"first", "replacement", "second"});
}

TEST_CASE("a repeated timer goes on until it is cancelled, also by itself") {
    EventLoop loop;
    int count = 0;
    Timer timer;
    timer = loop.every(1ms, [&] {
        if (++count < 3) return;
        timer.cancel();
        loop.stop();
    });
    loop.run();
    CHECK(count == 3);
}

TEST_CASE("a timer, and a function that waits, may outlive the loop") {
    Timer timer;
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> watch = held;
    {
        EventLoop loop;
        timer = loop.after(1h, [held] {});
        loop.post([held] {});
        held.reset();
        CHECK_FALSE(watch.expired());
    }
    timer.cancel();
    CHECK(watch.expired());
}

TEST_CASE("SIGINT and SIGTERM arrive in the loop") {
    EventLoop loop;
    int received = 0;
    const auto status = loop.on_stop_signal([&] {
        CHECK(loop.in_loop_thread());
        if (++received == 1) {
            ::raise(SIGTERM);
        } else {
            loop.stop();
        }
    });
    REQUIRE(status.has_value());
    ::raise(SIGINT);
    loop.run();
    CHECK(received == 2);
}

TEST_CASE("a worker runs what is posted in order, and refuses when its queue is full") {
    WorkerThread worker("test", 2);
    std::promise<void> go;
    std::promise<void> running;
    std::vector<int> ran;
    REQUIRE(worker.post([&] {
        running.set_value();
        go.get_future().get();
        ran.push_back(0);
    }));
    running.get_future().get();
    CHECK(worker.post([&] { ran.push_back(1); }));
    CHECK(worker.post([&] { ran.push_back(2); }));
    CHECK_FALSE(worker.post([&] { ran.push_back(3); }));
    CHECK(worker.waiting() == 2);
    go.set_value();
    worker.drain_and_join();
    CHECK(ran == std::vector<int>{0, 1, 2});
    CHECK_FALSE(worker.post([&] { ran.push_back(4); }));
    worker.drain_and_join();
}

// The serial driver and whoever is at the other end.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "hal/clock/system.hpp"
#include "hal/supervisor/frame.hpp"
#include "hal/supervisor/supervisor.hpp"
#include "hal/supervisor/supervisor.pb.h"
#include "tests/unit/hal/gnss/pseudo_port.hpp"
#include "tests/unit/hal/supervisor/state_log.hpp"
#include "tests/unit/hal/supervisor/talking_port.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;
namespace wire = fieldpost::supervisor;

namespace {

struct Bench {
    TempFolder folder;
    TalkingPort port{folder / "supervisor"};
    std::unique_ptr<Clock> clock = make_system_clock(0);
    StateLog log;
    std::unique_ptr<Supervisor> supervisor;

    void connect(TalkingPort::Answer answer = {}, const std::string& silence_ms = "15000") {
        port.start(std::move(answer));
        supervisor =
            make_supervisor(
                {"serial",
                 {{"path", port.path().string()}, {"retry_max_ms", "20"}, {"silence_ms", silence_ms}}},
                *clock)
                .value();
        REQUIRE(supervisor->start(log.handler()).has_value());
    }
    bool wait_known() {
        return log.wait_for([](const auto& told) { return told.has_value(); });
    }
    bool wait_lost() {
        return log.wait_for([](const auto& told) { return !told.has_value(); });
    }
};

}  // namespace

TEST_CASE("a supervisor that goes and comes back is told as lost and found, and commands fail meanwhile") {
    Bench b;
    b.connect();
    REQUIRE(b.wait_known());
    CHECK(b.supervisor->status().state == PartState::ok);
    b.port.stop();
    REQUIRE(b.wait_lost());
    CHECK(b.supervisor->status().state == PartState::broken);
    CHECK(b.supervisor->done().error().code == ErrorCode::unavailable);
    const std::size_t before = b.log.count();
    b.port.start();
    REQUIRE(b.log.wait_for_count(before + 1));
    CHECK(b.log.all().back().has_value());
}

TEST_CASE("a line that is open and silent is broken with a sentence, and well again with the first word") {
    Bench b;
    b.connect([](const auto&, auto&) { return false; }, "50");
    REQUIRE(b.wait_lost());
    CHECK(b.supervisor->status().detail.find("check its power and cable") != std::string::npos);
    wire::Report report;
    report.mutable_state()->set_power(wire::POWER_HOLD_UP);
    report.mutable_state()->set_hold_up_left_ms(5'000);
    report.mutable_state()->set_starts(7);
    b.port.say(report);
    REQUIRE(b.wait_known());
    const auto state = b.log.all()[1].value();
    CHECK(state.power == PowerState::hold_up);
    CHECK(state.deadline_us == state.received_us + 5'000'000);
    CHECK(state.starts == 7);
}

TEST_CASE("a supervisor of another version is told as such") {
    Bench b;
    Bytes content(1, 2);
    const std::uint16_t crc = supervisor_crc(content);
    const Bytes frame{0, 4, 2, static_cast<char>(crc & 0xFF), static_cast<char>(crc >> 8), 0};
    b.connect(
        [&](const auto&, auto&) {
            b.port.say(frame);
            return false;
        },
        "1000");
    REQUIRE(b.wait_lost());
    CHECK(b.supervisor->status().detail.find("another version") != std::string::npos);
}

TEST_CASE("a request whose answer is lost is sent again, and noise on the line changes nothing") {
    Bench b;
    std::atomic<int> asked = 0;
    b.connect([&](const wire::Request& request, wire::Report&) {
        b.port.say("\0noise\xff\xff\xff");
        return !request.has_set_wake() || ++asked > 1;
    });
    REQUIRE(b.wait_known());
    CHECK(b.supervisor->set_wake(60).has_value());
    CHECK(asked == 2);
}

TEST_CASE("a supervisor that does not answer a command fails it after some tries") {
    Bench b;
    std::atomic<int> asked = 0;
    b.connect([&](const wire::Request& request, wire::Report&) {
        if (request.has_set_wake()) ++asked;
        return !request.has_set_wake();
    });
    REQUIRE(b.wait_known());
    CHECK(b.supervisor->set_wake(60).error().code == ErrorCode::unavailable);
    CHECK(asked == 3);
}

TEST_CASE("each refusal of the supervisor is an error with a sentence of its own") {
    Bench b;
    std::atomic<int> result = 0;
    b.connect([&](const wire::Request& request, wire::Report& report) {
        if (request.has_confirm_update()) report.set_result(static_cast<wire::Result>(result.load()));
        return true;
    });
    REQUIRE(b.wait_known());
    std::set<std::string> sentences;
    for (result = 1; result <= wire::RESULT_TRIAL + 1; ++result) {
        const Status status = b.supervisor->confirm_update();
        REQUIRE_FALSE(status.has_value());
        sentences.insert(status.error().message);
    }
    CHECK(sentences.size() == wire::RESULT_TRIAL + 1);
}

TEST_CASE(
    "done names the run that the supervisor told, a feed its pause, and a file arrives block by block") {
    Bench b;
    std::mutex mutex;
    std::vector<wire::Request> seen;
    b.connect([&](const wire::Request& request, wire::Report& report) {
        const std::lock_guard lock(mutex);
        seen.push_back(request);
        report.mutable_state()->set_run(9);
        return true;
    });
    REQUIRE(b.wait_known());
    b.supervisor->feed(120);
    REQUIRE(b.supervisor->done().has_value());
    const Bytes file(300, 'f');
    REQUIRE(b.supervisor->update(file).has_value());
    const std::lock_guard lock(mutex);
    Bytes sent;
    for (const wire::Request& request : seen) {
        if (request.has_feed()) CHECK(request.feed().pause_ms() == 120'000);
        if (request.has_done()) CHECK(request.done().run() == 9);
        if (request.has_begin_update()) CHECK(request.begin_update().size() == 300);
        if (request.has_update_block()) {
            CHECK(request.update_block().offset() == sent.size());
            sent += request.update_block().data();
        }
    }
    CHECK(sent == file);
    CHECK(seen.back().has_finish_update());
}

TEST_CASE("a pause that is asked for just before the driver stops still reaches the supervisor") {
    Bench b;
    std::promise<void> asked;
    std::promise<std::uint32_t> fed;
    bool was_asked = false;
    b.connect([&](const wire::Request& request, wire::Report&) {
        if (request.has_set_wake() && !std::exchange(was_asked, true)) asked.set_value();
        if (request.has_feed()) fed.set_value(request.feed().pause_ms());
        return !request.has_set_wake();
    });
    REQUIRE(b.wait_known());
    // Somebody waits for an answer, so that the feed waits behind it.
    std::thread other([&] { CHECK_FALSE(b.supervisor->set_wake(60).has_value()); });
    REQUIRE(asked.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    b.supervisor->feed(600);
    b.supervisor->stop();
    other.join();
    auto seen = fed.get_future();
    REQUIRE(seen.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    CHECK(seen.get() == 600'000);
}

TEST_CASE("the driver never feeds the watchdog by itself") {
    Bench b;
    std::atomic<int> feeds = 0;
    b.connect([&](const wire::Request& request, wire::Report&) {
        if (request.has_feed()) ++feeds;
        return true;
    });
    REQUIRE(b.wait_known());
    REQUIRE(b.supervisor->settings().has_value());
    CHECK(feeds == 0);
}

TEST_CASE("on a serial port a supervisor is heard, lost when its cable is pulled, and heard again") {
    TempFolder folder;
    PseudoPort port(folder / "supervisor");
    const auto clock = make_system_clock(0);
    wire::Report report;
    report.mutable_state()->set_supply_mv(12'345);
    const Bytes frame = write_supervisor_frame(report.SerializeAsString());
    StateLog log;
    auto supervisor =
        make_supervisor({"serial", {{"path", port.path().string()}, {"retry_max_ms", "20"}}}, *clock).value();
    REQUIRE(supervisor->start(log.handler()).has_value());
    REQUIRE(log.wait_for_count(1));  // there is no port yet
    for (int times = 0; times < 2; ++times) {
        const std::size_t before = log.count();
        port.plug_in();
        // What is said before the port is open is lost, as on a wire.
        for (int tries = 0; tries < 2'000 && log.count() == before; ++tries) {
            port.say(frame);
            log.wait_for_count(before + 1, std::chrono::milliseconds(10));
        }
        REQUIRE(log.all()[before].has_value());
        CHECK(log.all()[before]->supply_mv == 12'345);
        port.unplug();
        REQUIRE(log.wait_for_last([](const auto& told) { return !told.has_value(); }));
        CHECK(supervisor->status().state == PartState::broken);
    }
}

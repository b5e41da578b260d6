#include <algorithm>
#include <catch2/catch.hpp>

#include "firmware/logic/contacts.hpp"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;

namespace {

struct Bench {
    Settings settings;
    EventList events;
    Contacts contacts{settings, events};
    RawInputs raw{.supply_mv = 12'600};
    std::uint64_t now_ms = 0;
    int presses = 0;

    void pass(std::uint64_t ms) {
        for (const std::uint64_t end = now_ms + ms; now_ms < end;) {
            now_ms += 10;
            contacts.read(raw, now_ms);
            presses += contacts.inputs().sos_pressed ? 1 : 0;
        }
    }
    void ignition(bool on, std::uint64_t ms) {
        raw.ignition = on;
        pass(ms);
    }
};

}  // namespace

TEST_CASE("an ignition that bounces is on only when it has been steady") {
    Bench b;
    for (int i = 0; i < 50; ++i) {
        b.ignition(true, 50);
        b.ignition(false, 20);
    }
    CHECK_FALSE(b.contacts.ignition());
    b.ignition(true, b.settings.ignition_on_ms + 20);
    CHECK(b.contacts.ignition());
    b.ignition(false, b.settings.ignition_off_ms - 20);
    CHECK(b.contacts.ignition());
    b.pass(50);
    CHECK_FALSE(b.contacts.ignition());
    CHECK(b.events.count(Event::ignition) == 2);
}

TEST_CASE("an ignition line that a starter motor takes away is ridden through") {
    Bench b;
    b.ignition(true, 1'000);
    b.raw.supply_mv = 7'500;
    b.ignition(false, 6'000);
    CHECK(b.contacts.ignition());
    b.raw.supply_mv = 13'800;
    b.pass(500);  // the line comes back later than the volts
    CHECK(b.contacts.ignition());
    b.ignition(true, 1'000);
    CHECK(b.contacts.ignition());
}

TEST_CASE("a supply that stutters for ever does not keep the ignition on for ever") {
    Bench b;
    b.ignition(true, 1'000);
    b.raw.ignition = false;
    for (std::uint64_t passed = 0; passed < b.settings.ignition_off_ms + b.settings.crank_ms + 1'000;
         passed += 1'500) {
        b.raw.supply_mv = 7'000;
        b.pass(1'000);
        b.raw.supply_mv = 12'600;
        b.pass(500);
    }
    CHECK_FALSE(b.contacts.ignition());
}

TEST_CASE("a press of the SOS button counts once, however long and however bouncing") {
    Bench b;
    b.raw.sos = true;
    b.pass(20);
    b.raw.sos = false;
    b.pass(200);
    CHECK(b.presses == 0);
    b.raw.sos = true;
    b.pass(10'000);
    CHECK(b.presses == 1);
    b.raw.sos = false;
    b.pass(200);
    b.raw.sos = true;
    b.pass(200);
    CHECK(b.presses == 2);
    CHECK(b.contacts.sos_presses() == 2);
}

TEST_CASE("each opening of the case is counted and noted, and so is its closing") {
    Bench b;
    b.raw.tamper = true;
    b.pass(10'000);
    CHECK(b.contacts.tamper());
    b.raw.tamper = false;
    b.pass(100);
    CHECK_FALSE(b.contacts.tamper());
    CHECK(b.contacts.tamper_openings() == 1);
    CHECK(b.events.count(Event::tamper) == 2);
}

TEST_CASE("a case that rattles and a button that is drummed on fill no log, and its last word is true") {
    Bench b;
    for (int i = 0; i < 500; ++i) {
        b.raw.tamper = b.raw.sos = true;
        b.pass(100);
        b.raw.tamper = b.raw.sos = false;
        b.pass(100);
    }
    b.pass(5'000);
    CHECK(b.contacts.tamper_openings() == 500);
    CHECK(b.contacts.sos_presses() == 500);
    CHECK(b.events.count(Event::tamper) <= 100 / 5 + 2);
    CHECK(b.events.count(Event::sos) <= 100 / 5 + 1);
    const auto last = std::find_if(b.events.events.rbegin(), b.events.events.rend(),
                                   [](const auto& noted) { return noted.event == Event::tamper; });
    REQUIRE(last != b.events.events.rend());
    CHECK(last->argument == 0);
}

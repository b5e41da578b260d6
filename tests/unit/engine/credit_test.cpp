#include "sync/engine/credit.hpp"

#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

using namespace fieldpost::engine;

namespace {

constexpr std::size_t kib = 1U << 10U;
constexpr std::size_t packet = 1380;

// A link with a queue: it swallows one message after another, and the far end's answer takes a round trip.
struct Link {
    double bytes_per_ms = 0;
    Millis round_trip = 0;
    Millis stall = 0;  // for so long nothing comes, each three seconds, and then all at once
    Millis hub = 0;    // so long after a message has come the hub answers
};

struct Message {
    Millis sent_at;
    Millis confirmed_at;
    std::size_t bytes;
    Millis arrives_at = 0;  // at the far end's TCP, whatever is missing before it
};

enum class Transport { silent, told };

// As many messages as there is room for, each as large as it may be, for so long. What is left on its way.
std::vector<Message> fill(Credit& credit, const Link& link, Millis from, Millis until,
                          Transport transport = Transport::silent) {
    std::vector<Message> on_its_way;
    double free_at = static_cast<double>(from);
    for (Millis now = from; now < until; ++now) {
        while (!on_its_way.empty() && on_its_way.front().confirmed_at <= now) {
            const Message done = on_its_way.front();
            on_its_way.erase(on_its_way.begin());
            credit.confirmed(now, done.bytes, done.sent_at);
        }
        if (transport == Transport::told && now % 50 == 0 && credit.room() == 0) {
            std::size_t on_the_way = 0;
            for (const Message& message : on_its_way) {
                const double rest = static_cast<double>(message.arrives_at - now) * link.bytes_per_ms;
                on_the_way += std::min(message.bytes, static_cast<std::size_t>(std::max(rest, 0.0)));
            }
            credit.on_the_way(now, on_the_way, static_cast<double>(link.round_trip));
        }
        while (const std::size_t room = credit.room()) {
            free_at =
                std::max(free_at, static_cast<double>(now)) + static_cast<double>(room) / link.bytes_per_ms;
            const Millis arrives = static_cast<Millis>(free_at) + link.round_trip;
            const Millis held = std::max<Millis>(link.stall - arrives % 3'000, 0);
            on_its_way.push_back({now, arrives + held + link.hub, room, arrives});
            credit.sent(now, room);
        }
    }
    return on_its_way;
}

}  // namespace

TEST_CASE("While nothing is known of a link, few small messages go", "[engine][credit]") {
    Credit credit;
    CHECK(credit.rate() == 0);
    CHECK(credit.round_trip() == 0);
    CHECK(credit.message_bytes() == packet);
    std::size_t sent = 0;
    while (const std::size_t room = credit.room()) {
        credit.sent(0, room);
        sent += room;
    }
    CHECK(sent == 6 * packet);
    CHECK(credit.allowance() == 8 * kib);
}

TEST_CASE("The allowance is what the link holds and works off while a message waits", "[engine][credit]") {
    Credit credit;
    Millis took = 0;
    std::size_t expected = 0;
    SECTION("nearly half a second is waited over a near link") {
        took = 100;
        expected = 10 * (100 + 450);
    }
    SECTION("and as long over one whose round trip is not twice that") {
        took = 800;
        expected = 10 * (800 + 450);
    }
    SECTION("half the round trip over a far one") {
        took = 4'000;
        expected = 10 * (4'000 + 2'000);
    }
    const auto bytes = static_cast<std::size_t>(10 * took);
    credit.sent(0, bytes);
    credit.confirmed(took, bytes, 0);
    CHECK(credit.rate() == Approx(10'000));
    CHECK(credit.round_trip() == took);
    CHECK(credit.allowance() == expected);
}

TEST_CASE("Something may go whenever nothing is on its way, and half a message beyond the allowance at most",
          "[engine][credit]") {
    CHECK(rc::check([] {
        Credit credit;
        std::vector<Message> on_its_way;
        Millis now = 0;
        const int count = *rc::gen::inRange(1, 80);
        for (int i = 0; i < count; ++i) {
            now += *rc::gen::inRange<Millis>(0, 4'000);
            const int what = *rc::gen::inRange(0, 5);
            if (what < 3) {
                if (const std::size_t room = credit.room()) {
                    // What is packed is rarely as large as it may be.
                    const std::size_t bytes = *rc::gen::inRange<std::size_t>(1, room + 1);
                    credit.sent(now, bytes);
                    on_its_way.push_back({now, 0, bytes});
                }
            } else if (!on_its_way.empty()) {
                const Message first = on_its_way.front();
                on_its_way.erase(on_its_way.begin());
                if (what == 3) {
                    credit.confirmed(now, first.bytes, first.sent_at);
                } else {
                    credit.lost(first.bytes);
                }
            }
            const std::size_t room = credit.room();
            RC_ASSERT(room <= credit.message_bytes());
            if (on_its_way.empty()) {
                RC_ASSERT(room >= kib);
            } else if (room > 0) {
                RC_ASSERT(room == credit.message_bytes());  // no crumbs
                RC_ASSERT(credit.outstanding() + room / 2 <= credit.allowance());
            }
        }
    }));
}

TEST_CASE("A link is filled, and a message waits half a second or half the round trip behind the others",
          "[engine][credit]") {
    const Link link = GENERATE(Link{8, 600}, Link{8, 40}, Link{125, 60}, Link{60, 2'000});
    const Millis lasts = GENERATE(as<Millis>(), 60'000, 3'600'000);  // also when it is full for an hour
    CAPTURE(link.bytes_per_ms, link.round_trip, lasts);
    Credit credit;
    fill(credit, link, 0, lasts);
    CHECK(credit.rate() > 900 * link.bytes_per_ms);
    CHECK(credit.rate() < 1'100 * link.bytes_per_ms);
    const double trip = static_cast<double>(link.round_trip);
    const double waits = static_cast<double>(credit.allowance()) / link.bytes_per_ms - trip;
    CHECK(waits > 0);
    CHECK(waits < 1.35 * std::max(500.0, trip / 2));
}

TEST_CASE("The time in which a link swallows a message is not of its round trip", "[engine][credit]") {
    Credit credit;
    const Link link{8, 600};
    fill(credit, link, 0, 30'000);
    // A message takes another third of a second.
    CHECK(credit.message_bytes() == 2 * packet);
    CHECK(credit.round_trip() > link.round_trip * 3 / 4);
    CHECK(credit.round_trip() < link.round_trip + 200);
}

TEST_CASE("What is lost makes room again, and a new connection has all of it", "[engine][credit]") {
    Credit credit;
    while (const std::size_t room = credit.room()) credit.sent(0, room);
    credit.lost(packet);
    CHECK(credit.room() == packet);
    credit.lost(1U << 20U);  // of another connection, and counted already
    CHECK(credit.outstanding() == 0);
    while (const std::size_t room = credit.room()) credit.sent(0, room);
    credit.reset();
    CHECK(credit.outstanding() == 0);
    CHECK(credit.room() == packet);
}

TEST_CASE("The round trip of another connection's link says nothing of this one", "[engine][credit]") {
    Credit credit;
    fill(credit, {1'000, 5}, 0, 10'000);
    CHECK(credit.round_trip() < 10);
    credit.reset();
    CHECK(credit.round_trip() == 0);
    fill(credit, {8, 600}, 10'100, 20'000);
    CHECK(credit.round_trip() > 450);
}

TEST_CASE("On a link that is always full the round trip is measured anew with a message that goes alone",
          "[engine][credit]") {
    Credit credit;
    fill(credit, {125, 60}, 0, 600'000);
    CHECK(credit.round_trip() >= 55);
    CHECK(credit.round_trip() < 80);
    // It takes a round trip each three minutes.
    CHECK(credit.rate() > 120'000);
}

TEST_CASE("Where a link stalls again and again, more may be on its way", "[engine][credit]") {
    const auto awaited_ms = [](Millis stall) {
        Credit credit;
        fill(credit, {8, 600, stall}, 0, 60'000);
        CHECK(credit.rate() < 9'600);
        return 1000 * static_cast<double>(credit.allowance()) / credit.rate();
    };
    CHECK(awaited_ms(1'200) > awaited_ms(0) + 300);
    CHECK(awaited_ms(1'200) < awaited_ms(0) + 500);
}

TEST_CASE("What the transport saw arrive makes room, though a hole keeps it from being confirmed",
          "[engine][credit]") {
    const Link link{8, 600, 1'500};
    constexpr Millis lasts = 120'000;
    Credit credit;
    const auto left = fill(credit, link, 0, lasts, Transport::told);
    CHECK(credit.rate() > 0.9 * 1000 * link.bytes_per_ms);
    CHECK(credit.rate() < 1.15 * 1000 * link.bytes_per_ms);
    // No more than without holes: the repair's time is not waited for.
    CHECK(static_cast<double>(credit.allowance()) < 1.15 * link.bytes_per_ms * (1.25 * 600 + 300));
    std::size_t waits = 0;
    for (const Message& message : left) waits += message.arrives_at >= lasts ? message.bytes : 0;
    CHECK(waits < credit.allowance() + credit.message_bytes());
}

TEST_CASE("However much has arrived, four allowances may be unconfirmed", "[engine][credit]") {
    Credit credit;
    fill(credit, {8, 600}, 0, 30'000, Transport::told);
    for (Millis now = 30'000; now < 60'000; now += 50) {
        credit.on_the_way(now, 0, 600);  // it takes everything, and confirms nothing
        while (const std::size_t room = credit.room()) credit.sent(now, room);
    }
    CHECK(credit.outstanding() <= 4 * credit.allowance() + credit.message_bytes());
}

TEST_CASE("A hub that answers late does not slow a link down", "[engine][credit]") {
    const auto link = GENERATE(Link{100, 20, 0, 2'000}, Link{400, 2, 0, 1'400}, Link{60, 10, 0, 1'200},
                               Link{8, 600, 0, 3'500});
    CAPTURE(link.bytes_per_ms, link.round_trip, link.hub);
    Credit credit;
    auto left = fill(credit, link, 0, 280'000, Transport::told);
    std::size_t bytes = 0;
    for (const Message& message : left) bytes += message.bytes;
    // What comes between a message's start and its answer is unconfirmed, or the link was idle.
    const double during = link.bytes_per_ms * static_cast<double>(link.round_trip + link.hub);
    CHECK(static_cast<double>(bytes) >= 0.8 * during);
    CHECK(credit.rate() >= 0.8 * 1000 * link.bytes_per_ms);
}

TEST_CASE("A transport that tells no more is not believed for ever", "[engine][credit]") {
    Credit credit;
    fill(credit, {8, 600}, 0, 30'000, Transport::told);
    const double rate = credit.rate();
    credit.lost(credit.outstanding());
    fill(credit, {2, 600}, 30'100, 120'000);
    CHECK(credit.rate() < rate / 2);
}

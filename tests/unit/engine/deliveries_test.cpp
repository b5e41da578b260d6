// When sources delivered, between both ends' halves.
#include "sync/engine/deliveries.hpp"

#include <catch2/catch.hpp>
#include <optional>

using namespace fieldpost;
using namespace fieldpost::engine;

namespace {

const records::FeedId feed{"city", {records::PUBLIC, "general"}};

FeedPlaces at(std::uint64_t n, std::uint64_t generation = 1000) {
    return {{feed, {generation, n}}};
}

Deliveries in(const protocol::HelloReply& reply) {
    Deliveries out;
    for (const auto& told : reply.deliveries())
        out[told.source()] = {told.delivered_at(), told.title(), told.steward(), told.refresh_s()};
    return out;
}

protocol::HelloReply answer(DeliveriesTold& hub, const Deliveries& now, std::uint64_t held,
                            std::string_view profile = "fire") {
    protocol::HelloReply reply;
    hub.tell(profile, now, held, reply);
    return reply;
}

}  // namespace

TEST_CASE("A device that holds nothing is told of all deliveries, and then of what is new", "[engine]") {
    DeliveriesTold hub;
    const Deliveries first{{"assessor", {100}}, {"fire", {200}}, {"permits", {300}}};
    const auto all = answer(hub, first, 0);
    CHECK(in(all) == first);
    REQUIRE(all.deliveries_mark() == mark_of(first));

    const auto nothing = answer(hub, first, all.deliveries_mark());
    CHECK(nothing.ByteSizeLong() == 0);  // that is what most hellos are answered with

    Deliveries second = first;
    second["fire"].at = 201;
    second["works"].at = 202;
    const auto some = answer(hub, second, all.deliveries_mark());
    CHECK(in(some) == Deliveries{{"fire", {201}}, {"works", {202}}});
    CHECK(some.deliveries_mark() == mark_of(second));
}

TEST_CASE("A hub that does not remember what a device holds tells it everything", "[engine]") {
    const Deliveries held{{"assessor", {100}}, {"fire", {200}}};
    const Deliveries now{{"assessor", {100}}, {"fire", {201}}};
    SECTION("another run of the hub") {
        DeliveriesTold hub;
        CHECK(in(answer(hub, now, mark_of(held))) == now);
    }
    SECTION("too long ago") {
        DeliveriesTold hub;
        (void)answer(hub, held, 0);
        for (std::int64_t later = 300; later < 500; ++later) (void)answer(hub, {{"fire", {later}}}, 0);
        CHECK(in(answer(hub, now, mark_of(held))) == now);
    }
    SECTION("it was restored, and fire is where it was: nothing has to be told of that") {
        DeliveriesTold hub;
        (void)answer(hub, held, 0);
        CHECK(in(answer(hub, now, mark_of(held))) == Deliveries{{"fire", {201}}});
        CHECK(answer(hub, held, mark_of(held)).ByteSizeLong() == 0);
    }
}

TEST_CASE("A mark stands for sources and times, and no list has the mark of nothing", "[engine]") {
    CHECK(mark_of({{"a", {1}}}) == mark_of({{"a", {1}}}));
    CHECK(mark_of({{"a", {1}}}) != mark_of({{"a", {2}}}));
    CHECK(mark_of({{"a", {1}}}) != mark_of({{"b", {1}}}));
    CHECK(mark_of({{"a", {1, "A"}}}) != mark_of({{"a", {1, "B"}}}));
    CHECK(mark_of({{"a", {1, "A", "B"}}}) != mark_of({{"a", {1, "AB"}}}));
    CHECK(mark_of({{"a", {1, "", "", 1}}}) != mark_of({{"a", {1, "", "", 2}}}));
    CHECK(mark_of({{"a", {1}}, {"b", {2}}}) != mark_of({{"a", {1}}}));
    CHECK(mark_of({}) != 0);
}

TEST_CASE("A source's title, steward and refresh rate are told with it once, and again when one is another",
          "[engine]") {
    DeliveriesTold hub;
    Deliveries now{{"fire", {200, "Fire plans", "Chief", 86'400}}, {"lpi", {200, "Permits", "Clerk", 3600}}};
    auto told = answer(hub, now, 0);
    CHECK(in(told) == now);
    now["fire"].at = 300;
    told = answer(hub, now, told.deliveries_mark());
    CHECK(in(told) == Deliveries{{"fire", {300}}});
    now["lpi"].refresh_s = 7200;
    told = answer(hub, now, told.deliveries_mark());
    CHECK(in(told) == Deliveries{{"lpi", {200, "Permits", "Clerk", 7200}}});
    CHECK(answer(hub, now, told.deliveries_mark()).ByteSizeLong() == 0);
}

TEST_CASE("What was told to another profile is not taken for what a device holds", "[engine]") {
    DeliveriesTold hub;
    const auto told = answer(hub, {{"fire", {200}}, {"lpi", {200}}}, 0, "fire");
    const Deliveries now{{"lpi", {200}}};
    CHECK(in(answer(hub, now, told.deliveries_mark(), "east")) == now);
}

TEST_CASE("Very many sources are told with several answers, none of them large", "[engine]") {
    Deliveries many;
    for (int i = 0; i < 500; ++i) {
        const std::string name = "source-" + std::to_string(i);
        many[name] = {1'772'366'400, "Title of " + name, "City clerk", 86'400};
    }
    std::optional<DeliveriesTold> hub(std::in_place);
    Deliveries held;
    std::uint64_t mark = 0;
    int answers = 0;
    for (auto reply = answer(*hub, many, mark); reply.deliveries_mark() != 0;
         reply = answer(*hub, many, mark)) {
        CHECK(reply.ByteSizeLong() < most_delivery_bytes + 256);  // and what the wire puts around them
        REQUIRE(++answers < 20);
        for (const auto& [source, delivery] : in(reply)) {
            if (delivery.title.empty()) {
                held.at(source).at = delivery.at;
            } else {
                held[source] = delivery;
            }
        }
        mark = reply.deliveries_mark();
        if (answers == 3) hub.emplace();  // its program begins anew
        if (answers == 5) many["source-0"].at += 60;
    }
    CHECK(answers > 6);
    CHECK(held == many);
    CHECK(mark == mark_of(many));
}

TEST_CASE("A source whose title is larger than an answer may be is told all the same", "[engine]") {
    DeliveriesTold hub;
    const Deliveries now{
        {"fire", {1}}, {"lpi", {2, std::string(2 * most_delivery_bytes, 'x')}}, {"works", {3}}};
    const auto first = answer(hub, now, 0);
    CHECK(in(first) == Deliveries{{"fire", {1}}});
    const auto second = answer(hub, now, first.deliveries_mark());
    CHECK(in(second) == Deliveries{{"lpi", now.at("lpi")}});
    CHECK(in(answer(hub, now, second.deliveries_mark())) == Deliveries{{"works", {3}}});
}

TEST_CASE("A delivery is noted once the city holds what came of it", "[engine]") {
    DeliveriesTold hub;
    const auto reply = answer(hub, {{"fire", {200}}}, 0);
    DeliveriesHeard city;
    city.heard(1, reply, at(7));
    CHECK_FALSE(city.due(at(6)));
    CHECK_FALSE(city.due(at(7, 1001)));  // of another hub generation the numbers say nothing
    CHECK_FALSE(city.due({}));
    const auto note = city.due(at(7));
    REQUIRE(note);
    CHECK(note->delivered == Deliveries{{"fire", {200}}});
    CHECK(note->heads == at(7));  // whoever writes it looks again: a feed may begin anew meanwhile
    CHECK_FALSE(city.due(at(8)));
    CHECK(city.mark() == 0);  // it may fail: then it is told again
    city.noted(note->mark, 1);
    CHECK(city.mark() == reply.deliveries_mark());
}

TEST_CASE("A city that is always a little behind notes what it has come to", "[engine]") {
    DeliveriesTold hub;
    DeliveriesHeard city;
    city.heard(1, answer(hub, {{"fire", {200}}}, 0), at(7));
    city.heard(2, answer(hub, {{"fire", {260}}}, 0), at(9));
    const auto note = city.due(at(8));
    REQUIRE(note);
    CHECK(note->delivered == Deliveries{{"fire", {200}}});
}

TEST_CASE("What was written to a city that is gone is asked for again", "[engine]") {
    DeliveriesTold hub;
    DeliveriesHeard city;
    city.heard(1, answer(hub, {{"fire", {200}}}, 0), at(7));
    const auto note = city.due(at(7));
    REQUIRE(note);
    city.mounted(1);
    city.noted(note->mark, 1);  // it was on its way
    CHECK(city.mark() == 0);
}

TEST_CASE(
    "An answer tells what differs from the mark in its hello, and counts while the city holds just that",
    "[engine]") {
    DeliveriesTold hub;
    DeliveriesHeard city;
    const auto first = answer(hub, {{"fire", {200}}}, 0);
    SECTION("another city is there") {
        city.mounted(4);
        city.heard(4, first, at(7));
        CHECK_FALSE(city.due(at(7)));
        city.heard(5, first, at(7));
        CHECK(city.due(at(7)));
    }
    SECTION("it was noted meanwhile") {
        city.heard(1, first, at(7));
        const auto note = city.due(at(7));
        REQUIRE(note);
        const auto second = answer(hub, {{"fire", {260}}}, 0);
        city.heard(2, second, at(7));
        city.noted(note->mark, 3);
        CHECK_FALSE(city.due(at(7)));
        city.heard(3, second, at(7));
        CHECK_FALSE(city.due(at(7)));
        city.heard(4, second, at(7));
        CHECK(city.due(at(7)));
    }
}

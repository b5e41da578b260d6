#include "daemon/hub/journal/gaps.hpp"

#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;
using protocol::WORK;

TEST_CASE("A gap is named once, and again only when it grew", "[gaps]") {
    Bench bench;
    Gaps gaps(*bench.store);
    CHECK(gaps.name("truck-1", 77, WORK, 3, 5).value());
    CHECK_FALSE(gaps.name("truck-1", 77, WORK, 3, 5).value());
    CHECK_FALSE(gaps.name("truck-1", 77, WORK, 3, 4).value());
    CHECK(gaps.name("truck-1", 77, WORK, 3, 8).value());
    CHECK(gaps.name("truck-2", 77, WORK, 3, 5).value());
    const auto named = gaps.list(10).value();
    REQUIRE(named.size() == 2);
    CHECK(gaps.list(1)->size() == 1);
    const Gap& first = named[named[0].device == "truck-1" ? 0 : 1];
    CHECK(first.first == 3);
    CHECK(first.last == 8);
    CHECK(first.missing == 6);
    CHECK(first.named_at > 0);
}

TEST_CASE("What is found again of a gap is not missing any more", "[gaps]") {
    Bench bench;
    Gaps gaps(*bench.store);
    REQUIRE(gaps.name("truck-1", 77, WORK, 2, 3).value());
    // From an old copy of the journal, in a later epoch.
    const Bytes body = bench.observation("obs-3").SerializeAsString();
    engine::OperationPlace place{78, WORK, 1, sha256("in epoch 78"), std::nullopt};
    place.origin.emplace();
    place.origin->set_epoch(77);
    place.origin->set_seq(3);
    place.origin->set_hash("hash in epoch 77");
    REQUIRE(bench.try_apply(place, body).has_value());
    CHECK(gaps.list(10)->front().missing == 1);
}

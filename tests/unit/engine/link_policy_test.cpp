#include "sync/engine/link_policy.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace fieldpost::engine;

namespace {

constexpr std::uint64_t mib = 1U << 20U;

LinkPolicy on(LinkKind kind, LinkRules rules) {
    auto all = LinkPolicy::default_rules_of_all();
    all[static_cast<std::size_t>(kind)] = rules;
    LinkPolicy policy(all);
    policy.set_link(kind, false);
    return policy;
}

LinkPolicy by_default_on(LinkKind kind) {
    return on(kind, default_rules(kind));
}

SendRights only(std::initializer_list<SendClass> what) {
    SendRights rights;
    for (const SendClass each : what) rights.allow(each);
    return rights;
}

// The same, but the positions of the urgent lane wait.
SendRights by_people_only(std::initializer_list<SendClass> what) {
    SendRights rights = only(what);
    rights.hold_positions();
    return rights;
}

}  // namespace

TEST_CASE("By default everything goes over the depot's Wi-Fi, any other Wi-Fi, a cable and an unknown link") {
    for (const LinkKind kind :
         {LinkKind::wifi_depot, LinkKind::wifi, LinkKind::ethernet, LinkKind::unknown}) {
        LinkPolicy policy = by_default_on(kind);
        policy.set_used({1ULL << 50U, 1ULL << 49U});
        CHECK(policy.rights() == SendRights::all());
        CHECK(policy.allows_bulk(1ULL << 40U));
        CHECK_FALSE(policy.left().has_value());
        for (const SendClass what : send_classes) CHECK(policy.why_held(what).empty());
    }
}

TEST_CASE("By default the mobile network takes no large snapshot, and attachments up to their part") {
    LinkPolicy policy = by_default_on(LinkKind::lte);
    CHECK(policy.rights() == SendRights::all());
    CHECK(policy.allows_bulk(64 * mib));
    CHECK_FALSE(policy.allows_bulk(64 * mib + 1));
    CHECK(policy.why_bulk_held(64 * mib).empty());
    CHECK(policy.why_bulk_held(64 * mib + 1) ==
          "New city data wait: 65 MiB are missing, more than goes at once over the mobile network. They go "
          "over another link, such as the depot's.");
    CHECK(policy.attachments_left() == 2048 * mib);
    policy.set_used({4096 * mib, 2047 * mib});
    CHECK(policy.attachments_left() == mib);
    CHECK(policy.allows(SendClass::attachments));
    policy.set_used({4096 * mib, 2048 * mib});
    CHECK(policy.hold(SendClass::attachments) == LinkPolicy::Hold::attachments_month);
    CHECK(policy.allows(SendClass::thumbnails));
    CHECK(policy.allows(SendClass::feed));
}

TEST_CASE("By default only urgent and work go over satellite") {
    const LinkPolicy policy = by_default_on(LinkKind::satellite);
    CHECK(policy.rights() == only({SendClass::urgent, SendClass::work}));
    CHECK(policy.hold(SendClass::feed) == LinkPolicy::Hold::kind);
    CHECK_FALSE(policy.allows_bulk(1));
    CHECK(policy.why_held(SendClass::attachments) ==
          "Photos and other attachments do not go over satellite: they wait for another link, such as the "
          "depot's.");
}

TEST_CASE("A metered link of a kind that usually costs nothing is treated and counted as mobile") {
    LinkPolicy policy;
    for (const LinkKind kind :
         {LinkKind::wifi, LinkKind::wifi_depot, LinkKind::ethernet, LinkKind::unknown, LinkKind::lte}) {
        policy.set_link(kind, true);
        CHECK(policy.kind() == LinkKind::lte);
    }
    policy.set_link(LinkKind::satellite, true);
    CHECK(policy.kind() == LinkKind::satellite);
    policy.set_link(LinkKind::lte, false);
    CHECK(policy.kind() == LinkKind::lte);
}

TEST_CASE("Without a link that is known to be up only urgent and work go") {
    LinkPolicy policy;
    CHECK_FALSE(policy.kind().has_value());
    CHECK(policy.rights() == only({SendClass::urgent, SendClass::work}));
    CHECK(policy.hold(SendClass::bulk) == LinkPolicy::Hold::no_link);
    CHECK_FALSE(policy.allows_bulk(0));
    CHECK(policy.why_held(SendClass::telemetry) == "Positions and measurements wait until a link is up.");
    policy.set_link(LinkKind::wifi, false);
    CHECK(policy.rights() == SendRights::all());
    policy.set_link(std::nullopt, false);
    CHECK(policy.rights() == only({SendClass::urgent, SendClass::work}));
}

TEST_CASE("A spent month stops all but urgent and work, and work only where a person said so") {
    LinkRules rules;
    rules.month = 10 * mib;
    LinkPolicy policy = on(LinkKind::lte, rules);
    policy.set_used({10 * mib - 1, 0});
    CHECK(policy.left() == 1U);
    CHECK(policy.rights() == SendRights::all());
    CHECK(policy.allows_bulk(1));
    CHECK_FALSE(policy.allows_bulk(2));
    for (const std::uint64_t used : {10 * mib, 11 * mib, ~std::uint64_t{0}}) {
        policy.set_used({used, 0});
        CHECK(policy.left() == 0U);
        CHECK(policy.rights() == by_people_only({SendClass::urgent, SendClass::work}));
        CHECK(policy.hold(SendClass::attachments) == LinkPolicy::Hold::month);
    }
    CHECK(policy.why_held(SendClass::bulk) ==
          "New city data wait: this month's data for the mobile network is used up. They go over another "
          "link, such as the depot's, or next month.");
    rules.month_stops_work = true;
    policy = on(LinkKind::lte, rules);
    policy.set_used({10 * mib, 0});
    CHECK(policy.rights() == by_people_only({SendClass::urgent}));
    policy.set_used({});
    CHECK(policy.rights() == SendRights::all());
}

TEST_CASE("A month of nothing is spent from its first byte on") {
    LinkRules rules;
    rules.month = 0;
    const LinkPolicy policy = on(LinkKind::wifi, rules);
    CHECK(policy.rights() == by_people_only({SendClass::urgent, SendClass::work}));
}

TEST_CASE("A pause holds everything but urgent back") {
    LinkRules rules;
    rules.paused = true;
    const LinkPolicy policy = on(LinkKind::wifi_depot, rules);
    CHECK(policy.rights() == by_people_only({SendClass::urgent}));
    CHECK(policy.hold(SendClass::work) == LinkPolicy::Hold::paused);
    CHECK_FALSE(policy.allows_bulk(0));
}

TEST_CASE("Urgent goes whatever the rules say, and whatever is held back has a sentence") {
    CHECK(rc::check([](bool paused, bool stops, std::uint64_t month, std::uint64_t part, std::uint64_t used,
                       std::uint64_t used_part, bool metered, bool linked) {
        LinkRules rules;
        const auto may =
            *rc::gen::container<std::vector<bool>>(send_classes.size(), rc::gen::arbitrary<bool>());
        for (std::size_t i = 0; i < send_classes.size(); ++i) {
            if (!may[i]) rules.may.forbid(send_classes[i]);
        }
        rules.paused = paused;
        rules.month_stops_work = stops;
        rules.month = month;
        rules.attachments_month = part;
        LinkPolicy::Rules all;
        all.fill(rules);
        LinkPolicy policy(all);
        const auto kind = *rc::gen::elementOf(std::vector(link_kinds.begin(), link_kinds.end()));
        policy.set_link(linked ? std::optional(kind) : std::nullopt, metered);
        policy.set_used({used, used_part});
        RC_ASSERT(policy.allows(SendClass::urgent));
        RC_ASSERT(policy.rights().allows(SendClass::urgent));
        for (const SendClass what : send_classes) {
            RC_ASSERT(policy.rights().allows(what) == policy.allows(what));
            RC_ASSERT(policy.why_held(what).empty() == policy.allows(what));
            if (linked && policy.allows(what)) {
                RC_ASSERT(what == SendClass::urgent || (may[static_cast<std::size_t>(what)] && !paused));
            }
        }
        if (policy.allows_bulk(1)) RC_ASSERT(policy.left().value_or(1) >= 1);
    }));
}

TEST_CASE("Positions of the urgent lane override neither a pause nor a spent month, and go over each kind") {
    for (const LinkKind kind : link_kinds) CHECK(by_default_on(kind).rights().allows_positions());
    CHECK(LinkPolicy().rights().allows_positions());
    LinkRules rules;
    rules.month = mib;
    LinkPolicy policy = on(LinkKind::satellite, rules);
    policy.set_used({mib - 1, 0});
    CHECK(policy.rights().allows_positions());
    policy.set_used({mib, 0});
    CHECK_FALSE(policy.rights().allows_positions());
    CHECK(policy.allows(SendClass::urgent));
    policy.set_used({});
    policy.set_paused(LinkKind::satellite, true);
    CHECK_FALSE(policy.rights().allows_positions());
}

TEST_CASE("As long as the crew asks for help, its positions go under a pause and in a spent month") {
    LinkRules rules;
    rules.month = mib;
    LinkPolicy policy = on(LinkKind::lte, rules);
    policy.set_used({mib, 0});
    policy.set_paused(LinkKind::lte, true);
    policy.set_sos(true);
    CHECK(policy.rights().allows_positions());
    CHECK_FALSE(policy.rights().allows(SendClass::work));
    policy.set_sos(false);
    CHECK_FALSE(policy.rights().allows_positions());
}

#include "daemon/device/link/link_settings.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::device;
using engine::LinkKind;
using engine::SendClass;

namespace {

struct Read {
    engine::LinkPolicy::Rules rules;
    std::string complaint;

    const engine::LinkRules& of(LinkKind kind) const { return rules[static_cast<std::size_t>(kind)]; }
};

Read read(const std::string& text) {
    const auto config = Config::parse(text, "/etc/fieldpost/fieldpostd.toml");
    REQUIRE(config.has_value());
    const auto link = config->root().table("link");
    for (const std::string& key : link.keys()) {
        if (!link.has_table(key)) link.value_as_text(key);  // the driver's
    }
    Read out{read_link_rules(link), {}};
    if (const auto sound = config->finish(); !sound) out.complaint = sound.error().message;
    return out;
}

}  // namespace

TEST_CASE("A configuration that says nothing of links has the default rules") {
    const Read got = read("");
    CHECK(got.complaint.empty());
    CHECK(got.rules == engine::LinkPolicy::default_rules_of_all());
}

TEST_CASE("What the configuration says of a kind takes the place of its defaults, and of nothing else") {
    const Read got = read(R"(
        [link]
        driver = "static"
        kind = "lte"
        metered = false
        [link.lte]
        month = "5GiB"
        attachments_month = "unlimited"
        bulk_up_to = "100MiB"
        month_stops_work = true
        [link.satellite]
        send = ["work", "telemetry"]
        paused = true
        month = "20MiB"
    )");
    CHECK(got.complaint.empty());
    CHECK(got.of(LinkKind::lte).month == std::uint64_t{5} << 30U);
    CHECK_FALSE(got.of(LinkKind::lte).attachments_month.has_value());
    CHECK(got.of(LinkKind::lte).bulk_up_to == std::uint64_t{100} << 20U);
    CHECK(got.of(LinkKind::lte).month_stops_work);
    CHECK(got.of(LinkKind::lte).may == engine::SendRights::all());
    const auto& satellite = got.of(LinkKind::satellite);
    CHECK(satellite.paused);
    CHECK(satellite.may.allows(SendClass::telemetry));
    CHECK_FALSE(satellite.may.allows(SendClass::feed));
    CHECK(satellite.month == std::uint64_t{20} << 20U);
    CHECK(got.of(LinkKind::wifi) == engine::default_rules(LinkKind::wifi));
}

TEST_CASE("Urgent goes over every link, whether the configuration lists it or not") {
    const Read got = read("[link.satellite]\nsend = []\n");
    CHECK(got.complaint.empty());
    CHECK(got.of(LinkKind::satellite).may.allows(SendClass::urgent));
    CHECK_FALSE(got.of(LinkKind::satellite).may.allows(SendClass::work));
}

TEST_CASE("A kind, key, class or size that does not exist is refused by name") {
    CHECK(read("[link.5g]\nmonth = \"1GiB\"\n").complaint.find("5g") != std::string::npos);
    CHECK(read("[link.lte]\nmonths = \"1GiB\"\n").complaint.find("did you mean \"month\"") !=
          std::string::npos);
    CHECK(read("[link.lte]\nsend = [\"photos\"]\n").complaint.find("\"photos\"") != std::string::npos);
    CHECK(read("[link.lte]\nmonth = \"5G\"\n").complaint.find("\"5G\"") != std::string::npos);
    CHECK(read("[link.lte]\nmonth = 5\n").complaint.find("month must be") != std::string::npos);
}

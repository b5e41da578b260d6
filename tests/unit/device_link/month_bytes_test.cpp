#include "daemon/device/link/month_bytes.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::device;
using engine::LinkBytes;
using engine::LinkKind;
using engine::SendClass;

TEST_CASE("Bytes are counted by month and kind, attachments also by themselves") {
    MonthBytes months;
    months.add("2026-11", LinkKind::lte, SendClass::work, 100);
    months.add("2026-11", LinkKind::lte, SendClass::attachments, 1000);
    months.add("2026-11", LinkKind::lte, SendClass::thumbnails, 10);
    months.add("2026-11", LinkKind::satellite, SendClass::urgent, 1);
    CHECK(months.of("2026-11", LinkKind::lte) == LinkBytes{1110, 1000});
    CHECK(months.of("2026-11", LinkKind::satellite) == LinkBytes{1, 0});
    CHECK(months.of("2026-11", LinkKind::wifi) == LinkBytes{});
    CHECK(months.of("2026-12", LinkKind::lte) == LinkBytes{});
}

TEST_CASE("A month is one of the calendar in UTC") {
    CHECK(month_of(1'795'340'187'000'000) == "2026-11");
    CHECK(month_of(parse_rfc3339("2026-11-30T23:59:59Z").value()) == "2026-11");
    CHECK(month_of(parse_rfc3339("2026-12-01T00:00:00Z").value()) == "2026-12");
}

TEST_CASE("A clock that jumps ahead and comes back finds its month as it was") {
    MonthBytes months;
    months.add("2026-11", LinkKind::lte, SendClass::work, 100);
    months.add("2099-01", LinkKind::lte, SendClass::work, 7);
    months.add("2026-11", LinkKind::lte, SendClass::work, 1);
    CHECK(months.of("2026-11", LinkKind::lte) == LinkBytes{101, 0});
    months.add("2026-12", LinkKind::lte, SendClass::work, 5);
    months.add("2027-01", LinkKind::lte, SendClass::work, 6);
    CHECK(months.of("2099-01", LinkKind::lte) == LinkBytes{});  // three are kept
    CHECK(months.of("2026-12", LinkKind::lte) == LinkBytes{5, 0});
}

TEST_CASE("While the time is not known, the month that was counted in last goes on") {
    MonthBytes months;
    months.add(std::nullopt, LinkKind::lte, SendClass::work, 3);
    CHECK(months.of(std::nullopt, LinkKind::lte) == LinkBytes{3, 0});
    CHECK(months.of("2026-11", LinkKind::lte) == LinkBytes{3, 0});
    months.add("2026-11", LinkKind::lte, SendClass::work, 4);
    months.add(std::nullopt, LinkKind::lte, SendClass::work, 5);
    CHECK(months.of("2026-11", LinkKind::lte) == LinkBytes{12, 0});
    CHECK(months.of(std::nullopt, LinkKind::lte) == LinkBytes{12, 0});
}

TEST_CASE("A count comes back from its text as it was") {
    MonthBytes months;
    months.add(std::nullopt, LinkKind::wifi, SendClass::bulk, 9);
    CHECK(MonthBytes::parse(months.text()).value() == months);
    months.add("2026-10", LinkKind::wifi, SendClass::bulk, 1);
    months.add("2026-11", LinkKind::lte, SendClass::attachments, 1ULL << 40U);
    months.add("2026-11", LinkKind::satellite, SendClass::urgent, 2);
    CHECK(MonthBytes::parse(months.text()).value() == months);
    CHECK(months.text().find("2026-11 lte 1099511627776 1099511627776\n") != std::string::npos);
}

TEST_CASE("A damaged count is refused, not believed") {
    for (const std::string text :
         {"", "something else\n", "fieldpost link bytes 1\n2026-11 lte 5\n",
          "fieldpost link bytes 1\n2026-11 5g 5 5\n", "fieldpost link bytes 1\n2026-11 lte -5 5\n",
          "fieldpost link bytes 1\nnever lte 5 5\n", "fieldpost link bytes 1\n2026-11 lte 5 5 5\n"}) {
        INFO(text);
        const auto parsed = MonthBytes::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == ErrorCode::corrupt);
    }
}

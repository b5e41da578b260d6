#include "sync/base/time.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace fieldpost;

TEST_CASE("Moments are written in UTC, with microseconds when there are some", "[base]") {
    CHECK(format_rfc3339(0) == "1970-01-01T00:00:00Z");
    CHECK(format_rfc3339(1'772'366'400'000'000) == "2026-03-01T12:00:00Z");
    CHECK(format_rfc3339(1'772'366'400'000'001) == "2026-03-01T12:00:00.000001Z");
    CHECK(format_rfc3339(1'772'366'400'120'000) == "2026-03-01T12:00:00.120000Z");
    CHECK(format_date(1'772'366'400) == "2026-03-01");
}

TEST_CASE("Moments before 1970 count down to earlier days", "[base]") {
    CHECK(format_rfc3339(-1) == "1969-12-31T23:59:59.999999Z");
    CHECK(format_rfc3339(-1'000'000) == "1969-12-31T23:59:59Z");
    CHECK(format_rfc3339(-86'400'000'000) == "1969-12-31T00:00:00Z");
    CHECK(format_date(-1) == "1969-12-31");
    CHECK(format_date(-86'400) == "1969-12-31");
    CHECK(format_date(-86'401) == "1969-12-30");
    CHECK(parse_rfc3339("1969-12-31T23:59:59.999999Z") == -1);
    CHECK(parse_rfc3339("1899-12-30T00:00:00Z") == -2'209'161'600'000'000);
}

TEST_CASE("What is written is read back as the same moment", "[base]") {
    std::uint64_t state = 20'260'301;
    for (int i = 0; i < 2000; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        // Years 1800 to 2200 or so.
        const auto time =
            static_cast<UnixMicros>(state % 12'600'000'000'000'000ULL) - 5'300'000'000'000'000LL;
        const std::string text = format_rfc3339(time);
        INFO(text);
        CHECK(parse_rfc3339(text) == time);
        CHECK(parse_rfc3339(format_date(time / 1'000'000 - (time % 1'000'000 < 0 ? 1 : 0)) + "T00:00:00Z") <=
              time);
    }
}

TEST_CASE("An offset from UTC is taken off", "[base]") {
    const auto noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
    for (const char* text :
         {"2026-03-01T12:00:00+00:00", "2026-03-01T12:00:00-00:00", "2026-03-01T07:00:00-05:00",
          "2026-03-01T17:30:00+05:30", "2026-03-02T00:00:00+12:00", "2026-02-28T23:59:00-12:01",
          "2026-03-01t12:00:00z", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00.000Z",
          "2026-03-01T12:00:00.0000009Z"}) {
        INFO(text);
        CHECK(parse_rfc3339(text) == noon);
    }
    CHECK(parse_rfc3339("2026-03-01T12:00:00.5Z") == noon + 500'000);
    CHECK(parse_rfc3339("2026-03-01T07:00:00.25-05:00") == noon + 250'000);
}

TEST_CASE("A leap second and a leap day are moments", "[base]") {
    CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == parse_rfc3339("2017-01-01T00:00:00Z"));
    CHECK(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
    CHECK(parse_rfc3339("2000-02-29T00:00:00Z").has_value());
    CHECK_FALSE(parse_rfc3339("2023-02-29T00:00:00Z").has_value());
    CHECK_FALSE(parse_rfc3339("1900-02-29T00:00:00Z").has_value());
}

TEST_CASE("What is not RFC 3339 is no moment", "[base]") {
    for (const char* text : {"",
                             "2026",
                             "2026-03-01",
                             "2026-03-01T12:00:00",
                             "2026-03-01T12:00Z",
                             "2026-03-01T12:00:00.Z",
                             "2026-03-01T12:00:00,5Z",
                             "2026-13-01T12:00:00Z",
                             "2026-00-01T12:00:00Z",
                             "2026-04-31T12:00:00Z",
                             "2026-03-00T12:00:00Z",
                             "2026-03-01T24:00:00Z",
                             "2026-03-01T12:60:00Z",
                             "2026-03-01T12:00:61Z",
                             "2026-03-01T12:00:00+0500",
                             "2026-03-01T12:00:00+05",
                             "2026-03-01T12:00:00+24:00",
                             "2026-03-01T12:00:00+05:60",
                             "2026-03-01T12:00:00Z ",
                             " 2026-03-01T12:00:00Z",
                             "2026-03-01T12:00:00ZZ",
                             "2026/03/01T12:00:00Z",
                             "+026-03-01T12:00:00Z",
                             "-026-03-01T12:00:00Z",
                             "2026- 3-01T12:00:00Z",
                             "2026-03-01T-1:00:00Z",
                             "2026-03-01T12:00:00+-1:00",
                             "2026-03-01X12:00:00Z",
                             "abcd-ef-ghTij:kl:mnZ",
                             "2026-03-01T12:00:00.5",
                             "2026-03-01T12:00:00.-5Z"}) {
        INFO(text);
        CHECK_FALSE(parse_rfc3339(text).has_value());
    }
}

TEST_CASE("Days are counted from 1970 in the Gregorian calendar", "[base]") {
    CHECK(days_from_civil(1970, 1, 1) == 0);
    CHECK(days_from_civil(1969, 12, 31) == -1);
    CHECK(days_from_civil(2000, 3, 1) == 11'017);
    CHECK(days_from_civil(2026, 3, 1) == 20'513);
}

TEST_CASE("A date exists only with a month and day of its calendar", "[base]") {
    CHECK(is_civil(2024, 2, 29));
    CHECK(is_civil(1, 1, 1));
    for (const auto& [year, month, day] : {std::tuple{2023, 2, 29},
                                           {2023, 0, 1},
                                           {2023, 13, 1},
                                           {2023, 1, 0},
                                           {2023, 1, 32},
                                           {2023, -1, 1},
                                           {2023, 1, -1},
                                           {2023, 257, 1},
                                           {2023, 1, 257},
                                           {70'000, 1, 1}}) {
        INFO(year << "-" << month << "-" << day);
        CHECK_FALSE(is_civil(year, month, day));
    }
}

TEST_CASE("The furthest moments can be written without harm", "[base]") {
    // A device may send any number; what it looks like does not matter.
    CHECK_FALSE(format_rfc3339(std::numeric_limits<UnixMicros>::max()).empty());
    CHECK_FALSE(format_rfc3339(std::numeric_limits<UnixMicros>::min()).empty());
}

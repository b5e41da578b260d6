#include "sync/engine/time_ladder.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

using namespace fieldpost;
using namespace fieldpost::engine;
using protocol::TIME_BUILD_FLOOR;
using protocol::TIME_GNSS;
using protocol::TIME_NONE;
using protocol::TIME_NTP;
using protocol::TIME_RTC;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t true_boot = 1'772'366'400 * second;  // when the boot began

protocol::TimeStamp stamp(std::int64_t boottime_s, protocol::TimeQuality quality, std::int64_t off_by_s = 0,
                          const Bytes& boot = "boot") {
    protocol::TimeStamp out;
    out.set_boot_id(boot);
    out.set_boottime_us(boottime_s * second);
    out.set_utc_us(true_boot + (boottime_s + off_by_s) * second);
    out.set_quality(quality);
    return out;
}

}  // namespace

TEST_CASE("A box that boots in 1970 corrects its stamps when it learns the time", "[time]") {
    TimeLadder ladder("boot");
    const std::int64_t off = -true_boot / second;
    ladder.stamped(stamp(10, TIME_NONE, off));
    CHECK_FALSE(ladder.due(stamp(20, TIME_NONE, off)).has_value());
    const auto now = stamp(30, TIME_GNSS);
    const auto correction = ladder.due(now);
    REQUIRE(correction.has_value());
    CHECK(correction->quality() == TIME_GNSS);
    CHECK(correction->offset_us() == true_boot);
    CHECK(correction->boot_id() == "boot");

    const std::vector<KnownCorrection> known{known_correction(now, *correction)};
    const auto when = true_time(stamp(10, TIME_NONE, off), known);
    CHECK(when.utc_us == true_boot + 10 * second);
    CHECK(when.quality == TIME_GNSS);
    // What was recorded since needs none.
    CHECK(true_time(stamp(31, TIME_GNSS), known) == TrueTime{true_boot + 31 * second, TIME_GNSS});
    CHECK(true_time(stamp(40, TIME_RTC, 1), known) == TrueTime{true_boot + 41 * second, TIME_RTC});
}

TEST_CASE("Nothing is due twice, nor without an earlier stamp", "[time]") {
    TimeLadder ladder("boot");
    CHECK_FALSE(ladder.due(stamp(5, TIME_GNSS)).has_value());
    ladder.stamped(stamp(10, TIME_BUILD_FLOOR, 100));
    const auto now = stamp(30, TIME_NTP, 1);
    const auto correction = ladder.due(now);
    REQUIRE(correction.has_value());
    ladder.corrected(now, *correction);
    CHECK_FALSE(ladder.due(stamp(31, TIME_NTP, 1)).has_value());
    CHECK_FALSE(ladder.due(stamp(32, TIME_RTC, 1)).has_value());
    // A still better source corrects what was corrected.
    const auto better = ladder.due(stamp(40, TIME_GNSS));
    REQUIRE(better.has_value());
    CHECK(better->offset_us() == -second);
}

TEST_CASE("A clock that was only set by a person corrects nothing", "[time]") {
    TimeLadder ladder("boot");
    ladder.stamped(stamp(10, TIME_NONE, -1000));
    CHECK_FALSE(ladder.due(stamp(20, TIME_BUILD_FLOOR)).has_value());
    CHECK(ladder.due(stamp(30, TIME_RTC)).has_value());
}

TEST_CASE("Stamps of other boots, or of none, are nobody's business", "[time]") {
    TimeLadder ladder("boot");
    ladder.stamped(stamp(10, TIME_NONE, -1000, "other"));
    CHECK_FALSE(ladder.due(stamp(20, TIME_GNSS)).has_value());
    TimeLadder nameless("");
    nameless.stamped(stamp(10, TIME_NONE, -1000, ""));
    CHECK_FALSE(nameless.due(stamp(20, TIME_GNSS, 0, "")).has_value());
}

TEST_CASE("A step of the clock between two stamps does no harm", "[time]") {
    TimeLadder ladder("boot");
    const auto early = stamp(10, TIME_NONE, -500'000);
    const auto stepped = stamp(20, TIME_NONE, 77);
    ladder.stamped(early);
    ladder.stamped(stepped);
    const auto now = stamp(30, TIME_GNSS);
    const std::vector<KnownCorrection> known{known_correction(now, *ladder.due(now))};
    CHECK(true_time(early, known).utc_us == true_boot + 10 * second);
    CHECK(true_time(stepped, known).utc_us == true_boot + 20 * second);
}

TEST_CASE("What a stamp means does not depend on the order in which corrections came", "[time]") {
    CHECK(rc::check("any corrections of a boot", [] {
        std::vector<KnownCorrection> known;
        const int count = *rc::gen::inRange(0, 6);
        for (int i = 0; i < count; ++i) {
            KnownCorrection correction;
            correction.quality = static_cast<protocol::TimeQuality>(*rc::gen::inRange(1, 5));
            correction.offset_us = *rc::gen::inRange(-100, 100);
            correction.same_boot = *rc::gen::inRange(0, 4) != 0;
            correction.booted_at_us = *rc::gen::inRange(-100, 100);
            correction.boottime_us = i * 10;
            known.push_back(correction);
        }
        protocol::TimeStamp at;
        at.set_boot_id("boot");
        at.set_boottime_us(*rc::gen::inRange(0, 60));
        at.set_utc_us(*rc::gen::inRange(-100, 100));
        at.set_quality(static_cast<protocol::TimeQuality>(*rc::gen::inRange(0, 5)));
        const auto when = true_time(at, known);
        RC_ASSERT(when.quality >= at.quality());
        for (std::size_t i = known.size(); i > 1; --i) {
            std::swap(known[i - 1], known[*rc::gen::inRange<std::size_t>(0, i)]);
        }
        const auto again = true_time(at, known);
        RC_ASSERT(when.utc_us == again.utc_us);
        RC_ASSERT(when.quality == again.quality);
    }));
}

TEST_CASE("A boot that never learned the time lies between its neighbours", "[time]") {
    const BootSpan before{"a", 0, 100 * second, true_boot, TIME_GNSS};
    const BootSpan unknown{"b", 10 * second, 60 * second, 0, TIME_NONE};
    const BootSpan after{"c", 5 * second, 5 * second, true_boot + 1000 * second, TIME_NTP};
    const auto correction = bracket(&before, unknown, after);
    REQUIRE(correction.has_value());
    CHECK(correction->boot_id() == "b");
    CHECK(correction->quality() == TIME_BUILD_FLOOR);
    const auto of_other_boot = known_correction(stamp(5, TIME_NTP, 0, "c"), *correction);
    const std::vector<KnownCorrection> known{of_other_boot};
    protocol::TimeStamp first;
    first.set_boot_id("b");
    first.set_boottime_us(10 * second);
    first.set_utc_us(10 * second);
    auto last = first;
    last.set_boottime_us(60 * second);
    last.set_utc_us(60 * second);
    CHECK(true_time(first, known).utc_us > true_boot + 100 * second);
    CHECK(true_time(last, known).utc_us <= true_boot + 1000 * second);
    CHECK(true_time(last, known).quality == TIME_BUILD_FLOOR);

    // Without the boot before: as late as it can have been.
    const std::vector<KnownCorrection> latest{
        known_correction(stamp(5, TIME_NTP, 0, "c"), *bracket(nullptr, unknown, after))};
    CHECK(true_time(last, latest).utc_us == true_boot + 1000 * second);

    BootSpan knew = unknown;
    knew.quality = TIME_RTC;
    CHECK_FALSE(bracket(&before, knew, after).has_value());
    BootSpan late = before;
    late.last_boottime_us = 2000 * second;
    CHECK_FALSE(bracket(&late, unknown, after).has_value());
}

TEST_CASE("Of two reports the one that was made later is newer, whatever an unknown clock says", "[time]") {
    CHECK(is_newer(stamp(20, TIME_NONE, -500), stamp(10, TIME_GNSS)));
    CHECK_FALSE(is_newer(stamp(10, TIME_GNSS), stamp(20, TIME_NONE, -500)));
    CHECK_FALSE(is_newer(stamp(10, TIME_GNSS, 0, "a"), stamp(20, TIME_GNSS, 0, "b")));
    CHECK(is_newer(stamp(10, TIME_NONE, 0, "a"), stamp(20, TIME_GNSS, 0, "b")));
}

#include "daemon/hub/app/device_clocks.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace fieldpost;
using hub::DeviceClocks;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t now = 1'772'366'400 * second;

}  // namespace

TEST_CASE("A clock that should know is an alarm when it is more than five minutes from the hub's") {
    struct Row {
        std::int64_t ahead;
        protocol::TimeQuality quality;
        bool alarm;
        std::string_view words;
    };
    const Row rows[] = {
        {5 * minute + second, protocol::TIME_GNSS, true, "set by satellites, is 5 min ahead of this hub's"},
        {-5 * minute - second, protocol::TIME_NTP, true, "set by the network, is 5 min behind this hub's"},
        {-3 * 1440 * minute, protocol::TIME_GNSS, true, "is 3 days behind this hub's"},
        {3 * 60 * minute, protocol::TIME_NTP, true, "is 3 h ahead of this hub's"},
        {5 * minute, protocol::TIME_GNSS, false, ""},
        {-5 * minute, protocol::TIME_NTP, false, ""},
        {60 * minute, protocol::TIME_RTC, false, ""},
        {-now, protocol::TIME_NONE, false, ""},
        {-1440 * minute, protocol::TIME_BUILD_FLOOR, false, ""},
    };
    for (const Row& row : rows) {
        DeviceClocks clocks;
        const auto told = clocks.said({"truck-1", now + row.ahead, row.quality}, now);
        CHECK(told.has_value() == row.alarm);
        INFO(told.value_or(""));
        CHECK(told.value_or("").find(row.words) != std::string::npos);
        REQUIRE(clocks.newest("truck-1").has_value());
        CHECK(clocks.newest("truck-1")->ahead_us == row.ahead);
        CHECK(clocks.newest("truck-1")->quality == row.quality);
    }
}

TEST_CASE("The same device is an alarm once an hour, another one by itself") {
    DeviceClocks clocks;
    const auto wrong = [&](const std::string& device, std::int64_t at) {
        return clocks.said({device, at + 10 * minute, protocol::TIME_NTP}, at).has_value();
    };
    CHECK(wrong("truck-1", now));
    CHECK_FALSE(wrong("truck-1", now + 59 * minute));
    CHECK(wrong("truck-2", now + 59 * minute));
    CHECK(wrong("truck-1", now + 60 * minute));
    CHECK(wrong("truck-1", now - 60 * minute));  // the hub's clock was put back
}

TEST_CASE("A device that said nothing is not known, and no number of one does harm") {
    DeviceClocks clocks;
    CHECK_FALSE(clocks.newest("truck-1").has_value());
    using Limits = std::numeric_limits<std::int64_t>;
    for (const std::int64_t at : {Limits::min(), Limits::max(), Limits::min() + now, Limits::min() + now + 1})
        static_cast<void>(clocks.said({"truck-1", at, protocol::TIME_GNSS}, now));
    CHECK(clocks.said({"truck-1", Limits::max(), protocol::TIME_GNSS}, 0).has_value());
}

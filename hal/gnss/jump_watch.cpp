#include "hal/gnss/jump_watch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace fieldpost::hal {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t day_us = 86'400 * second_us;
constexpr double fastest_mps = 100;   // 360 km/h
constexpr double speed_margin = 1.5;  // over what the receiver says, which trails behind the truth
constexpr double margin_m = 100;      // reflections between high houses are no leap
constexpr double usual_accuracy_m = 30;
constexpr std::int64_t clock_margin_us = 10 * second_us;  // bursts are delivered late, but not that late
constexpr std::int64_t backwards_margin_us =
    2 * second_us;  // a leap second, and the receiver's second thoughts

}  // namespace

double distance_m(const Position& a, const Position& b) {
    constexpr double radius_m = 6'371'000;
    constexpr double radians = std::numbers::pi / 180;
    const double half_north = std::sin((b.latitude - a.latitude) * radians / 2);
    const double half_east = std::sin((b.longitude - a.longitude) * radians / 2);
    const double chord = half_north * half_north + std::cos(a.latitude * radians) *
                                                       std::cos(b.latitude * radians) * half_east * half_east;
    return 2 * radius_m * std::asin(std::min(1.0, std::sqrt(chord)));
}

JumpWatch::Place JumpWatch::place_of(const Fix& fix) {
    return {*fix.position,
            fix.accuracy_m.value_or(usual_accuracy_m),
            fix.speed_mps.value_or(0),
            fix.received_us,
            fix.utc_us,
            fix.time_of_day_us};
}

// The longer of what the boot clock and the receiver say: a line may deliver late and all at once.
double JumpWatch::elapsed_s(const Place& before, const Place& after) {
    std::int64_t told = 0;
    if (before.utc_us && after.utc_us) {
        told = *after.utc_us - *before.utc_us;
    } else if (before.time_of_day_us && after.time_of_day_us) {
        told = (*after.time_of_day_us - *before.time_of_day_us + day_us) % day_us;
        if (told > day_us / 2) told = 0;
    }
    return static_cast<double>(std::max({told, after.received_us - before.received_us, std::int64_t{0}})) /
           1e6;
}

bool JumpWatch::follows(const Place& before, const Place& after) {
    const double speed =
        std::max({fastest_mps, before.speed_mps * speed_margin, after.speed_mps * speed_margin});
    const double reach = speed * elapsed_s(before, after) + margin_m + before.accuracy_m + after.accuracy_m;
    return distance_m(before.position, after.position) <= reach;
}

bool JumpWatch::follows(const Time& before, const Time& after) {
    const std::int64_t told = after.utc_us - before.utc_us;
    const std::int64_t waited = after.received_us - before.received_us;
    if (told < -backwards_margin_us) return false;
    if (waited <= 0) return true;  // delivered at once: only their order can be judged
    return std::llabs(told - waited) <= clock_margin_us;
}

template <class What>
bool JumpWatch::Track<What>::leaps(const What& next) {
    if (!believed || follows(*believed, next)) {
        believed = next;
        leapt.reset();
        agreeing = 0;
        return false;
    }
    agreeing = leapt && follows(*leapt, next) ? agreeing + 1 : 1;
    leapt = next;
    if (agreeing <= settles_after) return true;
    believed = next;
    leapt.reset();
    agreeing = 0;
    return false;
}

void JumpWatch::judge(Fix& fix) {
    fix.position_leaps = fix.position && place_.leaps(place_of(fix));
    fix.utc_leaps = fix.utc_us && fix.utc_valid && time_.leaps({*fix.utc_us, fix.received_us});
}

}  // namespace fieldpost::hal

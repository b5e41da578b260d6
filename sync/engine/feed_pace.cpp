#include "sync/engine/feed_pace.hpp"

#include <algorithm>
#include <utility>

namespace fieldpost::engine {

namespace {

constexpr Millis near_by = 300;        // the first answer within this: fast until it shows otherwise
constexpr Millis full = 1'500;         // an answer so much after the shortest: what is pushed fills the link
constexpr Millis a_moment = 250;       // what a range may take beyond the shortest answer
constexpr double longest = 3'600'000;  // ms; so slow that it does not matter
constexpr Millis memory = 120'000;     // at least, of the shortest: two answers to hellos
constexpr std::uint32_t least = 2U << 10U;
constexpr std::uint32_t most = 256U << 10U;
constexpr std::uint32_t slow_below = 16U << 10U;  // a moment: 64 KiB a second
constexpr std::uint32_t fast_from = 64U << 10U;   // 256 KiB a second
// Together they take a second, and no answer is as late as on a full link.
constexpr std::ptrdiff_t at_once_if_fast = 4;

}  // namespace

void FeedPace::note(Millis now, Millis took) {
    if (now - since_ > memory) {
        since_ = now;
        shortest_before_ = std::exchange(shortest_, unknown);
    }
    shortest_ = std::min(shortest_, took);
    known_ = true;
}

Millis FeedPace::shortest() const {
    return std::min(shortest_, shortest_before_);
}

void FeedPace::answered(Millis now, Millis took) {
    took = std::max<Millis>(took, 1);
    const bool is_first = !known_;
    note(now, took);
    if (!is_first) return acknowledged(took);
    fast_ = took < near_by;
}

void FeedPace::acknowledged(Millis after) {
    if (!fast_ || after - shortest() <= full) return;
    fast_ = false;
    range_bytes_ = std::min(range_bytes_, slow_below);
    rate_ = unmeasured;
}

std::ptrdiff_t FeedPace::at_once() const {
    return fast_ && measured_ ? at_once_if_fast : 1;
}

void FeedPace::missed() {
    range_bytes_ = std::max(least, range_bytes_ / 2);
}

Millis FeedPace::takes(std::size_t bytes) const {
    return static_cast<Millis>(std::min(static_cast<double>(bytes) / rate_, longest));
}

void FeedPace::came(Millis now, Millis took, std::size_t bytes, std::size_t others) {
    took = std::max<Millis>(took, 1);
    note(now, took);
    const double moved = static_cast<double>(bytes) + static_cast<double>(others);
    const double at_least = moved / static_cast<double>(took);
    const bool as_if_fast = at_least * a_moment >= fast_from;
    if (bytes < range_bytes_ / 2) {  // not full: says how slow the hub was, not the link
        rate_ = std::max(rate_, at_least);
        if (as_if_fast) measured_ = fast_ = true;
        return;
    }
    const auto spent = static_cast<double>(std::max<Millis>(took - shortest(), 1));
    rate_ = moved / spent;
    measured_ = true;
    const double fits = std::clamp(moved * a_moment / spent, range_bytes_ / 2.0, range_bytes_ * 2.0);
    range_bytes_ = static_cast<std::uint32_t>(std::clamp<double>(fits, least, most));
    // However small after a hub or a radio paused once: what comes quickly comes over a fast link.
    if (range_bytes_ < slow_below) fast_ = false;
    if (range_bytes_ >= fast_from || as_if_fast) fast_ = true;
}

}  // namespace fieldpost::engine

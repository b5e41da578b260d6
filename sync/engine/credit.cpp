#include "sync/engine/credit.hpp"

#include <algorithm>

namespace fieldpost::engine {

namespace {

constexpr Millis rate_memory = 10'000;
constexpr Millis round_trip_memory = 60'000;
constexpr Millis rate_stretch = 1'000;  // over which a rate is measured: single confirmations come in bursts
constexpr std::size_t least_message = 2U << 10U;
constexpr std::size_t most_message = 64U << 10U;
constexpr double overtaken_within_ms = 250;

}  // namespace

void Credit::reset() {
    outstanding_ = 0;
    marks_.clear();
}

void Credit::sent(Millis now, std::size_t bytes) {
    // A rate is measured while something is on its way all the time.
    if (outstanding_ == 0) marks_.assign(1, {now, confirmed_});
    outstanding_ += bytes;
}

void Credit::lost(std::size_t bytes) {
    outstanding_ -= std::min(outstanding_, bytes);
}

void Credit::confirmed(Millis now, std::size_t bytes, Millis sent_at) {
    lost(bytes);
    confirmed_ += bytes;
    keep(round_trips_, now, round_trip_memory, {now, static_cast<double>(std::max<Millis>(now - sent_at, 1))},
         false);
    if (marks_.empty()) marks_.push_back({sent_at, confirmed_ - bytes});
    while (marks_.size() > 1 && now - marks_[1].at >= rate_stretch) marks_.pop_front();
    const Millis stretch = std::max<Millis>(now - marks_.front().at, 1);
    // Too short a stretch would take a burst for the link's speed.
    const double shortest = std::min<double>(static_cast<double>(rate_stretch), round_trips_.front().value);
    if (static_cast<double>(stretch) >= shortest) {
        const auto moved = static_cast<double>(confirmed_ - marks_.front().confirmed);
        keep(rates_, now, rate_memory, {now, moved / static_cast<double>(stretch)}, true);
    }
    marks_.push_back({now, confirmed_});
    adapt();
}

void Credit::keep(std::deque<Sample>& samples, Millis now, Millis memory, Sample sample, bool keep_largest) {
    while (!samples.empty() &&
           (keep_largest ? samples.back().value <= sample.value : samples.back().value >= sample.value)) {
        samples.pop_back();
    }
    samples.push_back(sample);
    while (samples.size() > 1 && now - samples.front().at > memory) samples.pop_front();
}

void Credit::adapt() {
    if (rates_.empty()) return;
    const double wanted =
        rates_.front().value * (round_trips_.front().value + static_cast<double>(limits_.patience));
    allowance_ = std::clamp(static_cast<std::size_t>(wanted), limits_.least, limits_.most);
}

std::size_t Credit::message_bytes() const {
    if (rates_.empty()) return least_message;
    // Two of them fit into the allowance, whatever its bounds are.
    const std::size_t most = std::max(std::min(most_message, allowance_ / 2), least_message);
    return std::clamp(static_cast<std::size_t>(rates_.front().value * overtaken_within_ms), least_message,
                      most);
}

double Credit::rate() const {
    return rates_.empty() ? 0 : rates_.front().value * 1000;
}

}  // namespace fieldpost::engine

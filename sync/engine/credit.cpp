#include "sync/engine/credit.hpp"

#include <algorithm>
#include <utility>

namespace fieldpost::engine {

namespace {

constexpr Millis rate_memory = 20'000;
constexpr Millis round_trip_memory = 180'000;
constexpr Millis stall_memory = 20'000;
constexpr Millis at_once = 100;
constexpr double usual_stalls = 500;  // ms of them: a busy hub, a scheduler
constexpr double most_stall = 400;
constexpr std::size_t unconfirmed_allowances = 4;  // at most, whatever has arrived; or:
constexpr double unconfirmed_trips =
    1.5;  // what comes during so many, where not the link but the hub is slow
constexpr Millis arrival_stretch = 4'000;  // over which arrivals make a rate: messages are coarse
constexpr Millis told_within = 250;        // else there was a gap, in which the link may have idled
constexpr Millis rate_stretch = 1'000;  // over which a rate is measured: single confirmations come in bursts
constexpr std::size_t packet = 1380;    // of ours in one of TCP's, with the headers of MQTT beside them
constexpr std::size_t least_message = 1024;
constexpr std::size_t most_packets = 47;  // 64 KB
constexpr double overtaken_within_ms = 350;
constexpr double overtaken_within_ms_seeing = 500;
// Messages are coarse: with the bare round trip their number may settle at one too few to fill the link, and
// the rate with it.
constexpr double trip_gain = 1.15;

}  // namespace

void Credit::reset() {
    *this = Credit(limits_);
}

void Credit::sent(Millis now, std::size_t bytes) {
    // A rate is measured while something is on its way all the time.
    if (outstanding_ == 0) {
        marks_.assign(1, {now, confirmed_});
        alone_at_ = confirmed_at_ = now;
        runs_empty_ = false;
    }
    outstanding_ += bytes;
    if (on_the_way_) *on_the_way_ += bytes;
}

// What a hole keeps from being confirmed has arrived all the same: here no repair looks like a burst.
void Credit::on_the_way(Millis now, std::size_t bytes, double round_trip) {
    if (on_the_way_ && now - told_at_ <= told_within) {
        arrived_ += static_cast<std::int64_t>(*on_the_way_) - static_cast<std::int64_t>(bytes);
    } else {
        arrivals_.clear();
    }
    on_the_way_ = bytes;
    transport_trip_ = round_trip;
    told_at_ = now;
    arrivals_.push_back({now, arrived_});
    while (arrivals_.size() > 1 && now - arrivals_[1].at >= arrival_stretch) arrivals_.pop_front();
    const Millis stretch = now - arrivals_.front().at;
    if (stretch < arrival_stretch) return;
    const auto arrived = static_cast<double>(arrived_ - arrivals_.front().bytes);
    if (arrived <= 0) return;
    sees_arrivals_ = rate_is_measured_ = true;
    note_rate(now, arrived / static_cast<double>(stretch));
    adapt();
}

void Credit::lost(std::size_t bytes) {
    outstanding_ -= std::min(outstanding_, bytes);
}

void Credit::confirmed(Millis now, std::size_t bytes, Millis sent_at) {
    lost(bytes);
    confirmed_ += bytes;
    note_round_trip(now, bytes, sent_at);
    const Millis since_last = now - std::exchange(confirmed_at_, now);
    note_stall(now, bytes, since_last);
    if (marks_.empty()) marks_.push_back({sent_at, confirmed_ - bytes});
    while (marks_.size() > 1 && now - marks_[1].at >= rate_stretch) marks_.pop_front();
    const Millis stretch = std::max<Millis>(now - marks_.front().at, 1);
    // A single confirmation says more of the round trip than of the rate. While nothing better is known, all
    // that came since the first message makes a guess: too low, as it counts the round trip in, and better
    // with each.
    const bool measured = stretch >= rate_stretch / 2;
    if (measured && marks_.size() > 1) rate_is_measured_ = true;
    const bool sees = sees_arrivals_ && now - told_at_ <= told_within;
    if (!sees && (measured || !rate_is_measured_)) {
        note_rate(now,
                  static_cast<double>(confirmed_ - marks_.front().confirmed) / static_cast<double>(stretch));
    }
    // After a stall come all at once that were on their way during it: no stretch begins among them.
    if (since_last >= at_once || now - burst_at_ >= rate_stretch / 2) {
        burst_at_ = now;
        marks_.push_back({now, confirmed_});
    } else {
        marks_.back() = {now, confirmed_};
    }
    adapt();
}

void Credit::note_rate(Millis now, double rate) {
    while (!rates_.empty() && rates_.back().value <= rate) rates_.pop_back();
    rates_.push_back({now, rate});
    while (rates_.size() > 1 && now - rates_.front().at > rate_memory) rates_.pop_front();
}

void Credit::note_stall(Millis now, std::size_t bytes, Millis since_last) {
    while (!stalls_.empty() && now - stalls_.front().at > stall_memory) {
        stalled_ -= stalls_.front().value;
        stalls_.pop_front();
    }
    const double due = rates_.empty() ? 0 : static_cast<double>(bytes) / rates_.front().value;
    const double late = static_cast<double>(since_last) - due;
    if (rates_.empty() || late < round_trip_ / 2) return;  // TCP needs a round trip at least
    stalls_.push_back({now, late});
    stalled_ += late;
}

void Credit::note_round_trip(Millis now, std::size_t bytes, Millis sent_at) {
    // Without the time that the link took to swallow it, of which the rate gives no certain idea at first.
    const double took = static_cast<double>(std::max<Millis>(now - sent_at, 1));
    const double swallowed = rate_is_measured_ ? static_cast<double>(bytes) / rates_.front().value : 0;
    // No more of it than the patience gives back: too low a rate would else keep itself low.
    const double trip = took - std::min({swallowed, overtaken_within_ms, took * 0.9});
    const bool old = now - round_trip_at_ >= round_trip_memory;
    if (round_trip_ == 0 || trip <= round_trip_ || (old && sent_at == alone_at_)) {
        round_trip_ = trip;
        round_trip_at_ = now;
    } else {
        runs_empty_ = old && outstanding_ > 0;
    }
}

void Credit::adapt() {
    if (rates_.empty()) return;
    const auto patience = [&](Millis least, double trip) {
        return std::max(static_cast<double>(least), trip / 2);
    };
    double time = 0;  // in which the link carries the allowance
    if (sees_arrivals_) {
        time = transport_trip_ * trip_gain + patience(limits_.patience_seeing, transport_trip_);
    } else {
        const double stall = std::clamp((stalled_ - usual_stalls) / 8, 0.0, most_stall);
        time = round_trip_ + patience(limits_.patience, round_trip_) + stall;
    }
    allowance_ =
        std::clamp(static_cast<std::size_t>(rates_.front().value * time), limits_.least, limits_.most);
}

std::size_t Credit::room() const {
    const std::size_t whole = message_bytes();
    return outstanding_ == 0 || (!runs_empty_ && fits(whole / 2)) ? whole : 0;
}

bool Credit::fits(std::size_t bytes) const {
    if (!sees_arrivals_) return outstanding_ + bytes <= allowance_;
    return std::min(outstanding_, *on_the_way_) + bytes <= allowance_ &&
           outstanding_ + bytes <= most_unconfirmed();
}

std::size_t Credit::most_unconfirmed() const {
    const auto during = static_cast<std::size_t>(rates_.front().value * round_trip_ * unconfirmed_trips);
    return std::clamp(during, allowance_ * unconfirmed_allowances, limits_.most * unconfirmed_allowances);
}

std::size_t Credit::message_bytes() const {
    if (rates_.empty()) return packet;
    const double within_ms = sees_arrivals_ ? overtaken_within_ms_seeing : overtaken_within_ms;
    const auto overtaken = static_cast<std::size_t>(rates_.front().value * within_ms);
    const std::size_t packets = std::clamp((overtaken + packet / 2) / packet, std::size_t{1}, most_packets);
    // Two of them fit into the allowance, whatever its bounds are.
    return std::max(std::min(packets * packet, allowance_ / 2), least_message);
}

double Credit::rate() const {
    return rates_.empty() ? 0 : rates_.front().value * 1000;
}

}  // namespace fieldpost::engine

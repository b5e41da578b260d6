#include "sync/engine/time_ladder.hpp"

#include <limits>

namespace fieldpost::engine {

namespace {

// Stamps come from any clock: a sum that does not fit ends at the end.
std::int64_t add(std::int64_t one, std::int64_t other) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(one, other, &sum)) return sum;
    return other > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

std::int64_t subtract(std::int64_t one, std::int64_t other) {
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(one, other, &difference)) return difference;
    return other < 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

std::int64_t booted_at(const protocol::TimeStamp& stamp) {
    return subtract(stamp.utc_us(), stamp.boottime_us());
}

}  // namespace

void TimeLadder::stamped(const protocol::TimeStamp& stamp) {
    if (boot_id_.empty() || stamp.boot_id() != boot_id_) return;
    Rung& rung = rungs_.try_emplace(stamp.quality(), Rung{stamp.boottime_us(), 0}).first->second;
    if (stamp.boottime_us() < rung.boottime_us) return;
    rung = {stamp.boottime_us(), booted_at(stamp)};
}

void TimeLadder::corrected(const protocol::TimeStamp& at, const protocol::TimeCorrected& correction) {
    if (boot_id_.empty() || correction.boot_id() != boot_id_ || at.boot_id() != boot_id_) return;
    std::erase_if(rungs_, [&](const auto& known) {
        return known.first < correction.quality() && known.second.boottime_us <= at.boottime_us();
    });
    // What was corrected stands on the correction's rung now, from where a still better source lifts it.
    rungs_.try_emplace(correction.quality(), Rung{at.boottime_us(), booted_at(at)});
}

const TimeLadder::Rung* TimeLadder::last_below(protocol::TimeQuality quality) const {
    const Rung* last = nullptr;
    for (const auto& [known, rung] : rungs_) {
        if (known >= quality) break;
        if (last == nullptr || rung.boottime_us > last->boottime_us) last = &rung;
    }
    return last;
}

std::optional<std::int64_t> TimeLadder::due_through(const protocol::TimeStamp& now) const {
    const Rung* last = last_below(now.quality());
    return last == nullptr ? std::nullopt : std::optional(last->boottime_us);
}

std::optional<protocol::TimeCorrected> TimeLadder::due(const protocol::TimeStamp& now) const {
    if (now.boot_id() != boot_id_ || now.quality() < lowest_known_time) return std::nullopt;
    const Rung* last = last_below(now.quality());
    if (last == nullptr) return std::nullopt;
    protocol::TimeCorrected correction;
    correction.set_boot_id(boot_id_);
    correction.set_offset_us(subtract(booted_at(now), last->booted_at_us));
    correction.set_quality(now.quality());
    return correction;
}

protocol::TimeQuality TimeLadder::best() const {
    return rungs_.empty() ? protocol::TIME_NONE : rungs_.rbegin()->first;
}

std::optional<protocol::TimeCorrected> bracket(const BootSpan* before, const BootSpan& boot,
                                               const BootSpan& after) {
    if (boot.quality >= lowest_known_time || after.quality < lowest_known_time) return std::nullopt;
    const std::int64_t latest = subtract(after.booted_at_us, boot.last_boottime_us);
    std::int64_t begin = latest;
    if (before != nullptr && before->quality >= lowest_known_time) {
        const std::int64_t earliest = add(before->booted_at_us, before->last_boottime_us);
        if (earliest > latest) return std::nullopt;
        begin = earliest + (latest - earliest) / 2;
    }
    protocol::TimeCorrected correction;
    correction.set_boot_id(boot.boot_id);
    correction.set_offset_us(subtract(begin, boot.booted_at_us));
    correction.set_quality(protocol::TIME_BUILD_FLOOR);
    return correction;
}

KnownCorrection known_correction(const protocol::TimeStamp& at, const protocol::TimeCorrected& correction) {
    KnownCorrection known;
    known.quality = correction.quality();
    known.offset_us = correction.offset_us();
    known.same_boot = at.boot_id() == correction.boot_id() && at.quality() == correction.quality();
    known.booted_at_us = booted_at(at);
    known.boottime_us = at.boottime_us();
    return known;
}

TrueTime true_time(const protocol::TimeStamp& stamp, std::span<const KnownCorrection> corrections) {
    const KnownCorrection* best = nullptr;
    const KnownCorrection* bracketed = nullptr;
    for (const auto& correction : corrections) {
        if (!correction.same_boot) {
            // The best of several that are equally good must not depend on their order.
            if (bracketed == nullptr || correction.quality > bracketed->quality ||
                (correction.quality == bracketed->quality && correction.offset_us < bracketed->offset_us)) {
                bracketed = &correction;
            }
            continue;
        }
        if (correction.quality <= stamp.quality() || correction.boottime_us < stamp.boottime_us()) continue;
        if (best == nullptr || correction.quality > best->quality ||
            (correction.quality == best->quality && correction.boottime_us < best->boottime_us)) {
            best = &correction;
        }
    }
    if (best != nullptr) return {add(best->booted_at_us, stamp.boottime_us()), best->quality};
    if (bracketed != nullptr && stamp.quality() < lowest_known_time) {
        return {add(stamp.utc_us(), bracketed->offset_us), bracketed->quality};
    }
    return {stamp.utc_us(), stamp.quality()};
}

bool is_newer(const protocol::TimeStamp& came_later, const protocol::TimeStamp& came_before) {
    if (!came_later.boot_id().empty() && came_later.boot_id() == came_before.boot_id()) {
        return came_later.boottime_us() >= came_before.boottime_us();
    }
    if (came_later.quality() >= lowest_known_time && came_before.quality() >= lowest_known_time) {
        return came_later.utc_us() >= came_before.utc_us();
    }
    return true;
}

}  // namespace fieldpost::engine

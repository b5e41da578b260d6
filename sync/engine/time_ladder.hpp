// Which time a moment had whose stamp was made by a clock that did not know better. Qualities are a ladder:
// none < build_floor < rtc < ntp < gnss. When a better source first says the time, a TimeCorrected operation
// corrects the earlier stamps of the same boot; the stamps themselves are never rewritten. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <span>

#include "sync/base/bytes.hpp"
#include "sync/base/time.hpp"
#include "sync/protocol/journal.pb.h"

namespace fieldpost::engine {

// From here on a clock was told the time by something. Below, it only runs.
inline constexpr protocol::TimeQuality lowest_known_time = protocol::TIME_RTC;

// The device's side, for one boot: told of every stamp, it says which correction is due. Without a boot id
// (the kernel tells none) boots cannot be told apart, and none is ever due.
class TimeLadder {
  public:
    explicit TimeLadder(Bytes boot_id) : boot_id_(std::move(boot_id)) {}

    // An operation of this boot has this stamp, now or in an earlier run of the program. Stamps of other
    // boots are passed over.
    void stamped(const protocol::TimeStamp& stamp);
    // The journal holds this correction; `at` is the stamp of its own operation.
    void corrected(const protocol::TimeStamp& at, const protocol::TimeCorrected& correction);

    // What is due when the clock reads `now`: it knows better than when the last stamp of a lower quality was
    // made. nullopt when nothing is.
    std::optional<protocol::TimeCorrected> due(const protocol::TimeStamp& now) const;

    // CLOCK_BOOTTIME of the last stamp that a correction due at `now` is for.
    std::optional<std::int64_t> due_through(const protocol::TimeStamp& now) const;

    // The highest quality that the boot's stamps have, corrected or from the first.
    protocol::TimeQuality best() const;

  private:
    struct Rung {
        std::int64_t boottime_us = 0;   // of the last stamp
        std::int64_t booted_at_us = 0;  // when the boot began, by that stamp
    };
    // Of the last stamp of a lower quality; nullptr: there is none.
    const Rung* last_below(protocol::TimeQuality quality) const;

    Bytes boot_id_;
    std::map<protocol::TimeQuality, Rung> rungs_;
};

// What is known of one boot from its stamps. UTC of an unknown clock is only good for differences.
struct BootSpan {
    Bytes boot_id;
    std::int64_t first_boottime_us = 0;  // of its first and last stamp
    std::int64_t last_boottime_us = 0;
    std::int64_t booted_at_us = 0;                        // when it began, by its best stamp
    protocol::TimeQuality quality = protocol::TIME_NONE;  // of that
};

// The correction for a boot that never learned the time, from its neighbours: it began after the last stamp
// of the boot before (nullptr: not known), and its last stamp came before `after` began. It is placed in the
// middle, with quality build_floor; without the boot before, as late as it can be. nullopt when the boot knew
// the time, when `after` does not know it, or when the neighbours leave it no room.
std::optional<protocol::TimeCorrected> bracket(const BootSpan* before, const BootSpan& boot,
                                               const BootSpan& after);

// A correction as the hub keeps it.
struct KnownCorrection {
    protocol::TimeQuality quality = protocol::TIME_NONE;
    std::int64_t offset_us = 0;
    // When it was made in the boot that it corrects: when that boot began, by the better source, and
    // CLOCK_BOOTTIME of the correction.
    bool same_boot = false;
    std::int64_t booted_at_us = 0;
    std::int64_t boottime_us = 0;
};
KnownCorrection known_correction(const protocol::TimeStamp& at, const protocol::TimeCorrected& correction);

struct TrueTime {
    std::int64_t utc_us = 0;
    protocol::TimeQuality quality = protocol::TIME_NONE;
    bool operator==(const TrueTime&) const = default;
};

// The stamp as its boot's corrections show it, in whatever order they became known: the best source counts,
// and of equal ones the first that came after the stamp. A correction of the same boot counts from the moment
// at which the boot began, so that steps of the clock in between do no harm; one from another boot moves only
// stamps that nothing else does.
TrueTime true_time(const protocol::TimeStamp& stamp, std::span<const KnownCorrection> corrections);

// Whether one report is newer than another, where the order of a lane does not tell: by CLOCK_BOOTTIME within
// a boot, by UTC between two times that are known, and otherwise the one that came later.
bool is_newer(const protocol::TimeStamp& came_later, const protocol::TimeStamp& came_before);

}  // namespace fieldpost::engine

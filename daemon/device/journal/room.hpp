// Making room in journal.db: what the hub holds safely goes, then telemetry. PROTOCOL: journal 1, 5, 6.
//
// Space that is freed stays in the file and is filled by the next records; the file does not shrink.
#pragma once

#include <cstdint>
#include <optional>

#include "sync/base/sqlite.hpp"
#include "sync/base/time.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::device {

// Bytes of the database file, without its log.
struct JournalSize {
    std::uint64_t used = 0;
    std::uint64_t spare = 0;  // pages that are free again
};
Result<JournalSize> size_of(Database& database);

struct RoomRule {
    // Acknowledged entries that were recorded before this may go though no backup is known to hold them;
    // nullopt while the time is not known. Stamps from clocks that did not know the time do not count.
    std::optional<UnixMicros> acknowledged_before;
    // Of the operation that stands for voided telemetry.
    protocol::TimeStamp now;
    // With fewer entries of telemetry than this that are not acknowledged, none is voided.
    std::uint64_t least_to_void = 200;
};

// How long the hub alone keeps what is acknowledged before the device may forget it.
inline constexpr UnixMicros keep_acknowledged_us = 30LL * 86'400 * 1'000'000;

// What one step did.
struct RoomMade {
    std::uint64_t trimmed = 0;    // entries that a backup of the hub holds, or that it had long enough
    std::uint64_t telemetry = 0;  // entries of telemetry that went before that
    // The telemetry lane stands under other numbers and hashes: the engine compares with the hub anew.
    bool rewritten = false;

    bool anything() const { return trimmed + telemetry > 0; }
};

}  // namespace fieldpost::device

// What goes first when the journal comes to its budget or the disk to its end. A pure decision; Storage (app)
// looks, asks and carries out.
//
// The order (PROTOCOL, journal 6): what the hub holds safely and telemetry make room within the journal, then
// the older city goes, then new attachments are refused, then the reserve is given up by the journal's writer
// when a write fails; when that is gone too, NOT SAVED is what the person hears. Records of a crew that the
// hub does not hold never go, and are still written when the journal is over its budget.
#pragma once

#include <cstdint>
#include <string>

namespace fieldpost::device {

// Bytes.
struct StorageLimits {
    std::uint64_t journal = std::uint64_t{1} << 30U;      // what records may take in journal.db
    std::uint64_t reserve = std::uint64_t{16} << 20U;     // file that is given up when the disk is full
    std::uint64_t low_disk = std::uint64_t{256} << 20U;   // with less free than this, room is made
    std::uint64_t attachments = std::uint64_t{8} << 30U;  // what all of their files may take
};

struct StorageState {
    std::uint64_t journal_used = 0;   // bytes of journal.db that hold something
    std::uint64_t journal_spare = 0;  // bytes of it that are free again: records go there before it grows
    std::uint64_t disk_free = 0;
    bool reserve_held = false;
    bool nothing_to_trim = false;  // the last attempt to make room in the journal found nothing that may go
};

struct StoragePlan {
    bool make_room = false;  // in the journal, until it uses no more than journal_goal bytes
    std::uint64_t journal_goal = 0;
    bool accept_telemetry = true;       // false: telemetry is not recorded any more
    bool drop_older_city = false;       // the last good generation behind the mounted one
    std::uint64_t attachment_room = 0;  // bytes that new attachments may take; 0: they are refused
    bool renew_reserve = false;
    std::string message;  // for a person: what is wrong and what helps; empty when all is well
};

StoragePlan plan_storage(const StorageLimits& limits, const StorageState& state);

}  // namespace fieldpost::device

// How the box is doing, as a health record of the journal says it. A pure translation, with bounds: what a
// driver or a disk says must neither fill the journal nor keep a record out of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/device/power/last_run.hpp"
#include "hal/storage/storage.hpp"
#include "hal/supervisor/state.hpp"
#include "sync/protocol/journal.pb.h"

namespace fieldpost::device {

struct BrokenPart {
    std::string name;  // "gnss": as the status names it
    std::string detail;

    bool operator==(const BrokenPart&) const = default;
};

// Of the start of this run of the program; why the box started stands in the supervisor's state.
struct NewStart {
    LastRun before;
    std::string board;     // "vendor/board"
    std::string revision;  // empty: not known
};

struct NewHealth {
    std::string version;  // of the program
    // Goes into the records until one that says why the box has power is saved, and into no other.
    std::optional<NewStart> start;
    std::vector<BrokenPart> broken;
    std::optional<hal::SupervisorState> supervisor;  // nullopt: not fitted, or not heard of
    bool has_supervisor = false;                     // one is fitted, heard or not
    std::optional<hal::StorageReading> storage;
    std::chrono::seconds uptime{0};  // of the program
};

struct HealthBounds {
    static constexpr std::size_t broken = 20;  // parts; a board has fewer
    static constexpr std::size_t word = 64;    // bytes of a name, a version, a board
    static constexpr std::size_t detail = 200;
};

// What is too long is cut at a whole character, text that is no UTF-8 becomes so, parts without a name and
// those beyond the bound are left out: it is always a sound record.
protocol::HealthReported health_record(const NewHealth& health);

}  // namespace fieldpost::device

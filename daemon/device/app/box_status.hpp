// What GET /status and the metrics say of the box itself: power, disk, installed systems, and how its parts
// are doing.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/support/metrics.hpp"
#include "hal/installer/installer.hpp"
#include "hal/storage/storage.hpp"
#include "hal/supervisor/state.hpp"

namespace fieldpost::device {

struct NamedPart {
    std::string name;   // as the API writes it
    std::string title;  // for people: "GPS"
    hal::PartStatus status;
};

// `mandatory`: of the parts that the board knows.
boost::json::array parts_json(const std::vector<NamedPart>& parts,
                              const std::map<std::string, bool>& mandatory);
// A sentence for each that a person must look at: it is broken, or the board says that it must be there and
// it is not.
std::vector<std::string> part_messages(const std::vector<NamedPart>& parts,
                                       const std::map<std::string, bool>& mandatory);

// Null when no supervisor tells. `now_us` is CLOCK_BOOTTIME.
boost::json::value power_json(const std::optional<hal::SupervisorState>& state, std::int64_t now_us);
// What a crew must know of it; empty when all is well.
std::vector<std::string> power_messages(const std::optional<hal::SupervisorState>& state,
                                        std::int64_t now_us);
// Null before it was read.
boost::json::value disk_json(const std::optional<hal::StorageReading>& reading);
boost::json::array slots_json(const std::vector<hal::Slot>& slots);

void set_box_metrics(support::Metrics& metrics, const std::vector<NamedPart>& parts,
                     const std::optional<hal::SupervisorState>& power,
                     const std::optional<hal::StorageReading>& disk);

}  // namespace fieldpost::device

#include "daemon/device/app/box_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

namespace fieldpost::device {

namespace json = boost::json;

namespace {

constexpr std::array part_states{hal::PartState::ok, hal::PartState::not_fitted, hal::PartState::broken};

template <class Value>
json::value or_null(const std::optional<Value>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

std::int64_t seconds_left(const hal::SupervisorState& state, std::int64_t now_us) {
    return std::max<std::int64_t>(0, (*state.deadline_us - now_us) / 1'000'000);
}

bool must_be_there(const std::string& name, const std::map<std::string, bool>& mandatory) {
    const auto found = mandatory.find(name);
    return found != mandatory.end() && found->second;
}

std::string version_text(std::uint32_t version) {
    return fmt::format("{}.{}.{}", version >> 16U & 255U, version >> 8U & 255U, version & 255U);
}

}  // namespace

json::array parts_json(const std::vector<NamedPart>& parts, const std::map<std::string, bool>& mandatory) {
    json::array out;
    for (const NamedPart& part : parts) {
        const auto found = mandatory.find(part.name);
        json::value must = nullptr;
        if (found != mandatory.end()) must = found->second;
        out.push_back(json::object{{"name", part.name},
                                   {"state", hal::to_string(part.status.state)},
                                   {"detail", part.status.detail},
                                   {"mandatory", std::move(must)}});
    }
    return out;
}

std::vector<std::string> part_messages(const std::vector<NamedPart>& parts,
                                       const std::map<std::string, bool>& mandatory) {
    std::vector<std::string> out;
    for (const NamedPart& part : parts) {
        if (part.status.state == hal::PartState::broken) {
            out.push_back(part.title + ": " + part.status.detail);
        } else if (part.status.state == hal::PartState::not_fitted && must_be_there(part.name, mandatory)) {
            out.push_back(part.title +
                          ": not fitted, and this board must have it. Have the vehicle seen to.");
        }
    }
    return out;
}

json::value power_json(const std::optional<hal::SupervisorState>& state, std::int64_t now_us) {
    if (!state) return nullptr;
    json::value left = nullptr;
    if (state->deadline_us) left = seconds_left(*state, now_us);
    return json::object{{"state", to_string(state->power)},
                        {"ignition", state->ignition},
                        {"supply", to_string(state->supply)},
                        {"supply_mv", state->supply_mv},
                        {"off_in_s", std::move(left)},
                        {"off_cause", to_string(state->hold_up_cause)},
                        {"started_by", to_string(state->started_by)},
                        {"cut_by", to_string(state->cut_by)},
                        {"failed_runs", state->failed_runs},
                        {"watched", !state->unwatched},
                        {"case_open", state->tamper},
                        {"firmware", version_text(state->version)}};
}

std::vector<std::string> power_messages(const std::optional<hal::SupervisorState>& state,
                                        std::int64_t now_us) {
    std::vector<std::string> out;
    if (!state) return out;
    if (state->power == hal::PowerState::hold_up && state->deadline_us) {
        out.push_back(fmt::format("This device switches off within {} s. What is saved stays saved.",
                                  seconds_left(*state, now_us)));
    } else if (state->supply == hal::SupplyLevel::low) {
        out.push_back(
            fmt::format("The vehicle's battery is low ({:.1f} V): nothing large is fetched or sent.",
                        state->supply_mv / 1000.0));
    } else if (state->supply == hal::SupplyLevel::high) {
        out.push_back(fmt::format("The vehicle's supply is too high ({:.1f} V). Have the vehicle seen to.",
                                  state->supply_mv / 1000.0));
    }
    if (state->tamper) out.push_back("The case of this device is open.");
    if (state->unwatched) {
        out.push_back(
            fmt::format("This device had to be reset {} times in a row, and is not reset any more. "
                        "Have it seen to.",
                        state->failed_runs));
    }
    return out;
}

json::value disk_json(const std::optional<hal::StorageReading>& reading) {
    if (!reading) return nullptr;
    json::value spare = nullptr;
    if (reading->spare) spare = hal::to_string(*reading->spare);
    return json::object{{"device", reading->device},
                        {"total_bytes", reading->total_bytes},
                        {"free_bytes", reading->free_bytes},
                        {"read_only", reading->read_only},
                        {"wear_percent", or_null(reading->wear_percent)},
                        {"spare", std::move(spare)},
                        {"errors", or_null(reading->errors)}};
}

json::array slots_json(const std::vector<hal::Slot>& slots) {
    json::array out;
    for (const hal::Slot& slot : slots) {
        out.push_back(json::object{{"name", slot.name},
                                   {"booted", slot.booted},
                                   {"good", or_null(slot.good)},
                                   {"version", slot.version}});
    }
    return out;
}

void set_box_metrics(support::Metrics& metrics, const std::vector<NamedPart>& parts,
                     const std::optional<hal::SupervisorState>& power,
                     const std::optional<hal::StorageReading>& disk) {
    for (const NamedPart& part : parts) {
        for (const hal::PartState state : part_states) {
            metrics
                .gauge("fieldpost_part_state", "1 for the state that a part is in",
                       {{"part", part.name}, {"state", std::string(hal::to_string(state))}})
                .set(part.status.state == state ? 1 : 0);
        }
    }
    if (power) {
        metrics.gauge("fieldpost_supply_volts", "At the vehicle's side, as the supervisor told it last")
            .set(power->supply_mv / 1000.0);
        metrics.gauge("fieldpost_ignition", "1 while the ignition is on").set(power->ignition ? 1 : 0);
        metrics.gauge("fieldpost_failed_runs", "Runs in a row that the supervisor had to reset")
            .set(power->failed_runs);
        metrics.gauge("fieldpost_case_open", "1 while the case is open").set(power->tamper ? 1 : 0);
    }
    if (disk) {
        metrics.gauge("fieldpost_disk_read_only", "1 when the disk of the state takes no writes")
            .set(disk->read_only ? 1 : 0);
        if (disk->wear_percent) {
            metrics.gauge("fieldpost_disk_wear_percent", "Of its rated life that is used up")
                .set(*disk->wear_percent);
        }
        if (disk->errors) {
            metrics.gauge("fieldpost_disk_errors", "That its file system has met since it was made")
                .set(static_cast<double>(*disk->errors));
        }
    }
}

}  // namespace fieldpost::device

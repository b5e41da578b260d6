// From supervisor.proto to what programs see. The generated header stays out of ours.
#pragma once

#include <string>

#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::supervisor {
class LogEntry;
class Report;
class Settings;
class State;
}  // namespace fieldpost::supervisor

namespace fieldpost::hal {

// A number that this version does not know is read as the enumeration's first value.
SupervisorState read_state(const supervisor::State& state, std::int64_t received_us);
SupervisorEvent read_event(const supervisor::LogEntry& entry);

SupervisorSettings read_settings(const supervisor::Settings& settings);
// invalid_argument for a name that is no setting.
Status put_settings(const SupervisorSettings& changes, supervisor::Settings& settings);

// Success for RESULT_OK; else the refusal with a sentence.
Status read_result(const supervisor::Report& report);

}  // namespace fieldpost::hal

// Telemetry does not stay for ever: reports of where vehicles were and what their crews said, of the
// telemetry lane, are let go of after a time that the city chooses.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/hub/store/store.hpp"

namespace fieldpost::hub {

// What counts as now for the ages of this pass: the clock, but at most two days more than at the pass before,
// however far it jumped. A clock that is ahead for a day takes two days of reports too early, not all of
// them. Kept in the store; inside the caller's transaction. Once a day.
Result<std::int64_t> telemetry_present(Store& store, std::int64_t now_us);

// Goes through the next `rows` operations, oldest first, and takes those away that are accepted reports of
// the telemetry lane and were received more than `kept` before `now_us` (unix microseconds), or before the
// last operation that came, whichever is earlier: a clock that is ahead takes away nothing that is young
// beside it, and a clock that is behind nothing at all. What is later than both was received while a clock
// was wrong: it stays, and is passed over once something behind it is old enough. The lane's cursor and chain
// stay, each device's newest report stays, and what was taken away counts as accepted when its device asks.
// What lies in a named gap, waits or was quarantined stays. False when nothing more is old enough. Inside the
// caller's transaction.
Result<bool> forget_old_telemetry(Store& store, std::int64_t now_us, std::chrono::hours kept,
                                  std::size_t rows = 2000);

}  // namespace fieldpost::hub

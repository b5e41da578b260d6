// How the run of the program before this one ended: a small mark in the state folder, written when the
// program starts and again when it ends by itself. A process that was killed, or a power cut, leaves the
// first.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "sync/base/result.hpp"

namespace fieldpost::device {

// `unknown`: there was no run before, or what it left cannot be read. `cut_short`: it left no word of an end.
enum class RunEnd { unknown, clean, cut_short };

// "unknown", "clean", "cut_short": as health records write it.
std::string_view to_string(RunEnd end);

struct LastRun {
    RunEnd ended = RunEnd::unknown;
    std::optional<int> exit_code;      // with `clean`
    std::optional<bool> booted_since;  // the machine booted between that run and this one

    bool operator==(const LastRun&) const = default;
};

// What the run before left in the folder, seen from the boot `boot_id` (the kernel's, as text; empty: not
// known). To be asked before mark_running(), by who holds the folder. Never an error: a mark that is missing,
// damaged or cannot be read says `unknown`.
LastRun last_run(const std::filesystem::path& folder, std::string_view boot_id);

// On disk when they return; a power cut in between leaves what was there before. When the mark cannot be
// written the Error says why, and the older mark is taken away as far as that goes, so that the next start
// does not take it for this run's. No reason to stop.
Status mark_running(const std::filesystem::path& folder, std::string_view boot_id);
// The program ends by itself, with that code; all that it had to save is saved.
Status mark_ended(const std::filesystem::path& folder, std::string_view boot_id, int exit_code);

}  // namespace fieldpost::device

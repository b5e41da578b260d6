// What an indicator shows, and how one light says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace fieldpost::hal {

// From what concerns nobody to what concerns everybody; a program that has several to show shows the last.
enum class Indication { off, ready, syncing, no_fix, fault };

// "off", "ready", "syncing", "no_fix", "fault".
std::string_view to_string(Indication indication);

// A light that is lit and dark in turns, beginning lit, over and over. No turns: dark for ever; one: lit for
// ever.
struct Pattern {
    std::vector<std::int64_t> turns_us;

    bool is_steady() const { return turns_us.size() < 2; }
    bool operator==(const Pattern&) const = default;
};

// off: dark. ready: lit. syncing: lit and dark for a second each. no_fix: a flash every two seconds. fault:
// two flashes a second. So calm that a vehicle that drives wakes its processor once a second for it at most,
// where the kernel does not blink by itself.
const Pattern& pattern_of(Indication indication);

struct Light {
    bool lit = false;
    // How long it stays so from now on, microseconds; nullopt: for ever.
    std::optional<std::int64_t> for_us;

    bool operator==(const Light&) const = default;
};

// The pattern `elapsed_us` (not negative) after its begin.
Light light_at(const Pattern& pattern, std::int64_t elapsed_us);

}  // namespace fieldpost::hal

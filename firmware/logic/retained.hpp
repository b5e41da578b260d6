// What outlives a reset of the supervisor, in memory that neither the reset nor the start touches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "firmware/logic/contacts.hpp"
#include "firmware/logic/crc.hpp"
#include "firmware/logic/power.hpp"

namespace fieldpost::firmware {

struct RetainedState {
    PowerMemory power;
    std::uint64_t now_ms = 0;       // the clock goes on from here
    std::uint64_t trial_ms = 0;     // how long an unconfirmed firmware has seen the computer on
    std::uint64_t trial_up_ms = 0;  // and how long it has run, the computer on or off
    ContactMemory contacts;
    bool asked = false;  // the reset that follows is the supervisor's own wish
    std::uint32_t resets = 0;
    std::uint16_t starts = 0;  // how often the supervisor has got power
};

// Two copies in turn, since a reset may come in the middle of writing one. After a power-on both hold noise,
// which their checksums tell.
class Retained {
  public:
    std::optional<RetainedState> load() const {
        const Copy* best = nullptr;
        for (const Copy& copy : copies_) {
            if (is_whole(copy) &&
                (best == nullptr || static_cast<std::int32_t>(copy.sequence - best->sequence) > 0))
                best = &copy;
        }
        if (best == nullptr) return std::nullopt;
        RetainedState state;
        std::memcpy(&state, best->bytes.data(), sizeof state);
        return state;
    }

    void save(const RetainedState& state, std::uint32_t sequence) {
        Copy& copy = copies_[sequence % copies_.size()];
        copy.magic = 0;
        copy.sequence = sequence;
        std::memcpy(copy.bytes.data(), &state, sizeof state);
        copy.crc = crc16(copy.bytes);
        copy.magic = magic;
    }

    std::uint32_t last_sequence() const {
        std::uint32_t last = 0;
        for (const Copy& copy : copies_) {
            if (is_whole(copy) && static_cast<std::int32_t>(copy.sequence - last) > 0) last = copy.sequence;
        }
        return last;
    }

  private:
    // Another one for each form of RetainedState, PowerMemory included: what a firmware of another form left
    // is none.
    static constexpr std::uint32_t magic = 0x5EA1ED05;
    static_assert(sizeof(RetainedState) == 112, "another form: another magic");
    struct Copy {
        volatile std::uint32_t magic;  // written first and last
        std::uint32_t sequence;
        std::array<std::uint8_t, sizeof(RetainedState)> bytes;
        std::uint32_t crc;
    };
    static bool is_whole(const Copy& copy) { return copy.magic == magic && copy.crc == crc16(copy.bytes); }

    std::array<Copy, 2> copies_;  // no initializer: start-up code must leave it alone
};

}  // namespace fieldpost::firmware

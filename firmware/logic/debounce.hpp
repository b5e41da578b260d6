// A contact that is believed only when it has been steady.
#pragma once

#include <cstdint>

namespace fieldpost::firmware {

class Debounce {
  public:
    bool on() const { return on_; }

    // One reading. True if the believed level is another than before. `on_ms` and `off_ms`: how long the new
    // level must have been seen without a break.
    bool read(bool raw, std::uint64_t now_ms, std::uint32_t on_ms, std::uint32_t off_ms) {
        if (raw == on_) {
            changing_ = false;
            return false;
        }
        if (!changing_) {
            changing_ = true;
            since_ms_ = now_ms;
        }
        if (now_ms - since_ms_ < (raw ? on_ms : off_ms)) return false;
        on_ = raw;
        changing_ = false;
        return true;
    }

    // Takes the level for granted, as after a reset of the supervisor that the vehicle did not notice.
    void assume(bool on) {
        on_ = on;
        changing_ = false;
    }

  private:
    bool on_ = false;
    bool changing_ = false;
    std::uint64_t since_ms_ = 0;
};

}  // namespace fieldpost::firmware

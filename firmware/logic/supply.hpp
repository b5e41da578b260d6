// What the vehicle's voltage means: good, a starter motor at work, a battery to be spared, or too much.
#pragma once

#include <cstdint>

#include "firmware/logic/settings.hpp"

namespace fieldpost::firmware {

// The numbers are those of the wire (Supply in supervisor.proto).
enum class SupplyState : std::uint8_t { good = 0, cranking = 1, low = 2, high = 3 };

// A dip below crank_mv is the starter motor: it is ridden through for crank_ms. It is over when the voltage
// has been at crank_mv or above for half a second: a voltage that trembles there is one dip. Low lasts until
// the voltage is at resume_mv or above, and not above high_mv, for a second: a battery that recovers a little
// once its load is gone is still an empty one. High lasts until the voltage is not above high_mv for a
// second.
class Supply {
  public:
    SupplyState state() const { return state_; }
    // True if the state is another than before.
    bool read(std::uint32_t millivolts, std::uint64_t now_ms, const Settings& settings);
    // After a reset of the supervisor: an empty battery stays one.
    void assume(SupplyState state) { state_ = state; }

  private:
    // Since when a condition has held without a break; how long it has.
    struct Span {
        bool holds = false;
        std::uint64_t since_ms = 0;
        std::uint64_t length(bool now_holds, std::uint64_t now_ms);
    };
    SupplyState judge(std::uint32_t millivolts, std::uint64_t now_ms, const Settings& settings);

    SupplyState state_ = SupplyState::good;
    Span below_low_;
    Span above_crank_;
    Span dip_;
    Span above_high_;
    Span normal_;
    Span recovered_;
};

}  // namespace fieldpost::firmware

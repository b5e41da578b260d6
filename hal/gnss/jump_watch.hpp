// Notices when a receiver's place or time leaps as no vehicle and no clock does: reflections between houses,
// a spoofed or jammed signal, a week counter that wraps.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/gnss/fix.hpp"

namespace fieldpost::hal {

// Sans-I/O and single-threaded. Fixes go through in order; the flags of a leap are set and nothing else is
// touched, so what the receiver said stays as it was said.
//
// A place leaps when it lies farther from the last one believed than a vehicle drives in the time between
// (100 m/s, or half as fast again as the receiver says), over what both accuracies allow. UTC leaps when it
// runs by more than 10 s otherwise than the boot clock, or backwards. What was leapt to is believed after
// `settles_after` fixes in a row that agree with each other: a receiver may have been wrong before.
class JumpWatch {
  public:
    static constexpr int settles_after = 10;

    void judge(Fix& fix);

  private:
    struct Place {
        Position position;
        double accuracy_m = 0;
        double speed_mps = 0;
        std::int64_t received_us = 0;
        std::optional<std::int64_t> utc_us;
        std::optional<std::int64_t> time_of_day_us;
    };
    struct Time {
        std::int64_t utc_us = 0;
        std::int64_t received_us = 0;
    };

    static Place place_of(const Fix& fix);
    static double elapsed_s(const Place& before, const Place& after);
    static bool follows(const Place& before, const Place& after);
    static bool follows(const Time& before, const Time& after);

    // What is believed, and a row of leaps that agree with each other.
    template <class What>
    struct Track {
        std::optional<What> believed;
        std::optional<What> leapt;
        int agreeing = 0;

        bool leaps(const What& next);
    };
    Track<Place> place_;
    Track<Time> time_;
};

// Metres between two places, along the ground.
double distance_m(const Position& a, const Position& b);

}  // namespace fieldpost::hal

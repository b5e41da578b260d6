// Chance from a seed; the same on every standard library.
#pragma once

#include <cstdint>
#include <random>

namespace fieldpost::simulation {

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t number() { return engine_(); }
    // 0 <= result < end; `end` is at least 1.
    std::uint64_t below(std::uint64_t end) { return engine_() % end; }
    // Both ends may come.
    std::int64_t between(std::int64_t from, std::int64_t to) {
        return from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from + 1)));
    }
    bool chance(double probability) {
        return static_cast<double>(engine_() >> 11U) < probability * static_cast<double>(1ULL << 53U);
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace fieldpost::simulation

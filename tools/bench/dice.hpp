// Randomness from a seed, the same on every machine: only the engine's raw numbers are used, as the standard
// leaves its distributions to the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace fieldpost::bench {

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    // 0 <= result < bound; bound > 0. The bias is below bound / 2^64.
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
    bool percent(unsigned share) { return below(100) < share; }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace fieldpost::bench

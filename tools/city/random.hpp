// Randomness that is the same on every machine: splitmix64 and integer arithmetic only.
//
// Everything in a city is a pure function of the seed and of what it belongs to, so a row can be made without
// remembering any other row: hash() names the place, Random draws from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fieldpost::city {

// The output function of splitmix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t mix(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15u;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

// A hash of several numbers, in order.
template <class... Rest>
constexpr std::uint64_t hash(std::uint64_t first, Rest... rest) {
    std::uint64_t value = mix(first);
    ((value = mix(value ^ static_cast<std::uint64_t>(rest))), ...);
    return value;
}

class Random {
  public:
    explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t next() {
        const std::uint64_t drawn = mix(state_);
        state_ += 0x9E3779B97F4A7C15u;
        return drawn;
    }
    // 0 <= result < bound; bound > 0. The bias is below bound / 2^32.
    constexpr std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }
    // low <= result <= high.
    constexpr int between(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::uint32_t>(high - low + 1)));
    }
    constexpr bool percent(std::uint32_t share) { return below(100) < share; }
    constexpr bool permille(std::uint32_t share) { return below(1000) < share; }

    template <class T, std::size_t N>
    constexpr const T& pick(const T (&from)[N]) {
        return from[below(static_cast<std::uint32_t>(N))];
    }
    template <class T>
    constexpr const T& pick(std::span<const T> from) {
        return from[below(static_cast<std::uint32_t>(from.size()))];
    }
    // An index, drawn with these weights.
    template <std::size_t N>
    constexpr std::size_t weighted(const int (&weights)[N]) {
        int sum = 0;
        for (const int weight : weights) sum += weight;
        int left = between(0, sum - 1);
        std::size_t index = 0;
        while (left >= weights[index]) left -= weights[index++];
        return index;
    }

  private:
    std::uint64_t state_;
};

}  // namespace fieldpost::city

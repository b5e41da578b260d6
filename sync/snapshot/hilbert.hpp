// Inside: the Hilbert curve, along which near points of the plane mostly stay near.
#pragma once

#include <cstdint>
#include <utility>

namespace fieldpost::snapshot {

// Place along a curve over a 65536 x 65536 grid.
constexpr std::uint32_t hilbert(std::uint32_t x, std::uint32_t y) {
    std::uint32_t place = 0;
    for (std::uint32_t side = 1U << 15U; side != 0; side >>= 1U) {
        const bool right = (x & side) != 0;
        const bool upper = (y & side) != 0;
        place += side * side * ((right ? 3U : 0U) ^ (upper ? 1U : 0U));
        if (!upper) {
            if (right) {
                x = 0xffffU - x;
                y = 0xffffU - y;
            }
            std::swap(x, y);
        }
    }
    return place;
}

}  // namespace fieldpost::snapshot

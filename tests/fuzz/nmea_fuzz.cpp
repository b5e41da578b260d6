// Any bytes, in any pieces, at any times: the receiver survives, every fix keeps its contract, and memory is
// bounded.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/fuzz/heap_bound.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost::hal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fieldpost::fuzz::HeapBound bound(1U << 20U);
    constexpr std::int64_t floor_us = 1'700'000'000'000'000;  // November 2023
    NmeaReceiver receiver(floor_us, [](const Fix& fix) {
        if (!testing::keeps_contract(fix) || (fix.utc_us && *fix.utc_us < floor_us)) std::abort();
    });
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::int64_t now_us = 0;
    // Each piece is led by its length, and by the tenths of a second that passed before it. The top bit of
    // the latter dresses the piece as a sentence with its right checksum, which a fuzzer would seldom find.
    while (rest.size() > 2) {
        const auto length = static_cast<unsigned char>(rest[0]);
        const auto pause = static_cast<unsigned char>(rest[1]);
        rest.remove_prefix(2);
        const std::string_view piece = rest.substr(0, length);
        rest.remove_prefix(piece.size());
        now_us += std::int64_t{pause & 0x7f} * 100'000;
        receiver.tick(now_us);
        if (pause & 0x80) {
            receiver.feed(testing::sentence(piece), now_us);
        } else {
            receiver.feed(piece, now_us);
        }
    }
    receiver.finish();
    return 0;
}

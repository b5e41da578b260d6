// A place in a feed, as both ends compare it.
#pragma once

#include <cstdint>

namespace fieldpost::engine {

struct FeedPoint {
    std::uint64_t n = 0;
    std::uint64_t checksum = 0;  // of the rows that the feed has after change n (sync/records/checksum.hpp)
    bool operator==(const FeedPoint&) const = default;
};

}  // namespace fieldpost::engine

// Makes a city: every source's export, what an importer should find in them, and the drive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "sync/base/result.hpp"

namespace fieldpost::city {

inline constexpr std::uint64_t kFewest = 1'000;
inline constexpr std::uint64_t kMost = 1'000'000;

struct Order {
    std::uint64_t seed = 1;
    std::uint64_t properties = 50'000;  // on day 0
    int day = 0;                        // 0 to kLastDay
    std::filesystem::path out;
};

struct Made {
    std::uint64_t properties = 0;
    std::uint64_t related = 0;  // good rows of all other tables and layers about properties or assets
    std::uint64_t streets = 0;
    std::uint64_t bad = 0;
};

// progress: called now and then with the properties done and to do.
Result<Made> generate(const Order& order, const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace fieldpost::city

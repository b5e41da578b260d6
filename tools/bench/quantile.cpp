#include <algorithm>
#include <cmath>

#include "tools/bench/bench.hpp"

namespace fieldpost::bench {

double quantile(std::vector<double> samples, double q) {
    if (samples.empty()) return 0;
    std::ranges::sort(samples);
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size())));
    return samples[std::clamp<std::size_t>(rank, 1, samples.size()) - 1];
}

}  // namespace fieldpost::bench

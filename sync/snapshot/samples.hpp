// Inside of the bulk build: some bodies out of all of a layer, from which its dictionary is learnt.
#pragma once

#include <span>
#include <vector>

#include "sync/base/bytes.hpp"

namespace fieldpost::snapshot {

// Every n-th, with n such that they stay within a bound. Equal rows in equal order give equal samples.
class Samples {
  public:
    void put(BytesView body);
    std::span<const Bytes> kept() const { return kept_; }

  private:
    std::vector<Bytes> kept_;
    std::size_t bytes_ = 0;
    std::size_t seen_ = 0;
    std::size_t step_ = 1;
};

}  // namespace fieldpost::snapshot

#include "sync/snapshot/samples.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr std::size_t bytes_kept = 2U << 20U;
constexpr std::size_t longest_sample = 4096;

}  // namespace

void Samples::put(BytesView body) {
    if (seen_++ % step_ != 0) return;
    kept_.emplace_back(body.substr(0, longest_sample));
    bytes_ += kept_.back().size();
    if (bytes_ <= bytes_kept) return;
    step_ *= 2;
    bytes_ = 0;
    std::size_t left = 0;
    for (std::size_t at = 0; at < kept_.size(); at += 2) {
        bytes_ += kept_[at].size();
        if (left != at) kept_[left] = std::move(kept_[at]);
        ++left;
    }
    kept_.resize(left);
}

}  // namespace fieldpost::snapshot

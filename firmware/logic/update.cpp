#include "firmware/logic/update.hpp"

#include <array>
#include <cstring>

namespace fieldpost::firmware {
namespace {

Update::Outcome outcome_of(ImageVerdict verdict) {
    using Outcome = Update::Outcome;
    switch (verdict) {
        case ImageVerdict::good:
            return Outcome::ok;
        case ImageVerdict::unreadable:
            return Outcome::storage_failed;
        case ImageVerdict::no_image:
            return Outcome::too_large;
        case ImageVerdict::wrong_board:
            return Outcome::wrong_board;
        case ImageVerdict::damaged:
            return Outcome::damaged;
        case ImageVerdict::not_signed:
            return Outcome::not_signed;
    }
    return Outcome::damaged;
}

}  // namespace

Update::Outcome Update::begin(std::uint32_t size) {
    size_ = 0;
    next_ = 0;
    erased_ = 0;
    if (size <= sizeof(ImageHeader) || size > slot_.size() || size > largest_) return Outcome::too_large;
    size_ = size;
    return Outcome::ok;
}

Update::Outcome Update::block(std::uint32_t offset, std::span<const std::uint8_t> bytes) {
    if (size_ == 0 || offset > next_ || bytes.empty() || bytes.size() > longest_block)
        return Outcome::out_of_order;
    if (offset < next_) return Outcome::ok;  // sent again: its answer was lost
    if (bytes.size() > size_ - offset) return Outcome::too_large;
    const std::uint32_t end = offset + static_cast<std::uint32_t>(bytes.size());
    if (end < size_ && bytes.size() % Storage::program_unit != 0) return Outcome::out_of_order;

    std::array<std::uint8_t, longest_block> padded;
    padded.fill(0xFF);
    std::memcpy(padded.data(), bytes.data(), bytes.size());
    const std::size_t length =
        (bytes.size() + Storage::program_unit - 1) / Storage::program_unit * Storage::program_unit;
    for (; erased_ < offset + length; erased_ += slot_.page_size()) {
        if (!slot_.erase(erased_ / slot_.page_size())) return Outcome::storage_failed;
    }
    if (!slot_.program(offset, std::span(padded).first(length))) return Outcome::storage_failed;
    next_ = end;
    return Outcome::ok;
}

Update::Outcome Update::finish(std::string_view board, std::uint32_t running, ImageCrypto& crypto,
                               ImageHeader& header) {
    if (size_ == 0 || next_ != size_) return Outcome::out_of_order;
    const Outcome outcome = outcome_of(check_image(slot_, board, crypto, header));
    size_ = 0;  // whatever it was, the next try begins anew
    if (outcome == Outcome::ok && header.version < running) {
        // It is whole and signed: the boot stage would start it should the running one ever be damaged.
        return slot_.erase(0) ? Outcome::older : Outcome::storage_failed;
    }
    return outcome;
}

}  // namespace fieldpost::firmware

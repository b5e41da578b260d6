// Takes an update block by block into the slot that does not run.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/logic/image.hpp"

namespace fieldpost::firmware {

class Update {
  public:
    // The numbers are those of the wire (Result in supervisor.proto).
    enum class Outcome : std::uint8_t {
        ok = 0,
        storage_failed = 4,
        out_of_order = 5,
        too_large = 6,
        wrong_board = 7,
        older = 8,
        damaged = 9,
        not_signed = 10,
    };

    // `largest`: file that fits where the boot stage copies it to, which may be less than a slot.
    Update(Storage& spare_slot, std::uint32_t largest) : slot_(spare_slot), largest_(largest) {}

    // Erases the slot page by page as blocks come, so that no call takes long.
    Outcome begin(std::uint32_t size);
    // At most 128 bytes; all but the last a multiple of Storage::program_unit.
    Outcome block(std::uint32_t offset, std::span<const std::uint8_t> bytes);
    // Complete, whole, signed, for this board, and not older than `running`; of an older one nothing is left
    // that would run. `header` is what was checked.
    Outcome finish(std::string_view board, std::uint32_t running, ImageCrypto& crypto, ImageHeader& header);

    std::uint32_t next_offset() const { return next_; }
    static constexpr std::uint32_t longest_block = 128;

  private:
    Storage& slot_;
    std::uint32_t largest_;
    std::uint32_t size_ = 0;  // 0: none has begun
    std::uint32_t next_ = 0;
    std::uint32_t erased_ = 0;  // bytes from the beginning
};

}  // namespace fieldpost::firmware

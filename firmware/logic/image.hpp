// What a firmware file is, and which of two slots runs.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/logic/storage.hpp"

namespace fieldpost::firmware {

// The first 256 bytes of a firmware file; integers are little-endian. The signature is Ed25519 over the bytes
// before it, and those hold the SHA-512 of the body, so that a body in storage is checked piece by piece.
struct ImageHeader {
    std::array<std::uint8_t, 4> magic;  // "FPFW"
    std::uint32_t format;               // 1
    std::uint32_t body_size;
    std::uint32_t version;
    std::array<char, 32> board;  // "vendor/board", zeros behind it
    std::array<std::uint8_t, 64> body_sha512;
    std::array<std::uint8_t, 16> reserved;  // zeros
    std::array<std::uint8_t, 64> signature;
    std::array<std::uint8_t, 64> padding;  // not signed: the body begins at 256, where a vector table may lie
};
static_assert(sizeof(ImageHeader) == 256);
inline constexpr std::size_t signed_size = 128;

// The hash and signature that this firmware takes, behind an interface so that rules are tested without them.
class ImageCrypto {
  public:
    virtual void begin_hash() = 0;
    virtual void hash(std::span<const std::uint8_t> bytes) = 0;
    virtual std::array<std::uint8_t, 64> end_hash() = 0;
    virtual bool is_signed(std::span<const std::uint8_t> message,
                           const std::array<std::uint8_t, 64>& signature) = 0;

  protected:
    ~ImageCrypto() = default;
};

// In the order in which they are found; the first one counts.
enum class ImageVerdict { good, unreadable, no_image, wrong_board, damaged, not_signed };

// Checks everything but the version. `board` is this board's own name. `header` gets what was read.
ImageVerdict check_image(Storage& slot, std::string_view board, ImageCrypto& crypto, ImageHeader& header);

// Which slot runs; kept in two copies.
struct BootRecord {
    std::uint8_t active = 0;       // slot
    std::uint8_t trial = 0;        // 1: it is not confirmed; the other slot holds the one before
    std::uint8_t attempts = 0;     // starts of a trial so far
    std::uint8_t rolled_back = 0;  // 1: since the firmware last looked

    bool operator==(const BootRecord&) const = default;
};

inline constexpr std::uint8_t trial_attempts = 3;

// What the boot stage does next: the slot to try, with `record` as it must be stored before that.
struct BootChoice {
    std::uint8_t slot = 0;
    BootRecord record;
};
BootChoice choose_slot(BootRecord record);

// The slot that choose_slot() named holds nothing that may run: go to the other one for good.
BootRecord give_up_slot(BootRecord record);

}  // namespace fieldpost::firmware

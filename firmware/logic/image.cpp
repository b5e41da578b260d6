#include "firmware/logic/image.hpp"

#include <cstring>
#include <string_view>

namespace fieldpost::firmware {
namespace {

bool is_for(const ImageHeader& header, std::string_view board) {
    std::array<char, 32> wanted{};
    if (board.size() > wanted.size()) return false;
    std::memcpy(wanted.data(), board.data(), board.size());
    return header.board == wanted;
}

bool hash_body(Storage& slot, std::uint32_t size, ImageCrypto& crypto) {
    std::array<std::uint8_t, 128> piece;
    for (std::uint32_t done = 0; done < size;) {
        const std::uint32_t length = size - done < piece.size() ? size - done : std::uint32_t{piece.size()};
        const std::span<std::uint8_t> part(piece.data(), length);
        if (!slot.read(sizeof(ImageHeader) + done, part)) return false;
        crypto.hash(part);
        done += length;
    }
    return true;
}

}  // namespace

ImageVerdict check_image(Storage& slot, std::string_view board, ImageCrypto& crypto, ImageHeader& header) {
    std::array<std::uint8_t, sizeof(ImageHeader)> raw;
    if (!slot.read(0, raw)) return ImageVerdict::unreadable;
    std::memcpy(&header, raw.data(), raw.size());
    constexpr std::array<std::uint8_t, 4> magic{'F', 'P', 'F', 'W'};
    if (header.magic != magic || header.format != 1 || header.body_size == 0 ||
        header.body_size > slot.size() - sizeof(ImageHeader)) {
        return ImageVerdict::no_image;
    }
    if (!is_for(header, board)) return ImageVerdict::wrong_board;
    crypto.begin_hash();
    if (!hash_body(slot, header.body_size, crypto)) return ImageVerdict::unreadable;
    if (crypto.end_hash() != header.body_sha512) return ImageVerdict::damaged;
    if (!crypto.is_signed(std::span(raw).first(signed_size), header.signature))
        return ImageVerdict::not_signed;
    return ImageVerdict::good;
}

BootChoice choose_slot(BootRecord record) {
    record.active = record.active == 1 ? 1 : 0;
    if (record.trial == 0) return {record.active, record};
    if (record.attempts >= trial_attempts)
        record = give_up_slot(record);
    else
        ++record.attempts;
    return {record.active, record};
}

BootRecord give_up_slot(BootRecord record) {
    return {static_cast<std::uint8_t>(1 - record.active), 0, 0, 1};
}

}  // namespace fieldpost::firmware

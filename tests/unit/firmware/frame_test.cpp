// Both ends' codecs, set against each other.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "firmware/logic/crc.hpp"
#include "firmware/wire/frame.hpp"
#include "hal/supervisor/frame.hpp"

using namespace fieldpost;

namespace {

using Raw = std::vector<std::uint8_t>;

Bytes text(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

Bytes firmware_frame(const Bytes& message) {
    std::array<std::uint8_t, firmware::longest_frame> out;
    const Raw raw(message.begin(), message.end());
    return text(std::span(out).first(firmware::write_frame(raw, out)));
}

std::vector<Bytes> firmware_reads(const Bytes& bytes) {
    firmware::FrameReader reader;
    std::vector<Bytes> messages;
    for (const char byte : bytes) {
        if (reader.take(static_cast<std::uint8_t>(byte))) messages.push_back(text(reader.message()));
    }
    return messages;
}

std::vector<Bytes> computer_reads(const Bytes& bytes) {
    hal::SupervisorFrameReader reader;
    std::vector<Bytes> messages;
    reader.feed(bytes, [&](BytesView message) { messages.emplace_back(message); });
    return messages;
}

Bytes any_message() {
    const auto length = *rc::gen::inRange<std::size_t>(0, firmware::longest_message + 1);
    // Zeros and long stretches without one are what COBS is about.
    const auto byte =
        rc::gen::oneOf(rc::gen::just(char{0}), rc::gen::arbitrary<char>(), rc::gen::just(char{1}));
    return *rc::gen::container<Bytes>(length, byte);
}

}  // namespace

TEST_CASE("the checksum is CRC-16/IBM-SDLC") {
    const Bytes digits = "123456789";
    const Raw raw(digits.begin(), digits.end());
    CHECK(firmware::crc16(raw) == 0x906E);
    CHECK(hal::supervisor_crc(digits) == 0x906E);
}

TEST_CASE("a frame is written byte for byte as its page says") {
    // version 1, message 11 00, checksum of 01 11 00
    const Bytes content{1, 0x11, 0};
    const std::uint16_t crc = hal::supervisor_crc(content);
    const Bytes expected{0, 3, 1, 0x11, 3, static_cast<char>(crc & 0xFF), static_cast<char>(crc >> 8), 0};
    CHECK(hal::write_supervisor_frame(Bytes{0x11, 0}) == expected);
}

TEST_CASE("each end reads what it and the other write, and both write the same") {
    CHECK(rc::check([] {
        const Bytes message = any_message();
        const Bytes frame = firmware_frame(message);
        RC_ASSERT(frame == hal::write_supervisor_frame(message));
        RC_ASSERT(firmware_reads(frame) == std::vector<Bytes>{message});
        RC_ASSERT(computer_reads(frame) == std::vector<Bytes>{message});
    }));
}

TEST_CASE("messages of every length pass") {
    for (std::size_t length = 0; length <= firmware::longest_message; ++length) {
        const Bytes message(length, 'x');
        REQUIRE(firmware_reads(hal::write_supervisor_frame(message)) == std::vector<Bytes>{message});
        REQUIRE(computer_reads(firmware_frame(message)) == std::vector<Bytes>{message});
    }
    CHECK(firmware_frame(Bytes(firmware::longest_message + 1, 'x')).empty());
}

TEST_CASE("after any noise the next whole frame is read") {
    CHECK(rc::check([] {
        const auto noise = *rc::gen::arbitrary<Bytes>();
        const Bytes message = any_message();
        const Bytes bytes = noise + hal::write_supervisor_frame(message);
        RC_ASSERT(firmware_reads(bytes).back() == message);
        RC_ASSERT(computer_reads(bytes).back() == message);
    }));
}

TEST_CASE("a frame with any one bit turned over is not read as another message") {
    const Bytes message = "\x08\x01\x12\x04 \x30\x01 abc";
    const Bytes frame = hal::write_supervisor_frame(message);
    for (std::size_t bit = 8; bit < (frame.size() - 1) * 8; ++bit) {
        Bytes damaged = frame;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
        CHECK(firmware_reads(damaged).empty());
        CHECK(computer_reads(damaged).empty());
    }
}

TEST_CASE("a frame of another version is counted, and the computer's end can tell") {
    Bytes frame = hal::write_supervisor_frame("");
    const Bytes content(1, 2);
    const std::uint16_t crc = hal::supervisor_crc(content);
    frame = Bytes{0, 4, 2, static_cast<char>(crc & 0xFF), static_cast<char>(crc >> 8), 0};
    hal::SupervisorFrameReader reader;
    reader.feed(frame, [](BytesView) { FAIL("read"); });
    CHECK(reader.other_version());
    CHECK(reader.bad_frames() == 1);
    CHECK(firmware_reads(frame).empty());
    reader.feed(hal::write_supervisor_frame("x"), [](BytesView) {});
    CHECK_FALSE(reader.other_version());
}

#include "sync/base/compress.hpp"

#include <catch2/catch.hpp>

#include "sync/base/crypto.hpp"

using namespace fieldpost;

namespace {

// Neither all alike nor without pattern.
Bytes sample(std::size_t size) {
    Bytes out;
    std::uint64_t state = 88172645463325252ULL;
    while (out.size() < size) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        out += "entry " + std::to_string(state % 1000) + "\n";
    }
    out.resize(size);
    return out;
}

}  // namespace

TEST_CASE("What was compressed unfolds to the same bytes", "[base]") {
    for (const std::size_t size : {0U, 1U, 100U, 65'535U, 65'536U, 65'537U, 1'000'000U}) {
        INFO(size);
        const Bytes data = sample(size);
        const auto back = decompress(compress(data), size);
        REQUIRE(back.has_value());
        CHECK(*back == data);
    }
    const Bytes noise = random_bytes(300'000);
    CHECK(decompress(compress(noise, 6), noise.size()).value() == noise);
}

TEST_CASE("Content at the limit unfolds and one byte more is refused as full", "[base]") {
    const Bytes packed = compress(sample(10'000));
    CHECK(decompress(packed, 10'000).has_value());
    const auto refused = decompress(packed, 9'999);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == ErrorCode::full);
}

TEST_CASE("A small bomb is refused when it passes the limit", "[base]") {
    const Bytes bomb = compress(Bytes(64U << 20U, '\0'));
    REQUIRE(bomb.size() < 64U << 10U);
    const auto refused = decompress(bomb, 1U << 20U);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == ErrorCode::full);
}

TEST_CASE("Compressed data cut at any byte is corrupt", "[base]") {
    const Bytes packed = compress(sample(2'000));
    for (std::size_t size = 0; size < packed.size(); ++size) {
        const auto result = decompress(BytesView(packed).substr(0, size), 1'000'000);
        INFO("cut to " << size);
        REQUIRE(result.has_error());
        CHECK(result.error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("Bytes behind the end are corrupt, also when they are compressed data", "[base]") {
    const Bytes packed = compress("hello");
    for (const Bytes& tail : {Bytes("\0", 1), Bytes("x"), packed}) {
        const auto result = decompress(packed + tail, 1'000'000);
        REQUIRE(result.has_error());
        CHECK(result.error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("What is not compressed data is corrupt", "[base]") {
    for (const Bytes& data : {Bytes(), Bytes("plain text"), Bytes(1000, '\xff'), random_bytes(200)}) {
        const auto result = decompress(data, 1'000'000);
        REQUIRE(result.has_error());
        CHECK(result.error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("Frames of zstd before 0.8 and frames to skip are corrupt", "[base]") {
    const Bytes packed = compress("hello");
    for (const BytesView magic : {BytesView("\x26\xb5\x2f\xfd", 4), BytesView("\x27\xb5\x2f\xfd", 4),
                                  BytesView("\x50\x2a\x4d\x18", 4)}) {
        const auto result = decompress(Bytes(magic) + packed.substr(4), 1'000'000);
        REQUIRE(result.has_error());
        CHECK(result.error().code == ErrorCode::corrupt);
    }
    const Bytes skipped("\x50\x2a\x4d\x18\x00\x00\x00\x00", 8);
    CHECK(decompress(skipped, 1'000'000).has_error());
    // Found by the fuzzer: 10 bytes of which zstd 0.6's reader made a window of 16 MiB.
    CHECK(decompress(BytesView("\x26\xb5\x2f\xfd\x9c\x86\x39\x10\x02\x00", 10), 1'000'000).has_error());
}

TEST_CASE("A frame that asks for a huge window is refused", "[base]") {
    // Magic, a header without content size, window descriptor for 2 GiB, an empty last block.
    const Bytes frame("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9);
    const auto result = decompress(frame, 1'000'000);
    REQUIRE(result.has_error());
    CHECK(result.error().code == ErrorCode::corrupt);
}

TEST_CASE("A frame that holds more than it says is corrupt, whatever was unfolded before it", "[base]") {
    // 70,000 bytes by its own word, and two blocks of as many equal bytes; an empty one ends it.
    const Bytes block("\x82\x8b\x08x", 4);
    const Bytes frame =
        Bytes("\x28\xb5\x2f\xfd\xa0\x70\x11\x01\x00", 9) + block + block + Bytes("\x01\x00\x00", 3);
    for (const std::size_t before : {0U, 3'000'000U}) {
        const Bytes large = compress(Bytes(before, 'y'));
        REQUIRE(decompress(large, before).has_value());  // leaves its buffer to the next
        const auto result = decompress(frame, 1'000'000);
        REQUIRE(result.has_error());
        CHECK(result.error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("A use with a dictionary, and one that failed, leave nothing behind for the next", "[base]") {
    const Bytes words = sample(20'000);
    const CompressionDictionary dictionary(words, 5);
    const Bytes data = words.substr(3'000, 500);
    const Bytes alone = compress(data);
    const Bytes with = dictionary.compress(data);
    CHECK(with.size() < alone.size());
    for (int turn = 0; turn < 3; ++turn) {
        CHECK(dictionary.compress(data) == with);
        CHECK(compress(data) == alone);
        CHECK(dictionary.decompress(with, data.size()).value() == data);
        CHECK(decompress(BytesView(alone).substr(0, alone.size() / 2), data.size()).has_error());
        CHECK(decompress(alone, data.size() - 1).has_error());
        CHECK(decompress(alone, data.size()).value() == data);
        const auto without = decompress(with, data.size());
        CHECK((without.has_error() || *without != data));
    }
}

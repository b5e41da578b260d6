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

TEST_CASE("A frame that asks for a huge window is refused", "[base]") {
    // Magic, a header without content size, window descriptor for 2 GiB, an empty last block.
    const Bytes frame("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9);
    const auto result = decompress(frame, 1'000'000);
    REQUIRE(result.has_error());
    CHECK(result.error().code == ErrorCode::corrupt);
}

#include <catch2/catch.hpp>

#include "firmware/logic/update.hpp"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;
using Outcome = Update::Outcome;

namespace {

struct Bench {
    MemoryStorage slot{1'024, 8, 0x33};  // an older firmware lies there
    Update update{slot, slot.size()};
    PlainCrypto crypto;
    ImageHeader header;

    Outcome block(const std::vector<std::uint8_t>& file, std::size_t offset, std::size_t length = 128) {
        length = std::min(length, file.size() - offset);
        return update.block(static_cast<std::uint32_t>(offset), std::span(file).subspan(offset, length));
    }
    Outcome send(const std::vector<std::uint8_t>& file) {
        const Outcome begun = update.begin(static_cast<std::uint32_t>(file.size()));
        if (begun != Outcome::ok) return begun;
        for (std::size_t offset = 0; offset < file.size(); offset += 128) {
            const Outcome taken = block(file, offset);
            if (taken != Outcome::ok) return taken;
        }
        return Outcome::ok;
    }
    Outcome finish(std::uint32_t running = 1) { return update.finish("test/board", running, crypto, header); }
};

}  // namespace

TEST_CASE("a whole file ends up in the slot, byte by byte") {
    Bench b;
    const auto file = make_image(2, 3'333);
    REQUIRE(b.send(file) == Outcome::ok);
    CHECK(b.finish() == Outcome::ok);
    CHECK(b.header.version == 2);
    CHECK(std::equal(file.begin(), file.end(), b.slot.bytes().begin()));
    CHECK(b.slot.misuses == 0);
}

TEST_CASE(
    "a block that comes twice is taken once, and one that leaves a gap is refused with what is wanted") {
    Bench b;
    const auto file = make_image(2, 1'000);
    REQUIRE(b.update.begin(static_cast<std::uint32_t>(file.size())) == Outcome::ok);
    CHECK(b.block(file, 0) == Outcome::ok);
    CHECK(b.block(file, 0) == Outcome::ok);
    CHECK(b.update.next_offset() == 128);
    CHECK(b.block(file, 256) == Outcome::out_of_order);
    CHECK(b.update.next_offset() == 128);
    for (std::size_t offset = 128; offset < file.size(); offset += 128) {
        CHECK(b.block(file, offset) == Outcome::ok);
        CHECK(b.block(file, offset) == Outcome::ok);
    }
    CHECK(b.finish() == Outcome::ok);
    CHECK(b.slot.misuses == 0);
}

TEST_CASE("nothing is taken before an update has begun, after it has ended, or beyond its size") {
    Bench b;
    const auto file = make_image(2, 1'000);
    CHECK(b.block(file, 0) == Outcome::out_of_order);
    CHECK(b.finish() == Outcome::out_of_order);
    CHECK(b.update.begin(256) == Outcome::too_large);
    CHECK(b.update.begin(8 * 1'024 + 1) == Outcome::too_large);
    REQUIRE(b.update.begin(300) == Outcome::ok);
    CHECK(b.block(file, 0) == Outcome::ok);
    CHECK(b.block(file, 128) == Outcome::ok);
    CHECK(b.finish() == Outcome::out_of_order);  // not all there
    CHECK(b.block(file, 256) == Outcome::too_large);
}

TEST_CASE("a file that fits the slot and not the memory in which it would run is refused before it is sent") {
    Bench b;
    Update update{b.slot, 4'096};
    CHECK(update.begin(4'097) == Outcome::too_large);
    CHECK(update.begin(4'096) == Outcome::ok);
}

TEST_CASE("an older version, a damaged file and one for another board are refused") {
    Bench b;
    REQUIRE(b.send(make_image(2, 1'000)) == Outcome::ok);
    CHECK(b.finish(3) == Outcome::older);
    CHECK(check_image(b.slot, "test/board", b.crypto, b.header) == ImageVerdict::no_image);
    auto damaged = make_image(2, 1'000);
    damaged[700] ^= 1;
    REQUIRE(b.send(damaged) == Outcome::ok);
    CHECK(b.finish() == Outcome::damaged);
    auto unsigned_file = make_image(2, 1'000);
    unsigned_file[130] ^= 1;
    REQUIRE(b.send(unsigned_file) == Outcome::ok);
    CHECK(b.finish() == Outcome::not_signed);
    REQUIRE(b.send(make_image(2, 1'000, "other/board")) == Outcome::ok);
    CHECK(b.finish() == Outcome::wrong_board);
    REQUIRE(b.send(make_image(2, 1'000)) == Outcome::ok);
    CHECK(b.finish(2) == Outcome::ok);
}

TEST_CASE(
    "power cut at any byte of an update leaves no file that would be started, and the update can be done "
    "again") {
    const auto file = make_image(2, 704);  // no padding at its end, which may be torn unnoticed
    for (std::int64_t cut = 0; cut < 1'024 + 1'000; cut += 7) {
        Bench b;
        b.slot.bytes_left = cut;
        const Outcome sent = b.send(file);
        b.slot.bytes_left = INT64_MAX;
        if (sent == Outcome::ok) break;
        REQUIRE(check_image(b.slot, "test/board", b.crypto, b.header) != ImageVerdict::good);
        REQUIRE(b.send(file) == Outcome::ok);
        REQUIRE(b.finish() == Outcome::ok);
    }
}

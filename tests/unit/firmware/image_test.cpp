#include <catch2/catch.hpp>

#include "firmware/logic/image.hpp"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;

namespace {

ImageVerdict check(const std::vector<std::uint8_t>& file, std::string_view board = "test/board") {
    MemoryStorage slot(256, 16);
    std::copy(file.begin(), file.end(), slot.bytes().begin());
    PlainCrypto crypto;
    ImageHeader header;
    return check_image(slot, board, crypto, header);
}

}  // namespace

TEST_CASE("a firmware file is good only when every part of it is") {
    const auto file = make_image(5, 1'000);
    CHECK(check(file) == ImageVerdict::good);
    CHECK(check(file, "other/board") == ImageVerdict::wrong_board);
    CHECK(check(file, "test/boar") == ImageVerdict::wrong_board);
    CHECK(check({}) == ImageVerdict::no_image);
    CHECK(check(make_image(5, 256 * 15)) == ImageVerdict::good);

    auto too_large = file;
    too_large[9] = 0xFF;  // its size claims more than the slot holds
    CHECK(check(too_large) == ImageVerdict::no_image);
}

TEST_CASE("no byte of a firmware file can be changed unnoticed, but for the padding") {
    const auto file = make_image(5, 300);
    for (std::size_t i = 0; i < file.size(); ++i) {
        auto changed = file;
        changed[i] ^= 0x01;
        INFO(i);
        if (i >= 192 && i < 256) {
            CHECK(check(changed) == ImageVerdict::good);
        } else {
            CHECK(check(changed) != ImageVerdict::good);
        }
    }
}

TEST_CASE("a confirmed firmware runs for ever, one on trial has three starts") {
    const BootChoice steady = choose_slot({1, 0, 0, 0});
    CHECK(steady.slot == 1);
    CHECK(steady.record == BootRecord{1, 0, 0, 0});

    BootRecord record{1, 1, 0, 0};
    for (int i = 1; i <= trial_attempts; ++i) {
        const BootChoice choice = choose_slot(record);
        CHECK(choice.slot == 1);
        CHECK(choice.record.attempts == i);
        record = choice.record;
    }
    const BootChoice after = choose_slot(record);
    CHECK(after.slot == 0);
    CHECK(after.record == BootRecord{0, 0, 0, 1});
    CHECK(choose_slot(after.record).slot == 0);
}

TEST_CASE("a boot record of nonsense still names a slot that there is") {
    CHECK(choose_slot({77, 0, 0, 0}).slot == 0);
    CHECK(choose_slot({77, 9, 200, 0}).slot <= 1);
}

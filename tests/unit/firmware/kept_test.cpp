// Settings and the boot record, with power cut at every byte of a write.
#include <catch2/catch.hpp>

#include "firmware/logic/image.hpp"
#include "firmware/logic/kept.hpp"
#include "firmware/logic/settings.hpp"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;

namespace {

Settings with_hold_up(std::uint32_t ms) {
    Settings settings;
    settings.hold_up_ms = ms;
    return settings;
}

// As the next firmware may have them.
struct MoreSettings {
    Settings old;
    std::uint32_t more = 77;
    std::uint32_t still_more = 88;
    bool operator==(const MoreSettings&) const = default;
};

}  // namespace

TEST_CASE(
    "a firmware with more settings keeps those that were stored, and has the new ones as on a new board") {
    MemoryStorage storage(256, 2);
    Kept<Settings> before(storage);
    before.load();
    REQUIRE(before.save(with_hold_up(1'111)));
    REQUIRE(before.save(with_hold_up(2'222)));

    Kept<MoreSettings> after(storage);
    REQUIRE(after.load() == MoreSettings{with_hold_up(2'222)});
    REQUIRE(after.save({with_hold_up(3'333), 5, 6}));
    CHECK(Kept<MoreSettings>(storage).load() == MoreSettings{with_hold_up(3'333), 5, 6});
    // The new firmware was taken back.
    Kept<Settings> again(storage);
    CHECK(again.load() == with_hold_up(3'333));
    REQUIRE(again.save(with_hold_up(4'444)));
    CHECK(Kept<Settings>(storage).load() == with_hold_up(4'444));
    CHECK(storage.misuses == 0);
}

TEST_CASE("a value of another size is damaged by any byte as one of ours is") {
    MemoryStorage prepared(256, 2);
    Kept<MoreSettings> kept(prepared);
    kept.load();
    REQUIRE(kept.save({with_hold_up(2'222), 5, 6}));
    for (std::size_t i = 0; i < 8 + sizeof(MoreSettings) + 4; ++i) {
        MemoryStorage storage = prepared;
        storage.bytes()[i] ^= 0x10;
        REQUIRE_FALSE(Kept<Settings>(storage).load().has_value());
    }
}

TEST_CASE("what was saved is there after a reset, the newest of many") {
    MemoryStorage storage(256, 2);
    for (std::uint32_t i = 0; i < 100; ++i) {
        Kept<Settings> kept(storage);
        const auto before = kept.load();
        CHECK(before.has_value() == (i > 0));
        if (before) CHECK(*before == with_hold_up(1'000 + i - 1));
        REQUIRE(kept.save(with_hold_up(1'000 + i)));
        CHECK(kept.load() == with_hold_up(1'000 + i));
    }
    CHECK(storage.misuses == 0);
}

TEST_CASE("a new board, and one whose storage holds noise, has nothing kept") {
    for (const int fill : {0xFF, 0x00, 0x5A}) {
        MemoryStorage storage(256, 2, static_cast<std::uint8_t>(fill));
        Kept<Settings> kept(storage);
        CHECK_FALSE(kept.load().has_value());
        CHECK(kept.save(with_hold_up(5'000)));
        CHECK(Kept<Settings>(storage).load() == with_hold_up(5'000));
    }
}

TEST_CASE("power cut at any byte of a save leaves the old value or the new one, and the next save works") {
    MemoryStorage prepared(256, 2);
    {
        Kept<Settings> kept(prepared);
        kept.load();
        REQUIRE(kept.save(with_hold_up(1'111)));
        REQUIRE(kept.save(with_hold_up(2'222)));
    }
    int old_values = 0;
    int new_values = 0;
    for (std::int64_t cut = 0;; ++cut) {
        MemoryStorage storage = prepared;
        storage.bytes_left = cut;
        Kept<Settings> kept(storage);
        REQUIRE(kept.load() == with_hold_up(2'222));
        const bool saved = kept.save(with_hold_up(3'333));
        storage.bytes_left = INT64_MAX;

        Kept<Settings> after(storage);
        const auto value = after.load();
        REQUIRE(value.has_value());
        const bool is_new = *value == with_hold_up(3'333);
        REQUIRE((is_new || *value == with_hold_up(2'222)));
        REQUIRE((!saved || is_new));
        (is_new ? new_values : old_values)++;
        REQUIRE(after.save(with_hold_up(4'444)));
        REQUIRE(Kept<Settings>(storage).load() == with_hold_up(4'444));
        if (saved) break;
    }
    CHECK(old_values > 256);
    CHECK(new_values > 0);
}

TEST_CASE("any single byte that is damaged costs one copy, never both") {
    MemoryStorage prepared(256, 2);
    Kept<BootRecord> kept(prepared);
    kept.load();
    REQUIRE(kept.save({0, 0, 0, 0}));
    REQUIRE(kept.save({1, 1, 2, 0}));
    for (std::size_t i = 0; i < prepared.bytes().size(); ++i) {
        MemoryStorage storage = prepared;
        storage.bytes()[i] ^= 0x10;
        const auto value = Kept<BootRecord>(storage).load();
        REQUIRE(value.has_value());
        REQUIRE((*value == BootRecord{1, 1, 2, 0} || *value == BootRecord{0, 0, 0, 0}));
    }
}

TEST_CASE("a copy that cannot be read costs itself alone, and the next save makes it good again") {
    MemoryStorage prepared(256, 2);
    Kept<BootRecord> kept(prepared);
    kept.load();
    REQUIRE(kept.save({0, 0, 0, 0}));
    REQUIRE(kept.save({1, 1, 2, 0}));
    for (const std::uint32_t page : {0U, 1U}) {
        MemoryStorage storage = prepared;
        storage.tear(page * 256 + 8);
        Kept<BootRecord> after(storage);
        CHECK(after.load() == (page == 0 ? BootRecord{1, 1, 2, 0} : BootRecord{0, 0, 0, 0}));
        REQUIRE(after.save({1, 0, 0, 0}));
        CHECK(Kept<BootRecord>(storage).load() == BootRecord{1, 0, 0, 0});
        CHECK(storage.misuses == 0);
    }
}

TEST_CASE("a storage that fails keeps the old value and says so") {
    MemoryStorage storage(256, 2);
    Kept<Settings> kept(storage);
    kept.load();
    REQUIRE(kept.save(with_hold_up(1'111)));
    storage.broken = true;
    CHECK_FALSE(kept.save(with_hold_up(2'222)));
    storage.broken = false;
    CHECK(Kept<Settings>(storage).load() == with_hold_up(1'111));
}

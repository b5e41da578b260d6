#include <catch2/catch.hpp>

#include "firmware/logic/event_log.hpp"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;

namespace {

bool append(EventLog& log, std::uint32_t mark) {
    return log.append(Event::supply, 1, static_cast<std::uint16_t>(mark), mark, 7);
}

std::vector<std::uint32_t> numbers(EventLog& log, std::uint32_t from = 0) {
    std::vector<std::uint32_t> found;
    for (LogRecord record; log.find(from, record); from = record.number + 1) found.push_back(record.number);
    return found;
}

}  // namespace

TEST_CASE("entries are read back as they were written, in order, after a reset") {
    MemoryStorage storage(256, 3);
    EventLog log(storage);
    log.open();
    CHECK(log.append(Event::power_cut, 3, 12, 1'234, 9));
    CHECK(append(log, 2));
    EventLog again(storage);
    again.open();
    CHECK(again.next_number() == 3);
    LogRecord record;
    REQUIRE(again.find(0, record));
    CHECK((record.number == 1 && record.event == 3 && record.argument == 3 && record.value == 12));
    CHECK((record.uptime_s == 1'234 && record.starts == 9));
    CHECK(numbers(again, 2) == std::vector<std::uint32_t>{2});
    CHECK(again.starts() == 7);
}

TEST_CASE("a full log forgets its oldest page and nothing else") {
    MemoryStorage storage(256, 3);
    const std::uint32_t per_page = 256 / 16;
    for (std::uint32_t i = 1; i <= 500; ++i) {
        EventLog log(storage);
        log.open();
        REQUIRE(log.next_number() == i);
        REQUIRE(append(log, i));
        const auto kept = numbers(log);
        REQUIRE(kept.back() == i);
        REQUIRE(kept.size() >= std::min(i, 2 * per_page));
        for (std::size_t n = 1; n < kept.size(); ++n) REQUIRE(kept[n] == kept[n - 1] + 1);
    }
    CHECK(storage.misuses == 0);
}

TEST_CASE("power cut at any byte of an append costs that entry at most, and the log goes on") {
    // Around the end of a page, where one is erased too.
    for (const std::uint32_t before : {0U, 1U, 15U, 16U, 40U, 47U, 48U, 63U}) {
        MemoryStorage prepared(256, 3);
        EventLog log(prepared);
        log.open();
        for (std::uint32_t i = 1; i <= before; ++i) REQUIRE(append(log, i));
        const auto whole = numbers(log);
        for (std::int64_t cut = 0; cut <= 256 + 16; ++cut) {
            MemoryStorage storage = prepared;
            EventLog torn(storage);
            torn.open();
            storage.bytes_left = cut;
            append(torn, 1'000);
            storage.bytes_left = INT64_MAX;

            EventLog after(storage);
            after.open();
            const auto kept = numbers(after);
            // What the page that is begun held is gone; the newest are all there.
            const std::size_t least = std::min<std::size_t>(whole.size(), 32);
            REQUIRE(kept.size() >= least);
            for (std::size_t n = 0; n < least; ++n) {
                const std::uint32_t number = whole[whole.size() - 1 - n];
                REQUIRE(std::find(kept.begin(), kept.end(), number) != kept.end());
            }
            const std::uint32_t next = after.next_number();
            REQUIRE(append(after, 2'000));
            LogRecord record;
            REQUIRE(after.find(next, record));
            REQUIRE(record.uptime_s == 2'000);
            REQUIRE(storage.misuses == 0);
        }
    }
}

TEST_CASE("an entry that was torn and cannot be read is not written over, and the log goes on behind it") {
    MemoryStorage storage(256, 3);
    EventLog log(storage);
    log.open();
    REQUIRE(append(log, 1));
    storage.tear(2 * 16 + 8);
    EventLog after(storage);
    after.open();
    CHECK(after.next_number() == 3);
    CHECK(append(after, 3));
    CHECK(numbers(after) == std::vector<std::uint32_t>{1, 3});
    CHECK(storage.misuses == 0);
}

TEST_CASE("storage that holds noise is an empty log") {
    for (const int fill : {0x00, 0x5A}) {
        MemoryStorage storage(256, 3, static_cast<std::uint8_t>(fill));
        EventLog log(storage);
        log.open();
        CHECK(numbers(log).empty());
        for (std::uint32_t i = 0; i < 100; ++i) CHECK(append(log, i));
        EventLog again(storage);
        again.open();
        CHECK(numbers(again).size() >= 32);
    }
}

TEST_CASE("a storage that fails makes no entry and no harm") {
    MemoryStorage storage(256, 3);
    storage.broken = true;
    EventLog log(storage);
    log.open();
    CHECK_FALSE(append(log, 1));
    CHECK(numbers(log).empty());
}

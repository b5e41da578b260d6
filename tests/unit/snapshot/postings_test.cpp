#include "sync/snapshot/postings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sync/snapshot/spot_cell.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using snapshot::Posting;
using snapshot::PostingBlock;
using snapshot::Postings;

namespace {

constexpr std::int64_t row_at(std::int64_t place, std::int64_t slot) {
    return (place << 20) + slot;
}

// Few keys, so that many are shared; places in no order.
Posting any_posting(RandomCity& random) {
    const auto number = random.below(random.below(4) == 0 ? 5 : 5000);
    const auto place = static_cast<std::int64_t>(random.below(random.below(9) == 0 ? 1U << 30U : 100'000));
    return {fmt::format("BP-{}-{:04}", random.below(3), number),
            row_at(place, static_cast<std::int64_t>(random.below(300)))};
}

std::vector<Posting> many(RandomCity& random, std::size_t count) {
    std::vector<Posting> out;
    for (std::size_t n = 0; n < count; ++n) out.push_back(any_posting(random));
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

// An empty table of postings in memory.
struct Table {
    Table()
        : database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE),
          postings(made(database), "term") {}
    static Database& made(Database& database) {
        database.exec(
            "CREATE TABLE term (block INTEGER PRIMARY KEY, packed BLOB NOT NULL);"
            "CREATE TABLE term_first (key BLOB NOT NULL, row INTEGER NOT NULL, block INTEGER NOT NULL, "
            "PRIMARY KEY (key, row)) WITHOUT ROWID");
        return database;
    }
    void fill(const std::vector<Posting>& all) {
        for (const Posting& posting : all) postings.append(posting);
        postings.finish();
    }
    std::vector<Posting> all() {
        std::vector<Posting> out;
        for (auto at = postings.seek(""); at; postings.next(at)) out.push_back({Bytes(at.key()), at.row()});
        return out;
    }

    Database database;
    Postings postings;
};

}  // namespace

TEST_CASE("A block of search entries gives back what was packed, in order or not, one or thousands") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(21 + Catch::rngSeed());
    for (const std::size_t count : {1U, 2U, 40U, 700U, 4000U}) {
        const auto postings = many(random, count);
        const auto block = good(PostingBlock::unpack(snapshot::pack_postings(postings)));
        CHECK(block.all() == postings);
    }
    // Neighbours in neighbouring places, as parcels are.
    std::vector<Posting> close;
    for (int n = 0; n < 1000; ++n) close.push_back({fmt::format("{:09}", n * 3), row_at(n + 7, 0)});
    const Bytes packed = snapshot::pack_postings(close);
    CHECK(packed.size() < close.size());
    CHECK(good(PostingBlock::unpack(packed)).all() == close);
    const std::vector<Posting> empty_key{{"", 0}, {Bytes("\0", 1), row_at(1, 1)}};
    CHECK(good(PostingBlock::unpack(snapshot::pack_postings(empty_key))).all() == empty_key);
}

TEST_CASE("Damaged blocks of search entries are refused or harmless") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(22 + Catch::rngSeed());
    const Bytes packed = snapshot::pack_postings(many(random, 300));
    CHECK(PostingBlock::unpack("").error().code == ErrorCode::corrupt);
    CHECK(PostingBlock::unpack("\x01").error().code == ErrorCode::corrupt);
    const std::vector<Posting> two{{"B", row_at(1, 0)}, {"C", row_at(2, 0)}};
    for (const char wrong : {'A', 'B'}) {  // no key may come before the one before it, or be it again
        Bytes out_of_order = snapshot::pack_postings(two);
        out_of_order.at(out_of_order.find('C')) = wrong;
        CHECK(PostingBlock::unpack(out_of_order).error().code == ErrorCode::corrupt);
    }
    for (int run = 0; run < 2000; ++run) {
        Bytes damaged = packed;
        for (std::uint64_t n = 0; n <= random.below(3); ++n)
            damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
        if (random.below(3) == 0) damaged.resize(random.below(damaged.size()));
        const auto block = PostingBlock::unpack(damaged);
        if (block) CHECK(block->size() <= snapshot::most_in_block);
    }
}

TEST_CASE("Search entries are found forwards and backwards from any key") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(23 + Catch::rngSeed());
    Table table;
    CHECK_FALSE(table.postings.seek("A"));
    CHECK_FALSE(table.postings.seek_before("A"));
    const auto wanted = many(random, 9000);
    table.fill(wanted);
    CHECK(table.all() == wanted);
    CHECK(table.database.execAndGet("SELECT count(*) FROM term").getInt() > 5);
    for (int run = 0; run < 400; ++run) {
        const Posting from = any_posting(random);
        const auto expected = std::ranges::lower_bound(wanted, from);
        const auto found = table.postings.seek(from.key, from.row);
        REQUIRE(static_cast<bool>(found) == (expected != wanted.end()));
        if (found) CHECK(Posting{Bytes(found.key()), found.row()} == *expected);
        const auto before = table.postings.seek_before(from.key, from.row);
        REQUIRE(static_cast<bool>(before) == (expected != wanted.begin()));
        if (before) CHECK(Posting{Bytes(before.key()), before.row()} == *(expected - 1));
    }
}

TEST_CASE("Going on from an entry ends where a search from the start would") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(24 + Catch::rngSeed());
    Table table;
    const auto wanted = many(random, 5000);
    table.fill(wanted);
    for (int run = 0; run < 2000; ++run) {
        std::size_t at = random.below(wanted.size());
        auto place = table.postings.seek(wanted[at].key, wanted[at].row);
        // A few steps, near and far, to what is there and to what is not.
        for (int step = 0; step < 4 && place; ++step) {
            Posting to =
                wanted[std::min(wanted.size() - 1, at + random.below(random.below(3) == 0 ? 3000 : 20))];
            to.row += static_cast<std::int64_t>(random.below(2));
            if (to < wanted[at]) continue;
            const auto expected = std::ranges::lower_bound(wanted, to);
            table.postings.advance(place, to.key, to.row);
            REQUIRE(static_cast<bool>(place) == (expected != wanted.end()));
            if (!place) break;
            REQUIRE(Posting{Bytes(place.key()), place.row()} == *expected);
            at = static_cast<std::size_t>(expected - wanted.begin());
        }
    }
}

TEST_CASE("Search entries that come and go leave what a set would hold, down to nothing") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(24 + Catch::rngSeed());
    Table table;
    const auto begun = many(random, 2000);
    table.fill(begun);
    std::set<Posting> held(begun.begin(), begun.end());
    for (int step = 0; step < 1500; ++step) {
        const Posting posting = any_posting(random);
        if (random.below(2) == 0) {
            table.postings.add(posting);
            held.insert(posting);
        } else {
            const auto victim = held.lower_bound(posting);
            if (victim == held.end()) continue;
            table.postings.remove(*victim);
            held.erase(victim);
        }
        table.postings.remove({posting.key + "not there", 1});
    }
    CHECK(table.all() == std::vector<Posting>(held.begin(), held.end()));
    for (const Posting& posting : held) table.postings.remove(posting);
    CHECK(table.all().empty());
    CHECK(table.database.execAndGet("SELECT (SELECT count(*) FROM term) + (SELECT count(*) FROM term_first)")
              .getInt() == 0);
}

TEST_CASE(
    "What another connection changes is seen after forgetting, and what it left is not unpacked again") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(25 + Catch::rngSeed());
    Table table;
    const auto begun = many(random, 6000);
    table.fill(begun);
    std::set<Posting> held(begun.begin(), begun.end());
    Postings reading(table.database, "term");
    const auto look = [&](const Posting& from) {
        const auto expected = held.lower_bound(from);
        const auto found = reading.seek(from.key, from.row);
        REQUIRE(static_cast<bool>(found) == (expected != held.end()));
        if (found) CHECK(Posting{Bytes(found.key()), found.row()} == *expected);
    };
    for (int round = 0; round < 40; ++round) {
        // Blocks grow, shrink, and begin elsewhere.
        for (std::uint64_t changes = random.below(12); changes > 0; --changes) {
            const Posting posting = any_posting(random);
            if (random.below(2) == 0) {
                table.postings.add(posting);
                held.insert(posting);
                continue;
            }
            auto victim = held.lower_bound(posting);
            for (int more = 0; more < 8 && victim != held.end(); ++more) {
                table.postings.remove(*victim);
                victim = held.erase(victim);
            }
        }
        reading.forget();
        for (int asked = 0; asked < 100; ++asked) look(any_posting(random));
    }
    reading.forget();
    for (const Posting& posting : begun) look(posting);
    reading.forget();
    const auto unpacked = reading.unpacked();
    for (const Posting& posting : begun) look(posting);
    CHECK(reading.unpacked() == unpacked);
}

TEST_CASE("A box of the map index gives back what was packed, and refuses what is damaged") {
    const std::vector<snapshot::Thing> things{
        {row_at(1, 0), -900'000'000, -900'000'000, -1'800'000'000, -1'800'000'000},
        {row_at(1, 5), 430'000'000, 430'000'009, -760'000'000, -759'000'000},
        {row_at(900'000, 31), 900'000'000, 900'000'000, 1'800'000'000, 1'800'000'000}};
    const Bytes packed = snapshot::pack_cell(things);
    CHECK(good(snapshot::unpack_cell(packed)) == things);
    for (std::size_t size = 0; size < packed.size(); ++size)
        CHECK(snapshot::unpack_cell(BytesView(packed).substr(0, size)).has_error());
    CHECK(snapshot::unpack_cell(packed + "x").has_error());
}

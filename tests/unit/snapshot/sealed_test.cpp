#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/entries.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using records::LayerKey;
using seal::Keyring;
using snapshot::Reader;
using snapshot::Writer;

namespace {

const LayerKey general{records::CONFIDENTIAL, "general"};
const LayerKey health{records::RESTRICTED, "health"};
const records::FeedId general_feed{"city", general};
const records::FeedId health_feed{"city", health};

Bytes secret(char byte) {
    return Bytes(seal::secret_bytes, byte);
}

Keyring ring(const std::vector<LayerKey>& layers, char byte = 'k', std::uint32_t epoch = 1) {
    Keyring out;
    for (const LayerKey& layer : layers) good(out.add(layer, epoch, secret(byte)));
    return out;
}
const Keyring both = ring({general, health});

snapshot::Sealing with(const Keyring& keys, const std::map<LayerKey, Bytes>& dictionaries = {}) {
    snapshot::Sealing out;
    out.keys = keys;
    out.dictionaries = dictionaries;
    return out;
}

// The names of parties are sealed too.
std::vector<Change> party(const std::string& key, const std::string& name, const std::string& phone,
                          const std::string& needs = {}, std::int64_t version = 1) {
    records::Party message;
    message.set_role("owner");
    message.set_email(name + "@example.org");
    message.add_phones(phone);
    if (!needs.empty()) message.set_needs(needs);
    auto rows = layers(records::PARTY, key, message, property_id(key), version);
    for (Change& change : rows) {
        if (change.feed != general_feed) continue;
        records::Party part;
        REQUIRE(part.ParseFromString(change.row.body));
        part.set_name(name);
        change.row.body = part.SerializeAsString();
    }
    return rows;
}

void append(std::vector<Change>& rows, std::vector<Change> more) {
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<Change> household(int number, std::int64_t version = 1) {
    const std::string key = std::to_string(number);
    std::vector<Change> rows =
        layers(records::PROPERTY, key, property(key + " Main St", 43, -76), 0, version);
    append(rows, party(key, fmt::format("Zzyzx{} Wilhelmina", number), fmt::format("315-555-{:04}", number),
                       number % 3 == 0 ? fmt::format("oxygentank{}", number) : "", version));
    return rows;
}

std::vector<Change> town(int households, std::int64_t version = 1) {
    std::vector<Change> rows;
    for (int number = 0; number < households; ++number) append(rows, household(number, version));
    return rows;
}

void build_sealed(const std::filesystem::path& path, const std::vector<Change>& rows,
                  const snapshot::Sealing& sealing) {
    auto writer = good(Writer::create(path, {"test", "Testville", "all", 7, 1, 100, 90, ""}, sealing));
    good(writer->begin());
    for (const Change& change : rows) good(writer->put(change.feed, change.row));
    good(writer->commit());
    good(writer->finish());
}

void put_all(Writer& writer, const std::vector<Change>& rows) {
    good(writer.begin());
    for (const Change& change : rows) good(writer.put(change.feed, change.row));
    good(writer.commit());
}

// Every number and every word of a name that can be searched, with the records behind them.
std::vector<std::string> searchable(const std::filesystem::path& path, const Keyring& keys) {
    auto reader = good(Reader::open(path, keys));
    auto& entries = reader->entries();
    std::vector<std::string> out;
    const snapshot::EntriesAtOnce one_state(entries);
    const auto record = [&](std::int64_t row) {
        const auto found = entries.row(row);
        return found ? found->record : 0;
    };
    for (const auto& term : entries.terms("", 100'000))
        out.push_back(fmt::format("{} {} {}", static_cast<int>(term.kind), term.key, record(term.row)));
    std::vector<std::pair<std::string, std::int64_t>> words;
    entries.for_each_name_word(
        {}, SIZE_MAX, [&](std::string_view word, std::int64_t rows) { words.emplace_back(word, rows); });
    for (const auto& [word, rows] : words) {
        out.push_back(fmt::format("{} {}", word, rows));
        for (const std::int64_t row : entries.named({word}, {}, 100'000))
            out.push_back(fmt::format("{}: {}", word, record(row)));
    }
    std::ranges::sort(out);
    return out;
}

std::vector<records::LayerRow> view_of(Reader& reader, int household) {
    return good(reader.view(property_id(std::to_string(household)))).rows;
}

bool has_kind(const std::vector<records::LayerRow>& rows, const LayerKey& layer) {
    return std::ranges::any_of(rows, [&](const auto& row) { return row.layer == layer; });
}

Bytes file_bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void change_file(const std::filesystem::path& path, const std::string& statement) {
    auto database = good(open_database(path, Durability::normal));
    REQUIRE(database->exec(statement) > 0);
}

std::string sealed_rows_of(const LayerKey& layer) {
    return fmt::format("feed = (SELECT feed FROM feed WHERE id = 'city/{}/{}')",
                       records::classification_name(layer.classification), layer.compartment);
}

}  // namespace

TEST_CASE("With its keys a sealed file shows and finds what a plain one does") {
    const Folder folder;
    const auto rows = town(40);
    build(folder / "plain", rows);
    for (const auto algorithm : {seal::Algorithm::xchacha20_poly1305, seal::Algorithm::aes_256_gcm}) {
        const auto file = folder / fmt::format("sealed{}", static_cast<int>(algorithm));
        build_sealed(file, rows, {both, algorithm, {}});
        auto plain = good(Reader::open(folder / "plain"));
        auto sealed = good(Reader::open(file, both));
        for (int number = 0; number < 40; ++number)
            CHECK(view_of(*sealed, number) == view_of(*plain, number));
        CHECK(good(sealed->closed_layers()).empty());
        CHECK(good(sealed->sealed_layers()) == std::vector{general, health});
        CHECK(searchable(file, both) == searchable(folder / "plain", {}));
        CHECK(good(sealed->counts()).records == good(plain->counts()).records);
    }
}

TEST_CASE("Without keys a reader works for all else and says which layers are closed") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    auto reader = good(Reader::open(folder / "city"));
    CHECK(good(reader->closed_layers()) == std::vector{general, health});
    const auto view = good(reader->view(property_id("3")));
    CHECK(view.closed == std::vector{general, health});
    CHECK(good(reader->view(property_id("4"))).closed == std::vector{general});
    CHECK(has_kind(view.rows, {records::PUBLIC, "general"}));
    CHECK(has_kind(view.rows, {records::INTERNAL, "general"}));
    CHECK_FALSE(has_kind(view.rows, general));
    CHECK_FALSE(has_kind(view.rows, health));
    CHECK(good(reader->record(id_of(records::PARTY, "3"))).size() == 1);
    CHECK(reader->entries().named({"WILHELMINA"}, {}, 10).empty());
    CHECK(reader->entries().terms("tel", 10).empty());
    CHECK(reader->entries().words_beginning("ZZYZX", 10).empty());
}

TEST_CASE("A key opens its own compartment and no other") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    auto reader = good(Reader::open(folder / "city", ring({general})));
    CHECK(good(reader->closed_layers()) == std::vector{health});
    const auto view = good(reader->view(property_id("3")));
    CHECK(has_kind(view.rows, general));
    CHECK_FALSE(has_kind(view.rows, health));
    CHECK(view.closed == std::vector{health});
    CHECK(reader->entries().named({"ZZYZX3", "WILHELMINA"}, {}, 10).size() == 1);
    CHECK(reader->entries().terms("tel3000555", 10).size() == 1);
}

TEST_CASE("A wrong key opens nothing, is told, and is no damage") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    auto reader = good(Reader::open(folder / "city", ring({general, health}, 'x')));
    CHECK(good(reader->closed_layers()) == std::vector{general, health});
    CHECK_FALSE(view_of(*reader, 3).empty());
    Keyring one_wrong = ring({general});
    good(one_wrong.add(health, 1, secret('x')));
    const auto held = reader->hold(one_wrong);
    REQUIRE_FALSE(held);
    CHECK(held.error().code == ErrorCode::refused);
    CHECK(held.error().message.find("restricted/health") != std::string::npos);
    CHECK(good(reader->closed_layers()) == std::vector{health});
    CHECK(reader->hold(both));
    CHECK(good(reader->closed_layers()).empty());
}

TEST_CASE("A key that is dropped while the file is open takes with it what it had opened") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    auto keys = both;
    auto reader = good(Reader::open(folder / "city", keys));
    int forgotten = 0;
    reader->entries().on_keys_changed([&] { ++forgotten; });
    const auto found = reader->entries().named({"WILHELMINA"}, {}, 100);
    REQUIRE(found.size() == 10);
    REQUIRE(reader->entries().row(found.front()));
    keys.drop(general);
    CHECK(reader->hold(keys));
    CHECK(forgotten == 1);
    CHECK_FALSE(reader->entries().row(found.front()));
    CHECK(good(reader->closed_layers()) == std::vector{general});
    CHECK(reader->entries().named({"WILHELMINA"}, {}, 100).empty());
    CHECK(reader->entries().terms("tel", 10).empty());
    CHECK_FALSE(has_kind(view_of(*reader, 3), general));
    CHECK(has_kind(view_of(*reader, 3), health));
    CHECK(reader->hold(both));
    CHECK(reader->entries().named({"WILHELMINA"}, {}, 100).size() == 10);
}

TEST_CASE("No reader keeps a key that it was told to drop") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    Keyring keys = ring({general, health});
    const std::weak_ptr<const seal::Key> key = keys.newest(general);
    auto reader = good(Reader::open(folder / "city", keys));
    auto writer = good(Writer::open(folder / "city", keys));
    view_of(*reader, 3);
    REQUIRE(reader->entries().named({"WILHELMINA"}, {}, 100).size() == 10);
    put_all(*writer, household(11));
    keys.drop(general);
    CHECK(reader->hold(keys));
    CHECK(writer->hold(keys));
    CHECK(key.expired());
}

TEST_CASE("A sealed cell that was changed, cut or moved is damage, not data") {
    const Folder folder;
    const auto damage = [&](const std::string& statement) {
        std::error_code ignored;
        std::filesystem::remove(folder / "city", ignored);
        build_sealed(folder / "city", town(10), with(both));
        change_file(folder / "city", statement);
        auto reader = good(Reader::open(folder / "city", both));
        const auto view = reader->view(property_id("3"));
        REQUIRE_FALSE(view);
        CHECK(view.error().code == ErrorCode::corrupt);
        CHECK(good(Reader::open(folder / "city"))
                  ->view(property_id("3")));  // whoever has no key sees no trouble
    };
    const std::string rows = " WHERE " + sealed_rows_of(general);
    damage("UPDATE layer SET body = CAST(substr(body, 1, 30) || x'00' || substr(body, 32) AS BLOB)" + rows);
    damage("UPDATE layer SET body = substr(body, 1, length(body) - 1)" + rows);
    damage("UPDATE layer SET body = x''" + rows);
    damage("UPDATE layer SET version = version + 1" + rows);
    damage("UPDATE layer SET kind = 3" + rows);
    // Each has the body of the next.
    damage(
        "UPDATE layer SET body = (SELECT body FROM layer AS other WHERE other.feed = layer.feed AND "
        "other.record <> layer.record AND other.row > layer.row LIMIT 1)" +
        rows + " AND row < (SELECT max(row) FROM layer" + rows + ")");
    // The other compartment's cell.
    damage(
        "UPDATE layer SET body = (SELECT body FROM layer AS other WHERE other.record = layer.record AND "
        "other." +
        sealed_rows_of(health) + ")" + rows + " AND record IN (SELECT record FROM layer WHERE " +
        sealed_rows_of(health) + ")");
}

TEST_CASE("Search entries that were changed or moved are damage, not answers") {
    const Folder folder;
    for (const char* statement :
         {"UPDATE sealed_block SET packed = CAST(substr(packed, 1, 20) || x'00' || substr(packed, 22) AS "
          "BLOB)",
          "UPDATE sealed_first SET first = (SELECT first FROM sealed_first AS other WHERE other.block <> "
          "sealed_first.block LIMIT 1)",
          "UPDATE sealed_block SET packed = (SELECT packed FROM sealed_block AS other WHERE other.block <> "
          "sealed_block.block LIMIT 1)"}) {
        std::error_code ignored;
        std::filesystem::remove(folder / "city", ignored);
        build_sealed(folder / "city", town(10), with(both));
        change_file(folder / "city", statement);
        auto reader = good(Reader::open(folder / "city", both));
        auto named = sql([&] { return reader->entries().named({"WILHELMINA"}, {}, 10); });
        REQUIRE_FALSE(named);
        CHECK(named.error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("Rows that did not change are sealed to the same bytes in the next build") {
    const Folder folder;
    auto rows = town(600);
    build_sealed(folder / "first", rows, with(both));
    const auto dictionaries = good(good(Reader::open(folder / "first", both))->dictionaries());
    append(rows, household(9000));
    for (Change& change : rows) {
        if (change.row.record != id_of(records::PARTY, "5")) continue;
        ++change.row.version;
    }
    build_sealed(folder / "second", rows, with(both, dictionaries));
    const auto cells = [&](const std::string& name) {
        std::map<std::pair<std::int64_t, std::string>, std::string> out;
        auto database = good(open_database(folder / name, Durability::read_only));
        SQLite::Statement all(
            *database,
            "SELECT record, feed.id, hex(body) FROM layer JOIN feed USING (feed) WHERE feed.id LIKE "
            "'city/confidential/%' OR feed.id LIKE 'city/restricted/%'");
        while (all.executeStep())
            out[{all.getColumn(0).getInt64(), all.getColumn(1).getString()}] = all.getColumn(2).getString();
        return out;
    };
    const auto first = cells("first");
    const auto second = cells("second");
    CHECK(first.size() == 800);
    std::size_t other = 0;
    for (const auto& [place, cell] : first) other += second.at(place) != cell ? 1 : 0;
    CHECK(other == 1);
}

TEST_CASE("Nothing of what is sealed stands in the file in any plain form") {
    const Folder folder;
    build_sealed(folder / "city", town(40), with(both));
    {
        auto writer = good(Writer::open(folder / "city", both));
        put_all(*writer, town(45, 2));
    }
    auto writer = good(Writer::open(folder / "city", both));
    put_all(*writer, household(77));
    Bytes all;
    for (const char* name : {"city", "city-wal"}) all += file_bytes(folder / name);
    REQUIRE(all.size() > 100'000);
    CHECK(all.find("Main St") != Bytes::npos);  // the search does find what is plain
    for (const char* word :
         {"Wilhelmina", "WILHELMINA", "ilhelm", "Zzyzx", "ZZYZX", "zyzx", "oxygentank", "xygent",
          "OXYGENTANK", "example.org", "315-555", "315555", "555513", "tel3", "3000555", "7700555"}) {
        INFO(word);
        CHECK(all.find(word) == Bytes::npos);
    }
    // Nor by the key of the whole name, which is a hash without a key.
    CHECK(all.find(lookup::whole_name_word("ZZYZX7 WILHELMINA")) == Bytes::npos);
}

TEST_CASE("Feed changes are sealed on the device, and found like those of a fresh build") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    RandomCity random(Catch::rngSeed());
    const Folder folder;
    build_sealed(folder / "fed", {}, with(both));
    std::map<std::pair<records::FeedId, records::RecordId>, Change> held;
    auto writer = good(Writer::open(folder / "fed", both));
    auto reader = good(Reader::open(folder / "fed", both));
    for (int step = 0; step < 150; ++step) {
        const auto number = static_cast<int>(random.below(30));
        const auto version = static_cast<std::int64_t>(step + 1);
        auto rows = household(number, version);
        append(rows,
               party(std::to_string(number), fmt::format("Name{} Other{}", random.below(9), random.below(5)),
                     fmt::format("315-555-{:04}", random.below(9999)), "", version));
        for (const Change& change : rows) held.insert_or_assign({change.feed, change.row.record}, change);
        const bool undone = random.below(5) == 0;
        const auto before = held;
        good(writer->begin());
        for (const Change& change : rows) good(writer->put(change.feed, change.row));
        if (random.below(3) == 0) {
            const auto victim =
                std::next(held.begin(), static_cast<std::ptrdiff_t>(random.below(held.size())));
            good(writer->remove(victim->first.first, victim->first.second, version));
            held.erase(victim);
        }
        good(writer->commit());
        if (undone) {
            good(writer->begin());
            for (const Change& change : household(99)) good(writer->put(change.feed, change.row));
            good(writer->rollback());
        }
        if (step % 10 == 0) CHECK(reader->view(property_id(std::to_string(number))));
    }
    std::vector<Change> rows;
    for (const auto& [key, change] : held) rows.push_back(change);
    build_sealed(folder / "fresh", rows, with(both));
    build(folder / "plain", rows);
    CHECK(searchable(folder / "fed", both) == searchable(folder / "plain", {}));
    CHECK(searchable(folder / "fresh", both) == searchable(folder / "plain", {}));
    // Who had it open all the while sees the same.
    std::size_t words = 0;
    reader->entries().begin();
    reader->entries().for_each_name_word({}, SIZE_MAX, [&](std::string_view, std::int64_t) { ++words; });
    reader->entries().end();
    std::size_t fresh_words = 0;
    auto fresh = good(Reader::open(folder / "fresh", both));
    fresh->entries().for_each_name_word({}, SIZE_MAX, [&](std::string_view, std::int64_t) { ++fresh_words; });
    CHECK(words == fresh_words);
}

TEST_CASE("A sealed layer whose key is not held cannot be changed; the others can") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    auto writer = good(Writer::open(folder / "city", ring({general})));
    const auto rows = household(3, 5);
    good(writer->begin());
    for (const Change& change : rows) {
        const auto put = writer->put(change.feed, change.row);
        CHECK(put.has_value() == (change.feed != health_feed));
        if (!put) CHECK(put.error().code == ErrorCode::unavailable);
    }
    CHECK(writer->remove(health_feed, id_of(records::PARTY, "3"), 9).error().code == ErrorCode::unavailable);
    good(writer->commit());
    auto reader = good(Reader::open(folder / "city", both));
    for (const auto& row : view_of(*reader, 3)) CHECK(row.version == (row.layer == health ? 1 : 5));
}

TEST_CASE("A file seals from its beginning: a row without a key is refused, not kept in the open") {
    const Folder folder;
    auto writer = good(Writer::create(folder / "city", {}, with(ring({general}))));
    good(writer->begin());
    for (const Change& change : household(3)) {
        const auto put = writer->put(change.feed, change.row);
        CHECK(put.has_value() == (change.feed != health_feed));
    }
}

TEST_CASE("A lost right takes the rows of a sealed feed without its key") {
    const Folder folder;
    auto rows = town(20);
    const records::FeedId north{"north", general};
    auto more = party("900", "Northern Wilhelmina", "315-555-9999");
    std::erase_if(more, [](const Change& change) { return change.feed != general_feed; });
    for (Change& change : more) change.feed = north;
    append(rows, more);
    build_sealed(folder / "city", rows, with(both));
    auto writer = good(Writer::open(folder / "city"));
    good(writer->begin());
    good(writer->remove_feed(health_feed));
    good(writer->remove_feed(general_feed));
    good(writer->commit());
    good(writer->empty_log());
    auto reader = good(Reader::open(folder / "city", both));
    CHECK(good(reader->sealed_layers()) == std::vector{general});
    CHECK_FALSE(has_kind(view_of(*reader, 3), general));
    CHECK(good(reader->record(id_of(records::PARTY, "900"))).size() == 1);
    // Until somebody with the key has written, search finds nothing wrong, if too little.
    CHECK(reader->entries().named({"WILHELMINA"}, {}, 100).empty());
    CHECK(writer->hold(both));
    CHECK(good(reader->view(property_id("3"))).closed.empty());
    CHECK(reader->entries().named({"WILHELMINA"}, {}, 100).size() == 1);
    CHECK(reader->entries().terms("tel9999555", 10).size() == 1);
}

TEST_CASE("A new key epoch seals what is new, and both keys are needed from then on") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    Keyring later = both;
    good(later.add(general, 2, secret('n')));
    auto reader = good(Reader::open(folder / "city", both));
    auto writer = good(Writer::open(folder / "city", later));
    CHECK(good(reader->closed_layers()).empty());
    put_all(*writer, household(50));
    CHECK(good(reader->closed_layers()) == std::vector{general});
    CHECK(reader->hold(later));
    CHECK(good(reader->closed_layers()).empty());
    CHECK(has_kind(view_of(*reader, 50), general));
    CHECK(reader->entries().named({"WILHELMINA"}, {}, 100).size() == 11);
    CHECK(searchable(folder / "city", ring({general}, 'n', 2)) == searchable(folder / "city", {}));
}

TEST_CASE("Search entries by other rules are made anew for sealed layers too, once their key is there") {
    const Folder folder;
    build_sealed(folder / "city", town(10), with(both));
    const auto before = searchable(folder / "city", both);
    change_file(folder / "city", "UPDATE meta SET value = 0 WHERE key = 'terms'");
    good(Writer::open(folder / "city"));
    CHECK(searchable(folder / "city", both) != before);
    good(Writer::open(folder / "city", both));
    CHECK(searchable(folder / "city", both) == before);
    change_file(folder / "city", "UPDATE meta SET value = 0 WHERE key = 'terms'");
    good(Writer::open(folder / "city", both));
    CHECK(searchable(folder / "city", both) == before);
}

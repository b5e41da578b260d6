#include "daemon/device/city/city_cache.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <future>

#include "sync/base/file.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/snapshot/reader.hpp"
#include "tests/unit/device_journal/file_size_limit.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::test;

namespace {

constexpr std::int64_t built_as_of = 1'600'000'000;
constexpr std::int64_t now_s = 1'772'366'400;
constexpr std::int64_t other_format = snapshot::format_version + 1;

void set_format(const std::filesystem::path& file, std::int64_t format) {
    Database(file.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE meta SET value = " + std::to_string(format) + " WHERE key = 'format'");
}

// A vehicle's folder, and a hub that builds what is fetched into it.
struct Bench {
    Bench() { restart(); }

    void restart() {
        cache.reset();
        cache = std::make_unique<CityCache>(city_folder, [](std::function<void()> event) { event(); });
    }
    // What the call's completion gets.
    template <class T, class Call>
    T told(Call&& call) {
        std::promise<T> promise;
        call([&](T result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }
    Bytes built(std::uint64_t generation, std::int64_t format = snapshot::format_version,
                const std::vector<Change>& rows = {}) {
        const auto file = folder / ("built-" + std::to_string(generation));
        {
            auto writer = good(snapshot::Writer::create(
                file,
                {"test", "Testville", "all", 7, static_cast<std::int64_t>(generation), 100, built_as_of}));
            good(writer->begin());
            good(writer->set_feed_cursor(public_feed, 7, 0));
            for (const auto& [feed, row] : rows) {
                good(writer->put(feed, row));
                good(writer->set_feed_cursor(feed, 7, 5));
            }
            good(writer->commit());
            good(writer->finish());
        }
        set_format(file, format);
        return good(read_file(file));
    }
    protocol::Manifest manifest(const Bytes& file, std::uint64_t generation) {
        protocol::Manifest out;
        out.set_kind("snapshot");
        out.set_generation(generation);
        out.set_bytes(file.size());
        out.set_sha256(sha256(file));
        out.set_block_bytes(16'384);
        for (std::size_t at = 0; at < file.size(); at += out.block_bytes()) {
            out.add_blocks()->set_sha256(sha256(BytesView(file).substr(at, out.block_bytes())));
        }
        return out;
    }
    std::vector<std::uint32_t> prepare(const protocol::Manifest& manifest) {
        return good(told<Result<std::vector<std::uint32_t>>>(
            [&](auto done) { cache->prepare(manifest, std::move(done)); }));
    }
    Result<Mounted> finish(const protocol::Manifest& manifest) {
        return told<Result<Mounted>>([&](auto done) { cache->finish(manifest, std::move(done)); });
    }
    // As the engine does it; `fetched` counts the blocks that had to come.
    Result<Mounted> fetch(const Bytes& file, std::uint64_t generation) {
        const auto offered = manifest(file, generation);
        for (const std::uint32_t block : prepare(offered)) {
            const auto content = BytesView(file).substr(block * offered.block_bytes(), offered.block_bytes());
            good(
                told<Status>([&](auto done) { cache->write_block(block, Bytes(content), std::move(done)); }));
            ++fetched;
        }
        return finish(offered);
    }
    Result<engine::FeedPoint> apply(std::uint64_t n, std::int64_t as_of) {
        records::Permit permit;
        permit.set_permit_number("B-" + std::to_string(n));
        auto row = layers(records::PERMIT, permit.permit_number(), permit, 0).front().row;
        row.as_of = as_of;
        protocol::FeedSegment segment;
        segment.set_feed(records::feed_text(public_feed));
        segment.set_hub_generation(7);
        segment.set_after(n - 1);
        segment.set_through(n);
        auto& entry = *segment.add_entries();
        entry.set_n(n);
        *entry.mutable_row() = protocol::to_wire(row);
        return told<Result<engine::FeedPoint>>(
            [&](auto done) { cache->apply(public_feed, segment, now_s, std::move(done)); });
    }
    // Names in the vehicle's folder, but for SQLite's own beside a database.
    std::vector<std::string> files() {
        std::vector<std::string> out;
        for (const auto& entry : std::filesystem::directory_iterator(city_folder)) {
            const std::string name = entry.path().filename().string();
            if (!name.ends_with("-wal") && !name.ends_with("-shm")) out.push_back(name);
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    Folder folder;
    const std::filesystem::path city_folder = folder / "city";
    std::unique_ptr<CityCache> cache;
    int fetched = 0;
};

using Names = std::vector<std::string>;

const records::FeedId secret_feed{"city", {records::CONFIDENTIAL, "fire"}};
const std::string secret = "plantedsecret";

// A permit and a party that search finds by the secret, on the feed that is lost later.
std::vector<Change> secret_rows(const std::string& key) {
    records::Permit permit;
    permit.set_permit_number("B-" + secret + key);
    permit.set_description("the " + secret + " in room " + key);
    records::Party party;
    party.set_name(secret + " person" + key);
    std::vector<Change> rows;
    for (auto& [feed, row] : layers(records::PERMIT, "permit" + key, permit, 0)) rows.push_back({feed, row});
    for (auto& [feed, row] : layers(records::PARTY, "party" + key, party, 0)) rows.push_back({feed, row});
    std::vector<Change> out;
    for (auto& [feed, row] : rows) {
        if (row.body.find(secret) == Bytes::npos) continue;
        row.layer = secret_feed.layer;
        out.push_back({secret_feed, row});
    }
    REQUIRE(out.size() == 2);
    return out;
}

// The files in which the secret can still be read, logs included.
Names traces(const std::filesystem::path& folder) {
    Names out;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        Bytes content = good(read_file(entry.path()));
        for (char& c : content) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (content.find(secret) != Bytes::npos) out.push_back(entry.path().filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
}

// What the engine asks for when the profile does not clear the feed any more.
Result<engine::MountedCity> lose(Bench& bench) {
    engine::ChangeFeeds change;
    change.hub_generation = 7;
    change.drop.push_back(secret_feed);
    return bench.told<Result<engine::MountedCity>>(
        [&](auto done) { bench.cache->change_feeds(change, std::move(done)); });
}

void give_secret(Bench& bench, const std::string& key, std::uint64_t after = 5) {
    protocol::FeedSegment segment;
    segment.set_feed(records::feed_text(secret_feed));
    segment.set_hub_generation(7);
    segment.set_after(after);
    segment.set_through(after + 2);
    std::uint64_t n = after;
    for (const auto& [feed, row] : secret_rows(key)) {
        auto& entry = *segment.add_entries();
        entry.set_n(++n);
        *entry.mutable_row() = protocol::to_wire(row);
    }
    REQUIRE(bench
                .told<Result<engine::FeedPoint>>(
                    [&](auto done) { bench.cache->apply(secret_feed, segment, now_s, std::move(done)); })
                .has_value());
}

// Its first bytes only: whatever else it held can still be read in it.
void damage(Bench& bench, const std::string& name) {
    bench.cache.reset();
    std::fstream file(bench.city_folder / name, std::ios::binary | std::ios::in | std::ios::out);
    file << std::string(100, 'q');
}

}  // namespace

TEST_CASE("A city of another format is fetched once, and mounted by the program that reads it", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const Bytes file = bench.built(3, other_format);
    CHECK(bench.fetch(file, 3).error().code == ErrorCode::conflict);
    const int blocks = bench.fetched;
    CHECK(blocks > 1);
    for (int hello = 0; hello < 3; ++hello) {
        CHECK(bench.fetch(file, 3).error().code == ErrorCode::conflict);
        bench.restart();
        CHECK_FALSE(good(bench.cache->open()).has_value());
    }
    CHECK(bench.fetched == blocks);
    CHECK(bench.files() == Names{"city-3.db"});

    // Its successor takes its place, not more of the disk.
    const Bytes next = bench.built(4, other_format);
    CHECK(bench.fetch(next, 4).error().code == ErrorCode::conflict);
    CHECK(bench.files() == Names{"city-4.db"});

    bench.cache.reset();
    set_format(bench.city_folder / "city-4.db", snapshot::format_version);  // the update of the program
    bench.restart();
    CHECK(good(bench.cache->open())->city.snapshot_generation == 4);
}

TEST_CASE("A city of another format leaves the one that is mounted as it is", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    CHECK(bench.fetch(bench.built(2, other_format), 2).error().code == ErrorCode::conflict);
    CHECK(bench.apply(1, built_as_of).has_value());
    CHECK(bench.fetch(bench.built(3, other_format), 3).error().code == ErrorCode::conflict);
    CHECK(bench.files() == Names{"city-1.db", "city-3.db"});
    bench.restart();
    CHECK(good(bench.cache->open())->city.snapshot_generation == 1);
    CHECK(good(bench.fetch(bench.built(4), 4)).city.snapshot_generation == 4);
    CHECK(bench.files() == Names{"city-1.db", "city-4.db"});
}

TEST_CASE("A city that cannot be opened for a moment is kept, and mounted at the next try", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const Bytes file = bench.built(3);
    const auto in_the_way = bench.city_folder / "city-3.db-wal";
    std::filesystem::create_directory(in_the_way);
    const auto refused = bench.fetch(file, 3);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code != ErrorCode::conflict);
    CHECK(refused.error().code != ErrorCode::corrupt);
    const int blocks = bench.fetched;
    std::filesystem::remove(in_the_way);
    CHECK(good(bench.fetch(file, 3)).city.snapshot_generation == 3);
    CHECK(bench.fetched == blocks);
    CHECK(bench.files() == Names{"city-3.db"});
}

TEST_CASE("On a full disk the city is read, and can be changed again once there is room", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    REQUIRE(bench.apply(1, built_as_of + 1).has_value());
    bench.restart();
    const auto mend = [&] {
        return bench.told<Result<std::optional<Mounted>>>(
            [&](auto done) { bench.cache->mend(std::move(done)); });
    };
    CHECK_FALSE(good(mend()).has_value());
    {
        const device::testing::FileSizeLimit full(1);
        const auto mounted = good(bench.cache->open());
        REQUIRE(mounted.has_value());
        CHECK_FALSE(mounted->read_only.empty());
        CHECK(mounted->city.feeds.at(public_feed).cursor == 1);
        CHECK(good(good(snapshot::Reader::open(mounted->file))->meta()).as_of == built_as_of + 1);
        CHECK(bench.apply(2, built_as_of).error().code == ErrorCode::unavailable);
        CHECK(mend().error().code == ErrorCode::unavailable);
    }
    const auto mended = good(mend());
    REQUIRE(mended.has_value());
    CHECK(mended->read_only.empty());
    CHECK(bench.apply(2, built_as_of).has_value());
    CHECK_FALSE(good(mend()).has_value());
}

TEST_CASE("Of a draft that was damaged on the disk only the damaged blocks come again", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const Bytes file = bench.built(3);
    const auto offered = bench.manifest(file, 3);
    for (const std::uint32_t block : bench.prepare(offered)) {
        const auto content = BytesView(file).substr(block * offered.block_bytes(), offered.block_bytes());
        const Bytes written = block == 1 ? Bytes(content.size(), 'x') : Bytes(content);
        good(bench.told<Status>(
            [&](auto done) { bench.cache->write_block(block, written, std::move(done)); }));
    }
    const auto refused = bench.finish(offered);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == ErrorCode::io);
    CHECK(bench.files() == Names{"draft-3.part"});
    CHECK(bench.fetch(file, 3).has_value());
    CHECK(bench.fetched == 1);
}

TEST_CASE("Of damaged cities one is kept for a person, however often it happens", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    for (const std::uint64_t generation : {1U, 2U, 3U}) {
        const std::string name = "city-" + std::to_string(generation) + ".db";
        REQUIRE(bench.fetch(bench.built(generation), generation).has_value());
        bench.cache.reset();
        for (const char* suffix : {"-wal", "-shm"})
            std::filesystem::remove(bench.city_folder / (name + suffix));
        std::ofstream(bench.city_folder / name, std::ios::binary) << std::string(50'000, 'q');
        bench.restart();
        CHECK_FALSE(good(bench.cache->open()).has_value());
        CHECK(bench.files() == Names{name + ".damaged-1"});
    }
}

TEST_CASE("The data is as of the newest row that a feed brought, and never of the future", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto file = good(bench.fetch(bench.built(1), 1)).file;
    const auto as_of = [&] { return good(good(snapshot::Reader::open(file))->meta()).as_of; };
    CHECK(as_of() == built_as_of);
    REQUIRE(bench.apply(1, built_as_of + 1000).has_value());
    CHECK(as_of() == built_as_of + 1000);
    REQUIRE(bench.apply(2, built_as_of + 10).has_value());
    CHECK(as_of() == built_as_of + 1000);
    REQUIRE(bench.apply(3, now_s + 1'000'000).has_value());
    CHECK(as_of() == now_s);
    bench.restart();
    CHECK(good(bench.cache->open())->city.feeds.at(public_feed).cursor == 3);
    REQUIRE(bench.apply(4, built_as_of + 2000).has_value());
    CHECK(as_of() == now_s);
    const auto meta = good(good(snapshot::Reader::open(file))->meta());
    CHECK(meta.city_name == "Testville");
    CHECK(meta.artifact_generation == 1);
}

TEST_CASE("When the disk needs the room, what is behind the mounted city goes, and that one stays",
          "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto drop_older = [&] {
        return bench.told<std::size_t>([&](auto done) { bench.cache->drop_older(std::move(done)); });
    };
    CHECK(drop_older() == 0);
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2), 2).has_value());
    CHECK(bench.fetch(bench.built(3, other_format), 3).error().code == ErrorCode::conflict);
    CHECK(drop_older() == 1);
    CHECK(bench.files() == Names{"city-2.db", "city-3.db"});
    CHECK(drop_older() == 0);
    CHECK(bench.apply(1, built_as_of).has_value());
    bench.restart();
    CHECK(good(bench.cache->open())->city.snapshot_generation == 2);
}

TEST_CASE("A segment is written once, and never over a gap", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    const auto first = good(bench.apply(1, built_as_of));
    CHECK(first.n == 1);
    CHECK(first.checksum != 0);
    CHECK(bench.apply(3, built_as_of).error().code == ErrorCode::conflict);
    CHECK(good(bench.apply(1, built_as_of)) == first);
    const auto second = good(bench.apply(2, built_as_of));
    CHECK(second.n == 2);
    CHECK(second.checksum != first.checksum);
    bench.restart();
    CHECK(good(bench.cache->open())->city.feeds.at(public_feed).checksum == second.checksum);
}

TEST_CASE("A feed that begins again is empty, and the same rows give the same checksum", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    const auto before = good(bench.apply(1, built_as_of));
    engine::ChangeFeeds change;
    change.hub_generation = 7;
    change.again.push_back(public_feed);
    const auto city = good(bench.told<Result<engine::MountedCity>>(
        [&](auto done) { bench.cache->change_feeds(change, std::move(done)); }));
    CHECK(city.feeds.at(public_feed).cursor == 0);
    CHECK(city.feeds.at(public_feed).checksum == 0);
    CHECK(good(bench.apply(1, built_as_of)) == before);
}

TEST_CASE("Of a feed that the profile lost nothing is left in any file of the folder", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto format = snapshot::format_version;
    REQUIRE(bench.fetch(bench.built(1, format, secret_rows("1")), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2, format, secret_rows("2")), 2).has_value());
    give_secret(bench, "fed");
    const Bytes next = bench.built(3, format, secret_rows("3"));
    const auto offered = bench.manifest(next, 3);
    for (const std::uint32_t block : bench.prepare(offered)) {
        const auto content = BytesView(next).substr(block * offered.block_bytes(), offered.block_bytes());
        good(bench.told<Status>(
            [&](auto done) { bench.cache->write_block(block, Bytes(content), std::move(done)); }));
    }
    // Not all are in city-2.db yet: what was fed is in its log.
    CHECK(traces(bench.city_folder) == Names{"city-1.db", "city-2.db", "city-2.db-wal", "draft-3.part"});

    const auto city = good(lose(bench));
    CHECK_FALSE(city.feeds.contains(secret_feed));
    CHECK(city.feeds.contains(public_feed));
    CHECK(traces(bench.city_folder).empty());
    CHECK(bench.files() == Names{"city-2.db"});
    CHECK(bench.apply(1, built_as_of).has_value());
    CHECK(lose(bench).has_value());  // again does no harm

    // Nothing older is mounted when this one is damaged now.
    damage(bench, "city-2.db");
    bench.restart();
    CHECK_FALSE(good(bench.cache->open()).has_value());
    CHECK(bench.files() == Names{"city-2.db.damaged-1"});
    CHECK(traces(bench.city_folder).empty());
}

TEST_CASE("A lost right takes along what was set aside as damaged", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto format = snapshot::format_version;
    REQUIRE(bench.fetch(bench.built(1, format, secret_rows("1")), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2, format, secret_rows("2")), 2).has_value());
    damage(bench, "city-2.db");
    bench.restart();
    CHECK(good(bench.cache->open())->city.snapshot_generation == 1);
    CHECK(bench.files() == Names{"city-1.db", "city-2.db.damaged-1"});
    REQUIRE(lose(bench).has_value());
    CHECK(bench.files() == Names{"city-1.db"});
    CHECK(traces(bench.city_folder).empty());
}

TEST_CASE("When the disk refuses the end of a feed, the mounted city still names it and all else is gone",
          "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto format = snapshot::format_version;
    REQUIRE(bench.fetch(bench.built(1, format, secret_rows("1")), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2, format, secret_rows("2")), 2).has_value());
    {
        const device::testing::FileSizeLimit full(1);
        REQUIRE(lose(bench).has_error());
    }
    bench.restart();  // killed there: the next contact finds what it has to drop
    CHECK(good(bench.cache->open())->city.feeds.contains(secret_feed));
    CHECK(bench.files() == Names{"city-2.db"});
    REQUIRE(lose(bench).has_value());
    CHECK(traces(bench.city_folder).empty());
}

TEST_CASE("Killed before its log was emptied, a city empties it at the next start", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    give_secret(bench, "fed");
    {
        auto other = good(snapshot::Writer::open(bench.city_folder / "city-1.db"));
        good(other->begin());
        good(other->remove_feed(secret_feed));
        good(other->commit());
    }
    // As a kill leaves the folder.
    const auto killed = bench.folder / "killed";
    std::filesystem::create_directory(killed);
    for (const std::string name : {"city-1.db", "city-1.db-wal"})
        std::filesystem::copy_file(bench.city_folder / name, killed / name);
    CHECK_FALSE(traces(killed).empty());
    CityCache after(killed, [](std::function<void()> event) { event(); });
    const auto city = good(after.open());
    REQUIRE(city.has_value());
    CHECK_FALSE(city->city.feeds.contains(secret_feed));
    CHECK(traces(killed).empty());
}

TEST_CASE("A city that is fetched without a feed takes along older ones that have it", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2), 2).has_value());
    CHECK(bench.files() == Names{"city-2.db"});
    CHECK(traces(bench.city_folder).empty());
    // One that has no more than the new one stays as the last good one.
    REQUIRE(bench.fetch(bench.built(3), 3).has_value());
    CHECK(bench.files() == Names{"city-2.db", "city-3.db"});
}

TEST_CASE("A damaged city is kept for a person until another one is fetched", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    damage(bench, "city-1.db");
    bench.restart();
    CHECK_FALSE(good(bench.cache->open()).has_value());
    CHECK(bench.files() == Names{"city-1.db.damaged-1"});
    // Meanwhile the profile may have lost any right, and nobody can say what that file holds.
    REQUIRE(bench.fetch(bench.built(2), 2).has_value());
    CHECK(bench.files() == Names{"city-2.db"});
}

TEST_CASE("A draft that has nothing of a lost feed is fetched on", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    const Bytes next = bench.built(2);
    auto offered = bench.manifest(next, 2);
    offered.add_cursors()->set_feed(records::feed_text(public_feed));
    const auto missing = bench.prepare(offered);
    REQUIRE(lose(bench).has_value());
    for (const std::uint32_t block : missing) {
        const auto content = BytesView(next).substr(block * offered.block_bytes(), offered.block_bytes());
        good(bench.told<Status>(
            [&](auto done) { bench.cache->write_block(block, Bytes(content), std::move(done)); }));
    }
    CHECK(good(bench.finish(offered)).city.snapshot_generation == 2);
}

TEST_CASE("A lost right takes our own files alone, and one that cannot be removed holds up nothing",
          "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto format = snapshot::format_version;
    REQUIRE(bench.fetch(bench.built(1, format, secret_rows("1")), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2, format, secret_rows("2")), 2).has_value());
    const Names of_a_person = {"city-1.db.mine", "city-plan.db", "draft-letter.part", "notes.txt"};
    for (const std::string& name : of_a_person) std::ofstream(bench.city_folder / name) << "mine";
    const auto in_the_way = bench.city_folder / "city-1.db.damaged-1";
    std::filesystem::create_directories(in_the_way / "inside");
    CHECK(bench.cache->left_over().empty());
    CHECK_FALSE(good(lose(bench)).feeds.contains(secret_feed));
    CHECK(traces(bench.city_folder).empty());
    CHECK(bench.cache->left_over().find("city-1.db.damaged-1") != std::string::npos);
    CHECK(bench.apply(1, built_as_of).has_value());

    std::filesystem::remove(in_the_way / "inside");
    const auto mend =
        bench.told<Result<std::optional<Mounted>>>([&](auto done) { bench.cache->mend(std::move(done)); });
    CHECK(mend.has_value());
    CHECK(bench.cache->left_over().empty());
    CHECK_FALSE(std::filesystem::exists(in_the_way));
    for (const std::string& name : of_a_person) CHECK(std::filesystem::exists(bench.city_folder / name));
}

TEST_CASE("A right that is lost while the city cannot be changed is gone when it can be", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto format = snapshot::format_version;
    const auto hub_clears = [&](std::set<records::FeedId> feeds) {
        bench.cache->note_rights(std::move(feeds));
        // Behind it on the same thread.
        CHECK(
            bench.told<Result<std::optional<Mounted>>>([&](auto done) { bench.cache->mend(std::move(done)); })
                .has_value());
    };
    hub_clears({public_feed, secret_feed});
    REQUIRE(bench.fetch(bench.built(1, format, secret_rows("1")), 1).has_value());
    REQUIRE(bench.fetch(bench.built(2, format, secret_rows("2")), 2).has_value());
    SECTION("as it is found at the next start") {
        bench.restart();
        {
            const device::testing::FileSizeLimit full(1);
            REQUIRE(good(bench.cache->open())->city.feeds.contains(secret_feed));
        }
        bench.cache->note_rights({public_feed});
        REQUIRE(lose(bench).error().code == ErrorCode::unavailable);
        bench.restart();
        CHECK_FALSE(good(bench.cache->open())->city.feeds.contains(secret_feed));
    }
    SECTION("as it is found when the disk has room again") {
        bench.restart();
        {
            const device::testing::FileSizeLimit full(1);
            REQUIRE(good(bench.cache->open())->city.feeds.contains(secret_feed));
            bench.cache->note_rights({public_feed});
            REQUIRE(lose(bench).error().code == ErrorCode::unavailable);
        }
        const auto mended = good(bench.told<Result<std::optional<Mounted>>>(
            [&](auto done) { bench.cache->mend(std::move(done)); }));
        CHECK_FALSE(mended->city.feeds.contains(secret_feed));
    }
    SECTION("and what is not mounted goes at once") {
        for (const std::string name : {"city-1.db", "city-2.db"}) {
            bench.cache.reset();
            set_format(bench.city_folder / name, other_format);
        }
        bench.restart();
        REQUIRE_FALSE(good(bench.cache->open()).has_value());
        hub_clears({public_feed});
    }
    CHECK(traces(bench.city_folder).empty());
    CHECK(good(read_file(bench.city_folder / "rights")) ==
          "fieldpost city rights 1\n" + records::feed_text(public_feed) + "\n");
}

TEST_CASE("Killed before it removed what a new city outlived, it does so at the next start", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    const Bytes older = good(read_file(bench.city_folder / "city-1.db"));
    REQUIRE(bench.fetch(bench.built(2), 2).has_value());
    CHECK(bench.files() == Names{"city-2.db"});
    bench.cache.reset();
    good(write_file_atomic(bench.city_folder / "city-1.db", older));
    good(write_file_atomic(bench.city_folder / "city-1.db.damaged-1", older));
    good(write_file_atomic(bench.city_folder / "city-3.db.damaged-1", "of a person's interest"));
    bench.restart();
    CHECK(good(bench.cache->open())->city.snapshot_generation == 2);
    CHECK(traces(bench.city_folder).empty());
    CHECK(bench.files() == Names{"city-2.db", "city-3.db.damaged-1"});
}

namespace {

// What the hub says at each contact, and the thread that takes it has done with it.
void hub_clears(Bench& bench, std::set<records::FeedId> feeds) {
    bench.cache->note_rights(std::move(feeds));
    static_cast<void>(
        bench.told<Result<std::optional<Mounted>>>([&](auto done) { bench.cache->mend(std::move(done)); }));
}

// All blocks but the last, as when contact ends; what is to be fetched.
protocol::Manifest begin_to_fetch(Bench& bench, const Bytes& file, std::uint64_t generation,
                                  const std::vector<records::FeedId>& feeds) {
    auto offered = bench.manifest(file, generation);
    for (const auto& feed : feeds) offered.add_cursors()->set_feed(records::feed_text(feed));
    auto missing = bench.prepare(offered);
    REQUIRE(missing.size() > 1);
    missing.pop_back();
    for (const std::uint32_t block : missing) {
        const auto content = BytesView(file).substr(block * offered.block_bytes(), offered.block_bytes());
        good(bench.told<Status>(
            [&](auto done) { bench.cache->write_block(block, Bytes(content), std::move(done)); }));
    }
    return offered;
}

}  // namespace

TEST_CASE("What nobody can say to be without a lost feed goes, also after a kill and at the first contact",
          "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    begin_to_fetch(bench, bench.built(2, snapshot::format_version, secret_rows("2")), 2,
                   {public_feed, secret_feed});
    bench.cache.reset();
    std::filesystem::copy_file(bench.city_folder / "city-1.db", bench.city_folder / "city-3.db.damaged-1");
    set_format(bench.city_folder / "city-1.db", other_format);
    const std::string public_only = "fieldpost city rights 1\n" + records::feed_text(public_feed) + "\n";
    SECTION("killed when the loss was kept and nothing removed") {
        good(write_file_atomic(bench.city_folder / "rights", public_only + "to be swept\n"));
        bench.restart();
        CHECK_FALSE(good(bench.cache->open()).has_value());
    }
    SECTION("at the first contact of a program that keeps rights") {
        bench.restart();
        CHECK_FALSE(good(bench.cache->open()).has_value());
        hub_clears(bench, {public_feed});
    }
    SECTION("when what was kept is damaged") {
        good(write_file_atomic(bench.city_folder / "rights", "????"));
        bench.restart();
        CHECK_FALSE(good(bench.cache->open()).has_value());
        hub_clears(bench, {public_feed});
    }
    CHECK(bench.files() == Names{"rights"});
    CHECK(good(read_file(bench.city_folder / "rights")) == public_only);
}

TEST_CASE("A city that the disk cannot open now stays at the first contact", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    bench.cache.reset();
    bench.restart();
    // A name that leads nowhere for now.
    const auto city = bench.city_folder / "city-1.db";
    const auto elsewhere = bench.city_folder.parent_path() / "elsewhere";
    std::filesystem::rename(city, elsewhere);
    std::filesystem::create_symlink(city, city);
    REQUIRE(bench.cache->open().has_error());
    hub_clears(bench, {public_feed});
    REQUIRE(std::filesystem::is_symlink(city));
    std::filesystem::rename(elsewhere, city);
    bench.restart();
    CHECK(good(bench.cache->open()).has_value());
}

TEST_CASE("A draft that has a lost feed goes, though the mounted city never had it", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    hub_clears(bench, {public_feed, secret_feed});
    REQUIRE(bench.fetch(bench.built(1), 1).has_value());
    begin_to_fetch(bench, bench.built(2, snapshot::format_version, secret_rows("2")), 2,
                   {public_feed, secret_feed});
    hub_clears(bench, {public_feed});
    CHECK(bench.files() == Names{"city-1.db", "rights"});
    CHECK(traces(bench.city_folder).empty());
}

TEST_CASE("A city that was built before a right was lost is mounted without that feed", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    hub_clears(bench, {public_feed});
    const auto city = good(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1)).city;
    CHECK(city.feeds.contains(public_feed));
    CHECK_FALSE(city.feeds.contains(secret_feed));
    CHECK(traces(bench.city_folder).empty());
}

TEST_CASE("While no right is lost, what was fetched is not fetched again after a restart", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    hub_clears(bench, {public_feed});
    CHECK(bench.fetch(bench.built(1, other_format), 1).error().code == ErrorCode::conflict);
    const Bytes next = bench.built(2);
    const auto offered = begin_to_fetch(bench, next, 2, {public_feed});
    bench.restart();
    CHECK_FALSE(good(bench.cache->open()).has_value());
    hub_clears(bench, {public_feed});
    hub_clears(bench, {public_feed, secret_feed});
    CHECK(bench.prepare(offered).size() == 1);
}

TEST_CASE("What of a lost right could not be removed is told and tried again after a restart", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    hub_clears(bench, {public_feed, secret_feed});
    REQUIRE(bench.fetch(bench.built(1, snapshot::format_version, secret_rows("1")), 1).has_value());
    const auto in_the_way = bench.city_folder / "city-1.db.damaged-1";
    std::filesystem::create_directories(in_the_way / "inside");
    hub_clears(bench, {public_feed});
    REQUIRE(lose(bench).has_value());
    bench.restart();
    REQUIRE(good(bench.cache->open()).has_value());
    CHECK(bench.cache->left_over().find("city-1.db.damaged-1") != std::string::npos);
    std::filesystem::remove(in_the_way / "inside");
    hub_clears(bench, {public_feed});
    CHECK(bench.cache->left_over().empty());
    CHECK(bench.files() == Names{"city-1.db", "rights"});
}

TEST_CASE("When sources delivered is in the city after a restart, as the hub said it last", "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    Bytes file;
    {
        auto writer =
            good(snapshot::Writer::create(bench.folder / "built", {"test", "T", "all", 7, 1, 100, 0}));
        good(writer->begin());
        good(writer->set_feed_cursor(public_feed, 7, 0));
        good(writer->set_source({"fire", "Fire", "", 86'400, 1000}));
        good(writer->commit());
        good(writer->finish());
        file = good(read_file(bench.folder / "built"));
    }
    const auto note = [&](std::int64_t at, std::uint64_t n = 0) {
        return bench.told<Status>([&](auto done) {
            bench.cache->note_deliveries({{{"fire", {at}}}, 1, {{public_feed, {7, n}}}}, done);
        });
    };
    CHECK_FALSE(note(1500));  // no city yet
    REQUIRE(bench.fetch(file, 1).has_value());
    good(note(4000));                                          // by a clock that was ahead
    CHECK(note(3000, 1).error().code == ErrorCode::conflict);  // what came of it is not here
    good(bench.apply(1, built_as_of));
    good(note(2500, 1));
    bench.restart();
    const auto mounted = good(bench.cache->open());
    REQUIRE(mounted);
    const auto sources = good(good(snapshot::Reader::open(mounted->file))->sources());
    const auto fire = std::ranges::find(sources, "fire", &snapshot::Source::id);
    REQUIRE(fire != sources.end());
    CHECK(fire->delivered_at == 2500);
    CHECK(fire->title == "Fire");
}

TEST_CASE(
    "A right that is gained brings its sources' titles and refresh rates, one that is lost takes them along",
    "[city]") {
    Bench bench;
    REQUIRE(bench.cache->open().has_value());
    const auto mounted = good(bench.fetch(bench.built(1), 1));
    const auto note = [&](engine::Deliveries delivered) {
        good(bench.told<Status>([&](auto done) {
            bench.cache->note_deliveries({std::move(delivered), 1, {{secret_feed, {7, 2}}}}, done);
        }));
    };
    const auto reader = good(snapshot::Reader::open(mounted.file));
    REQUIRE(good(reader->sources()).empty());

    engine::ChangeFeeds gained;
    gained.hub_generation = 7;
    gained.add.push_back(secret_feed);
    REQUIRE(bench
                .told<Result<engine::MountedCity>>(
                    [&](auto done) { bench.cache->change_feeds(gained, std::move(done)); })
                .has_value());
    give_secret(bench, "fed", 0);
    note({{"test", {1000, "Permits", "Clerk", 86'400}}, {"quiet", {1100, "Storage tanks", "", 3600}}});
    using Sources = std::vector<snapshot::Source>;
    CHECK(good(reader->sources()) ==
          Sources{{"quiet", "Storage tanks", "", 3600, 1100}, {"test", "Permits", "Clerk", 86'400, 1000}});
    note({{"test", {2000}}});
    CHECK(good(reader->sources()).back() == snapshot::Source{"test", "Permits", "Clerk", 86'400, 2000});

    REQUIRE(lose(bench).has_value());
    CHECK(good(reader->sources()).empty());
}

// The production stores cut off at every operation of a small workload: what was told is there, and what is
// there fits together. Worlds (simulation_test) cut at random; here nothing is left out.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/simulation/crash_vfs.hpp"
#include "tests/simulation/describe.hpp"
#include "tests/simulation/sqlite_hub.hpp"
#include "tests/simulation/sqlite_journal.hpp"

using namespace fieldpost;
using namespace fieldpost::simulation;

namespace {

struct Bench {
    explicit Bench(std::uint64_t seed)
        : folder(std::filesystem::temp_directory_path() / "fieldpost-stores-test"),
          disk(seed),
          vfs(seed, {}),
          dice(seed) {
        std::filesystem::create_directories(folder);  // the stores sync it; nothing is written there
        vfs.add_machine(folder.string(), disk);
    }
    std::filesystem::path folder;
    CrashDisk disk;
    CrashVfs vfs;
    Dice dice;
};

protocol::Operation observation(const std::string& id) {
    protocol::Operation operation;
    operation.set_id(id);
    operation.mutable_time()->set_utc_us(1'772'366'400'000'000);
    operation.mutable_observation_made()->set_kind("note");
    operation.mutable_observation_made()->set_note("seen " + id);
    return operation;
}

// What a journal was asked to do, and how far it said that it did.
struct JournalRun {
    std::vector<std::string> told;  // ids, in order
    std::uint64_t noted = 0;
    bool epoch_opened = false;
    std::uint64_t first_epoch = 0;
};

void use_journal(SqliteJournalStore& store, JournalRun& run) {
    auto journal = store.open();
    if (!journal) return;
    run.first_epoch = (*journal)->epoch();
    const auto append = [&](int from, int to) {
        for (int n = from; n <= to; ++n) {
            const std::string id = "id-" + std::to_string(n);
            if ((*journal)->append(protocol::WORK, observation(id))) run.told.push_back(id);
        }
    };
    append(1, 4);
    protocol::Ack ack;
    ack.mutable_applied()->set_lane(protocol::WORK);
    ack.mutable_applied()->set_epoch((*journal)->epoch());
    ack.mutable_applied()->set_seq(2);
    ack.set_first_seq(1);
    ack.add_versions(7);
    ack.add_versions(8);
    if ((*journal)->note(ack)) run.noted = 2;
    append(5, 6);
    run.epoch_opened =
        (*journal)->open_epoch(run.first_epoch, {"a test", {{protocol::WORK, run.noted}}}).has_value();
    append(7, 8);
}

struct HubRun {
    std::uint64_t committed = 0;  // rounds that were told to be
};

constexpr std::uint64_t hub_rounds = 5;

void use_hub(SqliteHubStorage& storage, HubRun& run) {
    auto program = storage.open();
    if (!program) return;
    engine::RegisteredDevice device;
    device.id = "truck-1";
    device.profile = "all";
    Bytes hash = protocol::chain_start(device.id, 77, protocol::WORK);
    for (std::uint64_t seq = 1; seq <= hub_rounds; ++seq) {
        if (!(*program)->begin(true)) return;
        const Bytes body = observation("id-" + std::to_string(seq)).SerializeAsString();
        hash = protocol::chain_next(hash, body);
        engine::OperationPlace place;
        place.epoch = 77;
        place.seq = seq;
        place.hash = hash;
        protocol::LanePosition position;
        position.set_lane(protocol::WORK);
        position.set_epoch(77);
        position.set_seq(seq);
        position.set_hash(hash);
        auto& store = (*program)->store();
        const bool written = store.apply(device, place, body).has_value() &&
                             store.set_lane_position(device.id, position).has_value();
        if (!written) {
            (*program)->rollback();
            return;
        }
        if (!(*program)->commit()) return;
        run.committed = seq;
    }
}

}  // namespace

TEST_CASE("A journal that is cut at any operation has what it told, in order and chained", "[simulation]") {
    std::uint64_t operations = 0;
    {
        Bench bench(1);
        SqliteJournalStore store("truck-1", bench.folder.string(), bench.disk, bench.dice);
        JournalRun run;
        use_journal(store, run);
        REQUIRE(run.told.size() == 8);
        REQUIRE(run.epoch_opened);
        operations = bench.disk.operations();
    }
    for (std::uint64_t at = 1; at <= operations; ++at) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Bench bench(seed * 10'000 + at);
            SqliteJournalStore store("truck-1", bench.folder.string(), bench.disk, bench.dice);
            JournalRun run;
            bench.disk.cut_at(at);
            use_journal(store, run);
            bench.disk.boot();
            INFO("cut at " << at << " of " << operations << ", seed " << seed);
            auto journal = store.open();
            REQUIRE(journal.has_value());
            auto all = (*journal)->all();
            REQUIRE(all.has_value());
            std::map<std::string, KnownOperation> there;
            for (const auto& known : *all) there[operation_id(known.body)] = known;
            for (const auto& id : run.told) CHECK(there.contains(id));
            CHECK(there.size() <= run.told.size() + 1);
            if (run.epoch_opened) CHECK((*journal)->epoch() != run.first_epoch);
            // The open epoch is chained without a hole, whichever it is.
            Bytes hash = protocol::chain_start("truck-1", (*journal)->epoch(), protocol::WORK);
            auto entries = (*journal)->read(protocol::WORK, 0, 1000, 1U << 20U);
            REQUIRE(entries.has_value());
            std::uint64_t seq = 0;
            for (const auto& entry : *entries) {
                CHECK(entry.seq == ++seq);
                hash = protocol::chain_next(hash, entry.operation);
                CHECK((*journal)->hash_at(protocol::WORK, seq) == hash);
            }
            CHECK((*journal)->last_seq(protocol::WORK) == seq);
            // And it goes on.
            CHECK((*journal)->append(protocol::WORK, observation("id-9")).has_value());
        }
    }
}

TEST_CASE("A hub that is cut at any operation has each round whole or not at all", "[simulation]") {
    std::uint64_t operations = 0;
    {
        Bench bench(1);
        SqliteHubStorage storage(bench.folder.string(), bench.disk);
        HubRun run;
        use_hub(storage, run);
        REQUIRE(run.committed == hub_rounds);
        operations = bench.disk.operations();
    }
    for (std::uint64_t at = 1; at <= operations; ++at) {
        Bench bench(at);
        SqliteHubStorage storage(bench.folder.string(), bench.disk);
        HubRun run;
        bench.disk.cut_at(at);
        use_hub(storage, run);
        bench.disk.boot();
        INFO("cut at " << at << " of " << operations);
        auto program = storage.open();
        REQUIRE(program.has_value());
        auto position = (*program)->store().lane_position("truck-1", 77, protocol::WORK);
        auto stored = (*program)->operations();
        auto content = (*program)->content();
        REQUIRE(position.has_value());
        REQUIRE(stored.has_value());
        REQUIRE(content.has_value());
        CHECK(position->seq() >= run.committed);
        CHECK(position->seq() <= run.committed + 1);
        CHECK(stored->size() == position->seq());
        if (position->seq() > 0) {
            CHECK((*program)->store().results("truck-1", 77, protocol::WORK, 1, position->seq()).has_value());
        }
        // Each round's effect stands in both areas' feeds, with its cursor.
        for (const auto& [feed, rows] : *content) {
            CHECK(rows.rows.size() == position->seq());
            CHECK(rows.cursor == position->seq());
        }
        CHECK(content->size() == (position->seq() > 0 ? 2 : 0));
    }
}

// The production stores cut off at every operation of a small workload: what was told is there, and what is
// there fits together. Worlds (simulation_test) cut at random; here nothing is left out.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "daemon/hub/store/catalog.hpp"
#include "tests/simulation/crash_vfs.hpp"
#include "tests/simulation/describe.hpp"
#include "tests/simulation/sqlite_city.hpp"
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
        std::filesystem::create_directories(workshop.folder);
        vfs.add_machine(folder.string(), disk);
        vfs.add_machine(workshop.folder, workshop_disk);
    }
    std::filesystem::path folder;
    CrashDisk disk;
    CrashDisk workshop_disk{1};
    Workshop workshop{folder.string() + "-workshop", workshop_disk};
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

const records::FeedId east{"east", {records::PUBLIC, "general"}};
const records::FeedId west{"west", {records::PUBLIC, "general"}};

protocol::FeedSegment segment(const records::FeedId& feed, std::uint64_t after,
                              const std::vector<std::pair<std::uint64_t, bool>>& changes) {
    protocol::FeedSegment out;
    out.set_feed(records::feed_text(feed));
    out.set_hub_generation(1000);
    out.set_after(after);
    std::uint64_t n = after;
    for (const auto& [record, removes] : changes) {
        auto& entry = *out.add_entries();
        entry.set_n(++n);
        entry.set_remove(removes);
        entry.mutable_row()->set_record(record);
        entry.mutable_row()->set_kind(records::PERMIT);
        entry.mutable_row()->set_version(n);
        records::Permit permit;
        permit.set_permit_number("B-" + std::to_string(record));
        permit.set_status("change " + std::to_string(n));
        if (!removes) entry.mutable_row()->set_body(permit.SerializeAsString());
    }
    out.set_through(n);
    return out;
}

HeldCity snapshot_of(std::uint64_t generation) {
    HeldCity city;
    city.snapshot_generation = generation;
    for (const auto& feed : {east, west}) {
        city.hub_generations[feed] = 1000;
        city.feeds[feed].cursor = 3;
        for (std::uint64_t record = 1; record <= 3; ++record) {
            city.feeds[feed].rows[record] = {
                generation, records::PERMIT, sample_source,
                std::make_shared<const Bytes>(text_value(records::PERMIT, 7, "open"))};
        }
    }
    return city;
}

using CityStep = std::function<Status(SqliteCity&)>;
CityStep step(const records::FeedId& feed, std::uint64_t after,
              std::vector<std::pair<std::uint64_t, bool>> changes) {
    return [=](SqliteCity& city) -> Status {
        auto reached = city.apply({feed, segment(feed, after, changes)});
        return reached ? ok() : Status(reached.error());
    };
}

// What feeds and a new snapshot do to a city; the second and the last step mount a file that is synced.
const std::vector<CityStep>& city_steps() {
    static const std::vector<CityStep> steps{
        [](SqliteCity& city) { return city.open(); },
        [](SqliteCity& city) { return city.mount(snapshot_of(1)); },
        step(east, 3, {{4, false}, {5, false}, {1, true}}),
        step(west, 3, {{2, true}, {2, false}}),
        [](SqliteCity& city) {
            return city.note_deliveries(
                {{{sample_source, described(sample_source)}, {"quiet", described("quiet")}}, 1});
        },
        [](SqliteCity& city) {
            return city.note_deliveries({{{sample_source, {7}}}, 2});
        },
        [](SqliteCity& city) {
            return city.change_feeds({1000, {west}, {{"north", {records::PUBLIC, "general"}}}, {}});
        },
        step(east, 6, {{4, true}, {6, false}}),
        [](SqliteCity& city) {
            return city.change_feeds({1000, {}, {}, {east}});
        },
        step(east, 0, {{7, false}}),
        [](SqliteCity& city) { return city.mount(snapshot_of(2)); },
    };
    return steps;
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

TEST_CASE("A profile is told of its sources as the data sets say that it clears something of",
          "[simulation]") {
    Bench bench(1);
    SqliteHubStorage storage(bench.folder.string(), bench.disk);
    auto program = storage.open();
    REQUIRE(program.has_value());
    DatasetTimes delivered;
    const auto compare = [&] {
        for (const auto& profile : sample_city().profiles) {
            INFO(profile.name << " after " << delivered.size() << " deliveries");
            CHECK((*program)->store().deliveries(profile.name).value() == told_to(profile.name, delivered));
        }
    };
    compare();
    std::int64_t at = 0;
    for (const std::size_t dataset : {0U, 1U, 0U, 2U, 3U, 1U, 2U}) {
        REQUIRE((*program)->begin(true).has_value());
        REQUIRE((*program)->deliver(dataset, ++at).has_value());
        REQUIRE((*program)->commit().has_value());
        delivered[dataset] = at;
        compare();
    }
}

TEST_CASE("A city that is cut at any operation holds what it held behind one of its changes",
          "[simulation]") {
    const auto& steps = city_steps();
    std::vector<HeldCity> held;  // behind each step
    std::uint64_t operations = 0;
    {
        Bench bench(1);
        SqliteCity city(bench.folder.string(), bench.disk, bench.workshop);
        for (const CityStep& one : steps) {
            REQUIRE(one(city).has_value());
            held.push_back(city.read().value());
        }
        operations = bench.disk.operations();
    }
    for (std::uint64_t at = 1; at <= operations; ++at) {
        Bench bench(at);
        std::size_t done = 0;
        {
            SqliteCity city(bench.folder.string(), bench.disk, bench.workshop);
            bench.disk.cut_at(at);
            while (done < steps.size() && steps[done](city)) ++done;
        }
        bench.disk.boot();
        INFO("cut at " << at << " of " << operations << ", behind step " << done);
        SqliteCity city(bench.folder.string(), bench.disk, bench.workshop);
        REQUIRE(city.open().has_value());
        const auto now = city.read();
        REQUIRE(now.has_value());
        const std::size_t synced = done == steps.size() ? done - 1 : done >= 2 ? 1 : 0;
        const auto first = held.begin() + static_cast<std::ptrdiff_t>(synced);
        const auto end = held.begin() + static_cast<std::ptrdiff_t>(std::min(done + 1, steps.size()));
        CHECK(std::find(first, end, *now) != end);
    }
}

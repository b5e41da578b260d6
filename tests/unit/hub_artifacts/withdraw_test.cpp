#include <catch2/catch.hpp>
#include <fstream>

#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "daemon/hub/store/records.hpp"
#include "sync/base/compress.hpp"
#include "tests/unit/engine/key_signer.hpp"
#include "tests/unit/support/temporary_folder.hpp"

namespace fieldpost::hub {
extern const std::string_view schema_015_lost_fields;
}

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

const std::string secret = "PLANTED SECRET";

// A hub with two profiles, of which one is cleared for more.
struct Bench {
    Bench() {
        store = Store::open(folder.path / "hub").value();
        clear({records::INTERNAL, "general"});
        SQLite::Transaction transaction(store->database());
        REQUIRE(Catalog(*store).put_source({"lpi", "Permits", "", "", 0}));
        transaction.commit();
        records = std::make_unique<Records>(*store);
    }
    // What inspectors receive.
    void clear(const records::LayerKey& layer) {
        City city{"testville", "Testville", {}, {{"city", "All"}}, {}};
        city.profiles.push_back({"inspector", "", {"city"}, {layer}});
        city.profiles.push_back({"chief", "", {"city"}, {{records::CONFIDENTIAL, "general"}}});
        SQLite::Transaction transaction(store->database());
        REQUIRE(Catalog(*store).put_city(city));
        transaction.commit();
    }
    RecordId put(const records::Permit& permit, const records::LabelOverrides& labels = {}) {
        const std::vector<std::string> areas{"city"};
        RecordInput input;
        input.kind = records::PERMIT;
        input.source = "lpi";
        input.key = permit.permit_number();
        input.areas = areas;
        input.message = &permit;
        input.overrides = &labels;
        SQLite::Transaction transaction(store->database());
        const auto outcome = records->put(input);
        REQUIRE(outcome);
        transaction.commit();
        return outcome->record;
    }
    void remove(RecordId record) {
        SQLite::Transaction transaction(store->database());
        REQUIRE(records->remove(record));
        transaction.commit();
    }
    std::uint64_t build(const std::string& profile) {
        return build_snapshot(store->folder(), profile, signer, [](const std::string&) {}).value().generation;
    }
    // As the hub does before an answer and behind the commit.
    std::uint64_t offered(const std::string& profile) {
        const auto now = offerable(*store, profile).value();
        artifacts.withdraw(profile, now);
        artifacts.tidy(profile);
        return artifacts.offered(profile, now.hub_generation);
    }
    // Whether what is handed out of this snapshot has the secret.
    bool tells(const std::string& profile, std::uint64_t generation) {
        Bytes city;
        for (std::uint32_t block = 0;; ++block) {
            const auto packed = artifacts.block(profile, generation, block);
            if (!packed) break;
            city += decompress(*packed, protocol::block_bytes).value();
        }
        return city.find(secret) != Bytes::npos;
    }
    // Files of snapshots, of whatever generation.
    std::size_t files(const std::string& profile) {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(store->folder() / "artifacts" / profile))
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    }

    support::TemporaryFolder folder;
    engine::testing::KeySigner signer{"hub"};
    std::unique_ptr<Store> store;
    std::unique_ptr<Records> records;
    Artifacts artifacts{folder.path / "hub"};
};

records::Permit permit(const std::string& number) {
    records::Permit out;
    out.set_permit_number(number);
    out.set_description(secret);
    out.set_applicant("Ada Applicant");
    return out;
}

}  // namespace

TEST_CASE("What was reclassified upward is not handed out of older snapshots, and not built in again",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto older = bench.build("inspector");
    const auto newer = bench.build("inspector");
    REQUIRE(bench.offered("inspector") == newer);
    REQUIRE(bench.tells("inspector", newer));
    REQUIRE(bench.tells("inspector", older));

    // The rest of the public row stays: the feed gets a smaller put, no removal.
    bench.put(permit("B-1"), {{"description", {records::CONFIDENTIAL, "general"}}});
    CHECK(bench.offered("inspector") == 0);
    CHECK_FALSE(bench.tells("inspector", newer));
    CHECK_FALSE(bench.tells("inspector", older));
    CHECK(bench.artifacts.block("inspector", newer, 0).error().code == ErrorCode::not_found);
    CHECK(bench.artifacts.manifest("inspector").error().code == ErrorCode::not_found);
    CHECK(bench.files("inspector") == 0);

    const auto built = bench.build("inspector");
    CHECK(built > newer);
    CHECK(bench.offered("inspector") == built);
    CHECK(bench.artifacts.block("inspector", built, 0).has_value());
    CHECK_FALSE(bench.tells("inspector", built));
    const auto chiefs = bench.build("chief");
    CHECK(bench.offered("chief") == chiefs);
    CHECK(bench.tells("chief", chiefs));
}

TEST_CASE("A row that leaves its feed as its only field was raised takes older snapshots along",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    bench.build("inspector");
    const auto feeds = Feeds(*bench.store).purged().value();
    CHECK(feeds.empty());
    bench.put(permit("B-1"), {{"applicant", {records::INTERNAL, "health"}}});
    CHECK(Feeds(*bench.store).purged().value() ==
          std::map<records::FeedId, std::uint64_t>{{{"city", {records::INTERNAL, "general"}}, 2}});
    CHECK(bench.offered("inspector") == 0);
}

TEST_CASE("What is changed, removed or given a lower label leaves snapshots as they are", "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto gone = bench.put(permit("B-2"));
    const auto built = bench.build("inspector");
    auto changed = permit("B-1");
    changed.set_status("Closed");
    bench.put(changed);
    bench.put(changed, {{"applicant", {records::PUBLIC, "general"}}});
    SQLite::Transaction transaction(bench.store->database());
    REQUIRE(bench.records->remove(gone));
    transaction.commit();
    CHECK(Feeds(*bench.store).purged().value().empty());
    CHECK(bench.offered("inspector") == built);
}

TEST_CASE("What was removed and is made again at a higher label is not handed out of older snapshots",
          "[artifacts]") {
    Bench bench;
    const auto record = bench.put(permit("B-1"));
    const auto built = bench.build("inspector");
    bench.remove(record);
    CHECK(bench.offered("inspector") == built);
    SECTION("a field of it") {
        bench.put(permit("B-1"), {{"description", {records::CONFIDENTIAL, "general"}}});
        CHECK(bench.offered("inspector") == 0);
        CHECK_FALSE(bench.tells("inspector", built));
        // What was built between had it not.
        const auto again = bench.build("inspector");
        bench.put(permit("B-2"));
        bench.put(permit("B-1"), {{"description", {records::RESTRICTED, "general"}}});
        CHECK(bench.offered("inspector") == again);
    }
    SECTION("at the labels that it had") {
        bench.put(permit("B-1"));
        CHECK(bench.offered("inspector") == built);
    }
}

TEST_CASE(
    "A field that was gone for a while and comes back at a higher label withdraws what was built before",
    "[artifacts]") {
    Bench bench;
    const auto record = bench.put(permit("B-1"), {{"description", {records::INTERNAL, "general"}}});
    const auto built = bench.build("inspector");
    auto without = permit("B-1");
    without.clear_description();
    SECTION("its row stayed without it") {
        bench.put(without);
    }
    SECTION("its record was removed and made again without it") {
        bench.remove(record);
        bench.put(without);
    }
    SECTION("its record was removed twice, the second time without it") {
        bench.remove(record);
        bench.put(without);
        bench.remove(record);
    }
    SECTION("it had a lower label meanwhile") {
        bench.put(permit("B-1"), {{"description", {records::PUBLIC, "general"}}});
        bench.put(without);
    }
    CHECK(bench.offered("inspector") == built);
    const auto between = bench.build("inspector");
    CHECK(bench.tells("inspector", built));
    bench.put(permit("B-1"), {{"description", {records::CONFIDENTIAL, "general"}}});
    CHECK(bench.offered("inspector") == between);
    CHECK_FALSE(bench.tells("inspector", built));
    CHECK_FALSE(bench.tells("inspector", between));
}

TEST_CASE("However often a record loses fields, no more is kept of that than it has fields", "[artifacts]") {
    Bench bench;
    auto without = permit("B-1");
    without.clear_description();
    for (int i = 0; i < 10; ++i) {
        bench.remove(bench.put(permit("B-1")));
        bench.put(without);
    }
    const auto kept = [&] {
        return bench.store->database().execAndGet("SELECT count(*) FROM lost_fields").getInt();
    };
    CHECK(kept() <= 4);
    bench.put(permit("B-1"), {{"description", {records::CONFIDENTIAL, "general"}},
                              {"applicant", {records::CONFIDENTIAL, "general"}},
                              {"permit_number", {records::CONFIDENTIAL, "general"}}});
    CHECK(kept() == 0);
}

TEST_CASE("Of what a hub reclassified before it noted that, no snapshot is handed out", "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto built = bench.build("inspector");
    bench.put(permit("B-1"), {{"description", {records::CONFIDENTIAL, "general"}}});
    auto& database = bench.store->database();
    database.exec("UPDATE feed SET purged = 0; DROP TABLE lost_fields");
    const auto of_now = bench.build("chief");
    database.exec(std::string(schema_015_lost_fields));
    CHECK(bench.offered("inspector") == 0);
    CHECK_FALSE(bench.tells("inspector", built));
    CHECK(bench.offered("chief") == of_now);
}

TEST_CASE("A snapshot with a feed that its profile lost is withdrawn, one that lacks a feed is not",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto built = bench.build("inspector");
    bench.clear({records::CONFIDENTIAL, "general"});
    CHECK(bench.offered("inspector") == built);
    bench.clear({records::PUBLIC, "general"});
    CHECK(bench.offered("inspector") == 0);
    CHECK(bench.files("inspector") == 0);
}

TEST_CASE("The snapshots of a profile that is gone from the city are withdrawn", "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    bench.build("inspector");
    const auto chiefs = bench.build("chief");
    CHECK(bench.artifacts.profiles() == std::vector<std::string>{"chief", "inspector"});
    auto city = Catalog(*bench.store).city().value();
    std::erase_if(city.profiles, [](const Profile& profile) { return profile.name == "inspector"; });
    REQUIRE(Catalog(*bench.store).put_city(city));
    CHECK(bench.offered("inspector") == 0);
    CHECK(bench.files("inspector") == 0);
    CHECK(bench.offered("chief") == chiefs);
}

TEST_CASE("A withdrawn snapshot stays withdrawn for a hub that starts anew", "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto built = bench.build("inspector");
    bench.put(permit("B-1"), {{"description", {records::RESTRICTED, "general"}}});
    // Killed when its blocks were gone and its manifest was not.
    std::filesystem::remove(bench.store->folder() / "artifacts" / "inspector" / std::to_string(built) /
                            "blocks.zst");
    CHECK(bench.offered("inspector") == 0);
    CHECK(bench.files("inspector") == 0);
    bench.artifacts = Artifacts(bench.store->folder());
    CHECK(bench.offered("inspector") == 0);
    CHECK(bench.build("inspector") > built);
}

TEST_CASE("What a transaction withdraws that is rolled back is offered as before", "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto built = bench.build("inspector");
    {
        SQLite::Transaction rolled_back(bench.store->database());
        bench.store->database().exec("UPDATE feed SET purged = 1000");
        bench.artifacts.withdraw("inspector", offerable(*bench.store, "inspector").value());
        CHECK(bench.artifacts.is_to_tidy());
        CHECK(bench.artifacts.newest("inspector") == 0);
        CHECK_FALSE(bench.tells("inspector", built));
        CHECK(bench.files("inspector") == 2);
    }
    CHECK(bench.offered("inspector") == built);
    CHECK(bench.tells("inspector", built));
    CHECK_FALSE(bench.artifacts.is_to_tidy());
}

TEST_CASE("What of a withdrawn snapshot is left without its manifest goes, and is not offered meanwhile",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto built = bench.build("inspector");
    std::filesystem::remove(bench.store->folder() / "artifacts" / "inspector" / std::to_string(built) /
                            "manifest.pb");
    bench.artifacts.withdraw("inspector", offerable(*bench.store, "inspector").value());
    CHECK(bench.artifacts.newest("inspector") == 0);
    bench.artifacts.tidy("inspector");
    CHECK(bench.files("inspector") == 0);
}

TEST_CASE("A block that is damaged on the hub's disk is not handed out, and its snapshot is set aside",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto older = bench.build("inspector");
    const auto newer = bench.build("inspector");
    REQUIRE(bench.artifacts.block("inspector", newer, 0));
    const auto folder = bench.store->folder() / "artifacts" / "inspector";
    {
        std::fstream file(folder / std::to_string(newer) / "blocks.zst",
                          std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(100);
        file.put('!');
    }
    const auto damaged = bench.artifacts.block("inspector", newer, 0);  // also when it was sound before
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().code == ErrorCode::corrupt);
    CHECK(bench.artifacts.block("inspector", newer, 0).error().code == ErrorCode::not_found);
    CHECK(bench.artifacts.newest("inspector") == older);
    CHECK(bench.artifacts.is_newest_damaged("inspector"));
    CHECK(bench.artifacts.is_to_tidy());
    const auto alarms = bench.artifacts.tidy("inspector");
    REQUIRE(alarms.size() == 1);
    CHECK(alarms[0].find("'inspector'") != std::string::npos);
    CHECK(std::filesystem::exists(folder / (std::to_string(newer) + ".damaged") / "blocks.zst"));
    CHECK_FALSE(bench.artifacts.is_to_tidy());
    CHECK(bench.artifacts.tidy("inspector").empty());
    bench.artifacts = Artifacts(bench.store->folder());
    CHECK(bench.offered("inspector") == older);
    CHECK(bench.artifacts.is_newest_damaged("inspector"));

    const auto built = bench.build("inspector");
    CHECK(built > newer);
    CHECK(bench.offered("inspector") == built);
    CHECK_FALSE(bench.artifacts.is_newest_damaged("inspector"));
    CHECK(std::filesystem::exists(folder / (std::to_string(newer) + ".damaged") / "blocks.zst"));
}

TEST_CASE("A file of blocks that was cut short and a manifest that cannot be read are damage, too",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto folder = bench.store->folder() / "artifacts" / "inspector";
    const auto cut = bench.build("inspector");
    std::filesystem::resize_file(folder / std::to_string(cut) / "blocks.zst", 10);
    CHECK(bench.artifacts.block("inspector", cut, 0).error().code == ErrorCode::corrupt);
    CHECK(bench.offered("inspector") == 0);
    const auto unreadable = bench.build("inspector");
    std::ofstream(folder / std::to_string(unreadable) / "manifest.pb") << "no manifest";
    CHECK(bench.offered("inspector") == 0);
    CHECK(std::filesystem::exists(folder / (std::to_string(cut) + ".damaged")));
    CHECK_FALSE(std::filesystem::exists(folder / std::to_string(unreadable) / "manifest.pb"));
}

TEST_CASE("Of snapshots that a disk damages one after the other, the first is kept until a person removes it",
          "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"));
    const auto folder = bench.store->folder() / "artifacts" / "inspector";
    const auto damage = [&](std::uint64_t generation) {
        std::filesystem::resize_file(folder / std::to_string(generation) / "blocks.zst", 10);
        REQUIRE_FALSE(bench.artifacts.block("inspector", generation, 0));
        const auto alarms = bench.artifacts.tidy("inspector");
        REQUIRE(alarms.size() == 1);
        return alarms[0];
    };
    const auto aside = [&](std::uint64_t generation) {
        return std::filesystem::exists(folder / (std::to_string(generation) + ".damaged"));
    };
    const auto good = bench.build("inspector");
    const auto first = bench.build("inspector");
    CHECK(damage(first).find("set aside") != std::string::npos);
    const auto second = bench.build("inspector");
    const auto said = damage(second);
    CHECK(said.find("removed") != std::string::npos);
    CHECK(said.find(std::to_string(first) + ".damaged") != std::string::npos);
    CHECK(aside(first));
    CHECK_FALSE(aside(second));
    CHECK_FALSE(std::filesystem::exists(folder / std::to_string(second) / "blocks.zst"));
    CHECK(bench.artifacts.is_newest_damaged("inspector"));

    std::filesystem::remove_all(folder / (std::to_string(first) + ".damaged"));
    bench.artifacts = Artifacts(bench.store->folder());
    CHECK(bench.artifacts.is_newest_damaged("inspector"));
    const auto third = bench.build("inspector");
    CHECK_FALSE(bench.artifacts.is_newest_damaged("inspector"));
    damage(third);
    CHECK(aside(third));
    CHECK(third > good);
}

TEST_CASE("Snapshots of different profiles never have the same generation, nor does one that is gone",
          "[artifacts]") {
    Bench bench;
    const auto first = bench.build("inspector");
    const auto second = bench.build("chief");
    CHECK(second > first);
    std::filesystem::remove_all(bench.store->folder() / "artifacts" / "chief");
    CHECK(bench.build("inspector") > second);
    // Of a store whose file of the last number is missing, by a clock that went back.
    std::filesystem::remove(bench.store->folder() / "artifacts" / "last");
    const auto newest = bench.build("chief");
    std::filesystem::remove(bench.store->folder() / "artifacts" / "last");
    CHECK(next_generation(bench.store->folder(), 1000).value() == newest + 1);
    CHECK(next_generation(bench.store->folder(), -1).value() == newest + 2);
}

TEST_CASE("A snapshot that is built with keys tells nothing of its sealed layers", "[artifacts]") {
    Bench bench;
    bench.put(permit("B-1"), {{"description", {records::CONFIDENTIAL, "general"}}});
    REQUIRE(bench.tells("chief", bench.build("chief")));
    const auto build_with = [&](const records::LayerKey& layer) {
        snapshot::Sealing sealing;
        REQUIRE(sealing.keys.add(layer, 1, Bytes(seal::secret_bytes, 'k')));
        return build_snapshot(
            bench.store->folder(), "chief", bench.signer, [](const std::string&) {}, {}, sealing);
    };
    const auto built = build_with({records::CONFIDENTIAL, "general"});
    REQUIRE(built);
    CHECK(bench.offered("chief") == built->generation);
    CHECK_FALSE(bench.tells("chief", built->generation));
    // Without the key of a layer that the profile clears there is no snapshot, and the last one stays.
    const auto refused = build_with({records::CONFIDENTIAL, "fire"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(bench.offered("chief") == built->generation);
}

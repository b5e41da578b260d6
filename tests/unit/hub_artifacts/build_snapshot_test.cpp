#include <catch2/catch.hpp>

#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "sync/base/compress.hpp"
#include "tests/unit/engine/key_signer.hpp"
#include "tests/unit/engine/memory_blobs.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

// A hub's store of a city that has a profile of this name, however it came there.
struct Bench {
    explicit Bench(const std::string& profile) {
        auto store = Store::open(store_folder).value();
        City city{"testville", "Testville", {}, {{"city", "All"}}, {}};
        city.profiles.push_back({profile, "", {"city"}, {{records::INTERNAL, "general"}}});
        REQUIRE(Catalog(*store).put_city(city).has_value());
    }
    Result<SnapshotReport> build(const std::string& profile) {
        return build_snapshot(store_folder, profile, signer, [](const std::string&) {});
    }

    support::TemporaryFolder folder;
    std::filesystem::path store_folder = folder.path / "hub";
    engine::testing::KeySigner signer{"hub"};
};

}  // namespace

TEST_CASE("A snapshot is offered once it is built, and the two newest are kept", "[artifacts]") {
    Bench bench("inspector");
    Artifacts artifacts(bench.store_folder);
    CHECK(artifacts.newest("inspector") == 0);
    std::vector<std::uint64_t> generations;
    for (int i = 0; i < 3; ++i) generations.push_back(bench.build("inspector").value().generation);
    CHECK(generations[0] < generations[1]);
    CHECK(artifacts.newest("inspector") == generations[2]);
    CHECK(artifacts.block("inspector", generations[1], 0).has_value());
    CHECK(artifacts.block("inspector", generations[0], 0).error().code == ErrorCode::not_found);
}

TEST_CASE("A profile whose name is a path is refused, and nothing outside of the store is touched",
          "[artifacts]") {
    const std::string name = "../../photos";
    Bench bench(name);
    const auto outside = bench.folder.path / "photos";
    for (const char* year : {"2023", "2024", "2025", "draft"})
        std::filesystem::create_directories(outside / year);
    const auto built = bench.build(name);
    REQUIRE(built.has_error());
    CHECK(built.error().code == ErrorCode::invalid_argument);
    for (const char* year : {"2023", "2024", "2025", "draft"}) CHECK(std::filesystem::exists(outside / year));
}

TEST_CASE("Whatever a city's size, its manifest and each of its blocks is one message", "[artifacts]") {
    CHECK(block_bytes_for(0).value() == protocol::block_bytes);
    CHECK(block_bytes_for(5'000'000'000).value() == protocol::block_bytes);
    CHECK(block_bytes_for(30'000'000'000).error().code == ErrorCode::full);
    CHECK(block_bytes_for(std::uint64_t{1} << 60U).error().code == ErrorCode::full);
    for (const std::uint64_t bytes : {6'200'000'000U, 7'000'000'000U, 15'000'000'000U, 23'000'000'000U}) {
        const std::uint32_t block_bytes = block_bytes_for(bytes).value();
        CHECK(compress(engine::testing::content_of(1, block_bytes)).size() + 1'000 <
              protocol::max_message_bytes);
        protocol::Manifest manifest;
        for (std::uint64_t block = 0; block <= bytes / block_bytes; ++block) {
            auto& added = *manifest.add_blocks();
            added.set_sha256(sha256(std::to_string(block)));
            added.set_packed_bytes(block_bytes);
        }
        // Signature, name and the cursors of some 500 feeds beside them.
        CHECK(manifest.ByteSizeLong() + 50'000 < protocol::max_message_bytes);
    }
}

#include <catch2/catch.hpp>

#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "tests/unit/engine/key_signer.hpp"
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
    CHECK(artifacts.newest("inspector").value() == 0);
    std::vector<std::uint64_t> generations;
    for (int i = 0; i < 3; ++i) generations.push_back(bench.build("inspector").value().generation);
    CHECK(generations[0] < generations[1]);
    CHECK(artifacts.newest("inspector").value() == generations[2]);
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

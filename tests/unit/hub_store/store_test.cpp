#include "daemon/hub/store/store.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/hub_store/scratch.hpp"

using namespace fieldpost;
using hub::testing::ScratchFolder;

TEST_CASE("a store keeps the generation that it was made with") {
    const ScratchFolder folder;
    std::int64_t generation = 0;
    {
        auto store = hub::Store::open(folder.path());
        REQUIRE(store);
        generation = (*store)->generation();
        CHECK(generation > 0);
    }
    auto again = hub::Store::open(folder.path());
    REQUIRE(again);
    CHECK((*again)->generation() == generation);

    const ScratchFolder other;
    auto another = hub::Store::open(other.path());
    REQUIRE(another);
    CHECK((*another)->generation() != generation);
}

TEST_CASE("a reader needs a store that is there") {
    const ScratchFolder folder;
    const auto reader = hub::Store::open_reader(folder.path());
    REQUIRE_FALSE(reader);
    CHECK(reader.error().code == ErrorCode::not_found);
}

TEST_CASE("a damaged store is reported and left as it is") {
    const ScratchFolder folder;
    {
        std::ofstream(folder.path() / "hub.db")
            << "this is no database, and longer than its header would be........." << std::string(200, '.');
    }
    const auto store = hub::Store::open(folder.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().code == ErrorCode::corrupt);
    CHECK(std::filesystem::exists(folder.path() / "hub.db"));
}

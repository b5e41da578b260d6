#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/city/exports.hpp"
#include "tools/city/generate.hpp"

using namespace fieldpost;
using namespace fieldpost::city::test;
namespace fs = std::filesystem;

namespace {

Result<city::Made> make(const fs::path& out, std::uint64_t properties = 1'000, int day = 0) {
    return city::generate({1, properties, day, out}, [](std::uint64_t, std::uint64_t) {});
}

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("A size or a day out of range is refused in plain words, and nothing is written") {
    const TemporaryFolder folder;
    for (const std::uint64_t properties : {std::uint64_t{999}, std::uint64_t{1'000'001}}) {
        const auto made = make(folder.path() / "city", properties);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message == "--properties must be from 1000 to 1000000");
    }
    CHECK_FALSE(make(folder.path() / "city", 1'000, 31).has_value());
    CHECK(entries(folder.path()) == 0);
}

TEST_CASE("A folder that holds somebody else's files is refused and left alone") {
    const TemporaryFolder folder;
    fs::create_directory(folder.path() / "mine");
    std::ofstream(folder.path() / "mine/letter.txt") << "dear";
    const auto made = make(folder.path() / "mine");
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::conflict);
    CHECK(read(folder.path() / "mine/letter.txt") == "dear");
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("A file in the place of the folder is refused") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "city") << "x";
    const auto made = make(folder.path() / "city");
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::conflict);
}

TEST_CASE("An earlier city is replaced whole, and nothing is left beside it") {
    const TemporaryFolder folder;
    REQUIRE(make(folder.path() / "city").has_value());
    std::ofstream(folder.path() / "city/left-over.csv") << "x";
    REQUIRE(make(folder.path() / "city", 1'001).has_value());
    CHECK_FALSE(fs::exists(folder.path() / "city/left-over.csv"));
    CHECK(read_json(folder.path() / "city/city.json").at("properties").as_int64() == 1'001);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("What a killed run left behind is cleared by the next one") {
    const TemporaryFolder folder;
    // No process has this number: it is above the largest that Linux gives.
    fs::create_directory(folder.path() / ".city.making-99999999");
    REQUIRE(make(folder.path() / "city").has_value());
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("A folder that cannot be written is an error with its name") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "x";
    const auto made = make(folder.path() / "file/city");
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::io);
    CHECK(made.error().message.find((folder.path() / "file").string()) != std::string::npos);
}

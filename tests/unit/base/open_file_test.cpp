#include "sync/base/open_file.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using support::TemporaryFolder;

TEST_CASE("A file is written and read at any place", "[base]") {
    const TemporaryFolder folder;
    auto file = OpenFile::create(folder.path / "a").value();
    REQUIRE(file.write_at(0, "0123456789"));
    REQUIRE(file.write_at(4, "----"));
    CHECK(file.size().value() == 10);
    CHECK(file.read_at(2, 5).value() == "23---");
    REQUIRE(file.truncate(6));
    REQUIRE(file.sync());
    CHECK(OpenFile::open_to_read(folder.path / "a").value().read_at(0, 6).value() == "0123--");
}

TEST_CASE("Reading beyond a file's end is an error, not less than was asked for", "[base]") {
    const TemporaryFolder folder;
    folder.write("a", "0123");
    const auto file = OpenFile::open_to_read(folder.path / "a").value();
    CHECK(file.read_at(4, 0).value().empty());
    CHECK(file.read_at(2, 3).error().code == ErrorCode::corrupt);
}

TEST_CASE("A new file takes no other's place, and one to read must be there", "[base]") {
    const TemporaryFolder folder;
    folder.write("a", "mine");
    CHECK(OpenFile::create(folder.path / "a").error().code == ErrorCode::conflict);
    CHECK(OpenFile::open_to_read(folder.path / "none").error().code == ErrorCode::not_found);
    CHECK(OpenFile::open_or_create(folder.path / "a").value().size().value() == 4);
    CHECK(OpenFile::open_or_create(folder.path / "b").value().size().value() == 0);
}

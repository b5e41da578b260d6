#include "sync/base/file.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using support::TemporaryFolder;

namespace {

std::size_t count(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

unsigned mode_of(const std::filesystem::path& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777U;
}

std::vector<std::filesystem::path>* synced = nullptr;  // where they are written down, while a test asks

}  // namespace

// In place of the C library's: what was not synced is what a power cut may take.
extern "C" int fsync(int fd) {
    std::error_code error;
    if (synced != nullptr) {
        synced->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error));
    }
    return static_cast<int>(::syscall(SYS_fsync, fd));
}

TEST_CASE("A file is read whole, within its bound", "[base]") {
    const TemporaryFolder folder;
    const Bytes content = Bytes(200'000, 'x') + Bytes("\0\n\xff", 3);
    folder.write("a", content);
    CHECK(read_file(folder.path / "a").value() == content);
    CHECK(read_file(folder.path / "a", content.size()).value() == content);
    CHECK(read_file(folder.path / "a", content.size() - 1).error().code == ErrorCode::full);
    folder.write("empty", "");
    CHECK(read_file(folder.path / "empty", 0).value().empty());
}

TEST_CASE("A file that is not there or cannot be read is an error that names it", "[base]") {
    const TemporaryFolder folder;
    const auto missing = read_file(folder.path / "none");
    REQUIRE(missing.has_error());
    CHECK(missing.error().code == ErrorCode::not_found);
    CHECK(missing.error().message.find((folder.path / "none").string()) != std::string::npos);
    CHECK(read_file(folder.path).error().code == ErrorCode::io);  // a folder
}

TEST_CASE("An atomic write makes, replaces, and leaves nothing beside the file", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "a";
    REQUIRE(write_file_atomic(path, "one").has_value());
    CHECK(read_file(path).value() == "one");
    REQUIRE(write_file_atomic(path, Bytes(1'000'000, 'y')).has_value());
    CHECK(read_file(path).value() == Bytes(1'000'000, 'y'));
    REQUIRE(write_file_atomic(path, "").has_value());
    CHECK(read_file(path).value().empty());
    CHECK(count(folder.path) == 1);
}

TEST_CASE("An atomic write that fails leaves what was there", "[base]") {
    const TemporaryFolder folder;
    CHECK(write_file_atomic(folder.path / "none" / "a", "x").error().code == ErrorCode::not_found);
    const auto path = folder.path / "taken";
    std::filesystem::create_directory(path);
    folder.write("taken/inside", "kept");
    CHECK(write_file_atomic(path, "x").has_error());
    CHECK(read_file(path / "inside").value() == "kept");
    CHECK(count(folder.path) == 1);
}

TEST_CASE("A secret keeps its permissions, also when a crash left a draft that was open to all", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "key";
    folder.write("key.draft", "half of an older write");
    ::chmod((folder.path / "key.draft").c_str(), 0666);
    REQUIRE(write_file_atomic(path, "secret", 0600).has_value());
    CHECK(mode_of(path) == 0600);
    CHECK(read_file(path).value() == "secret");
}

TEST_CASE("A folder is made with those above it, and is no error when it is there", "[base]") {
    const TemporaryFolder folder;
    const auto deep = folder.path / "a" / "b" / "c";
    REQUIRE(make_folder(deep).has_value());
    CHECK(std::filesystem::is_directory(deep));
    CHECK(make_folder(deep).has_value());
    folder.write("file", "x");
    CHECK(make_folder(folder.path / "file" / "below").has_error());
}

TEST_CASE("A power cut takes no folder that was made, however deep", "[base]") {
    const TemporaryFolder folder;
    const auto deep = folder.path / "a" / "b" / "c";
    const auto syncs_of = [&](const std::filesystem::path& made) {
        std::vector<std::filesystem::path> out;
        synced = &out;
        CHECK(make_folder(made).has_value());
        synced = nullptr;
        std::sort(out.begin(), out.end());
        return out;
    };
    // An entry is in the folder above it: each of them, from the one that was there before.
    const std::vector<std::filesystem::path> all = {folder.path, folder.path / "a", folder.path / "a" / "b",
                                                    deep};
    CHECK(syncs_of(deep) == all);
    CHECK(syncs_of(deep) == std::vector(all.begin() + 2, all.end()));
}

TEST_CASE("A folder is taken by one program at a time", "[base]") {
    const TemporaryFolder folder;
    {
        const auto first = FolderLock::take(folder.path);
        REQUIRE(first.has_value());
        const auto second = FolderLock::take(folder.path);
        REQUIRE(second.has_error());
        CHECK(second.error().code == ErrorCode::conflict);
        CHECK(second.error().message.find(folder.path.string()) != std::string::npos);
    }
    CHECK(FolderLock::take(folder.path).has_value());
    CHECK(FolderLock::take(folder.path / "none").error().code == ErrorCode::not_found);
}

TEST_CASE("A rename moves between folders and replaces", "[base]") {
    const TemporaryFolder folder;
    folder.write("from/a", "new");
    folder.write("to/a", "old");
    REQUIRE(rename_durably(folder.path / "from" / "a", folder.path / "to" / "a").has_value());
    CHECK(read_file(folder.path / "to" / "a").value() == "new");
    CHECK_FALSE(std::filesystem::exists(folder.path / "from" / "a"));
    CHECK(rename_durably(folder.path / "from" / "a", folder.path / "to" / "a").error().code ==
          ErrorCode::not_found);
}

TEST_CASE("A damaged file is set aside with what belongs to it, never over an earlier one", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "journal.db";
    folder.write("journal.db", "first");
    folder.write("journal.db-wal", "first log");
    auto aside = set_aside(path);
    REQUIRE(aside.has_value());
    CHECK(*aside == folder.path / "journal.db.damaged-1");
    CHECK(read_file(*aside).value() == "first");
    CHECK(read_file(folder.path / "journal.db.damaged-1-wal").value() == "first log");
    CHECK(count(folder.path) == 2);

    folder.write("journal.db", "second");
    aside = set_aside(path);
    REQUIRE(aside.has_value());
    CHECK(*aside == folder.path / "journal.db.damaged-2");
    CHECK(read_file(folder.path / "journal.db.damaged-1").value() == "first");
    CHECK(set_aside(path).error().code == ErrorCode::not_found);
}

TEST_CASE("A folder is listed whole, and it is said why when it cannot be", "[base]") {
    const TemporaryFolder folder;
    CHECK(list_folder(folder.path).value().empty());
    folder.write("a", "1");
    folder.write("b", "2");
    auto there = list_folder(folder.path).value();
    std::ranges::sort(there);
    CHECK(there == std::vector{folder.path / "a", folder.path / "b"});
    CHECK(list_folder(folder.path / "none").error().code == ErrorCode::not_found);
    const auto no_folder = list_folder(folder.path / "a");
    REQUIRE(no_folder.has_error());
    CHECK(no_folder.error().code == ErrorCode::io);
    CHECK(no_folder.error().message.find((folder.path / "a").string()) != std::string::npos);
}

TEST_CASE("Free space is told, and is none where nothing can be asked", "[base]") {
    const TemporaryFolder folder;
    CHECK(free_bytes(folder.path) > 0);
    CHECK(free_bytes(folder.path / "none") == 0);
}

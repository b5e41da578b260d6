#include "daemon/device/power/last_run.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sync/base/file.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::device;

namespace {

constexpr std::string_view boot = "6f7b1c1e-52a7-4f0c-9d33-000000000001";
constexpr std::string_view next_boot = "6f7b1c1e-52a7-4f0c-9d33-000000000002";

struct Box {
    LastRun last(std::string_view in = boot) const { return last_run(folder.path, in); }
    std::filesystem::path mark() const { return folder.path / "run"; }
    void write(std::string_view content) const { REQUIRE(write_file_atomic(mark(), content).has_value()); }
    support::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("a first run knows of none before it") {
    const Box box;
    CHECK(box.last() == LastRun{});
    CHECK(last_run(box.folder.path / "no such folder", boot) == LastRun{});
}

TEST_CASE("a run that ended by itself is told with its code, in this boot or an earlier one") {
    const Box box;
    for (const int code : {0, 3, -6}) {
        REQUIRE(mark_running(box.folder.path, boot).has_value());
        REQUIRE(mark_ended(box.folder.path, boot, code).has_value());
        CHECK(box.last() == LastRun{RunEnd::clean, code, false});
        CHECK(box.last(next_boot) == LastRun{RunEnd::clean, code, true});
    }
}

TEST_CASE("a run that was killed, or lost its power, was cut short") {
    const Box box;
    REQUIRE(mark_running(box.folder.path, boot).has_value());
    REQUIRE(mark_ended(box.folder.path, boot, 0).has_value());
    REQUIRE(mark_running(box.folder.path, boot).has_value());  // the next one, which says nothing more
    CHECK(box.last() == LastRun{RunEnd::cut_short, std::nullopt, false});
    CHECK(box.last(next_boot) == LastRun{RunEnd::cut_short, std::nullopt, true});
}

TEST_CASE("a kill while the mark is written leaves the mark before it") {
    const Box box;
    REQUIRE(mark_running(box.folder.path, boot).has_value());
    // What such a kill leaves is a draft beside the mark, which nobody reads and the next write takes away.
    const auto beside = [&] { return list_folder(box.folder.path).value().size(); };
    auto draft = box.mark();
    draft += ".draft";
    REQUIRE(write_file_atomic(draft, "fieldpost run 1 en").has_value());
    CHECK(box.last().ended == RunEnd::cut_short);
    REQUIRE(mark_ended(box.folder.path, boot, 0).has_value());
    CHECK(box.last().ended == RunEnd::clean);
    CHECK(beside() == 1);
}

TEST_CASE("no part of a mark and nothing else is taken for a mark, and each is written over") {
    const Box box;
    REQUIRE(mark_ended(box.folder.path, boot, 12).has_value());
    const Bytes whole = read_file(box.mark()).value();
    std::vector<Bytes> damaged = {"\n",
                                  Bytes(100, '\0'),
                                  Bytes(10'000, 'x'),
                                  "fieldpost run 2 running in a\n",
                                  "ended 0\n",
                                  "fieldpost run 1 stopped in a\n",
                                  "fieldpost run 1 ended in a\n",
                                  "fieldpost run 1 ended 99999999999 in a\n",
                                  "fieldpost run 1 runningin a\n"};
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) damaged.push_back(whole.substr(0, bytes));
    for (const Bytes& content : damaged) {
        box.write(content);
        INFO(content);
        CHECK(box.last() == LastRun{});
        REQUIRE(mark_running(box.folder.path, boot).has_value());
        CHECK(box.last().ended == RunEnd::cut_short);
    }
}

TEST_CASE("whether the machine booted is not told where a boot has no name") {
    const Box box;
    REQUIRE(mark_ended(box.folder.path, "", 0).has_value());
    CHECK(box.last() == LastRun{RunEnd::clean, 0, std::nullopt});
    REQUIRE(mark_ended(box.folder.path, boot, 0).has_value());
    CHECK(box.last("") == LastRun{RunEnd::clean, 0, std::nullopt});
}

TEST_CASE("a mark that cannot be written leaves none that the next start would take for it") {
    const Box box;
    REQUIRE(mark_ended(box.folder.path, boot, 0).has_value());
    auto draft = box.mark();
    draft += ".draft";
    std::filesystem::create_directory(draft);  // where the mark is written before it takes its place
    const auto marked = mark_running(box.folder.path, boot);
    REQUIRE_FALSE(marked.has_value());
    CHECK(marked.error().message.find("the mark of this run") != std::string::npos);
    CHECK(box.last() == LastRun{});
    CHECK_FALSE(mark_running(box.folder.path / "no such folder", boot).has_value());
}

// What feeds a supervisor in fieldpostd's place while a box is not ready:
// tools/packaging/debian/feed-unready.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost::hal::testing;

namespace {

// Its systemctl says what the test says, its sleep is none, and what it is fed goes into a file.
struct Box {
    TempFolder folder;

    explicit Box(const std::string& fieldpostd_is) {
        folder.write("port", "");
        std::filesystem::create_directory(folder / "bin");
        program("systemctl", fieldpostd_is);
        program("sleep", "echo \"sleep $1\" >>" + at("log"));
        program("fieldpost-supervisor", "echo \"$*\" | sed 's,.*/port,port,' >>" + at("log"));
    }

    std::string at(const std::string& name) const { return (folder / name).string(); }

    void program(const std::string& name, const std::string& does) {
        folder.write("bin/" + name, "#!/bin/sh\n" + does + "\n");
        std::filesystem::permissions(folder / "bin" / name, std::filesystem::perms::owner_all);
    }

    std::string what_is_done() const {
        const std::string command = "PATH=" + at("bin") + ":$PATH FIELDPOST_SUPERVISOR=" + at("port") +
                                    " timeout 60 " FIELDPOST_FEED_UNREADY;
        REQUIRE(std::system(command.c_str()) == 0);
        std::ifstream log(folder / "log");
        return {std::istreambuf_iterator<char>(log), {}};
    }
};

}  // namespace

TEST_CASE("a box whose fieldpostd does not run keeps its power for two hours, and not for ever") {
    for (const char* state : {"inactive", "failed"}) {
        const Box box(std::string("echo ") + state);
        std::istringstream done(box.what_is_done());
        int feeds = 0;
        for (std::string fed, slept; std::getline(done, fed) && std::getline(done, slept); ++feeds) {
            CHECK(fed == "port feed 600");
            CHECK(slept == "sleep 300");
        }
        CHECK(feeds * 300 == 2 * 3600);
    }
}

TEST_CASE("once fieldpostd runs or is started, nobody feeds in its place") {
    const Box runs("echo active");
    CHECK(runs.what_is_done().empty());
    const Box starts("echo activating");
    CHECK(starts.what_is_done().empty());

    Box later("");
    later.program("systemctl", "[ -e " + later.at("log") + " ] && echo active || echo inactive");
    CHECK(later.what_is_done() == "port feed 600\nsleep 300\n");
}

TEST_CASE("a box without a supervisor is left alone") {
    const Box box("echo inactive");
    std::filesystem::remove(box.folder / "port");
    std::istringstream done(box.what_is_done());
    int waits = 0;
    for (std::string slept; std::getline(done, slept); ++waits) CHECK(slept == "sleep 2");
    CHECK(waits == 30);
}

TEST_CASE("a supervisor's port that comes late, or is gone for a moment, is fed all the same") {
    Box box("echo inactive");
    std::filesystem::remove(box.folder / "port");
    box.program("sleep",
                "echo \"sleep $1\" >>" + box.at("log") + "; [ $1 = 300 ] || touch " + box.at("port"));
    std::istringstream late(box.what_is_done());
    std::string first;
    std::string second;
    std::getline(late, first);
    std::getline(late, second);
    CHECK(first == "sleep 2");
    CHECK(second == "port feed 600");

    box.program("sleep", "echo \"sleep $1\" >>" + box.at("log") + "; rm -f " + box.at("port"));
    std::filesystem::remove(box.folder / "log");
    const std::string done = box.what_is_done();
    CHECK(std::ranges::count(done, '\n') == 48);
}

#include "daemon/hub/app/conflict_commands.hpp"

#include <unistd.h>

#include "sync/base/file.hpp"
#include "tests/unit/hub_journal/edit_bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

struct Ended {
    int code = 0;
    std::string said;
};

Ended run(const std::string& arguments, std::filesystem::path store) {
    CLI::App app;
    ConflictCommands commands(app, store);
    app.parse(arguments + " --store " + store.string());
    const support::TemporaryFolder folder;
    const auto file = folder.path / "said";
    std::fflush(stdout);
    const int before = ::dup(STDOUT_FILENO);
    REQUIRE(std::freopen(file.c_str(), "w", stdout) != nullptr);
    Ended ended;
    ended.code = commands.run().value();
    std::fflush(stdout);
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
    ended.said = read_file(file).value();
    return ended;
}

}  // namespace

TEST_CASE("Conflicts are listed and shown while the hub writes") {
    EditBench hub;
    hub.take(hub.edit("e-1", {{hub.status, "closed"}}, 1));
    hub.take(hub.edit("e-2", {{hub.status, "void"}}, 1), "truck-2");
    SQLite::Transaction writing(hub.store->database(), SQLite::TransactionBehavior::IMMEDIATE);
    hub.apply(hub.observation("o-1"));
    for (const char* command : {"conflicts list", "conflicts list --state all", "conflicts show 1"}) {
        const auto ended = run(command, hub.folder.path);
        CHECK(ended.code == 0);
        CHECK(ended.said.find("theirs  \"void\"") != std::string::npos);
    }
}

TEST_CASE("Who lists or shows conflicts changes nothing") {
    EditBench hub;
    const support::TemporaryFolder folder;
    // As a backup that was put in place: the hub that opens it to write begins a new generation.
    const auto database = folder.path / "hub.db";
    hub.store->database().exec("INSERT INTO hub (key, value) VALUES ('backup_of', 1)");
    hub.store->database().exec("VACUUM INTO '" + database.string() + "'");
    const auto before = read_file(database).value();
    CHECK(run("conflicts list", folder.path).code == 0);
    CHECK(run("conflicts show 1", folder.path).code == 1);
    CHECK(read_file(database).value() == before);
    CHECK(run("conflicts list", folder.path / "nowhere").code == 1);
    CHECK_FALSE(std::filesystem::exists(folder.path / "nowhere"));
}

TEST_CASE("Conflicts in a store of another schema are not read") {
    EditBench hub;
    hub.store->database().exec("PRAGMA user_version = 3");
    CHECK(run("conflicts list", hub.folder.path).code == 1);
}

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "hal/installer/installer.hpp"
#include "sync/base/crypto.hpp"
#include "tests/unit/hal/log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Bench {
    TempFolder folder;
    Ed25519Key key = ed25519_generate();
    Log<InstallEvent> log;
    std::unique_ptr<Installer> installer;

    Bench() {
        folder.write("key.pub", to_hex(key.public_key) + "\n");
        std::filesystem::create_directory(folder / "spool");
    }

    // `script` is run in the place of the package tool, with the package's path behind it.
    void open(const std::string& script) {
        folder.write("tool", "#!/bin/sh\n" + script + "\n");
        std::filesystem::permissions(folder / "tool", std::filesystem::perms::owner_all);
        installer = make_installer({"deb",
                                    {{"public_key", (folder / "key.pub").string()},
                                     {"spool", (folder / "spool").string()},
                                     {"command", (folder / "tool").string() + " install"}}})
                        .value();
        REQUIRE(installer->start(log.handler()).has_value());
    }

    InstallEvent install(const std::filesystem::path& bundle) {
        const std::size_t before = log.all().size();
        REQUIRE(installer->install(bundle).has_value());
        REQUIRE(log.wait_for([](const InstallEvent& e) { return e.kind != InstallEvent::Kind::running; },
                             before));
        return log.all().back();
    }

    std::string content(const std::string& name) const {
        std::ifstream file(folder / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

}  // namespace

TEST_CASE("a package that the right key has signed is handed to the tool as a copy of what was checked") {
    Bench bench;
    bench.open("echo \"$1 $2\" > " + (bench.folder / "asked").string() + "; cat \"$2\" > " +
               (bench.folder / "seen").string());
    const auto package = bench.folder.write("new.deb", "the package");
    for (const std::string& signature :
         {ed25519_sign(bench.key, "the package"), to_hex(ed25519_sign(bench.key, "the package")) + "\n"}) {
        bench.folder.write("new.deb.sig", signature);
        CHECK(bench.install(package) ==
              InstallEvent{InstallEvent::Kind::installed, 100, "new.deb is installed."});
        CHECK(bench.content("seen") == "the package");
        CHECK(bench.content("asked") == "install " + (bench.folder / "spool/update.deb").string() + "\n");
    }
}

TEST_CASE("a package that is not signed, signed by another or changed since is never handed to the tool") {
    Bench bench;
    bench.open("touch " + (bench.folder / "asked").string());
    const auto package = bench.folder.write("new.deb", "the package");
    CHECK(bench.install(package).kind == InstallEvent::Kind::failed);
    for (const std::string& signature :
         {ed25519_sign(ed25519_generate(), "the package"), ed25519_sign(bench.key, "another package"),
          std::string("zz"), std::string(), std::string(64, '\0')}) {
        bench.folder.write("new.deb.sig", signature);
        const InstallEvent end = bench.install(package);
        CHECK(end.kind == InstallEvent::Kind::failed);
        CHECK(end.detail.find("new.deb is not signed by the key in") == 0);
    }
    CHECK_FALSE(std::filesystem::exists(bench.folder / "asked"));
}

TEST_CASE("a tool that fails is told with its last words, and one that is not there by its name") {
    Bench bench;
    bench.open("echo first; echo 'dpkg: error: no space' >&2; exit 2");
    const auto package = bench.folder.write("new.deb", "the package");
    bench.folder.write("new.deb.sig", ed25519_sign(bench.key, "the package"));
    CHECK(bench.install(package).detail == "the installation failed: dpkg: error: no space.");
    std::filesystem::remove(bench.folder / "tool");
    CHECK(bench.install(package).detail.find("cannot start " + (bench.folder / "tool").string()) == 0);
}

TEST_CASE(
    "a second package is refused while one is being installed, and stopping does not wait for the tool") {
    Bench bench;
    bench.open("touch " + (bench.folder / "asked").string() + "; sleep 3; touch " +
               (bench.folder / "ended").string());
    const auto package = bench.folder.write("new.deb", "the package");
    bench.folder.write("new.deb.sig", ed25519_sign(bench.key, "the package"));
    REQUIRE(bench.installer->install(package).has_value());
    const Status second = bench.installer->install(package);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::conflict);
    REQUIRE(bench.log.wait_for([](const InstallEvent& e) { return e.percent == 10; }));
    const auto asked = std::chrono::steady_clock::now();
    bench.installer->stop();
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(2));
    CHECK_FALSE(std::filesystem::exists(bench.folder / "ended"));
}

// The driver, beside the program that installs as root: tools/packaging/debian/install-update.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "hal/installer/installer.hpp"
#include "sync/base/crypto.hpp"
#include "tests/unit/hal/log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

bool is_end(const InstallEvent& event) {
    return event.kind != InstallEvent::Kind::running;
}

struct Bench {
    TempFolder folder;
    Ed25519Key key = ed25519_generate();
    Log<InstallEvent> log;
    std::unique_ptr<Installer> installer;
    std::filesystem::path package = folder.write("new.deb", "the package");

    Bench() {
        folder.write("key.pub", to_hex(key.public_key) + "\n");
        sign(key);
        std::filesystem::create_directory(folder / "outcome");
    }

    void sign(const Ed25519Key& by) { folder.write("new.deb.sig", ed25519_sign(by, "the package")); }

    void open(const std::string& answer_ms = "60000") {
        installer = make_installer({"deb",
                                    {{"public_key", (folder / "key.pub").string()},
                                     {"spool", (folder / "state/spool").string()},
                                     {"result", (folder / "outcome/result").string()},
                                     {"answer_ms", answer_ms}}})
                        .value();
        REQUIRE(installer->start(log.handler()).has_value());
    }

    // What the unit of the package does when there is a request, with `script` in the place of apt-get.
    void serve(const std::string& script) {
        folder.write("apt", "#!/bin/sh\n" + script + "\n");
        std::filesystem::permissions(folder / "apt", std::filesystem::perms::owner_all);
        REQUIRE(becomes_asked());
        const std::string at = folder.path().string();
        const std::string command = "FIELDPOST_SPOOL=" + at + "/state/spool FIELDPOST_OUTCOME=" + at +
                                    "/outcome FIELDPOST_PACKAGES_KEY=" + at + "/key.pub FIELDPOST_APT=" + at +
                                    "/apt TMPDIR=" + at + " " FIELDPOST_INSTALL_UPDATE;
        REQUIRE(std::system(command.c_str()) == 0);
    }

    // The request is a file, which nothing tells of.
    bool becomes_asked() const {
        for (int turn = 0; turn < 4000; ++turn) {
            if (std::filesystem::exists(folder / "state/spool/request")) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }

    InstallEvent end(std::size_t before = 0) {
        REQUIRE(log.wait_for(is_end, before));
        return log.all().back();
    }

    std::string content(const std::string& name) const {
        std::ifstream file(folder / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

}  // namespace

TEST_CASE("a package that the right key has signed is handed over, checked again and installed from a copy") {
    Bench bench;
    bench.open();
    CHECK(bench.installer->status().state == PartState::ok);
    for (const std::string& signature :
         {ed25519_sign(bench.key, "the package"), to_hex(ed25519_sign(bench.key, "the package")) + "\n"}) {
        bench.folder.write("new.deb.sig", signature);
        const std::size_t before = bench.log.all().size();
        REQUIRE(bench.installer->install(bench.package).has_value());
        bench.serve("for last; do :; done; echo \"$last\" > " + (bench.folder / "asked").string() +
                    "; cat \"$last\" > " + (bench.folder / "seen").string());
        CHECK(bench.end(before) == InstallEvent{InstallEvent::Kind::installed, 100, "new.deb is installed."});
        CHECK(bench.content("seen") == "the package");
        CHECK(bench.content("asked").find("spool") == std::string::npos);
        CHECK_FALSE(std::filesystem::exists(bench.folder / "state/spool/request"));
    }
}

TEST_CASE("a package that is not signed, signed by another or changed since is not handed over") {
    Bench bench;
    bench.open();
    std::filesystem::remove(bench.folder / "new.deb.sig");
    REQUIRE(bench.installer->install(bench.package).has_value());
    CHECK(bench.end().kind == InstallEvent::Kind::failed);
    for (const std::string& signature :
         {ed25519_sign(ed25519_generate(), "the package"), ed25519_sign(bench.key, "another package"),
          std::string("zz"), std::string(), std::string(64, '\0')}) {
        bench.folder.write("new.deb.sig", signature);
        const std::size_t before = bench.log.all().size();
        REQUIRE(bench.installer->install(bench.package).has_value());
        const InstallEvent end = bench.end(before);
        CHECK(end.kind == InstallEvent::Kind::failed);
        CHECK(end.detail.find("new.deb is not signed by the key in") == 0);
    }
    CHECK_FALSE(std::filesystem::exists(bench.folder / "state/spool/request"));
}

TEST_CASE("what is exchanged in the spool after it was checked is not installed") {
    Bench bench;
    bench.open();
    REQUIRE(bench.installer->install(bench.package).has_value());
    REQUIRE(bench.becomes_asked());
    bench.folder.write("state/spool/update.deb", "another package");
    bench.serve("touch " + (bench.folder / "asked").string());
    CHECK(bench.end().detail.find("the installation failed: the package is not signed by the key in") == 0);
    CHECK_FALSE(std::filesystem::exists(bench.folder / "asked"));
}

TEST_CASE("an installation that fails is told with its last words") {
    Bench bench;
    bench.open();
    REQUIRE(bench.installer->install(bench.package).has_value());
    bench.serve("echo first; echo 'dpkg: error: no space' >&2; exit 2");
    CHECK(bench.end().detail == "the installation failed: dpkg: error: no space.");
}

TEST_CASE("where nobody installs, an update fails with a sentence, and its request is taken back") {
    Bench bench;
    bench.open("300");
    REQUIRE(bench.installer->install(bench.package).has_value());
    const Status second = bench.installer->install(bench.package);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::conflict);
    CHECK(bench.end().detail.find("nobody installs what lies in") == 0);
    CHECK_FALSE(std::filesystem::exists(bench.folder / "state/spool/request"));
}

TEST_CASE("what was said of an earlier update is not taken for this one, and stopping does not wait") {
    Bench bench;
    bench.folder.write("outcome/result", "another-request installed\n");
    bench.open();
    REQUIRE(bench.installer->install(bench.package).has_value());
    REQUIRE(bench.becomes_asked());
    const auto asked = std::chrono::steady_clock::now();
    bench.installer->stop();
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(5));
    for (const InstallEvent& event : bench.log.all()) CHECK_FALSE(is_end(event));
}

TEST_CASE("a spool that cannot be written breaks the part, with a sentence") {
    Bench bench;
    bench.folder.write("state", "a file where the folder is to be");
    bench.open();
    CHECK(bench.installer->status().state == PartState::broken);
    CHECK(bench.installer->status().detail.find("Packages cannot be handed over") == 0);
    REQUIRE(bench.installer->install(bench.package).has_value());
    CHECK(bench.end().kind == InstallEvent::Kind::failed);
}

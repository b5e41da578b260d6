// What every installer driver keeps to. A new driver is added to cases().
#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "hal/installer/installer.hpp"
#include "sync/base/crypto.hpp"
#include "tests/unit/hal/log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Case {
    std::string name;
    InstallerConfig config;
    bool takes = true;  // a bundle, which then ends somehow
};

std::vector<Case> cases(const TempFolder& folder) {
    return {
        {"deb", {"deb", {{"public_key", (folder / "none").string()}, {"spool", folder.path().string()}}}},
        {"empty", {"empty", {}}, false},
        {"rauc, no bus", {"rauc", {{"bus", "unix:path=/nowhere"}}}, false},
        {"sim", {"sim", {{"duration_ms", "20"}}}},
        {"sim that fails", {"sim", {{"duration_ms", "20"}, {"fails", "true"}}}},
    };
}

bool is_end(const InstallEvent& event) {
    return event.kind != InstallEvent::Kind::running;
}

}  // namespace

TEST_CASE("every installer driver is covered by the conformance cases") {
    const TempFolder folder;
    std::set<std::string> covered;
    for (const Case& c : cases(folder)) covered.insert(c.config.driver);
    for (const std::string& name : installer_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE("every installer driver tells of an installation until its one end, and takes the next one then") {
    const TempFolder folder;
    const auto bundle = folder.write("bundle", "bytes");
    for (const Case& c : cases(folder)) {
        INFO(c.name);
        Log<InstallEvent> log;
        auto installer = make_installer(c.config).value();
        CHECK_FALSE(installer->install(bundle).has_value());  // before the start
        REQUIRE(installer->start(log.handler()).has_value());
        const Status missing = installer->install(folder / "no-such-bundle");
        CHECK_FALSE(missing.has_value());
        if (!c.takes) {
            const Status refused = installer->install(bundle);
            REQUIRE_FALSE(refused.has_value());
            CHECK(refused.error().code == ErrorCode::unavailable);
            CHECK_FALSE(refused.error().message.empty());
            CHECK_FALSE(installer->slots().has_value());
            continue;
        }
        CHECK(missing.error().code == ErrorCode::not_found);
        for (int round = 0; round < 2; ++round) {
            const std::size_t before = log.all().size();
            REQUIRE(installer->install(bundle).has_value());
            REQUIRE(log.wait_for(is_end, before));
            const auto told = log.all();
            int percent = 0;
            for (std::size_t i = before; i < told.size(); ++i) {
                CHECK_FALSE(told[i].detail.empty());
                CHECK((told[i].percent >= 0 && told[i].percent <= 100));
                CHECK(is_end(told[i]) == (i + 1 == told.size()));
                if (is_end(told[i])) break;
                CHECK(told[i].percent >= percent);
                percent = told[i].percent;
            }
        }
        CHECK(installer->mark_good().has_value());
        const auto slots = installer->slots();
        REQUIRE(slots.has_value());
        REQUIRE_FALSE(slots->empty());
        CHECK(slots->front().booted);
    }
}

TEST_CASE("every installer driver stops promptly, is silent afterwards, and starts again") {
    const TempFolder folder;
    const auto bundle = folder.write("bundle", "bytes");
    for (const Case& c : cases(folder)) {
        INFO(c.name);
        Log<InstallEvent> log;
        auto installer = make_installer(c.config).value();
        CHECK_FALSE(installer->status().detail.empty());
        installer->stop();
        for (int round = 0; round < 2; ++round) {
            REQUIRE(installer->start(log.handler()).has_value());
            const Status again = installer->start(log.handler());
            REQUIRE_FALSE(again.has_value());
            CHECK(again.error().code == ErrorCode::conflict);
            if (c.takes) CHECK(installer->install(bundle).has_value());
            const auto asked = std::chrono::steady_clock::now();
            installer->stop();
            CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(2));
            const std::size_t count = log.all().size();
            CHECK_FALSE(log.wait_for_count(count + 1, std::chrono::milliseconds(30)));
        }
        REQUIRE(installer->start(log.handler()).has_value());
        installer.reset();  // may be destroyed while it runs
    }
}

TEST_CASE("every installer driver refuses a misspelt setting by name") {
    const TempFolder folder;
    for (Case& c : cases(folder)) {
        INFO(c.name);
        c.config.settings["bsu"] = "x";
        const auto made = make_installer(c.config);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'bsu'") != std::string::npos);
    }
}

TEST_CASE("an unknown installer driver is refused with the names of those there are") {
    const auto made = make_installer({"snap", {}});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message == "there is no installer driver 'snap'; choose one of deb, empty, rauc, sim");
}

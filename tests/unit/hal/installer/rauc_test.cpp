// The driver beside a stand-in for RAUC on a real bus.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "hal/installer/installer.hpp"
#include "tests/unit/hal/log.hpp"
#include "tests/unit/hal/private_bus.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

const std::string interface = "de.pengutronix.rauc.Installer";
using Properties = std::map<std::string, sdbus::Variant>;
using Progress = sdbus::Struct<std::int32_t, std::string, std::int32_t>;
using SlotStatus = std::vector<sdbus::Struct<std::string, Properties>>;

class Rauc : public StandIn {
  public:
    explicit Rauc(const PrivateBus& bus) : StandIn(bus, "de.pengutronix.rauc") {
        property("/", interface, "Compatible", std::string("fieldpost-sim"));
        property("/", interface, "LastError", std::string());
        property("/", interface, "Progress", Progress(0, "", 0));
        object("/")
            .registerMethod("InstallBundle")
            .onInterface(interface)
            .implementedAs([this](const std::string& bundle, const Properties&) { asked.handler()(bundle); });
        object("/").registerMethod("Mark").onInterface(interface).implementedAs(
            [this](const std::string& state, const std::string& slot) {
                asked.handler()(state + " " + slot);
                return std::tuple<std::string, std::string>("rootfs.0", "marked slot rootfs.0 as good");
            });
        object("/").registerMethod("GetSlotStatus").onInterface(interface).implementedAs([this] {
            std::this_thread::sleep_for(thinks_for.load());
            const auto slot = [](const std::string& state, const std::string& boot,
                                 const std::string& version) {
                return Properties{{"state", sdbus::Variant(state)},
                                  {"boot-status", sdbus::Variant(boot)},
                                  {"bundle.version", sdbus::Variant(version)}};
            };
            return SlotStatus{{"rootfs.1", slot("inactive", "bad", "2")},
                              {"rootfs.0", slot("booted", "good", "1")},
                              {"data.0", Properties{{"state", sdbus::Variant(std::string("active"))}}}};
        });
        object("/").registerSignal("Completed").onInterface(interface).withParameters<std::int32_t>();
        serve();
    }

    void progress(int percent, const std::string& step) {
        change("/", interface, "Progress", Progress(percent, step, 1));
    }
    void complete(std::int32_t result) {
        object("/").emitSignal("Completed").onInterface(interface).withArguments(result);
    }

    Log<std::string> asked;
    std::atomic<std::chrono::milliseconds> thinks_for = std::chrono::milliseconds(0);  // about its slots
};

struct Bench {
    PrivateBus bus;
    TempFolder folder;
    std::filesystem::path bundle = folder.write("update.raucb", "a bundle");
    Log<InstallEvent> log;
    std::unique_ptr<Installer> installer;

    void open() {
        installer = make_installer({"rauc", {{"bus", bus.address()}}}).value();
        REQUIRE(installer->start(log.handler()).has_value());
    }
    // The driver listens soon after its start, on its own thread.
    Status install() {
        for (int turn = 0; turn < 4000; ++turn) {
            const Status taken = installer->install(bundle);
            if (taken || taken.error().code != ErrorCode::unavailable) return taken;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return fail(ErrorCode::unavailable, "the driver never listened");
    }
};

bool is_end(const InstallEvent& event) {
    return event.kind != InstallEvent::Kind::running;
}

bool bus_is_here() {
    if (PrivateBus::can_run()) return true;
    std::cout << "skipped: no dbus-daemon\n";
    return false;
}

}  // namespace

TEST_CASE("RAUC is asked for the bundle, and its progress and end are told") {
    if (!bus_is_here()) return;
    Bench bench;
    Rauc rauc(bench.bus);
    bench.open();
    REQUIRE(bench.install().has_value());
    REQUIRE(rauc.asked.wait_for_count(1));
    CHECK(rauc.asked.all().front() == bench.bundle.string());
    const Status second = bench.installer->install(bench.bundle);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::conflict);
    rauc.progress(40, "Checking bundle");
    REQUIRE(bench.log.wait_for_count(1));
    rauc.complete(0);
    REQUIRE(bench.log.wait_for(is_end));
    CHECK(bench.log.all() ==
          std::vector<InstallEvent>{{InstallEvent::Kind::running, 40, "Checking bundle."},
                                    {InstallEvent::Kind::installed, 100, "The bundle is installed."}});
    CHECK(bench.installer->status() == PartStatus{PartState::ok, "RAUC keeps the slots of fieldpost-sim."});
    REQUIRE(bench.install().has_value());
}

TEST_CASE("a bundle that RAUC refuses fails with RAUC's reason") {
    if (!bus_is_here()) return;
    Bench bench;
    Rauc rauc(bench.bus);
    bench.open();
    REQUIRE(bench.install().has_value());
    rauc.change("/", interface, "LastError", std::string("signature verification failed"));
    rauc.complete(1);
    REQUIRE(bench.log.wait_for(is_end));
    CHECK(bench.log.all().back() == InstallEvent{InstallEvent::Kind::failed, 100,
                                                 "RAUC refused the bundle: signature verification failed."});
}

TEST_CASE("a RAUC that ends amid its work is a failure that is told, and a bus that ends is too") {
    if (!bus_is_here()) return;
    Bench bench;
    {
        Rauc rauc(bench.bus);
        bench.open();
        REQUIRE(bench.install().has_value());
    }
    REQUIRE(bench.log.wait_for(is_end));
    CHECK(bench.log.all().back().kind == InstallEvent::Kind::failed);
    Rauc rauc(bench.bus);
    REQUIRE(bench.install().has_value());
    const std::size_t before = bench.log.all().size();
    bench.bus.stop();
    REQUIRE(bench.log.wait_for(is_end, before));
    CHECK(bench.installer->status().state == PartState::broken);
}

TEST_CASE("RAUC's slots are told, the booted one first, and the running system is marked good") {
    if (!bus_is_here()) return;
    Bench bench;
    Rauc rauc(bench.bus);
    bench.open();
    CHECK(bench.installer->slots().value() == std::vector<Slot>{{"rootfs.0", true, true, "1"},
                                                                {"rootfs.1", false, false, "2"},
                                                                {"data.0", false, std::nullopt, ""}});
    REQUIRE(bench.installer->mark_good().has_value());
    CHECK(rauc.asked.all() == std::vector<std::string>{"good booted"});
}

TEST_CASE("a RAUC that takes more than a second to look at its slots is waited for") {
    if (!bus_is_here()) return;
    Bench bench;
    Rauc rauc(bench.bus);
    rauc.thinks_for = std::chrono::milliseconds(1'300);
    bench.open();
    const auto slots = bench.installer->slots();
    REQUIRE(slots.has_value());
    CHECK(slots->front().name == "rootfs.0");
}

TEST_CASE("without RAUC the part is broken, and what needs it fails with a sentence") {
    if (!bus_is_here()) return;
    Bench bench;
    bench.open();
    CHECK_FALSE(bench.install().has_value());
    CHECK_FALSE(bench.installer->slots().has_value());
    CHECK_FALSE(bench.installer->mark_good().has_value());
    CHECK(bench.installer->status().state == PartState::broken);
}

// The driver beside stand-ins for NetworkManager and ModemManager on a real bus.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/link/uplink_log.hpp"
#include "tests/unit/hal/private_bus.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

const std::string nm = "org.freedesktop.NetworkManager";
const std::string nm_path = "/org/freedesktop/NetworkManager";
const std::string mm = "org.freedesktop.ModemManager1";
using Path = sdbus::ObjectPath;

constexpr std::uint32_t ethernet = 1;
constexpr std::uint32_t wifi = 2;
constexpr std::uint32_t modem = 8;
constexpr std::uint32_t bridge = 13;
constexpr std::uint32_t disconnected = 30;
constexpr std::uint32_t activated = 100;
constexpr std::uint32_t unknown_metered = 0;
constexpr std::uint32_t metered = 1;
constexpr std::uint32_t guess_unmetered = 4;

std::string device_path(int number) {
    return nm_path + "/Devices/" + std::to_string(number);
}
std::string active_path(int number) {
    return nm_path + "/ActiveConnection/" + std::to_string(number);
}

// A vehicle with a depot's Wi-Fi, a modem, a cable and a bridge.
class NetworkManager : public StandIn {
  public:
    explicit NetworkManager(const PrivateBus& bus) : StandIn(bus, nm) {
        device(1, "wlan0", "wlan0", wifi, activated, guess_unmetered);
        device(2, "cdc-wdm0", "wwan0", modem, activated, unknown_metered);
        device(3, "eth0", "", ethernet, disconnected, unknown_metered);
        device(4, "br0", "br0", bridge, activated, unknown_metered);
        property(active_path(1), nm + ".Connection.Active", "Id", std::string("City Depot"));
        property(nm_path, nm, "Devices",
                 std::vector<Path>{Path(device_path(3)), Path(device_path(2)), Path(device_path(1)),
                                   Path(device_path(4)), Path(device_path(99))});
        property(nm_path, nm, "PrimaryConnection", Path(active_path(1)));
        serve();
    }

    void state(int number, std::uint32_t state) {
        change(device_path(number), nm + ".Device", "State", state);
    }

  private:
    void device(int number, const std::string& control, const std::string& ip, std::uint32_t type,
                std::uint32_t state, std::uint32_t metering) {
        const std::string path = device_path(number);
        const std::string interface = nm + ".Device";
        property(path, interface, "Interface", control);
        property(path, interface, "IpInterface", ip);
        property(path, interface, "DeviceType", type);
        property(path, interface, "State", state);
        property(path, interface, "Metered", metering);
        property(path, interface, "ActiveConnection", Path(active_path(number)));
    }
};

// One modem, which ModemManager knows by its port.
class ModemManager : public StandIn {
  public:
    ModemManager(const PrivateBus& bus, const std::string& port, std::int32_t state, std::uint32_t reason)
        : StandIn(bus, mm) {
        const std::string path = "/org/freedesktop/ModemManager1/Modem/0";
        property(path, mm + ".Modem", "PrimaryPort", port);
        property(path, mm + ".Modem", "State", state);
        property(path, mm + ".Modem", "StateFailedReason", reason);
        object("/org/freedesktop/ModemManager1").addObjectManager();
        serve();
    }
};

struct Bench {
    PrivateBus bus;
    std::unique_ptr<Clock> clock = make_system_clock(0);
    UplinkLog log;
    std::unique_ptr<Link> link;

    void open(SettingMap settings = {}) {
        settings["bus"] = bus.address();
        link = make_link({"networkmanager", settings}, *clock).value();
        REQUIRE(link->start(log.handler()).has_value());
    }
};

std::string words(const Uplinks& uplinks) {
    std::string text;
    for (const Uplink& uplink : uplinks) {
        text += uplink.name + " " + std::string(to_string(uplink.kind)) + (uplink.up ? " up" : " down") +
                (uplink.metered ? " metered; " : "; ");
    }
    return text;
}

bool bus_is_here() {
    if (PrivateBus::can_run()) return true;
    std::cout << "skipped: no dbus-daemon\n";
    return false;
}

}  // namespace

TEST_CASE(
    "NetworkManager's devices are told with kind, state and metering, that of its primary connection first") {
    if (!bus_is_here()) return;
    Bench bench;
    NetworkManager manager(bench.bus);
    bench.open({{"depot", "Other;City Depot"}});
    REQUIRE(bench.log.wait_for_count(1));
    CHECK(words(bench.log.all().back()) == "wlan0 wifi_depot up; eth0 ethernet down; wwan0 lte up metered; ");
    CHECK(bench.link->status().state == PartState::ok);
}

TEST_CASE("a link that goes and comes is told at once, and since when") {
    if (!bus_is_here()) return;
    Bench bench;
    NetworkManager manager(bench.bus);
    bench.open();
    REQUIRE(bench.log.wait_for_count(1));
    const Uplinks before = bench.log.all().back();
    manager.state(1, disconnected);
    REQUIRE(bench.log.wait_for_count(2));
    const Uplinks after = bench.log.all().back();
    CHECK(words(after) == "wlan0 wifi down; eth0 ethernet down; wwan0 lte up metered; ");
    CHECK(after[0].since_us > before[0].since_us);
    CHECK(after[2].since_us == before[2].since_us);
    CHECK(carrier(after)->name == "wwan0");
    manager.state(1, activated);
    REQUIRE(bench.log.wait_for_count(3));
    CHECK(bench.log.all().back()[0].up);
}

TEST_CASE("metering that changes is told, and the configuration overrules it and the kind") {
    if (!bus_is_here()) return;
    Bench bench;
    NetworkManager manager(bench.bus);
    bench.open({{"kinds", "eth0=satellite"}, {"unmetered", "wwan0"}, {"ignore", "nothing"}});
    REQUIRE(bench.log.wait_for_count(1));
    CHECK(words(bench.log.all().back()) == "wlan0 wifi up; eth0 satellite down metered; wwan0 lte up; ");
    manager.change(device_path(1), nm + ".Device", "Metered", metered);
    REQUIRE(bench.log.wait_for_count(2));
    CHECK(bench.log.all().back()[0].metered);
}

TEST_CASE("without NetworkManager the part is broken, and its links are down when it goes away") {
    if (!bus_is_here()) return;
    Bench bench;
    bench.open();
    REQUIRE(bench.log.wait_for_count(1));
    CHECK(bench.log.all().back().empty());
    CHECK(bench.link->status() == PartStatus{PartState::broken, "NetworkManager does not run."});
    for (int round = 0; round < 2; ++round) {
        const std::size_t told = bench.log.all().size();
        {
            NetworkManager manager(bench.bus);
            REQUIRE(bench.log.wait_for_count(told + 1));
            CHECK(bench.link->status().state == PartState::ok);
        }
        REQUIRE(bench.log.wait_for_count(told + 2));
        CHECK(bench.link->status().state == PartState::broken);
        CHECK(carrier(bench.log.all().back()) == nullptr);
        CHECK(bench.log.all().back().size() == 3);
    }
}

TEST_CASE("a bus that ends takes the links down") {
    if (!bus_is_here()) return;
    Bench bench;
    NetworkManager manager(bench.bus);
    bench.open();
    REQUIRE(bench.log.wait_for_count(1));
    bench.bus.stop();
    REQUIRE(bench.log.wait_for_count(2));
    CHECK(bench.link->status().state == PartState::broken);
    CHECK(carrier(bench.log.all().back()) == nullptr);
}

TEST_CASE(
    "a modem without its SIM is named in the status, and one that NetworkManager does not see is told as "
    "down") {
    if (!bus_is_here()) return;
    Bench bench;
    ModemManager modems(bench.bus, "cdc-wdm7", -1, 2);
    NetworkManager manager(bench.bus);
    bench.open();
    REQUIRE(bench.log.wait_for_count(1));
    CHECK(bench.link->status() == PartStatus{PartState::broken, "The modem cdc-wdm7 has no SIM."});
    CHECK(words(bench.log.all().back()) ==
          "wlan0 wifi up; eth0 ethernet down; wwan0 lte up metered; cdc-wdm7 lte down metered; ");
}

TEST_CASE("a modem that both know is told once") {
    if (!bus_is_here()) return;
    Bench bench;
    ModemManager modems(bench.bus, "cdc-wdm0", 11, 0);
    NetworkManager manager(bench.bus);
    bench.open();
    REQUIRE(bench.log.wait_for_count(1));
    CHECK(bench.log.all().back().size() == 3);
    CHECK(bench.link->status().state == PartState::ok);
}

TEST_CASE("a kind that is none, or a name that is metered and not, is refused with what is wrong") {
    const auto clock = make_system_clock(0);
    for (const std::string driver : {"netlink", "networkmanager"}) {
        for (const SettingMap& settings :
             {SettingMap{{"kinds", "eth0=wire"}}, SettingMap{{"kinds", "=lte"}},
              SettingMap{{"kinds", "eth0"}}, SettingMap{{"metered", "a b"}, {"unmetered", "b"}}}) {
            const auto made = make_link({driver, settings}, *clock);
            REQUIRE_FALSE(made.has_value());
            CHECK(made.error().code == ErrorCode::invalid_argument);
        }
    }
}

// The kernel's messages, and the kernel itself where a network of the test's own can be had.
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <future>
#include <iostream>

#include "hal/clock/system.hpp"
#include "hal/link/interfaces.hpp"
#include "tests/unit/hal/link/uplink_log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

template <class Value>
std::string bytes_of(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string padded(std::string bytes) {
    bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
    return bytes;
}

std::string attribute(unsigned short type, const std::string& value) {
    rtattr header{};
    header.rta_len = static_cast<unsigned short>(sizeof header + value.size());
    header.rta_type = type;
    return padded(bytes_of(header) + value);
}

std::string message(unsigned short type, const std::string& body) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
    header.nlmsg_type = type;
    return padded(bytes_of(header) + body);
}

std::string link_message(int index, const std::string& name, unsigned flags) {
    ifinfomsg body{};
    body.ifi_index = index;
    body.ifi_flags = flags;
    return message(RTM_NEWLINK, bytes_of(body) + attribute(IFLA_IFNAME, name + '\0'));
}

std::string address_message(int index, unsigned char scope) {
    ifaddrmsg body{};
    body.ifa_index = static_cast<unsigned>(index);
    body.ifa_scope = scope;
    return message(RTM_NEWADDR, bytes_of(body));
}

std::string route_message(int index, std::uint32_t metric, unsigned char table = RT_TABLE_MAIN) {
    rtmsg body{};
    body.rtm_table = table;
    body.rtm_type = RTN_UNICAST;
    return message(RTM_NEWROUTE, bytes_of(body) + attribute(RTA_OIF, bytes_of(index)) +
                                     attribute(RTA_PRIORITY, bytes_of(metric)));
}

const std::string done = message(NLMSG_DONE, std::string(4, '\0'));
constexpr unsigned running = IFF_UP | IFF_RUNNING;

// A shell in the network of the calling thread.
bool shell(const std::string& command) {
    return std::system(("PATH=$PATH:/usr/sbin:/sbin; " + command + " 2>/dev/null").c_str()) == 0;
}

}  // namespace

TEST_CASE("links, addresses and default routes are read from the kernel's messages") {
    Interfaces interfaces;
    CHECK_FALSE(interfaces.take(link_message(2, "eth0", running) + link_message(3, "wlan0", IFF_UP) +
                                link_message(1, "lo", running | IFF_LOOPBACK)));
    CHECK(interfaces.take(done));
    CHECK(interfaces.take(address_message(2, RT_SCOPE_UNIVERSE) + address_message(3, RT_SCOPE_LINK) + done));
    CHECK(interfaces.take(route_message(2, 600) + route_message(2, 100) + route_message(3, 5, 42) + done));
    CHECK_FALSE(interfaces.failed());
    REQUIRE(interfaces.all().size() == 2);
    const auto& cable = interfaces.all().at(2);
    CHECK(cable.name == "eth0");
    CHECK(cable.carries);
    CHECK(cable.addressed);
    CHECK(cable.route_metric == 100U);
    const auto& radio = interfaces.all().at(3);
    CHECK_FALSE(radio.carries);
    CHECK_FALSE(radio.addressed);
    CHECK_FALSE(radio.route_metric);
}

TEST_CASE("messages that are cut short or lie about their length are left alone") {
    const std::string whole = link_message(2, "eth0", running) + address_message(2, RT_SCOPE_UNIVERSE) + done;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Interfaces interfaces;
        CHECK_FALSE(interfaces.take(whole.substr(0, size)));
    }
    for (const std::uint32_t length : {0U, 3U, 15U, 0xffff'ffffU}) {
        std::string wrong = whole;
        std::memcpy(wrong.data(), &length, sizeof length);
        Interfaces interfaces;
        CHECK_FALSE(interfaces.take(wrong));
        CHECK(interfaces.all().empty());
    }
    Interfaces refused;
    CHECK(refused.take(message(NLMSG_ERROR, std::string(20, '\1'))));
    CHECK(refused.failed());
}

TEST_CASE("the kernel's own interfaces are told with kind and preference, as they come, change and go") {
    // A network of its own for this thread, and for the driver's, which is made by it.
    std::async(std::launch::async, [] {
        if (::unshare(CLONE_NEWNET) != 0 || !shell("ip link set lo up")) {
            std::cout << "skipped: no network namespaces here\n";
            return;
        }
        // Which interfaces a kernel can make up depends on how it was built.
        const bool dummies = shell("ip link add probe7 type dummy 2>/dev/null");
        const std::string type = dummies ? " type dummy" : " type ifb";
        if (!shell(dummies ? "ip link del probe7"
                           : "ip link add probe7 type ifb 2>/dev/null && ip link del probe7")) {
            std::cout << "skipped: this kernel makes no interface up\n";
            return;
        }
        TempFolder sysfs;
        for (const std::string name : {"eth7", "wlan7", "dummy7"}) {
            std::filesystem::create_directories(sysfs / name / "device");
            sysfs.write(name + "/type", "1\n");
            sysfs.write(name + "/uevent",
                        name == "wlan7" ? "DEVTYPE=wlan\nINTERFACE=wlan7\n" : "INTERFACE=x\n");
        }
        std::filesystem::remove(sysfs / "dummy7" / "device");
        const auto clock = make_system_clock(0);
        UplinkLog log;
        auto link =
            make_link({"netlink", {{"sysfs", sysfs.path().string()}, {"kinds", "sat7=satellite"}}}, *clock)
                .value();
        REQUIRE(link->start(log.handler()).has_value());
        const auto becomes = [&](const std::string& wanted) {
            return log.wait_for([&](const Uplinks& uplinks) {
                std::string words;
                for (const Uplink& uplink : uplinks) {
                    words += uplink.name + " " + std::string(to_string(uplink.kind)) +
                             (uplink.up ? " up;" : " down;");
                }
                return words == wanted;
            });
        };
        REQUIRE(becomes(""));
        REQUIRE(shell("ip link add eth7" + type));
        REQUIRE(shell("ip link add dummy7" + type));
        REQUIRE(becomes("eth7 ethernet down;"));
        REQUIRE(shell("ip link set eth7 up && ip addr add 192.0.2.2/24 dev eth7"));
        REQUIRE(shell("ip route add default via 192.0.2.1 dev eth7 metric 100"));
        REQUIRE(becomes("eth7 ethernet up;"));
        REQUIRE(shell("ip link add wlan7" + type +
                      " && ip link set wlan7 up && "
                      "ip addr add 198.51.100.2/24 dev wlan7 && ip route add default dev wlan7 metric 50"));
        REQUIRE(becomes("wlan7 wifi up;eth7 ethernet up;"));
        REQUIRE(shell("ip link add sat7" + type));
        REQUIRE(becomes("wlan7 wifi up;eth7 ethernet up;sat7 satellite down;"));
        REQUIRE(shell("ip link set wlan7 down"));
        REQUIRE(becomes("eth7 ethernet up;sat7 satellite down;wlan7 wifi down;"));
        REQUIRE(shell("ip link del wlan7"));
        REQUIRE(becomes("eth7 ethernet up;sat7 satellite down;"));
        CHECK(link->status().state == PartState::ok);
    }).get();
}

// The driver beside a real gpsd that listens to a receiver of the test's.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/child.hpp"
#include "tests/unit/hal/gnss/fix_log.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"
#include "tests/unit/hal/gnss/pseudo_port.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

constexpr const char* gpsd_program = "/usr/sbin/gpsd";

std::string free_port() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no free port");
    }
    return std::to_string(::ntohs(address.sin_port));
}

// -N: not into the background; -n: reads the receiver though nobody asks; -b: writes nothing to it.
class Gpsd : public Child {
  public:
    Gpsd(const std::string& port, const std::string& receiver)
        : Child({gpsd_program, "-N", "-n", "-b", "-S", port, receiver}) {}
};

struct Bench {
    TempFolder folder;
    PseudoPort receiver{folder / "gnss"};
    std::string port = free_port();
    std::unique_ptr<Clock> clock = make_system_clock(0);
    FixLog log;
    std::unique_ptr<Gnss> gnss;
    int second = 0;

    void open(const std::string& silence_ms = "5000") {
        gnss =
            make_gnss({"gpsd", {{"port", port}, {"retry_max_ms", "20"}, {"silence_ms", silence_ms}}}, *clock)
                .value();
        REQUIRE(gnss->start(log.handler()).has_value());
    }
    std::string device() const { return std::filesystem::read_symlink(receiver.path()).string(); }

    // The receiver says its sentences until the driver has a fix that pleases, after the first `skip` ones.
    bool talk_until(bool (*wanted)(const Fix&), std::size_t skip, std::string (*epoch)(const std::string&)) {
        for (int turn = 0; turn < 400; ++turn) {
            char time[16];
            std::snprintf(time, sizeof time, "12%02d%02d", second / 60 % 60, second % 60);
            ++second;
            receiver.say(epoch(time));
            if (log.wait_for(wanted, skip, std::chrono::milliseconds(50))) return true;
        }
        return false;
    }
};

bool gpsd_is_here() {
    if (::access(gpsd_program, X_OK) == 0) return true;
    std::cout << "skipped: no gpsd\n";
    return false;
}

}  // namespace

TEST_CASE("a receiver behind gpsd delivers fixes, and loses them at once") {
    if (!gpsd_is_here()) return;
    Bench bench;
    bench.receiver.plug_in();
    const Gpsd gpsd(bench.port, bench.device());
    bench.open();
    REQUIRE(bench.talk_until(has_position, 0, good_epoch));
    CHECK(bench.gnss->status().state == PartState::ok);
    const auto fixes = bench.log.all();
    const Fix fix = *std::ranges::find_if(fixes, has_position);
    CHECK(keeps_contract(fix));
    CHECK(fix.position->latitude == Approx(42.375));
    CHECK(fix.position->longitude == Approx(-71.1));
    CHECK(fix.utc_valid);
    REQUIRE(bench.talk_until(has_no_position, bench.log.count(), lost_epoch));
    CHECK(bench.gnss->status().state == PartState::ok);
}

TEST_CASE("a gpsd that ends and comes back is broken in between, with no fix") {
    if (!gpsd_is_here()) return;
    Bench bench;
    bench.receiver.plug_in();
    bench.open();
    REQUIRE(bench.log.wait_for(has_no_position));
    CHECK(bench.gnss->status().detail.find("is it running") != std::string::npos);
    for (int round = 0; round < 2; ++round) {
        std::size_t before = 0;
        {
            const Gpsd gpsd(bench.port, bench.device());
            REQUIRE(bench.talk_until(has_position, bench.log.count(), good_epoch));
            before = bench.log.count();
        }
        REQUIRE(bench.log.wait_for(has_no_position, before));
        CHECK(bench.gnss->status().state == PartState::broken);
    }
}

TEST_CASE("a receiver behind gpsd that falls silent is broken, and heard again when it speaks") {
    if (!gpsd_is_here()) return;
    Bench bench;
    bench.receiver.plug_in();
    const Gpsd gpsd(bench.port, bench.device());
    bench.open("1000");
    REQUIRE(bench.talk_until(has_position, 0, good_epoch));
    REQUIRE(bench.log.wait_for(has_no_position, bench.log.count()));
    CHECK(bench.gnss->status().state == PartState::broken);
    REQUIRE(bench.talk_until(has_position, bench.log.count(), good_epoch));
    CHECK(bench.gnss->status().state == PartState::ok);
}

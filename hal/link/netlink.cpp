#include "hal/link/netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/link/interfaces.hpp"
#include "hal/link/known_kinds.hpp"
#include "hal/link/since.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::string_view owner = "link driver netlink";
constexpr std::int64_t settle_us = 50'000;    // changes come in bursts: carrier, address, routes
constexpr std::int64_t retry_us = 5'000'000;  // after the kernel refused
constexpr std::int64_t answer_s = 2;          // dumps are answered at once
constexpr std::size_t longest_message = 1U << 16U;

Result<Fd> open_socket(unsigned groups) {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int number = errno;
        return fail(ErrorCode::unavailable,
                    std::string("the kernel gives no netlink socket: ") + std::strerror(number));
    }
    return socket;
}

Status ask_for_dump(int socket, std::uint16_t type) {
    struct {
        nlmsghdr header{};
        rtgenmsg body{};
    } request;
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.rtgen_family = AF_UNSPEC;
    if (::send(socket, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request)) return ok();
    return fail(ErrorCode::io, std::string("the kernel takes no netlink request: ") + std::strerror(errno));
}

// All interfaces, then their addresses and routes, as they are now.
Result<Interfaces> read_interfaces() {
    auto socket = open_socket(0);
    if (!socket) return socket.error();
    const timeval limit{.tv_sec = answer_s, .tv_usec = 0};
    ::setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    Interfaces interfaces;
    std::string buffer(longest_message, '\0');
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE}) {
        if (const Status asked = ask_for_dump(socket->get(), type); !asked) return asked.error();
        for (bool ended = false; !ended;) {
            const ssize_t count = ::recv(socket->get(), buffer.data(), buffer.size(), 0);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                return fail(ErrorCode::io,
                            std::string("the kernel does not tell its interfaces: ") + std::strerror(errno));
            }
            ended = interfaces.take({buffer.data(), static_cast<std::size_t>(count)});
        }
        if (interfaces.failed()) return fail(ErrorCode::io, "the kernel refuses to tell its interfaces");
    }
    return interfaces;
}

std::string line_with(const std::filesystem::path& file, std::string_view beginning) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(beginning)) return line.substr(beginning.size());
    }
    return {};
}

// The kind that sysfs tells; nullopt when no hardware is behind the interface.
std::optional<LinkKind> kind_in_sysfs(const std::filesystem::path& folder) {
    std::error_code ignored;
    const std::string type = line_with(folder / "uevent", "DEVTYPE=");
    const std::string protocol = line_with(folder / "type", "");
    constexpr std::string_view point_to_point = "512";  // ARPHRD_PPP: dialled by pppd, which has no device
    if (type == "wwan" || protocol == point_to_point) return LinkKind::lte;
    if (!std::filesystem::exists(folder / "device", ignored)) return std::nullopt;
    if (type == "wlan" || std::filesystem::exists(folder / "wireless", ignored)) return LinkKind::wifi;
    constexpr std::string_view cable = "1";  // ARPHRD_ETHER
    if (protocol == cable) return LinkKind::ethernet;
    constexpr std::string_view modem = "519";  // ARPHRD_RAWIP
    return protocol == modem ? LinkKind::lte : LinkKind::unknown;
}

class NetlinkLink final : public Link {
  public:
    NetlinkLink(KnownKinds known, std::filesystem::path sysfs, const Clock& clock)
        : known_(std::move(known)), sysfs_(std::move(sysfs)), clock_(clock) {}

    Status start(UplinksHandler on_change) override {
        return worker_.start([this, on_change = std::move(on_change)](const StopEvent& stop) {
            Told told;
            for (;;) {
                const std::string why = watch(stop, told, on_change);
                if (why.empty()) return;
                status_.set({PartState::broken, why + "."});
                tell(all_down(told.uplinks, clock_.boottime_us()), told, on_change);
                if (stop.sleep(retry_us)) return;
            }
        });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    struct Told {
        Uplinks uplinks;
        bool any = false;
    };

    static PartStatus unread() { return {PartState::ok, "The kernel's interfaces are not read yet."}; }

    // Until stop is asked for (empty) or something fails (a sentence why).
    std::string watch(const StopEvent& stop, Told& told, const UplinksHandler& on_change) {
        auto changes = open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                                   RTMGRP_IPV6_ROUTE);
        if (!changes) return changes.error().message;
        for (;;) {
            const auto interfaces = read_interfaces();
            if (!interfaces) return interfaces.error().message;
            Uplinks seen = uplinks_of(*interfaces);
            status_.set({PartState::ok, seen.empty()
                                            ? "The kernel has no interface that leads out of the vehicle."
                                            : "The kernel tells of its interfaces."});
            tell(with_since(std::move(seen), told.uplinks, clock_.boottime_us()), told, on_change);
            if (stop.wait(changes->get(), std::nullopt) == StopEvent::Woke::stop) return {};
            if (stop.sleep(settle_us)) return {};
            drain(changes->get());
        }
    }

    // What changed is read anew as a whole, so a change that was lost (ENOBUFS) costs nothing.
    static void drain(int changes) {
        std::array<char, 8192> buffer;
        while (::recv(changes, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0 || errno == ENOBUFS ||
               errno == EINTR) {
            errno = 0;
        }
    }

    Uplinks uplinks_of(const Interfaces& interfaces) const {
        constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
        std::vector<std::pair<std::uint64_t, Uplink>> ranked;
        for (const auto& [index, interface] : interfaces.all()) {
            if (known_.ignored.contains(interface.name)) continue;
            const auto seen = kind_in_sysfs(sysfs_ / interface.name);
            if (!seen && !known_.kinds.contains(interface.name)) continue;
            Uplink uplink;
            uplink.name = interface.name;
            uplink.kind = known_.kind(interface.name, seen.value_or(LinkKind::unknown));
            uplink.metered = known_.is_metered(interface.name, uplink.kind);
            uplink.up = interface.carries && interface.addressed && interface.route_metric;
            ranked.emplace_back(uplink.up ? std::uint64_t{*interface.route_metric} : last, std::move(uplink));
        }
        std::ranges::sort(ranked, [](const auto& a, const auto& b) {
            return std::tie(a.first, a.second.name) < std::tie(b.first, b.second.name);
        });
        Uplinks uplinks;
        for (auto& [rank, uplink] : ranked) uplinks.push_back(std::move(uplink));
        return uplinks;
    }

    static void tell(Uplinks uplinks, Told& told, const UplinksHandler& on_change) {
        if (told.any && uplinks == told.uplinks) return;
        told.any = true;
        told.uplinks = std::move(uplinks);
        on_change(told.uplinks);
    }

    const KnownKinds known_;
    const std::filesystem::path sysfs_;
    const Clock& clock_;
    PartStatusCell status_{unread()};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Link>> make_netlink_link(const SettingMap& values, const Clock& clock) {
    Settings settings(owner, values);
    auto known = KnownKinds::read(owner, settings);
    const std::string sysfs = settings.text("sysfs", "/sys/class/net");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (!known) return known.error();
    return std::unique_ptr<Link>(std::make_unique<NetlinkLink>(std::move(*known), sysfs, clock));
}

}  // namespace fieldpost::hal

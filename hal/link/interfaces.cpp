#include "hal/link/interfaces.hpp"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <functional>

namespace fieldpost::hal {
namespace {

constexpr std::size_t most_interfaces = 256;

// The bytes of a struct at the front; nullopt when there are fewer.
template <class Header>
std::optional<Header> front(std::string_view bytes) {
    if (bytes.size() < sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
}

std::string_view behind(std::string_view bytes, std::size_t size) {
    constexpr std::size_t alignment = 4;
    return bytes.substr(std::min((size + alignment - 1) / alignment * alignment, bytes.size()));
}

void for_each_attribute(std::string_view bytes, const std::function<void(unsigned, std::string_view)>& take) {
    while (const auto header = front<rtattr>(bytes)) {
        if (header->rta_len < sizeof(rtattr) || header->rta_len > bytes.size()) return;
        take(header->rta_type, bytes.substr(sizeof(rtattr), header->rta_len - sizeof(rtattr)));
        bytes = behind(bytes, header->rta_len);
    }
}

}  // namespace

bool Interfaces::take(std::string_view messages) {
    while (const auto header = front<nlmsghdr>(messages)) {
        if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > messages.size()) return false;
        const std::string_view body = messages.substr(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
        switch (header->nlmsg_type) {
            case NLMSG_DONE:
                return true;
            case NLMSG_ERROR:
                failed_ = true;
                return true;
            case RTM_NEWLINK:
                take_link(body);
                break;
            case RTM_NEWADDR:
                take_address(body);
                break;
            case RTM_NEWROUTE:
                take_route(body);
                break;
            default:
                break;
        }
        messages = behind(messages, header->nlmsg_len);
    }
    return false;
}

void Interfaces::take_link(std::string_view body) {
    const auto link = front<ifinfomsg>(body);
    if (!link || (link->ifi_flags & IFF_LOOPBACK) != 0 || interfaces_.size() == most_interfaces) return;
    Interface interface;
    // RUNNING follows the carrier, also of modems, which tell no operational state.
    interface.carries = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;
    for_each_attribute(behind(body, sizeof(ifinfomsg)), [&](unsigned type, std::string_view value) {
        if (type == IFLA_IFNAME) interface.name = value.substr(0, std::min(value.find('\0'), value.size()));
    });
    if (!interface.name.empty()) interfaces_[link->ifi_index] = std::move(interface);
}

void Interfaces::take_address(std::string_view body) {
    const auto address = front<ifaddrmsg>(body);
    if (!address || address->ifa_scope >= RT_SCOPE_LINK) return;
    const auto found = interfaces_.find(static_cast<int>(address->ifa_index));
    if (found != interfaces_.end()) found->second.addressed = true;
}

// A default route of the main table, with its interface and metric. One over several interfaces has none of
// its own (RTA_MULTIPATH) and is not looked into: no vehicle balances its load that way.
void Interfaces::take_route(std::string_view body) {
    const auto route = front<rtmsg>(body);
    if (!route || route->rtm_dst_len != 0 || route->rtm_table != RT_TABLE_MAIN ||
        route->rtm_type != RTN_UNICAST)
        return;
    std::optional<int> index;
    std::uint32_t metric = 0;
    for_each_attribute(behind(body, sizeof(rtmsg)), [&](unsigned type, std::string_view value) {
        if (type == RTA_OIF) index = front<int>(value);
        if (type == RTA_PRIORITY) metric = front<std::uint32_t>(value).value_or(0);
    });
    const auto found = index ? interfaces_.find(*index) : interfaces_.end();
    if (found == interfaces_.end()) return;
    auto& best = found->second.route_metric;
    best = std::min(best.value_or(metric), metric);
}

}  // namespace fieldpost::hal

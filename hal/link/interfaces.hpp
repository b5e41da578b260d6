// The kernel's interfaces, addresses and routes, read from its netlink messages.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace fieldpost::hal {

// Sans-I/O and single-threaded. Bytes may be anything: what is cut short or unknown is skipped.
class Interfaces {
  public:
    struct Interface {
        std::string name;
        bool carries = false;                       // administratively up, with carrier
        std::optional<std::uint32_t> route_metric;  // of its best default route, the lowest is preferred
        bool addressed = false;                     // an address that reaches beyond the cable
    };

    // Takes the messages of a dump (RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE). True once the dump is at its
    // end. Sets failed() when the kernel answers with an error.
    bool take(std::string_view messages);
    bool failed() const { return failed_; }

    // By index.
    const std::map<int, Interface>& all() const { return interfaces_; }

  private:
    void take_link(std::string_view body);
    void take_address(std::string_view body);
    void take_route(std::string_view body);

    std::map<int, Interface> interfaces_;
    bool failed_ = false;
};

}  // namespace fieldpost::hal

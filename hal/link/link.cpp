#include "hal/link/link.hpp"

#include <array>
#include <string_view>

#include "hal/link/empty.hpp"
#include "hal/link/netlink.hpp"
#include "hal/link/networkmanager.hpp"
#include "hal/link/sim.hpp"
#include "hal/link/static.hpp"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Link>> (*make)(const SettingMap&, const Clock&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"empty", make_empty_link},
    Driver{"netlink", make_netlink_link},
    Driver{"networkmanager", make_networkmanager_link},
    Driver{"sim", make_sim_link},
    Driver{"static", make_static_link},
};

}  // namespace

Result<std::unique_ptr<Link>> make_link(const LinkConfig& config, const Clock& clock) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings, clock);
    }
    std::string sentence = "there is no link driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> link_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

}  // namespace fieldpost::hal

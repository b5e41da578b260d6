// The one place that knows which drivers a board file may name, and who judges their settings. A capability
// whose drivers have a table of their own asks that table.
#include <algorithm>
#include <initializer_list>

#include "hal/board.hpp"
#include "hal/clock/sim.hpp"
#include "hal/gnss/gnss.hpp"
#include "hal/link/link.hpp"

namespace fieldpost::hal {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> with(std::vector<std::string> names, std::initializer_list<const char*> coming) {
    for (const char* name : coming) {
        if (!has(names, name)) names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
}

// A driver that is made, and never started, touches no hardware.
Status check_gnss(const std::string& driver, const SettingMap& settings) {
    if (!has(gnss_driver_names(), driver)) return ok();
    const SimClock clock;
    const auto made = make_gnss({driver, settings}, clock);
    return made ? ok() : Status(made.error());
}

Status check_link(const std::string& driver, const SettingMap& settings) {
    if (!has(link_driver_names(), driver)) return ok();
    const SimClock clock;
    const auto made = make_link({driver, settings}, clock);
    return made ? ok() : Status(made.error());
}

}  // namespace

const DriverTables& built_in_drivers() {
    static const DriverTables tables{
        {Capability::gnss, {with(gnss_driver_names(), {"gpsd"}), check_gnss}},
        {Capability::link, {with(link_driver_names(), {"netlink", "networkmanager"}), check_link}},
        // These have no table yet that could be asked: names only, and any settings.
        {Capability::clock, {{"system", "sim"}, nullptr}},
        {Capability::supervisor, {{"empty", "serial", "sim"}, nullptr}},
        {Capability::keystore, {{"file"}, nullptr}},
        {Capability::indicator, {{"empty", "gpio", "leds", "sim"}, nullptr}},
        {Capability::storage, {{"empty", "linux", "sim"}, nullptr}},
        {Capability::installer, {{"deb", "empty", "rauc", "sim"}, nullptr}},
    };
    return tables;
}

}  // namespace fieldpost::hal

#include "hal/gnss/gnss.hpp"

#include <array>
#include <string_view>

#include "hal/gnss/empty.hpp"
#include "hal/gnss/gpsd.hpp"
#include "hal/gnss/replay.hpp"
#include "hal/gnss/serial.hpp"
#include "hal/gnss/sim.hpp"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Gnss>> (*make)(const SettingMap&, const Clock&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"empty", make_empty_gnss},   Driver{"gpsd", make_gpsd_gnss}, Driver{"replay", make_replay_gnss},
    Driver{"serial", make_serial_gnss}, Driver{"sim", make_sim_gnss},
};

}  // namespace

Result<std::unique_ptr<Gnss>> make_gnss(const GnssConfig& config, const Clock& clock) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings, clock);
    }
    std::string sentence = "there is no gnss driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> gnss_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

}  // namespace fieldpost::hal

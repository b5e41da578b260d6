#include "hal/supervisor/supervisor.hpp"

#include <array>
#include <string_view>

#include "hal/supervisor/empty.hpp"
#include "hal/supervisor/messages.hpp"
#include "hal/supervisor/serial.hpp"
#include "hal/supervisor/sim.hpp"
#include "hal/supervisor/supervisor.pb.h"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Supervisor>> (*make)(const SettingMap&, const Clock&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"empty", make_empty_supervisor},
    Driver{"serial", make_serial_supervisor},
    Driver{"sim", make_sim_supervisor},
};

}  // namespace

Result<std::unique_ptr<Supervisor>> make_supervisor(const SupervisorConfig& config, const Clock& clock) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings, clock);
    }
    std::string sentence = "there is no supervisor driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> supervisor_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

std::vector<std::string> supervisor_setting_names() {
    std::vector<std::string> names;
    for (const auto& [name, value] : read_settings(supervisor::Settings())) names.push_back(name);
    return names;
}

}  // namespace fieldpost::hal

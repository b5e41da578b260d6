#include "hal/indicator/indicator.hpp"

#include <array>
#include <string_view>

#include "hal/indicator/empty.hpp"
#include "hal/indicator/gpio.hpp"
#include "hal/indicator/leds.hpp"
#include "hal/indicator/sim.hpp"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Indicator>> (*make)(const SettingMap&, const Clock&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"empty", make_empty_indicator},
    Driver{"gpio", make_gpio_indicator},
    Driver{"leds", make_leds_indicator},
    Driver{"sim", make_sim_indicator},
};

}  // namespace

Result<std::unique_ptr<Indicator>> make_indicator(const IndicatorConfig& config, const Clock& clock) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings, clock);
    }
    std::string sentence = "there is no indicator driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> indicator_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

}  // namespace fieldpost::hal

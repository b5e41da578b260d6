#include "hal/keystore/keystore.hpp"

#include <array>
#include <string_view>

#include "hal/keystore/empty.hpp"
#include "hal/keystore/file.hpp"
#include "hal/keystore/sim.hpp"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Keystore>> (*make)(const SettingMap&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"empty", make_empty_keystore},
    Driver{"file", make_file_keystore},
    Driver{"sim", make_sim_keystore},
};

}  // namespace

Result<std::unique_ptr<Keystore>> make_keystore(const KeystoreConfig& config) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings);
    }
    std::string sentence = "there is no keystore driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> keystore_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

}  // namespace fieldpost::hal

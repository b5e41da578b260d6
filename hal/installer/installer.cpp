#include "hal/installer/installer.hpp"

#include <array>

#include "hal/installer/deb.hpp"
#include "hal/installer/empty.hpp"
#include "hal/installer/rauc.hpp"
#include "hal/installer/sim.hpp"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Installer>> (*make)(const SettingMap&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"deb", make_deb_installer},
    Driver{"empty", make_empty_installer},
    Driver{"rauc", make_rauc_installer},
    Driver{"sim", make_sim_installer},
};

}  // namespace

std::string_view to_string(InstallEvent::Kind kind) {
    switch (kind) {
        case InstallEvent::Kind::running:
            return "running";
        case InstallEvent::Kind::installed:
            return "installed";
        case InstallEvent::Kind::failed:
            return "failed";
    }
    return "failed";
}

Result<std::unique_ptr<Installer>> make_installer(const InstallerConfig& config) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings);
    }
    std::string sentence = "there is no installer driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> installer_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

Status check_bundle(const std::filesystem::path& bundle) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(bundle, ignored)) return ok();
    return fail(ErrorCode::not_found, "there is no bundle " + bundle.string());
}

}  // namespace fieldpost::hal

#include "hal/supervisor_settings.hpp"

#include <limits>

#include "sync/base/config.hpp"

namespace fieldpost::hal {

SupervisorSettings read_supervisor_settings(const ConfigTable& table) {
    SupervisorSettings out;
    for (const std::string& name : supervisor_setting_names()) {
        if (!table.has(name)) continue;
        const auto value = table.integer(name, {0, std::numeric_limits<std::uint32_t>::max()}, 0);
        out[name] = static_cast<std::uint32_t>(value);
    }
    return out;
}

}  // namespace fieldpost::hal

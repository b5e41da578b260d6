// The one place that knows which drivers a board file may name, and who judges their settings. A capability
// whose drivers have a table of their own asks that table.
#include "hal/board.hpp"
#include "hal/clock/sim.hpp"
#include "hal/gnss/gnss.hpp"
#include "hal/indicator/indicator.hpp"
#include "hal/installer/installer.hpp"
#include "hal/keystore/keystore.hpp"
#include "hal/link/link.hpp"
#include "hal/storage/storage.hpp"
#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::hal {
namespace {

// A driver that is made, and never started, touches no hardware.
template <class Made>
Status outcome(const Made& made) {
    return made ? ok() : Status(made.error());
}

Status check_gnss(const std::string& driver, const SettingMap& settings) {
    return outcome(make_gnss({driver, settings}, SimClock()));
}

Status check_link(const std::string& driver, const SettingMap& settings) {
    return outcome(make_link({driver, settings}, SimClock()));
}

Status check_supervisor(const std::string& driver, const SettingMap& settings) {
    return outcome(make_supervisor({driver, settings}, SimClock()));
}

Status check_indicator(const std::string& driver, const SettingMap& settings) {
    return outcome(make_indicator({driver, settings}, SimClock()));
}

// The device says where its own disk and key are, unless the board does.
Status check_storage(const std::string& driver, const SettingMap& settings) {
    SettingMap whole = settings;
    if (driver == "linux") whole.try_emplace("path", "/");
    return outcome(make_storage({driver, whole}));
}

// The device has the system's clock, whatever a board says: there is nothing to set.
Status check_clock(const std::string&, const SettingMap& settings) {
    return Settings("clock driver system", settings).finish();
}

Status check_installer(const std::string& driver, const SettingMap& settings) {
    return outcome(make_installer({driver, settings}));
}

}  // namespace

const DriverTables& built_in_drivers() {
    static const DriverTables tables{
        {Capability::gnss, {gnss_driver_names(), check_gnss}},
        {Capability::link, {link_driver_names(), check_link}},
        {Capability::supervisor, {supervisor_driver_names(), check_supervisor}},
        {Capability::indicator, {indicator_driver_names(), check_indicator}},
        {Capability::storage, {storage_driver_names(), check_storage}},
        {Capability::installer, {installer_driver_names(), check_installer}},
        // A key is made on the machine, not where its board file is checked.
        {Capability::keystore, {keystore_driver_names(), nullptr}},
        {Capability::clock, {{"system"}, check_clock}},
    };
    return tables;
}

}  // namespace fieldpost::hal

// fieldpostd: the program in the vehicle.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "daemon/device/app/device.hpp"
#include "hal/clock/system.hpp"
#include "sync/base/file.hpp"
#include "sync/base/log.hpp"

namespace {

constexpr int power_stayed = 75;  // EX_TEMPFAIL

// When the device is gone, which held the folder, and with it every store: before that nothing has ended
// well.
void mark_ended(const std::filesystem::path& state, int exit_code) {
    const auto lock = fieldpost::FolderLock::take(state);
    if (!lock) return;  // somebody has started the program again
    const auto boot_id = fieldpost::hal::make_system_clock(0)->boot_id();
    const auto marked = fieldpost::device::mark_ended(state, boot_id, exit_code);
    if (!marked) spdlog::warn("how this run ends is not kept: {}", marked.error().message);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"fieldpostd: the city on board, offline look-up and field records for a vehicle"};
    std::filesystem::path config;
    app.add_option("--config", config, "Configuration file (TOML)")->required();
    std::filesystem::path board;
    app.add_option("--board", board, "Board file; counts instead of [board] file in the configuration");
    app.set_version_flag("--version", FIELDPOST_VERSION);
    CLI11_PARSE(app, argc, argv);

    auto settings = fieldpost::device::load_settings(config, board);
    if (!settings) {
        std::fprintf(stderr, "fieldpostd: %s\n", settings.error().message.c_str());
        return 2;
    }
    fieldpost::start_log("fieldpostd", settings->log_level);
    const std::uint32_t wake_after_s = settings->wake_after_s;
    const std::filesystem::path state = settings->state;
    try {
        auto device = fieldpost::device::Device::create(std::move(*settings));
        if (!device) {
            spdlog::error("cannot start: {}", device.error().message);
            mark_ended(state, 1);
            return 1;
        }
        if (auto ran = (*device)->run(); !ran) {
            spdlog::error("{}", ran.error().message);
            device->reset();
            mark_ended(state, 1);
            return 1;
        }
        const auto supervisor = (*device)->power_goes_to();
        const auto power_goes = (*device)->power_goes();
        device->reset();  // every store is closed and on disk
        mark_ended(state, 0);
        if (supervisor) {
            const auto given = fieldpost::device::give_power_back(*supervisor, wake_after_s, power_goes);
            if (!given) {  // power stays: the service manager starts it again
                spdlog::error("{}", given.error().message);
                mark_ended(state, power_stayed);
                return power_stayed;
            }
        }
    } catch (const std::exception& exception) {  // a programming error: say it, let the supervisor restart us
        spdlog::critical("internal error: {}", exception.what());
        return 70;
    }
    return 0;
}

// What fieldpostd is told by its configuration file. Every key is described in docs/fieldpostd.toml.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "daemon/device/journal/budget.hpp"
#include "daemon/device/power/power_policy.hpp"
#include "hal/board.hpp"
#include "hal/gnss/gnss.hpp"
#include "hal/indicator/indicator.hpp"
#include "hal/installer/installer.hpp"
#include "hal/keystore/keystore.hpp"
#include "hal/link/link.hpp"
#include "hal/storage/storage.hpp"
#include "hal/supervisor/supervisor.hpp"
#include "sync/base/result.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

struct Settings {
    std::string device;             // id
    std::filesystem::path state;    // folder of journal.db and the city
    std::filesystem::path hub_key;  // the hub's public key, hexadecimal
    std::string broker_host = "127.0.0.1";
    std::uint16_t broker_port = 1883;
    std::string http_address = "127.0.0.1";
    std::uint16_t http_port = 8460;         // 0: no TCP
    std::filesystem::path socket;           // empty: none
    std::filesystem::path web;              // folder of the page; empty: none
    std::string board;                      // name and revision, for people; empty without a board file
    std::string board_id;                   // "vendor/board"; empty without a board file
    std::string revision;                   // of the board; empty when it is not known
    std::string board_problem;              // why the board's parts are not known; empty when they are
    std::optional<std::uint64_t> memory;    // bytes that the board allows this program
    std::map<std::string, bool> mandatory;  // of the parts that the board knows, by name
    hal::KeystoreConfig keystore;           // of this device's signing key
    hal::GnssConfig gnss;
    bool positions = true;  // the vehicle reports where it is
    hal::LinkConfig link;
    engine::LinkPolicy::Rules link_rules = engine::LinkPolicy::default_rules_of_all();
    StorageLimits storage;
    hal::StorageConfig disk;
    hal::SupervisorConfig supervisor;
    hal::SupervisorSettings supervisor_settings;  // what it is to be set to
    PowerRules power;
    std::uint32_t wake_after_s = 0;  // of power that goes; 0: the vehicle does not wake by itself
    hal::IndicatorConfig indicator;
    hal::InstallerConfig installer;
    std::string log_level = "info";
};

// `board_file` counts instead of [board] file, when it is given.
Result<Settings> load_settings(const std::filesystem::path& file,
                               const std::filesystem::path& board_file = {});

}  // namespace fieldpost::device

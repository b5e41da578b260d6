// What may go wrong in a world. Each seed draws from those that are on; one that the engine cannot stand yet
// is off, with its reason.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string_view>

namespace fieldpost::simulation {

enum class Weather {
    // All the time.
    loss,
    repetition,
    disorder,
    clocks,
    changes,
    many_devices,
    // At a moment.
    link_lost,
    partition,
    broker_restart,
    broker_amnesia,
    broker_deaf,
    device_power,
    device_killed,
    device_disk_full,
    device_reimaged,
    device_old_copy,
    hub_power,
    hub_killed,
    hub_disk_full,
    hub_restored,
    hub_restored_past_epochs,
    profile_changed,
    snapshots_built,
    import,
    shared_ids,
    decisions,
    revoked,
    rows_lost,
    link_rights,
    journals_trimmed,
};

struct WeatherKind {
    Weather kind;
    std::string_view name;  // as --with and --without take it
    std::string_view what;
    bool on;
    std::string_view why_not;
};

const std::array<WeatherKind, 30>& weather_kinds();
std::optional<Weather> find_weather(std::string_view name);
std::set<Weather> default_weather();

}  // namespace fieldpost::simulation

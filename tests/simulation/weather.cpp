#include "tests/simulation/weather.hpp"

namespace fieldpost::simulation {

const std::array<WeatherKind, 30>& weather_kinds() {
    static const std::array<WeatherKind, 30> kinds{{
        {Weather::loss, "loss", "messages get lost on either way", true, ""},
        {Weather::repetition, "repetition", "messages come twice", true, ""},
        {Weather::disorder, "disorder", "messages take up to 3 s and overtake each other", true, ""},
        {Weather::clocks, "clocks", "wall clocks start in 1970, jump years, run backwards", true, ""},
        {Weather::changes, "changes", "records change content, area and classification, and go", true, ""},
        {Weather::many_devices, "many-devices", "some worlds have up to 50 devices", true, ""},
        {Weather::link_lost, "link-lost", "a device's connection ends", true, ""},
        {Weather::partition, "partition", "nothing passes for a while, and nobody is told", true, ""},
        {Weather::broker_restart, "broker-restart", "all connections end, what was retained may be gone",
         true, ""},
        {Weather::broker_amnesia, "broker-amnesia",
         "what was retained and who listens to the feeds is forgotten, and nobody is told", true, ""},
        {Weather::broker_deaf, "broker-deaf", "every subscription is forgotten, and nobody is told", true,
         ""},
        {Weather::device_power, "device-power", "a device loses power at one of its store's operations", true,
         ""},
        {Weather::device_killed, "device-killed", "a device's program dies", true, ""},
        {Weather::device_disk_full, "device-disk-full", "a device's disk is full for a while", true, ""},
        {Weather::device_reimaged, "device-reimaged", "a device gets an empty disk", true, ""},
        {Weather::device_old_copy, "device-old-copy", "a device gets an old copy of its disk", true, ""},
        {Weather::hub_power, "hub-power", "the hub loses power at one of its store's operations", true, ""},
        {Weather::hub_killed, "hub-killed", "the hub's program dies", true, ""},
        {Weather::hub_disk_full, "hub-disk-full", "the hub's disk is full for a while", true, ""},
        {Weather::hub_restored, "hub-restored", "the hub is restored from its last backup", true, ""},
        {Weather::hub_restored_past_epochs, "hub-restored-past-epochs",
         "… also when devices have opened epochs since that backup", true, ""},
        {Weather::profile_changed, "profile-changed", "a device gets another profile", true, ""},
        {Weather::snapshots_built, "snapshots-built", "new snapshots are offered", true, ""},
        {Weather::import, "import", "many records change in one transaction", true, ""},
        {Weather::shared_ids, "shared-ids", "two devices use one id for different observations", true, ""},
        {Weather::decisions, "decisions", "a person decides conflicts", true, ""},
        {Weather::revoked, "revoked", "a device is revoked, for good", true, ""},
        {Weather::rows_lost, "rows-lost", "a device's disk loses a row of its city", true, ""},
        {Weather::link_rights, "link-rights", "a device's link may carry only some of what there is", true,
         ""},
        {Weather::journals_trimmed, "journals-trimmed", "the hub makes backups, and journals make room", true,
         ""},
    }};
    return kinds;
}

std::optional<Weather> find_weather(std::string_view name) {
    for (const WeatherKind& kind : weather_kinds()) {
        if (kind.name == name) return kind.kind;
    }
    return std::nullopt;
}

std::set<Weather> default_weather() {
    std::set<Weather> out;
    for (const WeatherKind& kind : weather_kinds()) {
        if (kind.on) out.insert(kind.kind);
    }
    return out;
}

}  // namespace fieldpost::simulation

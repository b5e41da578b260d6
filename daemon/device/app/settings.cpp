#include "daemon/device/app/settings.hpp"

#include "daemon/device/app/parts.hpp"
#include "daemon/device/link/link_settings.hpp"
#include "sync/base/config.hpp"
#include "sync/engine/blobs.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::device {

namespace {

// Below the first one attachment of the greatest length might never fit.
constexpr std::uint64_t least_attachments = std::uint64_t{256} << 20U;
constexpr std::uint64_t most_attachments = std::uint64_t{16} << 40U;
static_assert(least_attachments >= engine::max_blob_bytes);

void take_board(const Parts& parts, Settings& settings) {
    settings.board_problem = parts.problem();
    if (parts.board()) {
        const auto folder = std::filesystem::absolute(parts.board()->file).parent_path();
        settings.board_id = (folder.parent_path().filename() / folder.filename()).string();
    }
    if (parts.revision() == nullptr) return;
    settings.revision = parts.revision()->name;
    settings.board = parts.board()->name + ", revision " + parts.revision()->name;
    settings.memory = parts.limits().memory;
    for (const auto& [capability, part] : parts.revision()->parts) {
        if (part.fitting == hal::Fitting::absent) continue;
        settings.mandatory[std::string(to_string(capability))] = part.fitting == hal::Fitting::mandatory;
    }
}

// The board's limits stand where the configuration says nothing.
void read_storage(const ConfigTable& storage, const hal::BoardLimits& board, StorageLimits& limits) {
    limits.journal = storage.size("journal", board.journal.value_or(limits.journal));
    limits.reserve = storage.size("reserve", board.reserve.value_or(limits.reserve));
    limits.low_disk = storage.size("low_disk", board.low_disk.value_or(limits.low_disk));
    limits.attachments = storage.size("attachments", board.attachments.value_or(limits.attachments));
    if (limits.attachments < least_attachments || limits.attachments > most_attachments) {
        storage.complain("attachments",
                         "must be from \"256MiB\" (the longest attachment must fit) to \"16384GiB\"");
    }
}

// Where the machine keeps what it must not lose: those drivers are told who do not know by themselves.
void read_keeping_parts(const Parts& parts, const std::filesystem::path& key, Settings& settings) {
    hal::BoardPart keystore = parts.part(hal::Capability::keystore, "file");
    if (keystore.driver == "file") keystore.settings.try_emplace("path", key.string());
    settings.keystore = {keystore.driver, keystore.settings};
    hal::BoardPart disk = parts.part(hal::Capability::storage, "linux", "disk");
    if (disk.driver == "linux") disk.settings.try_emplace("path", settings.state.string());
    settings.disk = {disk.driver, disk.settings};
}

void read_power(const ConfigTable& power, Settings& settings) {
    settings.power.stay_us =
        power.integer("stay_s", {0, 600}, settings.power.stay_us / PowerRules::second_us) *
        PowerRules::second_us;
    settings.wake_after_s = static_cast<std::uint32_t>(power.integer("wake_after_s", {0, 31'536'000}, 0));
}

}  // namespace

Result<Settings> load_settings(const std::filesystem::path& file, const std::filesystem::path& board_file) {
    auto config = Config::load(file);
    if (!config) return config.error();
    const auto root = config->root();
    Settings settings;
    const auto device = root.table("device");
    settings.device = device.text("id");
    if (!settings.device.empty() && !protocol::is_device_id(settings.device)) {
        device.complain("id", "a device id is 1 to 64 of a-z, 0-9 and '-'");
    }
    settings.state = device.path("state");
    const auto key = device.path("key", (settings.state / "device.key").string());
    settings.log_level = device.choice("log", {"trace", "debug", "info", "warn", "error"}, "info");

    const auto hub = root.table("hub");
    settings.hub_key = hub.path("public_key");
    settings.broker_host = hub.text("broker", "127.0.0.1");
    settings.broker_port = static_cast<std::uint16_t>(hub.integer("port", {1, 65535}, 1883));

    const auto http = root.table("http");
    settings.http_address = http.text("address", "127.0.0.1");
    settings.http_port = static_cast<std::uint16_t>(http.integer("port", {0, 65535}, 8460));
    settings.socket = http.path("socket", (settings.state / "fieldpostd.sock").string());
    settings.web = http.path("web", "");

    const Parts parts(root, board_file);
    take_board(parts, settings);
    const hal::BoardPart gnss = parts.part(hal::Capability::gnss, "empty");
    settings.gnss = {gnss.driver, gnss.settings};

    settings.positions = root.table("record").flag("positions", settings.positions);

    const hal::BoardPart link = parts.part(hal::Capability::link, "static");
    settings.link = {link.driver, link.settings};
    settings.link_rules = read_link_rules(root.table("link"));

    read_storage(root.table("storage"), parts.limits(), settings.storage);
    read_keeping_parts(parts, key, settings);

    const hal::BoardPart supervisor = parts.part(hal::Capability::supervisor, "empty");
    settings.supervisor = {supervisor.driver, supervisor.settings};
    settings.supervisor_settings = supervisor.supervisor;
    read_power(root.table("power"), settings);
    const hal::BoardPart indicator = parts.part(hal::Capability::indicator, "empty");
    settings.indicator = {indicator.driver, indicator.settings};
    const hal::BoardPart installer = parts.part(hal::Capability::installer, "empty");
    settings.installer = {installer.driver, installer.settings};

    if (auto sound = config->finish(); !sound) return sound.error();
    return settings;
}

}  // namespace fieldpost::device

#include "daemon/device/app/settings.hpp"

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

}  // namespace

Result<Settings> load_settings(const std::filesystem::path& file) {
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
    settings.key = device.path("key", (settings.state / "device.key").string());
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

    const auto gnss = root.table("gnss");
    settings.gnss.driver = gnss.text("driver", "empty");
    settings.gnss.settings = gnss.as_text({"driver"});

    settings.positions = root.table("record").flag("positions", settings.positions);

    const auto link = root.table("link");
    settings.link = read_link_driver(link);
    settings.link_rules = read_link_rules(link);

    const auto storage = root.table("storage");
    settings.storage.journal = storage.size("journal", settings.storage.journal);
    settings.storage.reserve = storage.size("reserve", settings.storage.reserve);
    settings.storage.low_disk = storage.size("low_disk", settings.storage.low_disk);
    settings.storage.attachments = storage.size("attachments", settings.storage.attachments);
    if (settings.storage.attachments < least_attachments || settings.storage.attachments > most_attachments) {
        storage.complain("attachments",
                         "must be from \"256MiB\" (the longest attachment must fit) to \"16384GiB\"");
    }

    if (auto sound = config->finish(); !sound) return sound.error();
    return settings;
}

}  // namespace fieldpost::device

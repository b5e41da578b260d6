// fieldpost-hub: imports the city's sources, builds snapshots, serves the fleet.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "daemon/hub/app/conflict_commands.hpp"
#include "daemon/hub/app/server.hpp"
#include "daemon/hub/backup/backup.hpp"
#include "daemon/hub/ingest/import.hpp"
#include "hal/keystore/file.hpp"
#include "sync/base/file.hpp"
#include "sync/base/log.hpp"
#include "sync/base/time.hpp"

namespace {

using namespace fieldpost;

// Exit codes that scripts can use.
constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_incomplete = 3;  // an import that a person must look at

int failed(const Error& error) {
    std::fprintf(stderr, "fieldpost-hub: %s\n", error.message.c_str());
    return exit_failed;
}

Result<std::unique_ptr<hal::Keystore>> hub_key(const std::filesystem::path& store) {
    if (auto made = make_folder(store); !made) return made.error();
    auto keystore = hal::open_file_keystore(store / "hub.key", hal::IfMissing::create);
    if (!keystore) return keystore;
    // Beside it, what devices are given to know this hub by.
    const auto public_file = store / "hub.pub";
    const std::string text = to_hex((*keystore)->public_key()) + "\n";
    auto known = read_file(public_file, 1024);
    if (!known || *known != text) {
        if (auto written = write_file_atomic(public_file, text); !written) return written.error();
    }
    return keystore;
}

// One line that is written over, when a person watches.
class ProgressLine {
  public:
    void show(const std::string& text) {
        if (watched_) {
            std::fprintf(stderr, "\r\033[K%s", text.c_str());
            open_ = true;
        } else if (const auto now = std::chrono::steady_clock::now(); now - last_ > std::chrono::seconds(2)) {
            std::fprintf(stderr, "%s\n", text.c_str());
            last_ = now;
        }
    }
    ~ProgressLine() {
        if (open_) std::fprintf(stderr, "\r\033[K");
    }

  private:
    const bool watched_ = ::isatty(STDERR_FILENO) == 1;
    bool open_ = false;
    std::chrono::steady_clock::time_point last_{};
};

int import(const std::filesystem::path& folder, hub::ImportOptions options, bool json) {
    auto store = hub::Store::open(folder);
    if (!store) return failed(store.error());
    options.now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    auto report = [&] {
        ProgressLine line;
        options.progress = [&](const hub::ImportProgress& progress) {
            line.show(progress.source + "/" + progress.dataset +
                      (progress.writing ? "  writing " : "  reading ") + std::to_string(progress.rows) +
                      " rows, " + std::to_string(static_cast<int>(progress.done * 100)) + " %");
        };
        return hub::import_city(**store, options);
    }();
    if (!report) return failed(report.error());
    std::printf("%s\n", json ? report->to_json().c_str() : report->to_text().c_str());
    return report->complete() ? exit_ok : exit_incomplete;
}

int make_snapshot(const std::filesystem::path& folder, const std::string& profile) {
    auto keystore = hub_key(folder);
    if (!keystore) return failed(keystore.error());
    support::KeystoreSigner signer(**keystore);
    auto report = [&] {
        ProgressLine line;
        return hub::build_snapshot(folder, profile, signer,
                                   [&](const std::string& text) { line.show(text); });
    }();
    if (!report) return failed(report.error());
    std::printf("snapshot %llu for profile %s: %llu rows, %.1f MB, %.1f MB on the wire, %.1f s\n",
                static_cast<unsigned long long>(report->generation), profile.c_str(),
                static_cast<unsigned long long>(report->rows), static_cast<double>(report->file_bytes) / 1e6,
                static_cast<double>(report->packed_bytes) / 1e6, report->seconds);
    return exit_ok;
}

int add_device(const std::filesystem::path& folder, const std::string& id, const std::string& profile,
               const std::filesystem::path& key_file, std::string public_key) {
    if (!key_file.empty()) {  // a development device's own key file: made here when it is missing
        if (key_file.has_parent_path()) {
            if (auto made = make_folder(key_file.parent_path()); !made) return failed(made.error());
        }
        auto keystore = hal::open_file_keystore(key_file, hal::IfMissing::create);
        if (!keystore) return failed(keystore.error());
        public_key = to_hex((*keystore)->public_key());
    }
    const auto key = from_hex(public_key);
    if (!key) return failed(fail(ErrorCode::invalid_argument, "--public-key must be hexadecimal"));
    auto store = hub::Store::open(folder);
    if (!store) return failed(store.error());
    auto added = hub::Registry(**store).add(id, *key, profile);
    if (!added) return failed(added.error());
    std::printf("device %s registered with profile %s\n", id.c_str(), profile.c_str());
    return exit_ok;
}

int list_devices(const std::filesystem::path& folder) {
    auto store = hub::Store::open_reader(folder);
    if (!store) return failed(store.error());
    auto devices = hub::Registry(**store).all();
    if (!devices) return failed(devices.error());
    for (const auto& device : *devices) {
        std::printf("%-24s %-16s %s%s\n", device.id.c_str(), device.profile.c_str(),
                    to_hex(device.public_key).c_str(), device.revoked_at != 0 ? " revoked" : "");
    }
    return exit_ok;
}

int revoke_device(const std::filesystem::path& folder, const std::string& id) {
    auto store = hub::Store::open(folder);
    if (!store) return failed(store.error());
    if (auto revoked = hub::Registry(**store).revoke(id); !revoked) return failed(revoked.error());
    std::printf(
        "device %s is revoked: it is sent nothing and nothing of it is taken. Withdraw its rights at the "
        "broker, "
        "too\n",
        id.c_str());
    return exit_ok;
}

int back_up(const std::filesystem::path& store, const std::filesystem::path& folder) {
    auto report = hub::back_up(store, folder);
    if (!report) return failed(report.error());
    std::printf("backup in %s: %llu operations, %.1f MB, %llu attachments of which %llu are new\n",
                folder.c_str(), static_cast<unsigned long long>(report->operations),
                static_cast<double>(report->database_bytes) / 1e6,
                static_cast<unsigned long long>(report->attachments),
                static_cast<unsigned long long>(report->new_attachments));
    return exit_ok;
}

int list_gaps(const std::filesystem::path& folder) {
    auto store = hub::Store::open_reader(folder);
    if (!store) return failed(store.error());
    auto gaps = hub::Gaps(**store).list(10'000);
    if (!gaps) return failed(gaps.error());
    for (const auto& gap : *gaps) {
        std::printf("%s  %-24s %-10s %llu..%llu  %llu missing  epoch %llu\n",
                    format_rfc3339(gap.named_at * 1'000'000).c_str(), gap.device.c_str(),
                    protocol::lane_name(gap.lane).c_str(), static_cast<unsigned long long>(gap.first),
                    static_cast<unsigned long long>(gap.last), static_cast<unsigned long long>(gap.missing),
                    static_cast<unsigned long long>(gap.epoch));
    }
    return exit_ok;
}

int serve(const hub::ServeSettings& settings) {
    auto keystore = hub_key(settings.store);
    if (!keystore) return failed(keystore.error());
    auto server = hub::Server::create(settings, **keystore);
    if (!server) return failed(server.error());
    if (auto ran = (*server)->run(); !ran) return failed(ran.error());
    return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "fieldpost-hub: imports the city's source systems, builds snapshots, serves the fleet.\n\n"
        "A first city:\n"
        "  fieldpost-hub import --store hub --city daemon/hub/sources/mappings/sample --data city\n"
        "  fieldpost-hub device add car-7 --profile inspector --key-file car-7.key --store hub\n"
        "  fieldpost-hub snapshot --store hub --profile inspector\n"
        "  fieldpost-hub serve --store hub\n\n"
        "What crews and sources disagree about, also while the hub serves:\n"
        "  fieldpost-hub conflicts list --store hub\n"
        "  fieldpost-hub conflicts resolve 12 --choice theirs --by 'Data steward' --store hub"};
    app.require_subcommand(1);
    app.set_version_flag("--version", FIELDPOST_VERSION);
    std::string log_level = "info";
    app.add_option("--log", log_level, "trace, debug, info, warn or error")->capture_default_str();
    std::filesystem::path store;
    const auto add_store = [&](CLI::App* command) {
        command->add_option("--store", store, "Folder of the hub's store")->required();
    };

    auto* import_command =
        app.add_subcommand("import", "Read the source files and feed what changed to the fleet");
    add_store(import_command);
    hub::ImportOptions options;
    bool json = false;
    std::vector<std::string> allow_deletes;
    std::vector<std::string> drop_profiles;
    import_command->add_option("--city", options.city_dir, "Folder with city.toml and the mapping files")
        ->required()
        ->check(CLI::ExistingDirectory);
    import_command
        ->add_option("--data", options.data_dir, "Folder with the source files; default: the --city folder")
        ->check(CLI::ExistingDirectory);
    import_command->add_option("--allow-deletes", allow_deletes,
                               "SOURCE/DATASET that may delete more than its limit this time");
    import_command->add_option(
        "--drop-profile", drop_profiles,
        "Profile that vehicles have and city.toml does not name any more: they let go of all that they hold");
    import_command->add_flag("--json", json, "Report as JSON");

    auto* snapshot_command =
        app.add_subcommand("snapshot", "Build the ready-to-mount city for a profile and offer it");
    add_store(snapshot_command);
    std::string profile;
    snapshot_command->add_option("--profile", profile, "Profile from city.toml")->required();

    auto* device_command = app.add_subcommand("device", "The vehicles of the fleet");
    device_command->require_subcommand(1);
    auto* add_command =
        device_command->add_subcommand("add", "Register a vehicle, or give it another profile");
    add_store(add_command);
    std::string id;
    std::string device_profile;
    std::filesystem::path key_file;
    std::string public_key;
    add_command->add_option("id", id, "Device id: a-z, 0-9, '-'")->required();
    add_command->add_option("--profile", device_profile, "Profile from city.toml")->required();
    auto* key_source = add_command->add_option_group("key");
    key_source->add_option("--key-file", key_file, "The device's key file (development); made when missing");
    key_source->add_option("--public-key", public_key, "The device's public key, 64 hexadecimal digits");
    key_source->require_option(1);
    auto* list_command = device_command->add_subcommand("list", "Show them");
    add_store(list_command);

    auto* revoke_command = device_command->add_subcommand(
        "revoke",
        "A vehicle is lost or stolen: it is sent nothing more, and nothing of it is taken. For good");
    add_store(revoke_command);
    revoke_command->add_option("id", id, "Device id")->required();

    hub::ConflictCommands conflicts(app, store);

    auto* backup_command = app.add_subcommand(
        "backup", "Copy the store, its attachments and its key to a folder while the hub runs");
    add_store(backup_command);
    std::filesystem::path backup_folder;
    backup_command
        ->add_option(
            "folder", backup_folder,
            "Where to; better on another disk. To restore: stop the hub, put these files in the store's "
            "place, start it")
        ->required();
    auto* gaps_command = app.add_subcommand(
        "gaps",
        "Operations that were lost with a hub that was restored from a backup, and that no device has");
    add_store(gaps_command);

    auto* serve_command = app.add_subcommand("serve", "Serve the fleet until stopped");
    add_store(serve_command);
    hub::ServeSettings settings;
    serve_command->add_option("--broker", settings.broker_host, "MQTT broker")->capture_default_str();
    serve_command->add_option("--broker-port", settings.broker_port, "Its port")->capture_default_str();
    serve_command->add_option("--http-address", settings.http_address, "Where the API listens")
        ->capture_default_str();
    serve_command->add_option("--http-port", settings.http_port, "0: no API")->capture_default_str();

    serve_command
        ->add_option("--telemetry-days", settings.telemetry_days,
                     "How long reports of the telemetry lane (positions) are kept; 0: for ever")
        ->check(CLI::Range(0, 36'500))
        ->capture_default_str();

    CLI11_PARSE(app, argc, argv);
    start_log("fieldpost-hub", log_level);
    try {
        if (*import_command) {
            if (options.data_dir.empty()) options.data_dir = options.city_dir;
            options.allow_deletes = {allow_deletes.begin(), allow_deletes.end()};
            options.drop_profiles = {drop_profiles.begin(), drop_profiles.end()};
            return import(store, std::move(options), json);
        }
        if (*snapshot_command) return make_snapshot(store, profile);
        if (*add_command) return add_device(store, id, device_profile, key_file, public_key);
        if (*list_command) return list_devices(store);
        if (*revoke_command) return revoke_device(store, id);
        if (const auto code = conflicts.run()) return *code;
        if (*backup_command) return back_up(store, backup_folder);
        if (*gaps_command) return list_gaps(store);
        settings.store = store;
        return serve(settings);
    } catch (const std::exception& exception) {
        spdlog::critical("internal error: {}", exception.what());
        return 70;
    }
}

#include "daemon/hub/registry/registry.hpp"

#include <sqlite3.h>

#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/revoked.hpp"
#include "daemon/hub/store/rights.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::hub {

namespace {

constexpr const char* columns =
    "device, public_key, profile, desired_generation, added_at, seen_at, revoked_at, delivered_safe";

Device read(SQLite::Statement& row) {
    const SQLite::Column key = row.getColumn(1);
    return Device{row.getColumn(0).getString(),
                  Bytes(static_cast<const char*>(key.getBlob()), static_cast<std::size_t>(key.getBytes())),
                  row.getColumn(2).getString(),
                  static_cast<std::uint64_t>(row.getColumn(3).getInt64()),
                  row.getColumn(4).getInt64(),
                  row.getColumn(5).getInt64(),
                  row.getColumn(6).getInt64(),
                  static_cast<std::uint64_t>(row.getColumn(7).getInt64())};
}

}  // namespace

Status Registry::add(const std::string& id, BytesView public_key, const std::string& profile) {
    if (!protocol::is_device_id(id)) {
        return fail(ErrorCode::invalid_argument,
                    "'" + id + "' cannot be a device id: use 1 to 64 of a-z, 0-9 and '-'");
    }
    if (public_key.size() != 32) {
        return fail(ErrorCode::invalid_argument,
                    "a device's public key has 32 bytes (64 hexadecimal digits)");
    }
    Catalog catalog(store_);
    if (auto known = catalog.profile(profile); !known) return known.error();
    auto device = find(id);
    if (!device) return device.error();
    if (*device && (*device)->public_key != public_key) {
        return fail(ErrorCode::conflict,
                    "device '" + id + "' is registered with another key: give the new box another id");
    }
    if (!*device) {
        auto revoked = read_revoked(store_.folder());
        if (!revoked) return revoked.error();
        if (revoked->contains(id)) {
            return fail(
                ErrorCode::conflict,
                "device '" + id + "' was revoked before the hub was restored: give the box another id");
        }
    }
    return sql([&]() -> Status {
        std::optional<SQLite::Transaction> own;
        if (sqlite3_get_autocommit(store_.database().getHandle()) != 0) own.emplace(store_.database());
        SQLite::Statement put(
            store_.database(),
            "INSERT INTO device(device, public_key, profile, added_at) VALUES(?, ?, ?, unixepoch()) "
            "ON CONFLICT DO UPDATE SET desired_generation = desired_generation + "
            "(profile <> excluded.profile), profile = excluded.profile");
        put.bind(1, id);
        put.bind(2, static_cast<const void*>(public_key.data()), static_cast<int>(public_key.size()));
        put.bind(3, profile);
        put.exec();
        if (auto written = write_rights(store_.database(), store_.folder()); !written) return written;
        if (own) own->commit();
        return ok();
    });
}

Result<std::optional<Device>> Registry::find(std::string_view id) {
    return sql([&]() -> std::optional<Device> {
        SQLite::Statement get(store_.database(),
                              std::string("SELECT ") + columns + " FROM device WHERE device = ?");
        get.bind(1, std::string(id));
        if (!get.executeStep()) return std::nullopt;
        return read(get);
    });
}

Result<std::optional<engine::RegisteredDevice>> Registry::registered(std::string_view id) {
    auto device = find(id);
    if (!device) return device.error();
    if (!*device) return std::optional<engine::RegisteredDevice>();
    engine::RegisteredDevice out{(*device)->id,
                                 (*device)->public_key,
                                 (*device)->profile,
                                 {},
                                 (*device)->desired_generation,
                                 (*device)->revoked_at != 0,
                                 (*device)->attachments_safe};
    auto profile = Catalog(store_).profile(out.profile);
    // What the device records is taken all the same: city.toml is no reason to lose it.
    out.profile_is_gone = !profile && profile.error().code == ErrorCode::not_found;
    if (out.profile_is_gone) return std::optional(std::move(out));
    if (!profile) return profile.error();
    for (const auto& feed : feeds_of(*profile)) out.feeds.push_back(feed);
    return std::optional(std::move(out));
}

Result<std::vector<Device>> Registry::all() {
    return sql([&] {
        SQLite::Statement get(store_.database(),
                              std::string("SELECT ") + columns + " FROM device ORDER BY device");
        std::vector<Device> devices;
        while (get.executeStep()) devices.push_back(read(get));
        return devices;
    });
}

Status Registry::revoke(const std::string& id) {
    auto device = find(id);
    if (!device) return device.error();
    if (!*device) return fail(ErrorCode::not_found, "there is no device '" + id + "'");
    // First: whatever happens to the store from here on, the device stays revoked.
    if (auto named = append_revoked(store_.folder(), {id}); !named) return named;
    return sql([&] {
        SQLite::Statement set(store_.database(),
                              "UPDATE device SET revoked_at = max(revoked_at, unixepoch(), 1) "
                              "WHERE device = ?");
        set.bind(1, id);
        set.exec();
    });
}

Status Registry::seen(std::string_view id) {
    return sql([&] {
        SQLite::Statement set(store_.database(), "UPDATE device SET seen_at = unixepoch() WHERE device = ?");
        set.bind(1, std::string(id));
        set.exec();
    });
}

Result<bool> Registry::epoch_advanced(std::string_view id, std::uint64_t epoch) {
    return sql([&] {
        SQLite::Statement find(store_.database(),
                               "SELECT epoch, turn FROM device_epoch WHERE device = ? ORDER BY turn DESC");
        find.bind(1, std::string(id));
        const auto wanted = static_cast<std::int64_t>(epoch);
        std::int64_t last = 0;
        bool known = false;
        while (!known && find.executeStep()) {
            if (last == 0 && find.getColumn(0).getInt64() == wanted) return false;
            last = std::max(last, find.getColumn(1).getInt64());
            known = find.getColumn(0).getInt64() == wanted;
        }
        SQLite::Statement put(store_.database(),
                              "INSERT OR REPLACE INTO device_epoch(device, epoch, turn) VALUES(?, ?, ?)");
        put.bind(1, std::string(id));
        put.bind(2, wanted);
        put.bind(3, last + 1);
        put.exec();
        return known;
    });
}

}  // namespace fieldpost::hub

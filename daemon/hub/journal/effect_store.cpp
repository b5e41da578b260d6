#include "daemon/hub/journal/effect_store.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/hub/store/catalog.hpp"
#include "sync/base/statement_use.hpp"

namespace fieldpost::hub {

namespace {

constexpr int recorded_page = 200;  // operations of a boot that are in memory at once: some 13 MB at most

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

protocol::Operation operation_in(const SQLite::Column& body) {
    protocol::Operation operation;
    if (!operation.ParseFromArray(body.getBlob(), body.getBytes())) {
        throw SQLite::Exception("a stored operation is damaged", 11 /* SQLITE_CORRUPT */);
    }
    return operation;
}

}  // namespace

struct SqliteEffectStore::Statements {
    explicit Statements(Database& database)
        : areas(database, "SELECT area FROM area"),
          corrections(database,
                      "SELECT quality, offset_us, same_boot, booted_at_us, boottime_us FROM time_correction "
                      "WHERE device = ? AND boot = ?"),
          put_correction(
              database,
              "INSERT OR IGNORE INTO time_correction (device, boot, operation, quality, offset_us, "
              "same_boot, booted_at_us, boottime_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
          recorded(database,
                   "SELECT operation, body FROM operation WHERE device = ? AND boot = ? AND boot IS NOT NULL "
                   "AND outcome = 0 AND operation > ? ORDER BY operation LIMIT ?"),
          report(database, "SELECT body FROM device_report WHERE device = ? AND effect = ? AND lane = ?"),
          reports(database,
                  "SELECT body, received_at FROM device_report WHERE device = ? AND effect = ? "
                  "ORDER BY received_at, lane"),
          put_report(database,
                     "INSERT OR REPLACE INTO device_report (device, effect, lane, received_at, body) "
                     "VALUES (?, ?, ?, ?, ?)"),
          start(database, "SELECT body FROM device_start WHERE device = ?"),
          put_start(database, "INSERT OR REPLACE INTO device_start (device, body) VALUES (?, ?)") {}

    SQLite::Statement areas, corrections, put_correction, recorded, report, reports, put_report, start,
        put_start;
};

SqliteEffectStore::SqliteEffectStore(Store& store)
    : store_(store),
      records_(store),
      conflicts_(store),
      statements_(std::make_unique<Statements>(store.database())) {}
SqliteEffectStore::~SqliteEffectStore() = default;

Result<std::optional<StandingRecord>> SqliteEffectStore::record(RecordId id) {
    auto head = records_.head(id);
    if (!head) return head.error();
    if (!*head || (*head)->deleted) return std::optional<StandingRecord>();
    auto message = records_.message(id);
    if (!message) return message.error();
    return std::optional(StandingRecord{(*head)->kind, static_cast<std::uint64_t>((*head)->version),
                                        (*head)->property, std::move(*message)});
}

Result<std::uint64_t> SqliteEffectStore::put(const OwnRecord& record) {
    RecordInput input;
    input.kind = record.kind;
    input.source = engine::field_source;
    input.key = record.key;
    input.message = record.message;
    input.as_of = record.as_of;
    input.property = record.property;
    if (record.property != 0) {
        input.link_method = records::LinkMethod::source;
        input.link_confidence = 100;
    }
    auto areas = areas_of(record.property);
    if (!areas) return areas.error();
    input.areas = *areas;
    auto outcome = records_.put(input);
    if (!outcome) return outcome.error();
    return static_cast<std::uint64_t>(outcome->version);
}

// A record of the field goes where its property goes; without one, to every area.
Result<std::vector<std::string>> SqliteEffectStore::areas_of(RecordId property) {
    if (property != 0) {
        auto areas = records_.areas(property);
        if (!areas || !areas->empty()) return areas;
    }
    auto areas = sql([&] {
        std::vector<std::string> all;
        StatementUse get(statements_->areas);
        while (get->executeStep()) all.push_back(get->getColumn(0).getString());
        return all;
    });
    if (!areas || !areas->empty()) return areas;
    if (auto city = Catalog(store_).city(); !city) return city.error();
    return areas;
}

Result<std::uint64_t> SqliteEffectStore::change_fields(RecordId record, std::span<const NewValue> values,
                                                       const Author& by) {
    auto outcome = records_.change_fields(record, values, by);
    if (!outcome) return outcome.error();
    return static_cast<std::uint64_t>(outcome->version);
}

Status SqliteEffectStore::keep_conflict(const Conflict& conflict) {
    return sql([&] { conflicts_.add(conflict); });
}

Status SqliteEffectStore::supersede_conflict(RecordId record, engine::FieldNumber field,
                                             const std::string& operation) {
    return sql([&] { conflicts_.supersede(record, field, operation); });
}

Result<std::vector<engine::KnownCorrection>> SqliteEffectStore::time_corrections(const std::string& device,
                                                                                 const Bytes& boot) {
    return sql([&] {
        std::vector<engine::KnownCorrection> out;
        StatementUse get(statements_->corrections);
        get->bindNoCopy(1, device);
        bind_blob(*get, 2, boot);
        while (get->executeStep()) {
            out.push_back({static_cast<protocol::TimeQuality>(get->getColumn(0).getInt()),
                           get->getColumn(1).getInt64(), get->getColumn(2).getInt() != 0,
                           get->getColumn(3).getInt64(), get->getColumn(4).getInt64()});
        }
        return out;
    });
}

Status SqliteEffectStore::keep_time_correction(const std::string& device, const Bytes& boot,
                                               const std::string& operation,
                                               const engine::KnownCorrection& correction) {
    return sql([&] {
        StatementUse put(statements_->put_correction);
        put->bindNoCopy(1, device);
        bind_blob(*put, 2, boot);
        put->bindNoCopy(3, operation);
        put->bind(4, static_cast<int>(correction.quality));
        put->bind(5, correction.offset_us);
        put->bind(6, correction.same_boot ? 1 : 0);
        put->bind(7, correction.booted_at_us);
        put->bind(8, correction.boottime_us);
        put->exec();
    });
}

Status SqliteEffectStore::each_recorded_in(const std::string& device, const Bytes& boot,
                                           const std::function<Status(const protocol::Operation&)>& each) {
    std::int64_t after = 0;
    for (;;) {
        auto page = sql([&] {
            std::vector<protocol::Operation> out;
            StatementUse get(statements_->recorded);
            get->bindNoCopy(1, device);
            bind_blob(*get, 2, boot);
            get->bind(3, after);
            get->bind(4, recorded_page);
            while (get->executeStep()) {
                after = get->getColumn(0).getInt64();
                out.push_back(operation_in(get->getColumn(1)));
            }
            return out;
        });
        if (!page) return page.error();
        if (page->empty()) return ok();
        for (const auto& operation : *page) {
            if (auto done = each(operation); !done) return done;
        }
    }
}

Result<std::optional<protocol::Operation>> SqliteEffectStore::newest_report(const std::string& device,
                                                                            int effect, protocol::Lane lane) {
    return sql([&]() -> std::optional<protocol::Operation> {
        StatementUse get(statements_->report);
        get->bindNoCopy(1, device);
        get->bind(2, effect);
        get->bind(3, static_cast<int>(lane));
        if (!get->executeStep()) return std::nullopt;
        return operation_in(get->getColumn(0));
    });
}

Result<std::optional<protocol::Operation>> SqliteEffectStore::newest_report(const std::string& device,
                                                                            int effect) {
    return sql([&] {
        std::optional<protocol::Operation> newest;
        protocol::TimeStamp newest_at;
        StatementUse get(statements_->reports);
        get->bindNoCopy(1, device);
        get->bind(2, effect);
        while (get->executeStep()) {
            auto report = operation_in(get->getColumn(0));
            auto at = report.time();
            // None was recorded after it came here: a clock that is ahead must not win for ever.
            at.set_utc_us(std::min(at.utc_us(), get->getColumn(1).getInt64()));
            if (newest && !engine::is_newer(at, newest_at)) continue;
            newest = std::move(report);
            newest_at = std::move(at);
        }
        return newest;
    });
}

Status SqliteEffectStore::keep_report(const std::string& device, int effect, protocol::Lane lane,
                                      const protocol::Operation& operation) {
    const Bytes body = operation.SerializeAsString();
    return sql([&] {
        StatementUse put(statements_->put_report);
        put->bindNoCopy(1, device);
        put->bind(2, effect);
        put->bind(3, static_cast<int>(lane));
        put->bind(4, now_us());
        bind_blob(*put, 5, body);
        put->exec();
        if (!operation.health_reported().has_start()) return;
        StatementUse put_start(statements_->put_start);
        put_start->bindNoCopy(1, device);
        bind_blob(*put_start, 2, body);
        put_start->exec();
    });
}

Result<std::optional<protocol::Operation>> SqliteEffectStore::newest_start(const std::string& device) {
    return sql([&]() -> std::optional<protocol::Operation> {
        StatementUse get(statements_->start);
        get->bindNoCopy(1, device);
        if (!get->executeStep()) return std::nullopt;
        return operation_in(get->getColumn(0));
    });
}

}  // namespace fieldpost::hub

#include "daemon/hub/journal/parking.hpp"

#include "sync/base/statement_use.hpp"

namespace fieldpost::hub {

namespace {

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

Cause Cause::place(std::string device, std::uint64_t epoch, protocol::Lane lane, std::uint64_t seq) {
    return {std::move(device),
            std::to_string(epoch) + " " + std::to_string(static_cast<int>(lane)) + " " + std::to_string(seq)};
}

Cause Cause::observation(const std::string& id) {
    return {{}, "observation " + id};
}

struct Parking::Statements {
    explicit Statements(Database& database)
        : standing(
              database,
              "SELECT outcome FROM operation WHERE device = ?1 AND epoch = ?2 AND lane = ?3 AND seq = ?4 "
              "UNION ALL SELECT o.outcome FROM operation_again a JOIN operation o "
              "ON o.operation = a.operation "
              "WHERE a.device = ?1 AND a.epoch = ?2 AND a.lane = ?3 AND a.seq = ?4"),
          applied(database,
                  "SELECT 1 FROM device_lane WHERE device = ? AND epoch = ? AND lane = ? AND applied >= ?"),
          any(database, "SELECT EXISTS (SELECT 1 FROM parked)"),
          held(database, "SELECT count(*), coalesce(sum(bytes), 0) FROM parked WHERE device = ?"),
          park(database,
               "INSERT OR REPLACE INTO parked (operation, device, bytes, waits_for) VALUES (?, ?, ?, ?)"),
          waiting(database,
                  "SELECT o.operation, o.device, o.lane FROM parked p JOIN operation o "
                  "ON o.operation = p.operation "
                  "WHERE p.waits_for = ?1 AND (?2 = '' OR p.device = ?2) ORDER BY o.operation"),
          body(database, "SELECT body FROM operation WHERE operation = ?"),
          unpark(database, "DELETE FROM parked WHERE waits_for = ?1 AND (?2 = '' OR device = ?2)"),
          update(database, "UPDATE operation SET outcome = ?, version = ?, reason = ? WHERE operation = ?"),
          note(database, "INSERT OR IGNORE INTO settled (operation) VALUES (?)"),
          places(database,
                 "SELECT device, epoch, lane, seq FROM operation WHERE operation = ?1 UNION "
                 "SELECT device, epoch, lane, seq FROM operation_again WHERE operation = ?1"),
          // CROSS JOIN: SQLite would go through all operations, in the order of the result, and look for each
          // in the table that is nearly always empty.
          settled(database,
                  "SELECT o.device, o.epoch, o.lane, o.seq FROM settled s CROSS JOIN operation o "
                  "ON o.operation = s.operation WHERE o.in_place UNION "
                  "SELECT a.device, a.epoch, a.lane, a.seq FROM settled s CROSS JOIN operation_again a "
                  "ON a.operation = s.operation ORDER BY 1, 2, 3, 4"),
          taken(database, "DELETE FROM settled") {}

    SQLite::Statement standing, applied, any, held, park, waiting, body, unpark, update, note, places,
        settled, taken;
};

Parking::Parking(Store& store) : statements_(std::make_unique<Statements>(store.database())) {}
Parking::~Parking() = default;

Result<Parking::Standing> Parking::standing(const std::string& device, const protocol::After& place) {
    return sql([&] {
        Standing found = Standing::missing;
        StatementUse get(statements_->standing);
        get->bindNoCopy(1, device);
        get->bind(2, integer(place.epoch()));
        get->bind(3, static_cast<int>(place.lane()));
        get->bind(4, integer(place.seq()));
        // Two histories of one epoch can have two operations there: one that is applied is enough.
        while (get->executeStep()) {
            const int outcome = get->getColumn(0).getInt();
            if (outcome == protocol::ACCEPTED || outcome == protocol::CONFLICT) return Standing::applied;
            if (outcome == protocol::PARKED) found = Standing::parked;
            if (outcome == protocol::QUARANTINED && found == Standing::missing) found = Standing::quarantined;
        }
        if (found != Standing::missing || place.lane() != protocol::TELEMETRY) return found;
        // Forgotten since (telemetry_age.hpp): it was accepted.
        StatementUse applied(statements_->applied);
        applied->bindNoCopy(1, device);
        applied->bind(2, integer(place.epoch()));
        applied->bind(3, static_cast<int>(place.lane()));
        applied->bind(4, integer(place.seq()));
        return applied->executeStep() ? Standing::applied : Standing::missing;
    });
}

Result<bool> Parking::has_any() {
    return sql([&] {
        StatementUse get(statements_->any);
        get->executeStep();
        return get->getColumn(0).getInt() != 0;
    });
}

Result<bool> Parking::has_room(const std::string& device, std::size_t bytes) {
    return sql([&] {
        StatementUse get(statements_->held);
        get->bindNoCopy(1, device);
        get->executeStep();
        return get->getColumn(0).getInt64() < limit &&
               get->getColumn(1).getInt64() + static_cast<std::int64_t>(bytes) <= limit_bytes;
    });
}

Status Parking::park(std::int64_t operation, const std::string& device, std::size_t bytes,
                     const Cause& cause) {
    return sql([&] {
        StatementUse put(statements_->park);
        put->bind(1, operation);
        put->bindNoCopy(2, device);
        put->bind(3, static_cast<std::int64_t>(bytes));
        put->bindNoCopy(4, cause.text);
        put->exec();
    });
}

Result<std::vector<ParkedOperation>> Parking::release(const Cause& cause) {
    return sql([&] {
        std::vector<ParkedOperation> out;
        {
            StatementUse get(statements_->waiting);
            get->bindNoCopy(1, cause.text);
            get->bindNoCopy(2, cause.device);
            while (get->executeStep()) {
                out.push_back({get->getColumn(0).getInt64(), get->getColumn(1).getString(),
                               static_cast<protocol::Lane>(get->getColumn(2).getInt())});
            }
        }
        if (out.empty()) return out;
        StatementUse end(statements_->unpark);
        end->bindNoCopy(1, cause.text);
        end->bindNoCopy(2, cause.device);
        end->exec();
        return out;
    });
}

Result<Bytes> Parking::body(const ParkedOperation& operation) {
    return sql([&]() -> Result<Bytes> {
        StatementUse get(statements_->body);
        get->bind(1, operation.operation);
        if (!get->executeStep()) return fail(ErrorCode::corrupt, "an operation that waited is gone");
        return blob(get->getColumn(0));
    });
}

Result<std::vector<Cause>> Parking::settle(const ParkedOperation& operation, protocol::Outcome outcome,
                                           std::uint64_t version, const std::string& reason) {
    return sql([&] {
        {
            StatementUse put(statements_->update);
            put->bind(1, static_cast<int>(outcome));
            put->bind(2, integer(version));
            put->bindNoCopy(3, reason);
            put->bind(4, operation.operation);
            put->exec();
        }
        {
            StatementUse put(statements_->note);
            put->bind(1, operation.operation);
            put->exec();
        }
        std::vector<Cause> causes;
        StatementUse get(statements_->places);
        get->bind(1, operation.operation);
        while (get->executeStep()) {
            causes.push_back(Cause::place(get->getColumn(0).getString(),
                                          static_cast<std::uint64_t>(get->getColumn(1).getInt64()),
                                          static_cast<protocol::Lane>(get->getColumn(2).getInt()),
                                          static_cast<std::uint64_t>(get->getColumn(3).getInt64())));
        }
        return causes;
    });
}

Result<std::vector<engine::SettledPlace>> Parking::take_settled() {
    return sql([&] {
        std::vector<engine::SettledPlace> out;
        {
            StatementUse get(statements_->settled);
            while (get->executeStep()) {
                out.push_back({get->getColumn(0).getString(),
                               static_cast<std::uint64_t>(get->getColumn(1).getInt64()),
                               static_cast<protocol::Lane>(get->getColumn(2).getInt()),
                               static_cast<std::uint64_t>(get->getColumn(3).getInt64())});
            }
        }
        if (out.empty()) return out;
        StatementUse(statements_->taken)->exec();
        return out;
    });
}

}  // namespace fieldpost::hub

#include "daemon/hub/journal/telemetry_age.hpp"

#include <vector>

#include "sync/protocol/journal.pb.h"

namespace fieldpost::hub {

namespace {

// Rows stand in the order in which they came, so what was gone through once need not be looked at again:
// through which operation, as a fact of table hub.
constexpr const char* gone_through = "telemetry_forgotten";

// The last one stays, so that its number is not given again.
constexpr const char* next_rows =
    "SELECT operation, lane, effect, outcome, received_at FROM operation WHERE operation > ?1 AND "
    "operation < (SELECT max(operation) FROM operation) ORDER BY operation LIMIT ?2";

// A gap counts what was found of it again.
constexpr const char* forget =
    "DELETE FROM operation WHERE operation = ?1 AND "
    "NOT EXISTS (SELECT 1 FROM settled s WHERE s.operation = ?1) AND "
    "NOT EXISTS (SELECT 1 FROM gap g WHERE g.device = operation.device AND g.epoch = operation.epoch AND "
    "g.lane = operation.lane AND operation.seq BETWEEN g.first AND g.last) AND "
    "NOT EXISTS (SELECT 1 FROM operation_again a JOIN gap g ON g.device = a.device AND g.epoch = a.epoch AND "
    "g.lane = a.lane AND a.seq BETWEEN g.first AND g.last WHERE a.operation = ?1)";

bool is_report(int effect) {
    switch (effect) {
        case protocol::Operation::kPositionReported:
        case protocol::Operation::kStatusReported:
        case protocol::Operation::kVoided:
            return true;
        default:
            return false;
    }
}

}  // namespace

Result<bool> forget_old_telemetry(Store& store, std::int64_t now_us, std::chrono::hours kept,
                                  std::size_t rows) {
    const std::int64_t before_us = now_us - std::chrono::microseconds(kept).count();
    return sql([&] {
        Database& database = store.database();
        std::int64_t through = 0;
        SQLite::Statement get(database, "SELECT value FROM hub WHERE key = ?");
        get.bind(1, gone_through);
        if (get.executeStep()) through = get.getColumn(0).getInt64();

        std::vector<std::int64_t> old;
        bool more = false;
        {
            std::size_t seen = 0;
            SQLite::Statement next(database, next_rows);
            next.bind(1, through);
            next.bind(2, static_cast<std::int64_t>(rows));
            while (next.executeStep()) {
                const std::int64_t received_at = next.getColumn(4).getInt64();
                // By a clock that was ahead once: it must not keep all that came later.
                const bool of_wrong_clock = received_at > now_us;
                if (received_at >= before_us && !of_wrong_clock) break;
                more = ++seen == rows;
                through = next.getColumn(0).getInt64();
                if (!of_wrong_clock && next.getColumn(1).getInt() == protocol::TELEMETRY &&
                    is_report(next.getColumn(2).getInt()) && next.getColumn(3).getInt() == protocol::ACCEPTED)
                    old.push_back(through);
            }
        }
        SQLite::Statement remove(database, forget);
        SQLite::Statement remove_places(database, "DELETE FROM operation_again WHERE operation = ?");
        for (const std::int64_t operation : old) {
            remove.bind(1, operation);
            const bool removed = remove.exec() > 0;
            remove.reset();
            if (!removed) continue;
            remove_places.bind(1, operation);
            remove_places.exec();
            remove_places.reset();
        }
        SQLite::Statement set(database, "INSERT OR REPLACE INTO hub (key, value) VALUES (?, ?)");
        set.bind(1, gone_through);
        set.bind(2, through);
        set.exec();
        return more;
    });
}

}  // namespace fieldpost::hub

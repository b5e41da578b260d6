#include "daemon/hub/journal/telemetry_age.hpp"

#include <algorithm>
#include <vector>

#include "sync/protocol/journal.pb.h"

namespace fieldpost::hub {

namespace {

// Rows stand in the order in which they came, so what was gone through once need not be looked at again:
// through which operation, as a fact of table hub.
constexpr const char* gone_through = "telemetry_forgotten";

// The latest that ever counted as now, as a fact of table hub.
constexpr const char* present = "telemetry_present";
constexpr std::int64_t longest_step_us = std::int64_t{2} * 86'400 * 1'000'000;

// The last one stays, so that its number is not given again.
constexpr const char* next_rows =
    "SELECT operation, lane, effect, outcome, received_at FROM operation WHERE operation > ?1 AND "
    "operation < (SELECT max(operation) FROM operation) ORDER BY operation LIMIT ?2";

// Newest, but where a clock went back.
constexpr const char* last_received = "SELECT received_at FROM operation ORDER BY operation DESC LIMIT 1";

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
        case protocol::Operation::kHealthReported:
        case protocol::Operation::kStatusReported:
        case protocol::Operation::kVoided:
            return true;
        default:
            return false;
    }
}

// One behind this that is old enough to go: what came before it is old as well, whatever its time says.
// Looks closely at first, then at ever fewer: what is passed over will be found when more is old. 0: none.
std::int64_t find_old_behind(Database& database, std::int64_t operation, std::int64_t before_us) {
    constexpr std::int64_t close = 64;
    SQLite::Statement next(database,
                           "SELECT operation, received_at FROM operation WHERE operation > ? "
                           "ORDER BY operation LIMIT 1");
    std::int64_t at = operation;
    for (;;) {
        next.reset();
        next.bind(1, at);
        if (!next.executeStep()) return 0;
        const std::int64_t found = next.getColumn(0).getInt64();
        if (next.getColumn(1).getInt64() < before_us) return found;
        at = found + (found - operation) / close;
    }
}

}  // namespace

Result<std::int64_t> telemetry_present(Store& store, std::int64_t now_us) {
    return sql([&] {
        SQLite::Statement get(store.database(), "SELECT value FROM hub WHERE key = ?");
        get.bind(1, present);
        std::int64_t latest = now_us;
        if (get.executeStep()) {
            const std::int64_t before = get.getColumn(0).getInt64();
            latest = std::max(before, std::min(now_us, before + longest_step_us));
        }
        SQLite::Statement set(store.database(), "INSERT OR REPLACE INTO hub (key, value) VALUES (?, ?)");
        set.bind(1, present);
        set.bind(2, latest);
        set.exec();
        return std::min(now_us, latest);
    });
}

Result<bool> forget_old_telemetry(Store& store, std::int64_t now_us, std::chrono::hours kept,
                                  std::size_t rows) {
    return sql([&] {
        Database& database = store.database();
        SQLite::Statement last(database, last_received);
        if (!last.executeStep()) return false;
        const std::int64_t present_us = std::min(now_us, last.getColumn(0).getInt64());
        const std::int64_t before_us = present_us - std::chrono::microseconds(kept).count();
        std::int64_t through = 0;
        SQLite::Statement get(database, "SELECT value FROM hub WHERE key = ?");
        get.bind(1, gone_through);
        if (get.executeStep()) through = get.getColumn(0).getInt64();

        std::vector<std::int64_t> old;
        bool more = false;
        {
            std::size_t seen = 0;
            std::int64_t old_behind = 0;
            SQLite::Statement next(database, next_rows);
            next.bind(1, through);
            next.bind(2, static_cast<std::int64_t>(rows));
            while (next.executeStep()) {
                const std::int64_t received_at = next.getColumn(4).getInt64();
                const std::int64_t operation = next.getColumn(0).getInt64();
                const bool is_future = received_at > present_us;
                if (received_at >= before_us && !is_future) break;
                // By a clock that was ahead once: it must not keep all that came later. Or today's is behind:
                // then nothing behind it is old, and it waits.
                if (is_future && old_behind <= operation) {
                    old_behind = find_old_behind(database, operation, before_us);
                    if (old_behind == 0) break;
                }
                more = ++seen == rows;
                through = operation;
                if (!is_future && next.getColumn(1).getInt() == protocol::TELEMETRY &&
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

#include "daemon/device/journal/writer.hpp"

#include <chrono>

namespace fieldpost::device {

namespace {

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

void bind_blob(SQLite::Statement& statement, int index, const Bytes& bytes) {
    statement.bindNoCopy(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

std::int64_t wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// A request that is made again comes with another time and position; all else is what was recorded.
Bytes content(protocol::Operation operation) {
    operation.clear_time();
    operation.clear_gnss();
    return operation.SerializeAsString();
}

}  // namespace

Recorded read_recorded(SQLite::Statement& row) {
    Recorded out;
    out.epoch = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
    out.lane = static_cast<protocol::Lane>(row.getColumn(1).getInt());
    out.seq = static_cast<std::uint64_t>(row.getColumn(2).getInt64());
    out.state = static_cast<OperationState>(row.getColumn(3).getInt());
    out.version = static_cast<std::uint64_t>(row.getColumn(4).getInt64());
    out.reason = row.getColumn(5).getString();
    const SQLite::Column body = row.getColumn(6);
    if (!out.operation.ParseFromArray(body.getBlob(), body.getBytes())) {
        throw SQLite::Exception("an operation in the journal is damaged", 11 /* SQLITE_CORRUPT */);
    }
    return out;
}

Result<std::vector<Result<Recorded>>> Journal::Writer::append(const std::vector<Append>& appends) {
    Lanes after = lanes_;
    auto written = sql([&] {
        std::vector<Result<Recorded>> results;
        results.reserve(appends.size());
        SQLite::Transaction transaction(*database_);
        SQLite::Statement find(*database_,
                               "SELECT " + std::string(recorded_columns) + " FROM operation WHERE id = ?");
        SQLite::Statement insert(
            *database_,
            "INSERT INTO operation(epoch, lane, seq, id, effect, visit, property, recorded_at, "
            "body, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        for (const Append& append : appends) {
            find.reset();
            find.bindNoCopy(1, append.operation.id());
            if (find.executeStep()) {
                Recorded first = read_recorded(find);
                first.repeated = true;
                if (first.lane == append.lane && content(first.operation) == content(append.operation)) {
                    results.push_back(std::move(first));
                } else {
                    results.push_back(fail(ErrorCode::conflict,
                                           "another record has this id, with other content: that one stands. "
                                           "Give this one an id of its own"));
                }
                continue;
            }
            LaneState& lane = after[static_cast<std::size_t>(append.lane)];
            lane.last_hash = protocol::chain_next(lane.last_hash, append.body);
            ++lane.last;
            insert.reset();
            insert.bind(1, integer(epoch_));
            insert.bind(2, static_cast<int>(append.lane));
            insert.bind(3, integer(lane.last));
            insert.bindNoCopy(4, append.operation.id());
            insert.bind(5, static_cast<int>(append.operation.effect_case()));
            insert.bindNoCopy(6, append.operation.visit_id());
            insert.bind(7, integer(append.operation.property()));
            insert.bind(8, append.operation.time().utc_us());
            bind_blob(insert, 9, append.body);
            bind_blob(insert, 10, lane.last_hash);
            insert.exec();
            Recorded recorded;
            recorded.epoch = epoch_;
            recorded.lane = append.lane;
            recorded.seq = lane.last;
            recorded.operation = append.operation;
            results.push_back(std::move(recorded));
        }
        transaction.commit();
        return results;
    });
    if (written) lanes_ = std::move(after);
    return written;
}

Status Journal::Writer::note(const protocol::Ack& ack) {
    const auto& applied = ack.applied();
    LaneState& lane = lanes_[static_cast<std::size_t>(applied.lane())];
    if (applied.epoch() != epoch_ || ack.first_seq() == 0 || ack.first_seq() > lane.noted + 1) return ok();
    if (ack.first_seq() + static_cast<std::uint64_t>(ack.versions_size()) > lane.last + 1) return ok();
    std::uint64_t seq = ack.first_seq();
    auto noted = sql([&] {
        // Not worth a sync of its own: lost, it is asked again.
        database_->exec("PRAGMA synchronous=NORMAL");
        SQLite::Transaction transaction(*database_);
        SQLite::Statement update(*database_,
                                 "UPDATE operation SET state = ?, version = ?, reason = ? "
                                 "WHERE epoch = ? AND lane = ? AND seq = ?");
        auto exception = ack.exceptions().begin();
        for (const std::uint64_t version : ack.versions()) {
            OperationState state = OperationState::accepted;
            std::string reason;
            while (exception != ack.exceptions().end() && exception->seq() < seq) ++exception;
            if (exception != ack.exceptions().end() && exception->seq() == seq) {
                state = exception->outcome() == protocol::CONFLICT ? OperationState::conflict
                                                                   : OperationState::quarantined;
                reason = exception->reason();
            }
            update.reset();
            update.bind(1, static_cast<int>(state));
            update.bind(2, integer(version));
            update.bindNoCopy(3, reason);
            update.bind(4, integer(epoch_));
            update.bind(5, static_cast<int>(applied.lane()));
            update.bind(6, integer(seq));
            update.exec();
            ++seq;
        }
        SQLite::Statement mark(*database_,
                               "INSERT INTO lane(epoch, lane, noted) VALUES(?, ?, ?) "
                               "ON CONFLICT DO UPDATE SET noted = max(noted, excluded.noted)");
        mark.bind(1, integer(epoch_));
        mark.bind(2, static_cast<int>(applied.lane()));
        mark.bind(3, integer(seq - 1));
        mark.exec();
        transaction.commit();
    });
    auto full = sql([&] { database_->exec("PRAGMA synchronous=FULL"); });
    if (!full) return full;
    if (noted) lane.noted = std::max(lane.noted, seq - 1);
    return noted;
}

Status Journal::Writer::open_epoch(const std::string& why,
                                   const std::map<protocol::Lane, std::uint64_t>& held) {
    const auto next_epoch = random_u64() >> 1U;
    Lanes fresh;
    auto opened = sql([&] {
        SQLite::Transaction transaction(*database_);
        SQLite::Statement begin(*database_,
                                "INSERT INTO epoch(epoch, opened_at, predecessor, why) VALUES(?, ?, ?, ?)");
        begin.bind(1, integer(next_epoch));
        begin.bind(2, wall_clock_us());
        begin.bind(3, integer(epoch_));
        begin.bindNoCopy(4, why);
        begin.exec();
        for (const protocol::Lane lane : engine::lanes_by_priority) {
            LaneState& state = fresh[static_cast<std::size_t>(lane)];
            state.last_hash = protocol::chain_start(device_, next_epoch, lane);
            SQLite::Statement rest(*database_,
                                   "SELECT seq, body, hash FROM operation WHERE epoch = ? AND lane = ? "
                                   "AND seq > ? ORDER BY seq");
            rest.bind(1, integer(epoch_));
            rest.bind(2, static_cast<int>(lane));
            const auto through = held.find(lane);
            rest.bind(3, through == held.end() ? 0 : integer(through->second));
            // An operation keeps its first identity through any number of epochs: the hub knows it by that.
            SQLite::Statement move(
                *database_,
                "UPDATE operation SET origin_epoch = coalesce(origin_epoch, epoch), "
                "origin_seq = coalesce(origin_seq, seq), origin_hash = coalesce(origin_hash, hash), "
                "epoch = ?, seq = ?, hash = ? WHERE epoch = ? AND lane = ? AND seq = ?");
            std::vector<std::pair<std::int64_t, Bytes>> moving;
            while (rest.executeStep()) {
                const SQLite::Column body = rest.getColumn(1);
                moving.emplace_back(rest.getColumn(0).getInt64(),
                                    Bytes(static_cast<const char*>(body.getBlob()),
                                          static_cast<std::size_t>(body.getBytes())));
            }
            for (const auto& [seq, body] : moving) {
                state.last_hash = protocol::chain_next(state.last_hash, body);
                ++state.last;
                move.reset();
                move.bind(1, integer(next_epoch));
                move.bind(2, integer(state.last));
                bind_blob(move, 3, state.last_hash);
                move.bind(4, integer(epoch_));
                move.bind(5, static_cast<int>(lane));
                move.bind(6, seq);
                move.exec();
            }
        }
        SQLite::Statement current(*database_,
                                  "INSERT OR REPLACE INTO journal(key, value) VALUES('epoch', ?)");
        current.bind(1, std::to_string(next_epoch));
        current.exec();
        transaction.commit();
    });
    if (!opened) return opened;
    epoch_ = next_epoch;
    lanes_ = std::move(fresh);
    return ok();
}

}  // namespace fieldpost::device

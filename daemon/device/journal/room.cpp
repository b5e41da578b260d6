#include "daemon/device/journal/room.hpp"

#include <algorithm>

#include "daemon/device/journal/writer.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::device {

namespace {

constexpr int step_entries = 500;  // a step is one transaction that recording may have to wait for
// The newest telemetry is what somebody may still look at, and what is behind a void must be written anew.
constexpr std::uint64_t most_behind_void = 2000;

constexpr auto telemetry_first = {protocol::TELEMETRY, protocol::WORK, protocol::URGENT};

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::uint64_t number(const SQLite::Column& column) {
    return static_cast<std::uint64_t>(column.getInt64());
}

Bytes blob(const SQLite::Column& column) {
    return Bytes(static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes()));
}

void bind_blob(SQLite::Statement& statement, int index, const Bytes& bytes) {
    statement.bindNoCopy(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

bool knew_the_time(const protocol::TimeStamp& time) {
    return time.quality() == protocol::TIME_RTC || time.quality() == protocol::TIME_NTP ||
           time.quality() == protocol::TIME_GNSS;
}

std::string uuid(std::uint64_t high, std::uint64_t low) {
    Bytes bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(high >> static_cast<unsigned>(shift));
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(low >> static_cast<unsigned>(shift));
    bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fU) | 0x40U);  // version 4
    bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fU) | 0x80U);
    std::string text = to_hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
    return text;
}

}  // namespace

Result<JournalSize> size_of(Database& database) {
    return sql([&] {
        const auto pragma = [&](const char* text) {
            return static_cast<std::uint64_t>(database.execAndGet(text).getInt64());
        };
        const std::uint64_t page = pragma("PRAGMA page_size");
        const std::uint64_t spare = pragma("PRAGMA freelist_count");
        const std::uint64_t all = pragma("PRAGMA page_count");
        return JournalSize{(all - std::min(all, spare)) * page, spare * page};
    });
}

Status JournalWriter::note_safe(const protocol::LanePosition& position) {
    return sql([&] {
        SQLite::Statement mark(*database_,
                               "INSERT INTO lane(epoch, lane, safe) VALUES(?, ?, ?) "
                               "ON CONFLICT DO UPDATE SET safe = max(safe, excluded.safe)");
        mark.bind(1, integer(position.epoch()));
        mark.bind(2, static_cast<int>(position.lane()));
        mark.bind(3, integer(position.safe()));
        mark.exec();
    });
}

Result<RoomMade> JournalWriter::make_room(const RoomRule& rule) {
    RoomMade made;
    Lanes after = lanes_;
    auto done = sql([&] {
        SQLite::Transaction transaction(*database_);
        made.trimmed = trim(rule);
        if (!made.anything()) made.telemetry = drop_acknowledged_telemetry();
        if (!made.anything()) {
            made.telemetry = void_telemetry(rule, after[static_cast<std::size_t>(protocol::TELEMETRY)]);
            made.rewritten = made.anything();
        }
        transaction.commit();
    });
    if (!done) return done.error();
    lanes_ = std::move(after);
    return made;
}

// Entries of a lane that the hub holds: before this one. Of the present epoch the newest that is noted stays,
// as the point from which both ends compare; earlier epochs were left with only what the hub holds.
std::uint64_t JournalWriter::acknowledged_before(std::uint64_t epoch, protocol::Lane lane) const {
    if (epoch != epoch_) return std::uint64_t{1} << 62U;
    return lanes_[static_cast<std::size_t>(lane)].noted;
}

std::uint64_t JournalWriter::remove(std::uint64_t epoch, protocol::Lane lane, std::uint64_t before) {
    SQLite::Statement gone(*database_,
                           "DELETE FROM operation WHERE epoch = ?1 AND lane = ?2 AND seq IN (SELECT seq "
                           "FROM operation WHERE epoch = ?1 AND lane = ?2 AND seq < ?3 AND state <> 0 "
                           "ORDER BY seq LIMIT ?4) RETURNING seq");
    gone.bind(1, integer(epoch));
    gone.bind(2, static_cast<int>(lane));
    gone.bind(3, integer(before));
    gone.bind(4, step_entries);
    std::uint64_t count = 0;
    std::uint64_t last = 0;
    for (; gone.executeStep(); ++count) last = std::max(last, number(gone.getColumn(0)));
    if (count == 0) return 0;
    SQLite::Statement mark(*database_,
                           "INSERT INTO lane(epoch, lane, trimmed) VALUES(?, ?, ?) "
                           "ON CONFLICT DO UPDATE SET trimmed = max(trimmed, excluded.trimmed)");
    mark.bind(1, integer(epoch));
    mark.bind(2, static_cast<int>(lane));
    mark.bind(3, integer(last));
    mark.exec();
    return count;
}

std::vector<std::uint64_t> JournalWriter::epochs() {
    std::vector<std::uint64_t> epochs;
    SQLite::Statement all(*database_, "SELECT epoch FROM epoch ORDER BY opened_at");
    while (all.executeStep()) epochs.push_back(number(all.getColumn(0)));
    return epochs;
}

// What is before the newest entry that was recorded before `time` is older still, whatever its own stamp
// says.
std::uint64_t JournalWriter::recorded_before(std::uint64_t epoch, protocol::Lane lane, std::uint64_t before,
                                             UnixMicros time) {
    std::uint64_t found = 0;
    SQLite::Statement oldest(*database_,
                             "SELECT seq, body FROM operation WHERE epoch = ? AND lane = ? AND seq < ? "
                             "ORDER BY seq LIMIT ?");
    oldest.bind(1, integer(epoch));
    oldest.bind(2, static_cast<int>(lane));
    oldest.bind(3, integer(before));
    oldest.bind(4, step_entries);
    while (oldest.executeStep()) {
        protocol::Operation operation;
        const SQLite::Column body = oldest.getColumn(1);
        if (!operation.ParseFromArray(body.getBlob(), body.getBytes())) continue;
        if (knew_the_time(operation.time()) && operation.time().utc_us() < time) {
            found = number(oldest.getColumn(0)) + 1;
        }
    }
    return found;
}

std::uint64_t JournalWriter::trim(const RoomRule& rule) {
    SQLite::Statement safe(*database_, "SELECT safe FROM lane WHERE epoch = ? AND lane = ?");
    for (const protocol::Lane lane : telemetry_first) {
        for (const std::uint64_t epoch : epochs()) {
            const std::uint64_t acknowledged = acknowledged_before(epoch, lane);
            std::uint64_t before = 0;
            safe.reset();
            safe.bind(1, integer(epoch));
            safe.bind(2, static_cast<int>(lane));
            if (safe.executeStep()) before = std::min(acknowledged, number(safe.getColumn(0)) + 1);
            if (rule.acknowledged_before) {
                before =
                    std::max(before, recorded_before(epoch, lane, acknowledged, *rule.acknowledged_before));
            }
            if (const std::uint64_t gone = remove(epoch, lane, before); gone > 0) return gone;
        }
    }
    return 0;
}

std::uint64_t JournalWriter::drop_acknowledged_telemetry() {
    for (const std::uint64_t epoch : epochs()) {
        const std::uint64_t gone =
            remove(epoch, protocol::TELEMETRY, acknowledged_before(epoch, protocol::TELEMETRY));
        if (gone > 0) return gone;
    }
    return 0;
}

// The oldest telemetry that the hub has not acknowledged gives way to one operation that says so, and what is
// behind it moves up. If the hub has some of it after all, the chains differ at the next hello, and a new
// epoch brings both together: each entry names where it was first written.
std::uint64_t JournalWriter::void_telemetry(const RoomRule& rule, LaneState& lane) {
    const std::uint64_t count = lane.last - lane.noted;
    if (count < rule.least_to_void) return 0;
    const std::uint64_t first = lane.noted + 1;
    const std::uint64_t last = lane.last - std::min(count / 2, most_behind_void);
    const auto bind_lane = [&](SQLite::Statement& statement) {
        statement.bind(1, integer(epoch_));
        statement.bind(2, static_cast<int>(protocol::TELEMETRY));
    };

    Bytes hash = protocol::chain_start(device_, epoch_, protocol::TELEMETRY);
    if (lane.noted > 0) {
        SQLite::Statement before(*database_,
                                 "SELECT hash FROM operation WHERE epoch = ? AND lane = ? AND seq = ?");
        bind_lane(before);
        before.bind(3, integer(lane.noted));
        if (!before.executeStep()) return 0;  // nothing to chain to: left as it is
        hash = blob(before.getColumn(0));
    }

    // A run that was voided before counts with all that it stands for.
    std::uint64_t stands_for = last - first + 1;
    SQLite::Statement voids(*database_,
                            "SELECT body FROM operation WHERE epoch = ? AND lane = ? AND seq BETWEEN ? AND ? "
                            "AND effect = ?");
    bind_lane(voids);
    voids.bind(3, integer(first));
    voids.bind(4, integer(last));
    voids.bind(5, static_cast<int>(protocol::Operation::kVoided));
    while (voids.executeStep()) {
        protocol::Operation earlier;
        const SQLite::Column body = voids.getColumn(0);
        if (!earlier.ParseFromArray(body.getBlob(), body.getBytes())) continue;
        stands_for += earlier.voided().last() - earlier.voided().first();
    }
    SQLite::Statement gone(*database_,
                           "DELETE FROM operation WHERE epoch = ? AND lane = ? AND seq BETWEEN ? AND ?");
    bind_lane(gone);
    gone.bind(3, integer(first));
    gone.bind(4, integer(last));
    gone.exec();

    protocol::Operation operation;
    operation.set_id(uuid(random_(), random_()));
    *operation.mutable_time() = rule.now;
    operation.mutable_voided()->set_first(first);
    operation.mutable_voided()->set_last(first + stands_for - 1);
    const Bytes body = operation.SerializeAsString();
    hash = protocol::chain_next(hash, body);
    SQLite::Statement stand_in(*database_,
                               "INSERT INTO operation(epoch, lane, seq, id, effect, visit, property, "
                               "recorded_at, body, hash) VALUES(?, ?, ?, ?, ?, '', 0, ?, ?, ?)");
    bind_lane(stand_in);
    stand_in.bind(3, integer(first));
    stand_in.bindNoCopy(4, operation.id());
    stand_in.bind(5, static_cast<int>(protocol::Operation::kVoided));
    stand_in.bind(6, rule.now.utc_us());
    bind_blob(stand_in, 7, body);
    bind_blob(stand_in, 8, hash);
    stand_in.exec();

    std::vector<std::pair<std::uint64_t, Bytes>> behind;
    SQLite::Statement rest(*database_,
                           "SELECT seq, body FROM operation WHERE epoch = ? AND lane = ? AND seq > ? "
                           "ORDER BY seq");
    bind_lane(rest);
    rest.bind(3, integer(last));
    while (rest.executeStep()) behind.emplace_back(number(rest.getColumn(0)), blob(rest.getColumn(1)));
    SQLite::Statement move(
        *database_,
        "UPDATE operation SET origin_epoch = coalesce(origin_epoch, epoch), "
        "origin_seq = coalesce(origin_seq, seq), origin_hash = coalesce(origin_hash, hash), "
        "seq = ?, hash = ? WHERE epoch = ? AND lane = ? AND seq = ?");
    lane.last = first;
    for (const auto& [seq, moved] : behind) {
        hash = protocol::chain_next(hash, moved);
        move.reset();
        move.bind(1, integer(++lane.last));
        bind_blob(move, 2, hash);
        move.bind(3, integer(epoch_));
        move.bind(4, static_cast<int>(protocol::TELEMETRY));
        move.bind(5, integer(seq));
        move.exec();
    }
    lane.last_hash = hash;
    return last - first + 1;
}

}  // namespace fieldpost::device

#include "daemon/device/journal/writer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "sync/base/file.hpp"
#include "sync/base/statement_use.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::device {

extern const std::string_view journal_schema_001;
extern const std::string_view journal_schema_002;
extern const std::string_view journal_schema_003;
extern const std::string_view journal_schema_004;
extern const std::string_view journal_schema_005;
extern const std::string_view journal_schema_006;
extern const std::string_view journal_schema_007;
extern const std::string_view journal_schema_008;
extern const std::string_view journal_schema_009;
extern const std::string_view journal_schema_010;
extern const std::string_view journal_schema_011;

namespace {

constexpr int carry_step = 500;  // operations of an old epoch that are in memory at once

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::int64_t wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

OperationState state_of(protocol::Outcome outcome) {
    switch (outcome) {
        case protocol::ACCEPTED:
            return OperationState::accepted;
        case protocol::CONFLICT:
            return OperationState::conflict;
        case protocol::PARKED:
            return OperationState::pending;
        default:
            return OperationState::quarantined;
    }
}

// A request that is made again comes with another time and position; all else is what was recorded.
Bytes content(protocol::Operation operation) {
    operation.clear_time();
    operation.clear_gnss();
    return operation.SerializeAsString();
}

}  // namespace

struct JournalWriter::Statements {
    explicit Statements(Database& database)
        : find(database, "SELECT " + std::string(recorded_columns) + " FROM operation WHERE id = ?"),
          insert(database,
                 "INSERT INTO operation(epoch, lane, seq, id, effect, visit, property, recorded_at, "
                 "body, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
          hash_at(database, "SELECT hash FROM operation WHERE epoch = ? AND lane = ? AND seq = ?"),
          // Told again, nothing is written; and a late word that it waits does not undo what became of it.
          note(database,
               "UPDATE operation SET state = ?1, version = ?2, reason = ?3, noted_in = ?7 "
               "WHERE epoch = ?4 AND lane = ?5 AND seq = ?6 "
               "AND (state <> ?1 OR version <> ?2 OR reason <> ?3) AND (?1 <> 0 OR state = 0)"),
          mark(database,
               "INSERT INTO lane(epoch, lane, noted) VALUES(?, ?, ?) ON CONFLICT DO UPDATE "
               "SET noted = excluded.noted WHERE noted < excluded.noted") {}

    SQLite::Statement find, insert, hash_at, note, mark;
};

JournalWriter::JournalWriter(std::unique_ptr<Database> database, std::string device, Random random)
    : database_(std::move(database)), device_(std::move(device)), random_(std::move(random)) {}
JournalWriter::~JournalWriter() = default;

Result<JournalWriter::Append> JournalWriter::make_append(protocol::Lane lane, protocol::Operation operation) {
    Bytes body = operation.SerializeAsString();
    if (body.size() > protocol::max_operation_bytes) {
        return fail(ErrorCode::invalid_argument, "this is too long to record: at most 64 KiB");
    }
    if (std::ranges::find(engine::lanes_by_priority, lane) == engine::lanes_by_priority.end()) {
        return fail(ErrorCode::invalid_argument, "the journal has no such lane");
    }
    if (operation.id().empty()) return fail(ErrorCode::invalid_argument, "an operation needs an id");
    if (protocol::Operation read; !read.ParseFromString(body)) {
        return fail(ErrorCode::invalid_argument, "a text in it is not UTF-8");
    }
    return Append{lane, std::move(operation), std::move(body)};
}

Result<std::unique_ptr<JournalWriter>> JournalWriter::open(const std::filesystem::path& path,
                                                           const std::string& device, Random random) {
    auto database = open_database(path, Durability::full);
    if (!database) return database.error();
    std::unique_ptr<JournalWriter> writer(new JournalWriter(std::move(*database), device, std::move(random)));
    if (auto loaded = writer->load(); !loaded) return loaded.error();
    // The folder entry of a new file must survive a power cut as well as its content does.
    if (auto synced = fsync_folder(path.has_parent_path() ? path.parent_path() : "."); !synced)
        return synced.error();
    return writer;
}

Status JournalWriter::load() {
    if (auto sound = check_database(*database_); !sound) return sound;
    const std::string_view migrations[] = {journal_schema_001, journal_schema_002, journal_schema_003,
                                           journal_schema_004, journal_schema_005, journal_schema_006,
                                           journal_schema_007, journal_schema_008, journal_schema_009,
                                           journal_schema_010, journal_schema_011};
    if (auto migrated = migrate(*database_, migrations); !migrated) return migrated;
    return sql([&]() -> Status {
        if (auto known = load_epoch(); !known) return known;
        load_lanes();
        load_in_city();
        statements_ = std::make_unique<Statements>(*database_);
        return ok();
    });
}

// The epoch that is written now; the first one of a new journal.
Status JournalWriter::load_epoch() {
    SQLite::Statement get(*database_, "SELECT value FROM journal WHERE key = ?");
    get.bind(1, "device");
    if (!get.executeStep()) {
        epoch_ = random_() >> 1U;
        SQLite::Transaction transaction(*database_);
        SQLite::Statement put(*database_,
                              "INSERT INTO journal(key, value) VALUES('device', ?), ('epoch', ?)");
        put.bind(1, device_);
        put.bind(2, std::to_string(epoch_));
        put.exec();
        SQLite::Statement begin(
            *database_, "INSERT INTO epoch(epoch, opened_at, why) VALUES(?, unixepoch() * 1000000, 'first')");
        begin.bind(1, integer(epoch_));
        begin.exec();
        transaction.commit();
        return ok();
    }
    if (get.getColumn(0).getString() != device_) {
        return fail(ErrorCode::refused, "it belongs to device '" + get.getColumn(0).getString() +
                                            "', this is '" + device_ +
                                            "': restore the right file or device id");
    }
    get.reset();
    get.bind(1, "epoch");
    if (!get.executeStep()) return fail(ErrorCode::corrupt, "it does not say its epoch");
    const std::string text = get.getColumn(0).getString();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch_);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return fail(ErrorCode::corrupt, "its epoch is no number");
    }
    return ok();
}

void JournalWriter::load_lanes() {
    for (const protocol::Lane lane : engine::lanes_by_priority) {
        LaneState& state = lanes_[static_cast<std::size_t>(lane)];
        state.last_hash = protocol::chain_start(device_, epoch_, lane);
        SQLite::Statement last(*database_,
                               "SELECT seq, hash FROM operation WHERE epoch = ? AND lane = ? "
                               "ORDER BY seq DESC LIMIT 1");
        last.bind(1, integer(epoch_));
        last.bind(2, static_cast<int>(lane));
        if (last.executeStep()) {
            const SQLite::Column hash = last.getColumn(1);
            state.last = static_cast<std::uint64_t>(last.getColumn(0).getInt64());
            state.last_hash =
                Bytes(static_cast<const char*>(hash.getBlob()), static_cast<std::size_t>(hash.getBytes()));
        }
        SQLite::Statement noted(*database_, "SELECT noted FROM lane WHERE epoch = ? AND lane = ?");
        noted.bind(1, integer(epoch_));
        noted.bind(2, static_cast<int>(lane));
        if (noted.executeStep()) state.noted = static_cast<std::uint64_t>(noted.getColumn(0).getInt64());
        state.last_by_people = find_last_by_people(epoch_, lane, state.noted);
    }
}

std::uint64_t JournalWriter::find_last_by_people(std::uint64_t epoch, protocol::Lane lane,
                                                 std::uint64_t after) {
    // Of telemetry, which may be much, nobody asks.
    if (lane == protocol::TELEMETRY) return 0;
    SQLite::Statement get(*database_,
                          "SELECT seq FROM operation WHERE epoch = ? AND lane = ? AND seq > ? "
                          "AND effect NOT IN (?, ?) ORDER BY seq DESC LIMIT 1");
    get.bind(1, integer(epoch));
    get.bind(2, static_cast<int>(lane));
    get.bind(3, integer(after));
    get.bind(4, static_cast<int>(protocol::Operation::kPositionReported));
    get.bind(5, static_cast<int>(protocol::Operation::kHealthReported));
    return get.executeStep() ? static_cast<std::uint64_t>(get.getColumn(0).getInt64()) : 0;
}

void JournalWriter::load_in_city() {
    notes_ = counter("notes");
    in_city_.notes = counter("in_city");
    SQLite::Statement get(*database_, "SELECT feed, hub_generation, n FROM city_head");
    while (get.executeStep()) {
        const auto feed = records::parse_feed(get.getColumn(0).getString());
        if (!feed) continue;
        in_city_.heads[*feed] = {static_cast<std::uint64_t>(get.getColumn(1).getInt64()),
                                 static_cast<std::uint64_t>(get.getColumn(2).getInt64())};
    }
}

std::uint64_t JournalWriter::counter(const std::string& key) {
    SQLite::Statement get(*database_, "SELECT CAST(value AS INTEGER) FROM journal WHERE key = ?");
    get.bindNoCopy(1, key);
    return get.executeStep() ? static_cast<std::uint64_t>(get.getColumn(0).getInt64()) : 0;
}

void JournalWriter::set_counter(const std::string& key, std::uint64_t count) {
    SQLite::Statement put(*database_, "INSERT OR REPLACE INTO journal(key, value) VALUES(?, ?)");
    put.bindNoCopy(1, key);
    put.bind(2, std::to_string(count));
    put.exec();
}

// Not worth a sync of its own: lost, it is told again.
Status JournalWriter::write_unsynced(const std::function<void()>& write) {
    auto written = sql([&] {
        database_->exec("PRAGMA synchronous=NORMAL");
        SQLite::Transaction transaction(*database_);
        write();
        transaction.commit();
    });
    auto full = sql([&] { database_->exec("PRAGMA synchronous=FULL"); });
    return full ? written : full;
}

Result<std::vector<Result<Recorded>>> JournalWriter::append(std::span<const Append> appends) {
    Lanes after = lanes_;
    auto written = sql([&] {
        std::vector<Result<Recorded>> results;
        results.reserve(appends.size());
        SQLite::Transaction transaction(*database_);
        for (const Append& append : appends) {
            StatementUse find(statements_->find);
            find->bindNoCopy(1, append.operation.id());
            if (find->executeStep()) {
                Recorded first = read_recorded(*find);
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
            if (!is_report_of_device(append.operation)) lane.last_by_people = lane.last;
            StatementUse insert(statements_->insert);
            insert->bind(1, integer(epoch_));
            insert->bind(2, static_cast<int>(append.lane));
            insert->bind(3, integer(lane.last));
            insert->bindNoCopy(4, append.operation.id());
            insert->bind(5, static_cast<int>(append.operation.effect_case()));
            insert->bindNoCopy(6, append.operation.visit_id());
            insert->bind(7, integer(append.operation.property()));
            insert->bind(8, append.operation.time().utc_us());
            bind_blob(*insert, 9, append.body);
            bind_blob(*insert, 10, lane.last_hash);
            insert->exec();
            Recorded recorded;
            recorded.epoch = epoch_;
            recorded.lane = append.lane;
            recorded.seq = lane.last;
            recorded.operation = append.operation;
            recorded.first_place.set_epoch(epoch_);
            recorded.first_place.set_lane(append.lane);
            recorded.first_place.set_seq(lane.last);
            results.push_back(std::move(recorded));
        }
        transaction.commit();
        return results;
    });
    if (written) lanes_ = std::move(after);
    return written;
}

Status JournalWriter::try_to_write() {
    return sql([&] {
        database_->exec("INSERT OR REPLACE INTO journal(key, value) VALUES('tried_at', unixepoch())");
    });
}

bool JournalWriter::stands(const protocol::LanePosition& position) {
    if (position.hash().empty()) return true;
    StatementUse get(statements_->hash_at);
    get->bind(1, integer(position.epoch()));
    get->bind(2, static_cast<int>(position.lane()));
    get->bind(3, integer(position.seq()));
    return get->executeStep() && blob(get->getColumn(0)) == position.hash();
}

Status JournalWriter::note(const protocol::Ack& ack) {
    const auto& applied = ack.applied();
    LaneState& lane = lanes_[static_cast<std::size_t>(applied.lane())];
    if (applied.epoch() != epoch_ || ack.first_seq() == 0 || ack.first_seq() > lane.noted + 1) return ok();
    if (ack.first_seq() + static_cast<std::uint64_t>(ack.versions_size()) > lane.last + 1) return ok();
    if (auto same = sql([&] { return stands(applied); }); !same || !*same) return same ? ok() : same.error();
    std::uint64_t seq = ack.first_seq();
    bool is_new = false;
    auto noted = write_unsynced([&] {
        auto exception = ack.exceptions().begin();
        for (const std::uint64_t version : ack.versions()) {
            OperationState state = OperationState::accepted;
            std::string reason;
            while (exception != ack.exceptions().end() && exception->seq() < seq) ++exception;
            if (exception != ack.exceptions().end() && exception->seq() == seq) {
                state = state_of(exception->outcome());
                reason = exception->reason();
                if (state == OperationState::pending && reason.empty())
                    reason = "waits for another operation";
            }
            StatementUse update(statements_->note);
            update->bind(1, static_cast<int>(state));
            update->bind(2, integer(version));
            update->bindNoCopy(3, reason);
            update->bind(4, integer(epoch_));
            update->bind(5, static_cast<int>(applied.lane()));
            update->bind(6, integer(seq));
            update->bind(7, integer(notes_ + 1));
            if (update->exec() > 0) is_new = true;
            ++seq;
        }
        StatementUse mark(statements_->mark);
        mark->bind(1, integer(epoch_));
        mark->bind(2, static_cast<int>(applied.lane()));
        mark->bind(3, integer(seq - 1));
        mark->exec();
        if (is_new) set_counter("notes", notes_ + 1);
    });
    if (!noted) return noted;
    lane.noted = std::max(lane.noted, seq - 1);
    if (is_new) ++notes_;
    return ok();
}

Status JournalWriter::note_in_city(const engine::InCity& known) {
    auto noted = write_unsynced([&] {
        set_counter("in_city", known.notes);
        database_->exec("DELETE FROM city_head");
        SQLite::Statement put(*database_, "INSERT INTO city_head(feed, hub_generation, n) VALUES(?, ?, ?)");
        for (const auto& [feed, head] : known.heads) {
            put.reset();
            put.bind(1, records::feed_text(feed));
            put.bind(2, integer(head.hub_generation));
            put.bind(3, integer(head.n));
            put.exec();
        }
    });
    if (noted) in_city_ = known;
    return noted;
}

void JournalWriter::begin_epoch(std::uint64_t epoch, const std::string& why) {
    SQLite::Statement begin(*database_,
                            "INSERT INTO epoch(epoch, opened_at, predecessor, why) VALUES(?, ?, ?, ?)");
    begin.bind(1, integer(epoch));
    begin.bind(2, wall_clock_us());
    begin.bind(3, integer(epoch_));
    begin.bindNoCopy(4, why);
    begin.exec();
    SQLite::Statement current(*database_, "INSERT OR REPLACE INTO journal(key, value) VALUES('epoch', ?)");
    current.bind(1, std::to_string(epoch));
    current.exec();
}

// What is behind `held`, in its order, to the end of the new epoch's lane; a step at a time, for it may be
// all that the journal holds.
void JournalWriter::carry(std::uint64_t from, protocol::Lane lane, std::uint64_t held, bool parked_too,
                          std::uint64_t to, LaneState& state) {
    SQLite::Statement rest(*database_,
                           "SELECT seq, body FROM operation INDEXED BY operation_parked "
                           "WHERE epoch = ?1 AND lane = ?2 AND seq <= ?3 AND seq > ?5 "
                           "AND ?4 AND state = 0 AND reason <> '' UNION ALL "
                           "SELECT seq, body FROM operation WHERE epoch = ?1 AND lane = ?2 "
                           "AND seq > max(?3, ?5) ORDER BY seq LIMIT ?6");
    // An operation keeps its first identity through any number of epochs: the hub knows it by that.
    SQLite::Statement move(
        *database_,
        "UPDATE operation SET origin_epoch = coalesce(origin_epoch, epoch), "
        "origin_seq = coalesce(origin_seq, seq), origin_hash = coalesce(origin_hash, hash), "
        "epoch = ?, seq = ?, hash = ?, state = 0, version = 0, reason = '', noted_in = 0 "
        "WHERE epoch = ? AND lane = ? AND seq = ?");
    std::int64_t after = 0;
    std::vector<std::pair<std::int64_t, Bytes>> moving;
    do {
        moving.clear();
        rest.reset();
        rest.bind(1, integer(from));
        rest.bind(2, static_cast<int>(lane));
        rest.bind(3, integer(held));
        rest.bind(4, parked_too ? 1 : 0);
        rest.bind(5, after);
        rest.bind(6, carry_step);
        while (rest.executeStep()) {
            const SQLite::Column body = rest.getColumn(1);
            moving.emplace_back(
                rest.getColumn(0).getInt64(),
                Bytes(static_cast<const char*>(body.getBlob()), static_cast<std::size_t>(body.getBytes())));
        }
        rest.reset();
        for (const auto& [seq, body] : moving) {
            state.last_hash = protocol::chain_next(state.last_hash, body);
            ++state.last;
            move.reset();
            move.bind(1, integer(to));
            move.bind(2, integer(state.last));
            bind_blob(move, 3, state.last_hash);
            move.bind(4, integer(from));
            move.bind(5, static_cast<int>(lane));
            move.bind(6, seq);
            move.exec();
            after = seq;
        }
    } while (!moving.empty());
}

// What the hub no longer holds of an epoch is neither noted nor safe there.
void JournalWriter::forget_beyond(std::uint64_t epoch, protocol::Lane lane, std::uint64_t held) {
    SQLite::Statement forget(*database_,
                             "UPDATE lane SET noted = min(noted, ?1), safe = min(safe, ?1) "
                             "WHERE epoch = ?2 AND lane = ?3");
    forget.bind(1, integer(held));
    forget.bind(2, integer(epoch));
    forget.bind(3, static_cast<int>(lane));
    forget.exec();
}

Status JournalWriter::open_epoch(const engine::OpenEpoch& wanted) {
    const auto next_epoch = random_() >> 1U;
    Lanes fresh;
    auto opened = sql([&] {
        SQLite::Transaction transaction(*database_);
        begin_epoch(next_epoch, wanted.why);
        for (const protocol::Lane lane : engine::lanes_by_priority) {
            LaneState& state = fresh[static_cast<std::size_t>(lane)];
            state.last_hash = protocol::chain_start(device_, next_epoch, lane);
            // The oldest first.
            for (auto lost = wanted.earlier.rbegin(); lost != wanted.earlier.rend(); ++lost) {
                if (lost->lane() != lane) continue;
                carry(lost->epoch(), lane, lost->seq(), false, next_epoch, state);
                forget_beyond(lost->epoch(), lane, lost->seq());
            }
            const auto through = wanted.held.find(lane);
            const std::uint64_t held = through == wanted.held.end() ? 0 : through->second;
            carry(epoch_, lane, held, true, next_epoch, state);
            forget_beyond(epoch_, lane, held);
            state.last_by_people = find_last_by_people(next_epoch, lane, 0);
        }
        transaction.commit();
    });
    if (!opened) return opened;
    epoch_ = next_epoch;
    lanes_ = std::move(fresh);
    return ok();
}

}  // namespace fieldpost::device

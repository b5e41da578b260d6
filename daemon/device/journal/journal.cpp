#include "daemon/device/journal/journal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "daemon/device/journal/writer.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::device {

extern const std::string_view journal_schema_001;
extern const std::string_view journal_schema_002;

namespace {

constexpr std::size_t max_waiting = 10'000;  // operations; a person cannot record that fast, a fault can
constexpr std::size_t max_transaction = 500;

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

Bytes blob(const SQLite::Column& column) {
    return Bytes(static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes()));
}

// What is kept must be readable for ever, here and at the hub.
Status check(protocol::Lane lane, const protocol::Operation& operation, const Bytes& body) {
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
    return ok();
}

}  // namespace

std::string_view to_string(OperationState state) {
    switch (state) {
        case OperationState::pending:
            return "pending";
        case OperationState::accepted:
            return "accepted";
        case OperationState::conflict:
            return "conflict";
        case OperationState::quarantined:
            return "quarantined";
    }
    return "pending";
}

Journal::Journal(std::filesystem::path path, std::string device, Post post)
    : path_(std::move(path)), device_(std::move(device)), post_(std::move(post)) {}

Journal::~Journal() {
    if (thread_) thread_->drain_and_join();
    reader_.reset();  // before the writer, whose end then folds the log into the database
}

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& path, const std::string& device,
                                               Post post) {
    std::unique_ptr<Journal> journal(new Journal(path, device, std::move(post)));
    if (auto loaded = journal->load(); !loaded) return loaded.error().with("journal " + path.string());
    return journal;
}

Status Journal::load() {
    auto writing = open_database(path_, Durability::full);
    if (!writing) return writing.error();
    if (auto sound = check_database(**writing); !sound) return sound;
    const std::string_view migrations[] = {journal_schema_001, journal_schema_002};
    if (auto migrated = migrate(**writing, migrations); !migrated) return migrated;
    auto loaded = sql([&]() -> Status {
        Database& database = **writing;
        SQLite::Statement get(database, "SELECT value FROM journal WHERE key = ?");
        get.bind(1, "device");
        if (!get.executeStep()) {
            epoch_ = random_u64() >> 1U;
            SQLite::Transaction transaction(database);
            SQLite::Statement put(database,
                                  "INSERT INTO journal(key, value) VALUES('device', ?), ('epoch', ?)");
            put.bind(1, device_);
            put.bind(2, std::to_string(epoch_));
            put.exec();
            SQLite::Statement begin(
                database,
                "INSERT INTO epoch(epoch, opened_at, why) VALUES(?, unixepoch() * 1000000, 'first')");
            begin.bind(1, integer(epoch_));
            begin.exec();
            transaction.commit();
        } else {
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
        }
        for (const protocol::Lane lane : engine::lanes_by_priority) {
            LaneState& state = at(lane);
            state.last_hash = protocol::chain_start(device_, epoch_, lane);
            SQLite::Statement last(database,
                                   "SELECT seq, hash FROM operation WHERE epoch = ? AND lane = ? "
                                   "ORDER BY seq DESC LIMIT 1");
            last.bind(1, integer(epoch_));
            last.bind(2, static_cast<int>(lane));
            if (last.executeStep()) {
                state.last = static_cast<std::uint64_t>(last.getColumn(0).getInt64());
                state.last_hash = blob(last.getColumn(1));
            }
            SQLite::Statement noted(database, "SELECT noted FROM lane WHERE epoch = ? AND lane = ?");
            noted.bind(1, integer(epoch_));
            noted.bind(2, static_cast<int>(lane));
            if (noted.executeStep()) state.noted = static_cast<std::uint64_t>(noted.getColumn(0).getInt64());
        }
        return ok();
    });
    if (!loaded) return loaded;
    // The folder entry of a new file must survive a power cut as well as its content does.
    if (auto synced = fsync_folder(path_.has_parent_path() ? path_.parent_path() : "."); !synced)
        return synced;
    auto reading = open_database(path_, Durability::read_only);
    if (!reading) return reading.error();
    reader_ = std::move(*reading);
    writer_ = std::make_unique<Writer>(std::move(*writing), device_, epoch_, lanes_);
    thread_ = std::make_unique<support::WorkerThread>("journal", max_waiting);
    return ok();
}

void Journal::append(protocol::Lane lane, protocol::Operation operation, Saved saved) {
    Bytes body = operation.SerializeAsString();
    if (auto fit = check(lane, operation, body); !fit) {
        post_([saved = std::move(saved), error = fit.error()] { saved(error); });
        return;
    }
    bool refused = false;
    {
        const std::lock_guard lock(mutex_);
        if (appends_.size() >= max_waiting) {
            refused = true;
        } else {
            appends_.push_back({lane, std::move(operation), std::move(body), std::move(saved)});
            // One queued commit takes all that waits: the queue cannot fill up with them.
            if (!committing_) committing_ = thread_->post([this] { commit_waiting(); });
            refused = !committing_;
            if (refused) {
                saved = std::move(appends_.back().saved);
                appends_.pop_back();
            }
        }
    }
    if (refused) {
        post_([saved = std::move(saved)] {
            saved(
                fail(ErrorCode::full, "NOT SAVED: the journal cannot keep up. Record it again in a moment"));
        });
    }
}

void Journal::commit_waiting() {
    while (commit_some()) {
    }
}

// True when it must be called again at once: more waits, and the thread takes no more.
bool Journal::commit_some() {
    std::vector<Append> taken;
    bool again = false;
    {
        const std::lock_guard lock(mutex_);
        const std::size_t count = std::min(appends_.size(), max_transaction);
        taken.assign(std::make_move_iterator(appends_.begin()),
                     std::make_move_iterator(appends_.begin() + static_cast<std::ptrdiff_t>(count)));
        appends_.erase(appends_.begin(), appends_.begin() + static_cast<std::ptrdiff_t>(count));
        committing_ = !appends_.empty();
        again = committing_ && !thread_->post([this] { commit_waiting(); });
    }
    auto results = writer_->append(taken);
    if (!results) spdlog::error("NOT SAVED: {} operations: {}", taken.size(), results.error().message);
    post_([this, taken = std::move(taken), results = std::move(results), lanes = writer_->lanes()]() mutable {
        writable_ = results.has_value();
        if (results) {
            for (const protocol::Lane lane : engine::lanes_by_priority) {
                at(lane).last = lanes[static_cast<std::size_t>(lane)].last;
                at(lane).last_hash = lanes[static_cast<std::size_t>(lane)].last_hash;
            }
        }
        for (std::size_t i = 0; i < taken.size(); ++i) {
            if (results) {
                taken[i].saved(std::move((*results)[i]));
            } else {
                taken[i].saved(results.error().with("NOT SAVED"));
            }
        }
    });
    return again;
}

void Journal::note(const protocol::Ack& ack, std::function<void()> done) {
    const bool queued = thread_->post([this, ack, done = std::move(done)] {
        if (auto noted = writer_->note(ack); !noted) {
            spdlog::warn("an acknowledgement could not be kept and will be asked again: {}",
                         noted.error().message);
            return;
        }
        post_([this, done, lanes = writer_->lanes()] {
            for (const protocol::Lane lane : engine::lanes_by_priority) {
                at(lane).noted = lanes[static_cast<std::size_t>(lane)].noted;
            }
            done();
        });
    });
    if (!queued)
        spdlog::warn("an acknowledgement could not be kept and will be asked again: the journal is busy");
}

void Journal::open_epoch(const std::string& why, std::map<protocol::Lane, std::uint64_t> held,
                         std::function<void(Status)> done) {
    const bool queued = thread_->post([this, why, from = epoch_, held = std::move(held), done] {
        // Asked again before the first was done: `held` says nothing of the epoch that is open now.
        const bool done_already = writer_->epoch() != from;
        auto opened = done_already ? ok() : writer_->open_epoch(why, held);
        post_([this, done, opened, epoch = writer_->epoch(), lanes = writer_->lanes()] {
            if (opened) {
                epoch_ = epoch;
                lanes_ = lanes;
            }
            done(opened);
        });
    });
    if (!queued) post_([done] { done(fail(ErrorCode::full, "the journal is busy")); });
}

std::optional<Bytes> Journal::hash_at(protocol::Lane lane, std::uint64_t seq) {
    if (seq == 0) return protocol::chain_start(device_, epoch_, lane);
    if (seq == at(lane).last) return at(lane).last_hash;
    auto hash = sql([&]() -> std::optional<Bytes> {
        SQLite::Statement get(*reader_,
                              "SELECT hash FROM operation WHERE epoch = ? AND lane = ? AND seq = ?");
        get.bind(1, integer(epoch_));
        get.bind(2, static_cast<int>(lane));
        get.bind(3, integer(seq));
        if (!get.executeStep()) return std::nullopt;
        return blob(get.getColumn(0));
    });
    return hash ? *hash : std::nullopt;
}

Result<std::vector<engine::JournalEntry>> Journal::read(protocol::Lane lane, std::uint64_t after,
                                                        std::size_t max_entries, std::size_t max_bytes) {
    return sql([&] {
        std::vector<engine::JournalEntry> entries;
        std::size_t bytes = 0;
        SQLite::Statement get(*reader_,
                              "SELECT seq, body, origin_epoch, origin_seq, origin_hash FROM operation "
                              "WHERE epoch = ? AND lane = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
        get.bind(1, integer(epoch_));
        get.bind(2, static_cast<int>(lane));
        get.bind(3, integer(after));
        get.bind(4, integer(at(lane).last));
        get.bind(5, static_cast<std::int64_t>(max_entries));
        while (get.executeStep()) {
            engine::JournalEntry entry;
            entry.seq = static_cast<std::uint64_t>(get.getColumn(0).getInt64());
            entry.operation = blob(get.getColumn(1));
            if (!entries.empty() && bytes + entry.operation.size() > max_bytes) break;
            bytes += entry.operation.size();
            if (!get.getColumn(2).isNull()) {
                protocol::Origin origin;
                origin.set_epoch(static_cast<std::uint64_t>(get.getColumn(2).getInt64()));
                origin.set_seq(static_cast<std::uint64_t>(get.getColumn(3).getInt64()));
                origin.set_hash(blob(get.getColumn(4)));
                entry.origin = std::move(origin);
            }
            entries.push_back(std::move(entry));
        }
        return entries;
    });
}

Result<std::vector<Recorded>> Journal::find(const Query& query) {
    return sql([&] {
        std::string text = "SELECT " + std::string(recorded_columns) + " FROM operation WHERE 1";
        if (query.visit) text += " AND visit = @visit AND visit <> ''";
        if (query.property) text += " AND property = @property AND property <> 0";
        if (query.state) text += " AND state = @state";
        if (!query.effects.empty()) {
            text += " AND effect IN (";
            for (std::size_t i = 0; i < query.effects.size(); ++i) {
                text += (i == 0 ? "" : ",") + std::to_string(query.effects[i]);
            }
            text += ")";
        }
        text += " ORDER BY recorded_at DESC, seq DESC LIMIT @limit";
        SQLite::Statement get(*reader_, text);
        if (query.visit) get.bind("@visit", *query.visit);
        if (query.property) get.bind("@property", *query.property);
        if (query.state) get.bind("@state", static_cast<int>(*query.state));
        get.bind("@limit", static_cast<std::int64_t>(query.limit));
        std::vector<Recorded> found;
        while (get.executeStep()) found.push_back(read_recorded(get));
        return found;
    });
}

Result<std::optional<Recorded>> Journal::by_id(const std::string& id) {
    return sql([&]() -> std::optional<Recorded> {
        SQLite::Statement get(*reader_,
                              "SELECT " + std::string(recorded_columns) + " FROM operation WHERE id = ?");
        get.bind(1, id);
        if (!get.executeStep()) return std::nullopt;
        return read_recorded(get);
    });
}

Journal::Waiting Journal::waiting(protocol::Lane lane) {
    Waiting waiting;
    const LaneState& state = at(lane);
    waiting.count = state.last - std::min(state.last, state.noted);
    if (waiting.count == 0) return waiting;
    auto oldest = sql([&] {
        SQLite::Statement get(*reader_,
                              "SELECT recorded_at FROM operation WHERE epoch = ? AND lane = ? AND seq = ?");
        get.bind(1, integer(epoch_));
        get.bind(2, static_cast<int>(lane));
        get.bind(3, integer(state.noted + 1));
        return get.executeStep() ? std::optional(get.getColumn(0).getInt64()) : std::nullopt;
    });
    if (oldest) waiting.oldest_us = *oldest;
    return waiting;
}

std::uint64_t Journal::bytes() const {
    std::uint64_t total = 0;
    for (const char* suffix : {"", "-wal"}) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_.string() + suffix, error);
        if (!error) total += size;
    }
    return total;
}

}  // namespace fieldpost::device

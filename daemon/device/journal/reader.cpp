#include "daemon/device/journal/reader.hpp"

#include <algorithm>

#include "sync/base/statement_use.hpp"

namespace fieldpost::device {

namespace {

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

// How many epochs ago each was open: by who came before whom, as clocks may have gone back.
constexpr std::string_view epoch_ages =
    "WITH RECURSIVE age(epoch, ago) AS ("
    "SELECT CAST(value AS INTEGER), 0 FROM journal WHERE key = 'epoch' UNION ALL "
    "SELECT e.predecessor, ago + 1 FROM age a JOIN epoch e ON e.epoch = a.epoch "
    "WHERE e.predecessor IS NOT NULL)";

// Schema: operation_judged, operation_visiting, operation_correction, and those of visits and properties.
bool has_index_of_few(const JournalQuery& query) {
    using protocol::Operation;
    const auto is_any_of = [&](std::initializer_list<int> effects) {
        return !query.effects.empty() && std::ranges::all_of(query.effects, [&](int effect) {
            return std::ranges::find(effects, effect) != effects.end();
        });
    };
    if (query.visit || query.property) return true;
    if (query.state == OperationState::pending) return false;  // operation_pending: of people alone too
    return (query.state && static_cast<int>(*query.state) > 1) ||
           is_any_of({Operation::kVisitStarted, Operation::kVisitFinished}) ||
           is_any_of({Operation::kObservationCorrected});
}

}  // namespace

struct JournalReader::Statements {
    explicit Statements(Database& database)
        : hash_at(database, "SELECT hash FROM operation WHERE epoch = ? AND lane = ? AND seq = ?"),
          recorded_at(database, "SELECT recorded_at FROM operation WHERE epoch = ? AND lane = ? AND seq = ?"),
          reports_of_device(database,
                            "SELECT count(*) FROM operation WHERE epoch = ? AND lane = ? AND seq > ? AND "
                            "effect IN (?, ?)"),
          read(database,
               "SELECT seq, body, origin_epoch, origin_seq, origin_hash FROM operation "
               "WHERE epoch = ? AND lane = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?") {}

    SQLite::Statement hash_at, recorded_at, reports_of_device, read;
};

JournalReader::JournalReader(std::unique_ptr<Database> database)
    : database_(std::move(database)), statements_(std::make_unique<Statements>(*database_)) {}
JournalReader::~JournalReader() = default;

Result<std::unique_ptr<JournalReader>> JournalReader::open(const std::filesystem::path& path) {
    auto database = open_database(path, Durability::read_only);
    if (!database) return database.error();
    return sql([&] { return std::unique_ptr<JournalReader>(new JournalReader(std::move(*database))); });
}

Result<std::optional<Bytes>> JournalReader::hash_at(std::uint64_t epoch, protocol::Lane lane,
                                                    std::uint64_t seq) {
    return sql([&]() -> std::optional<Bytes> {
        StatementUse get(statements_->hash_at);
        get->bind(1, integer(epoch));
        get->bind(2, static_cast<int>(lane));
        get->bind(3, integer(seq));
        if (!get->executeStep()) return std::nullopt;
        return blob(get->getColumn(0));
    });
}

Result<std::uint64_t> JournalReader::first_held(std::uint64_t epoch, protocol::Lane lane) {
    return sql([&]() -> std::uint64_t {
        SQLite::Statement get(*database_, "SELECT trimmed + 1 FROM lane WHERE epoch = ? AND lane = ?");
        get.bind(1, integer(epoch));
        get.bind(2, static_cast<int>(lane));
        return get.executeStep() ? static_cast<std::uint64_t>(get.getColumn(0).getInt64()) : 1;
    });
}

Result<std::vector<std::uint64_t>> JournalReader::parked(std::uint64_t epoch, protocol::Lane lane,
                                                         std::uint64_t after, std::uint64_t noted,
                                                         std::size_t most) {
    return sql([&] {
        SQLite::Statement get(*database_,
                              "SELECT seq FROM operation INDEXED BY operation_parked "
                              "WHERE epoch = ? AND lane = ? AND seq > ? AND seq <= ? "
                              "AND state = 0 AND reason <> '' ORDER BY seq LIMIT ?");
        get.bind(1, integer(epoch));
        get.bind(2, static_cast<int>(lane));
        get.bind(3, integer(after));
        get.bind(4, integer(noted));
        get.bind(5, static_cast<std::int64_t>(most));
        std::vector<std::uint64_t> out;
        while (get.executeStep()) out.push_back(static_cast<std::uint64_t>(get.getColumn(0).getInt64()));
        return out;
    });
}

Result<std::vector<protocol::LanePosition>> JournalReader::earlier(std::uint64_t epoch, std::size_t most) {
    auto lanes = sql([&] {
        // By who came before whom: clocks may have gone back.
        SQLite::Statement get(
            *database_,
            "WITH RECURSIVE before(epoch, back) AS ("
            "SELECT predecessor, 1 FROM epoch WHERE epoch = ?1 AND predecessor IS NOT NULL UNION ALL "
            "SELECT e.predecessor, back + 1 FROM before b JOIN epoch e ON e.epoch = b.epoch "
            "WHERE e.predecessor IS NOT NULL AND back < ?2) "
            "SELECT l.epoch, l.lane, l.noted FROM before b JOIN lane l ON l.epoch = b.epoch "
            "WHERE l.noted > 0 OR l.trimmed > 0 ORDER BY b.back, l.lane LIMIT ?2");
        get.bind(1, integer(epoch));
        get.bind(2, static_cast<std::int64_t>(most));
        std::vector<protocol::LanePosition> out;
        while (get.executeStep()) {
            auto& position = out.emplace_back();
            position.set_epoch(static_cast<std::uint64_t>(get.getColumn(0).getInt64()));
            position.set_lane(static_cast<protocol::Lane>(get.getColumn(1).getInt()));
            position.set_seq(static_cast<std::uint64_t>(get.getColumn(2).getInt64()));
            position.set_noted(position.seq());
        }
        return out;
    });
    if (!lanes) return lanes;
    for (auto& position : *lanes) {
        auto first = first_held(position.epoch(), position.lane());
        if (!first) return first.error();
        position.set_first(*first);
    }
    return lanes;
}

Result<std::vector<engine::JournalEntry>> JournalReader::read(std::uint64_t epoch, protocol::Lane lane,
                                                              std::uint64_t after, std::uint64_t through,
                                                              std::size_t max_entries,
                                                              std::size_t max_bytes) {
    return sql([&] {
        std::vector<engine::JournalEntry> entries;
        std::size_t bytes = 0;
        StatementUse get(statements_->read);
        get->bind(1, integer(epoch));
        get->bind(2, static_cast<int>(lane));
        get->bind(3, integer(after));
        get->bind(4, integer(through));
        get->bind(5, static_cast<std::int64_t>(max_entries));
        while (get->executeStep()) {
            engine::JournalEntry entry;
            entry.seq = static_cast<std::uint64_t>(get->getColumn(0).getInt64());
            entry.operation = blob(get->getColumn(1));
            if (!entries.empty() && bytes + entry.operation.size() > max_bytes) break;
            bytes += entry.operation.size();
            if (!get->getColumn(2).isNull()) {
                protocol::Origin origin;
                origin.set_epoch(static_cast<std::uint64_t>(get->getColumn(2).getInt64()));
                origin.set_seq(static_cast<std::uint64_t>(get->getColumn(3).getInt64()));
                origin.set_hash(blob(get->getColumn(4)));
                entry.origin = std::move(origin);
            }
            entries.push_back(std::move(entry));
        }
        return entries;
    });
}

Result<std::uint64_t> JournalReader::reports_of_device(std::uint64_t epoch, protocol::Lane lane,
                                                       std::uint64_t after) {
    return sql([&] {
        StatementUse count(statements_->reports_of_device);
        count->bind(1, integer(epoch));
        count->bind(2, static_cast<int>(lane));
        count->bind(3, integer(after));
        count->bind(4, static_cast<int>(protocol::Operation::kPositionReported));
        count->bind(5, static_cast<int>(protocol::Operation::kHealthReported));
        return count->executeStep() ? static_cast<std::uint64_t>(count->getColumn(0).getInt64()) : 0U;
    });
}

std::string JournalReader::text_of(const JournalQuery& query) {
    std::string text = query.as_written ? std::string(epoch_ages) + " " : std::string();
    text += "SELECT " + std::string(recorded_columns) + " FROM operation";
    if (query.as_written) text += " LEFT JOIN age USING (epoch)";
    // As in the index of all that people did; the plus keeps SQLite from it where another has fewer.
    text += has_index_of_few(query) ? " WHERE +effect <> 16 AND +effect <> 19"
                                    : " WHERE effect <> 16 AND effect <> 19";
    if (query.visit) text += " AND visit = @visit AND visit <> ''";
    if (query.property) text += " AND property = @property AND property <> 0";
    if (query.state) {
        const int state = static_cast<int>(*query.state);
        text += " AND state = " + std::to_string(state);
        if (state > 1) text += " AND state > 1";  // SQLite then finds the index that has only these
    }
    if (query.effects.size() == 1) {
        // Not IN: SQLite then finds the index that has only these.
        text += " AND effect = " + std::to_string(query.effects.front());
    } else if (!query.effects.empty()) {
        text += " AND effect IN (";
        for (std::size_t i = 0; i < query.effects.size(); ++i) {
            text += (i == 0 ? "" : ",") + std::to_string(query.effects[i]);
        }
        text += ")";
    }
    return text + (query.as_written ? " ORDER BY ago, seq DESC" : " ORDER BY recorded_at DESC, seq DESC") +
           " LIMIT @limit";
}

Result<std::vector<Recorded>> JournalReader::find(const JournalQuery& query) {
    return sql([&] {
        SQLite::Statement get(*database_, text_of(query));
        if (query.visit) get.bind("@visit", *query.visit);
        if (query.property) get.bind("@property", *query.property);
        get.bind("@limit", static_cast<std::int64_t>(query.limit));
        std::vector<Recorded> found;
        while (get.executeStep()) found.push_back(read_recorded(get));
        return found;
    });
}

std::map<std::uint64_t, int> JournalReader::ages() {
    SQLite::Statement get(*database_, std::string(epoch_ages) + " SELECT epoch, ago FROM age");
    std::map<std::uint64_t, int> ages;
    while (get.executeStep())
        ages[static_cast<std::uint64_t>(get.getColumn(0).getInt64())] = get.getColumn(1).getInt();
    return ages;
}

Result<std::optional<Recorded>> JournalReader::by_id(const std::string& id) {
    return sql([&]() -> std::optional<Recorded> {
        SQLite::Statement get(*database_,
                              "SELECT " + std::string(recorded_columns) + " FROM operation WHERE id = ?");
        get.bind(1, id);
        if (!get.executeStep()) return std::nullopt;
        return read_recorded(get);
    });
}

Result<std::optional<Recorded>> JournalReader::last(protocol::Lane lane, int effect) {
    return sql([&]() -> std::optional<Recorded> {
        std::vector<std::pair<int, std::uint64_t>> newest_first;
        for (const auto& [epoch, ago] : ages()) newest_first.emplace_back(ago, epoch);
        std::ranges::sort(newest_first);
        SQLite::Statement get(*database_, "SELECT " + std::string(recorded_columns) +
                                              " FROM operation WHERE epoch = ? AND lane = ? AND effect = ? "
                                              "ORDER BY seq DESC LIMIT 1");
        for (const auto& [ago, epoch] : newest_first) {
            get.reset();
            get.bind(1, integer(epoch));
            get.bind(2, static_cast<int>(lane));
            get.bind(3, effect);
            if (get.executeStep()) return read_recorded(get);
        }
        return std::nullopt;
    });
}

Result<std::optional<std::int64_t>> JournalReader::recorded_at(std::uint64_t epoch, protocol::Lane lane,
                                                               std::uint64_t seq) {
    return sql([&] {
        StatementUse get(statements_->recorded_at);
        get->bind(1, integer(epoch));
        get->bind(2, static_cast<int>(lane));
        get->bind(3, integer(seq));
        return get->executeStep() ? std::optional(get->getColumn(0).getInt64()) : std::nullopt;
    });
}

}  // namespace fieldpost::device

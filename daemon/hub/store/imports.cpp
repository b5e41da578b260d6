#include "daemon/hub/store/imports.hpp"

#include <optional>

namespace fieldpost::hub {

namespace {

// Binds in order, runs to the end and resets.
template <class... Values>
void run(SQLite::Statement& statement, const Values&... values) {
    int index = 0;
    (statement.bind(++index, values), ...);
    statement.exec();
    statement.reset();
}

}  // namespace

struct Imports::Statements {
    explicit Statements(Database& database)
        : has_row(database, "SELECT 1 FROM source_row WHERE dataset = ? AND record = ?"),
          put_row(database, "INSERT OR REPLACE INTO source_row (dataset, record, hash) VALUES (?, ?, ?)"),
          drop_row(database, "DELETE FROM source_row WHERE dataset = ? AND record = ?") {}
    SQLite::Statement has_row;
    SQLite::Statement put_row;
    SQLite::Statement drop_row;
};

Imports::Imports(Store& store) : store_(store), statements_(std::make_unique<Statements>(store.database())) {}
Imports::~Imports() = default;

Result<std::int64_t> Imports::begin_run(std::int64_t now) {
    return sql([&] {
        SQLite::Statement begin(store_.database(), "INSERT INTO import_run (started_at) VALUES (?)");
        run(begin, now);
        return static_cast<std::int64_t>(store_.database().getLastInsertRowid());
    });
}

Status Imports::finish_run(std::int64_t number, std::int64_t now, const std::string& report_json) {
    return sql([&] {
        SQLite::Statement finish(store_.database(),
                                 "UPDATE import_run SET finished_at = ?, report = ? WHERE run = ?");
        run(finish, now, report_json, number);
    });
}

Result<std::string> Imports::last_report() {
    auto report = sql([&]() -> std::optional<std::string> {
        SQLite::Statement last(
            store_.database(),
            "SELECT report FROM import_run WHERE report IS NOT NULL ORDER BY run DESC LIMIT 1");
        if (!last.executeStep()) return std::nullopt;
        return last.getColumn(0).getString();
    });
    if (!report) return report.error();
    if (!*report) return fail(ErrorCode::not_found, "there was no import yet: run fieldpost-hub import");
    return **report;
}

Result<std::int64_t> Imports::dataset(std::int64_t source, const std::string& name, records::Kind kind) {
    return sql([&] {
        SQLite::Statement put(
            store_.database(),
            "INSERT INTO dataset (source, name, kind) VALUES (?, ?, ?) "
            "ON CONFLICT (source, name) DO UPDATE SET kind = excluded.kind RETURNING dataset");
        put.bind(1, source);
        put.bind(2, name);
        put.bind(3, kind);
        put.executeStep();
        const std::int64_t row = put.getColumn(0).getInt64();
        put.executeStep();
        return row;
    });
}

Status Imports::mark_imported(std::int64_t dataset, std::int64_t number) {
    return sql([&] {
        SQLite::Statement mark(store_.database(), "UPDATE dataset SET imported = ? WHERE dataset = ?");
        run(mark, number, dataset);
    });
}

Result<std::vector<std::int64_t>> Imports::siblings(std::int64_t dataset) {
    return sql([&] {
        std::vector<std::int64_t> out;
        SQLite::Statement find(
            store_.database(),
            "SELECT other.dataset FROM dataset AS one JOIN dataset AS other USING (source, kind) "
            "WHERE one.dataset = ?1 AND other.dataset <> ?1");
        find.bind(1, dataset);
        while (find.executeStep()) out.push_back(find.getColumn(0).getInt64());
        return out;
    });
}

Result<std::vector<std::int64_t>> Imports::of_kind(records::Kind kind) {
    return sql([&] {
        std::vector<std::int64_t> out;
        SQLite::Statement find(store_.database(), "SELECT dataset FROM dataset WHERE kind = ?");
        find.bind(1, kind);
        while (find.executeStep()) out.push_back(find.getColumn(0).getInt64());
        return out;
    });
}

Status Imports::for_each_row(std::int64_t dataset, const std::function<void(const ImportedRow&)>& row) {
    return sql([&] {
        SQLite::Statement rows(store_.database(),
                               "SELECT source_row.record, hash, property, link_method FROM source_row "
                               "JOIN record USING (record) WHERE dataset = ?");
        rows.bind(1, dataset);
        while (rows.executeStep()) {
            row({rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64(), rows.getColumn(2).getInt64(),
                 static_cast<records::LinkMethod>(rows.getColumn(3).getInt())});
        }
    });
}

Result<bool> Imports::has_row(std::int64_t dataset, RecordId record) {
    return sql([&] {
        auto& find = statements_->has_row;
        find.bind(1, dataset);
        find.bind(2, record);
        const bool has = find.executeStep();
        find.reset();
        return has;
    });
}

Status Imports::put_row(std::int64_t dataset, RecordId record, std::int64_t hash) {
    return sql([&] { run(statements_->put_row, dataset, record, hash); });
}

Status Imports::drop_row(std::int64_t dataset, RecordId record) {
    return sql([&] { run(statements_->drop_row, dataset, record); });
}

Status Imports::put_quarantine(std::int64_t dataset, std::int64_t number,
                               const std::vector<QuarantinedRow>& rows) {
    return sql([&] {
        SQLite::Statement clear(store_.database(), "DELETE FROM quarantine WHERE dataset = ?");
        run(clear, dataset);
        SQLite::Statement put(store_.database(),
                              "INSERT INTO quarantine (dataset, run, file, line, key, reason, detail, raw) "
                              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        for (const auto& row : rows) {
            run(put, dataset, number, row.file, row.line, row.key, row.reason, row.detail, row.raw);
        }
    });
}

Result<std::vector<QuarantinedRow>> Imports::quarantine(std::int64_t dataset) {
    return sql([&] {
        std::vector<QuarantinedRow> out;
        SQLite::Statement rows(
            store_.database(),
            "SELECT file, line, key, reason, detail, raw FROM quarantine WHERE dataset = ? "
            "ORDER BY quarantine");
        rows.bind(1, dataset);
        while (rows.executeStep()) {
            out.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getInt64(),
                           rows.getColumn(2).getString(), rows.getColumn(3).getString(),
                           rows.getColumn(4).getString(), rows.getColumn(5).getString()});
        }
        return out;
    });
}

Result<bool> Imports::properties_changed() {
    return sql([&] {
        SQLite::Statement get(store_.database(), "SELECT value FROM hub WHERE key = 'properties_changed'");
        return get.executeStep() && get.getColumn(0).getInt() != 0;
    });
}

Status Imports::set_properties_changed(bool changed) {
    return sql([&] {
        SQLite::Statement set(store_.database(),
                              "INSERT OR REPLACE INTO hub (key, value) VALUES ('properties_changed', ?)");
        run(set, changed ? 1 : 0);
    });
}

}  // namespace fieldpost::hub

#include "daemon/hub/store/imports.hpp"

#include <optional>
#include <sstream>

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
          put_row(
              database,
              "INSERT OR REPLACE INTO source_row (dataset, record, hash, parcel, address, lat_e7, lon_e7, "
              "target) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
          drop_row(database, "DELETE FROM source_row WHERE dataset = ? AND record = ?") {}
    SQLite::Statement has_row;
    SQLite::Statement put_row;
    SQLite::Statement drop_row;
};

records::LabelOverrides read_labels(const std::string& stored) {
    records::LabelOverrides out;
    std::istringstream words(stored);
    for (std::string word; words >> word;) {
        const auto equals = word.find('=');
        const auto slash = word.find('/', equals);
        out[word.substr(0, equals)] = {
            records::parse_classification(word.substr(equals + 1, slash - equals - 1)),
            word.substr(slash + 1)};
    }
    return out;
}

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

Status Imports::put_labels(std::int64_t dataset, const records::LabelOverrides& labels) {
    std::string text;
    for (const auto& [field, layer] : labels) {
        text += (text.empty() ? "" : " ") + field + "=" +
                std::string(records::classification_name(layer.classification)) + "/" + layer.compartment;
    }
    return sql([&] {
        SQLite::Statement put(store_.database(),
                              "UPDATE dataset SET labels = ?1 WHERE dataset = ?2 "
                              "AND labels IS NOT ?1");
        run(put, text, dataset);
    });
}

Status Imports::mark_imported(std::int64_t dataset, std::int64_t number) {
    return sql([&] {
        SQLite::Statement mark(store_.database(), "UPDATE dataset SET imported = ? WHERE dataset = ?");
        run(mark, number, dataset);
    });
}

Result<std::vector<std::pair<std::int64_t, std::string>>> Imports::siblings(std::int64_t dataset) {
    return sql([&] {
        std::vector<std::pair<std::int64_t, std::string>> out;
        SQLite::Statement find(
            store_.database(),
            "SELECT other.dataset, other.name FROM dataset AS one JOIN dataset AS other USING (source, kind) "
            "WHERE one.dataset = ?1 AND other.dataset <> ?1");
        find.bind(1, dataset);
        while (find.executeStep()) {
            out.emplace_back(find.getColumn(0).getInt64(), find.getColumn(1).getString());
        }
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

Result<std::vector<StoredDataset>> Imports::all() {
    return sql([&] {
        std::vector<StoredDataset> out;
        SQLite::Statement find(store_.database(),
                               "SELECT dataset, source.id, name FROM dataset JOIN source USING (source) "
                               "ORDER BY source.id, name");
        while (find.executeStep()) {
            out.push_back(
                {find.getColumn(0).getInt64(), find.getColumn(1).getString(), find.getColumn(2).getString()});
        }
        return out;
    });
}

Status Imports::for_each_row(std::int64_t dataset, const std::function<void(const ImportedRow&)>& row) {
    return sql([&] {
        SQLite::Statement rows(store_.database(), "SELECT record, hash FROM source_row WHERE dataset = ?");
        rows.bind(1, dataset);
        while (rows.executeStep()) row({rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64()});
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

Status Imports::put_row(std::int64_t dataset, const ImportedRow& row, const StoredRequest& request) {
    return sql([&] {
        auto& put = statements_->put_row;
        put.clearBindings();
        put.bind(1, dataset);
        put.bind(2, row.record);
        put.bind(3, row.hash);
        if (!request.parcel.empty()) put.bind(4, request.parcel);
        if (!request.address.empty()) {
            put.bind(5, request.address.data(), static_cast<int>(request.address.size()));
        }
        if (request.place) {
            put.bind(6, request.place->first);
            put.bind(7, request.place->second);
        }
        if (request.target != 0) put.bind(8, request.target);
        put.exec();
        put.reset();
    });
}

Status Imports::drop_row(std::int64_t dataset, RecordId record) {
    return sql([&] { run(statements_->drop_row, dataset, record); });
}

Result<std::vector<std::pair<RecordId, StoredRequest>>> Imports::requests(std::int64_t dataset,
                                                                          RecordId after, int most) {
    return sql([&] {
        std::vector<std::pair<RecordId, StoredRequest>> out;
        SQLite::Statement rows(
            store_.database(),
            "SELECT record, parcel, address, lat_e7, lon_e7, target FROM source_row "
            "WHERE dataset = ? AND record > ? AND coalesce(parcel, address, lat_e7, target) IS NOT NULL "
            "ORDER BY record LIMIT ?");
        rows.bind(1, dataset);
        rows.bind(2, after);
        rows.bind(3, most);
        while (rows.executeStep()) {
            StoredRequest request;
            request.parcel = rows.getColumn(1).getString();
            request.address = rows.getColumn(2).getString();
            if (!rows.getColumn(3).isNull()) {
                request.place.emplace(rows.getColumn(3).getInt(), rows.getColumn(4).getInt());
            }
            request.target = rows.getColumn(5).getInt64();
            out.emplace_back(rows.getColumn(0).getInt64(), std::move(request));
        }
        return out;
    });
}

Result<std::map<records::LinkMethod, std::int64_t>> Imports::links(std::int64_t dataset) {
    return sql([&] {
        std::map<records::LinkMethod, std::int64_t> out;
        SQLite::Statement count(store_.database(),
                                "SELECT link_method, count(*) FROM source_row JOIN record USING (record) "
                                "WHERE dataset = ? GROUP BY link_method");
        count.bind(1, dataset);
        while (count.executeStep()) {
            out[static_cast<records::LinkMethod>(count.getColumn(0).getInt())] =
                count.getColumn(1).getInt64();
        }
        return out;
    });
}

Status Imports::mark_moved(std::int64_t dataset, std::int64_t number) {
    return sql([&] {
        SQLite::Statement mark(store_.database(), "UPDATE dataset SET moved = ? WHERE dataset = ?");
        run(mark, number, dataset);
    });
}

Status Imports::mark_linked(std::int64_t dataset, std::int64_t number) {
    return sql([&] {
        SQLite::Statement mark(store_.database(), "UPDATE dataset SET linked = ? WHERE dataset = ?");
        run(mark, number, dataset);
    });
}

Result<bool> Imports::links_are_stale(std::int64_t dataset, records::Kind kind, const std::string& source) {
    return sql([&] {
        SQLite::Statement find(store_.database(),
                               "SELECT EXISTS (SELECT 1 FROM dataset JOIN source USING (source) "
                               "WHERE moved > (SELECT linked FROM dataset WHERE dataset = ?1) "
                               "AND (kind = ?2 OR (kind = ?3 AND source.id = ?4)))");
        find.bind(1, dataset);
        find.bind(2, records::PROPERTY);
        find.bind(3, kind);
        find.bind(4, source);
        find.executeStep();
        return find.getColumn(0).getInt() != 0;
    });
}

Status Imports::put_quarantine(std::int64_t dataset, std::int64_t number,
                               const std::vector<QuarantinedRow>& rows) {
    return sql([&] {
        SQLite::Statement clear(store_.database(), "DELETE FROM quarantine WHERE dataset = ?");
        run(clear, dataset);
        SQLite::Statement put(store_.database(),
                              "INSERT INTO quarantine (dataset, run, file, line, key, reason, detail, raw, "
                              "hides) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        for (const auto& row : rows) {
            run(put, dataset, number, row.file, row.line, row.key, row.reason, row.detail, row.raw,
                row.hides ? 1 : 0);
        }
    });
}

Result<std::vector<QuarantinedRow>> Imports::quarantine(std::int64_t dataset) {
    return sql([&] {
        std::vector<QuarantinedRow> out;
        SQLite::Statement rows(
            store_.database(),
            "SELECT file, line, key, reason, detail, raw, hides FROM quarantine WHERE dataset = ? "
            "ORDER BY quarantine");
        rows.bind(1, dataset);
        while (rows.executeStep()) {
            out.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getInt64(),
                           rows.getColumn(2).getString(), rows.getColumn(3).getString(),
                           rows.getColumn(4).getString(), rows.getColumn(5).getString(),
                           rows.getColumn(6).getInt() != 0});
        }
        return out;
    });
}

}  // namespace fieldpost::hub

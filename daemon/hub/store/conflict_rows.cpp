#include "daemon/hub/store/conflict_rows.hpp"

#include "sync/base/statement_use.hpp"

namespace fieldpost::hub {

namespace {

constexpr const char* columns =
    "conflict, record, kind, field, opened_at, state, shown_version, "
    "shown, shown_role, shown_name, shown_operation, shown_at_us, shown_lat_e7, shown_lon_e7, "
    "shown_saw_version, shown_saw, "
    "other, other_role, other_name, other_operation, other_at_us, other_lat_e7, other_lon_e7, "
    "other_saw_version, other_saw, "
    "choice, decided_by, decided_at, decided_value, decided_version";
constexpr int first_of_shown = 7;
constexpr int columns_of_side = 9;

ConflictSide read_side(SQLite::Statement& row, int first) {
    ConflictSide side;
    side.value = blob(row.getColumn(first));
    side.by.role = static_cast<Author::Role>(row.getColumn(first + 1).getInt());
    side.by.name = row.getColumn(first + 2).getString();
    side.by.operation = row.getColumn(first + 3).getString();
    side.by.at_us = row.getColumn(first + 4).getInt64();
    if (!row.getColumn(first + 5).isNull()) {
        side.by.where.emplace();
        side.by.where->set_lat_e7(row.getColumn(first + 5).getInt());
        side.by.where->set_lon_e7(row.getColumn(first + 6).getInt());
    }
    side.by.saw_version = static_cast<std::uint64_t>(row.getColumn(first + 7).getInt64());
    if (!row.getColumn(first + 8).isNull()) side.saw = blob(row.getColumn(first + 8));
    return side;
}

void bind_side(SQLite::Statement& statement, int first, const ConflictSide& side) {
    bind_blob(statement, first, side.value);
    statement.bind(first + 1, static_cast<int>(side.by.role));
    statement.bindNoCopy(first + 2, side.by.name);
    statement.bindNoCopy(first + 3, side.by.operation);
    statement.bind(first + 4, side.by.at_us);
    if (side.by.where) {
        statement.bind(first + 5, side.by.where->lat_e7());
        statement.bind(first + 6, side.by.where->lon_e7());
    }
    statement.bind(first + 7, static_cast<std::int64_t>(side.by.saw_version));
    if (side.saw) bind_blob(statement, first + 8, *side.saw);
}

Conflict read(SQLite::Statement& row) {
    Conflict conflict;
    conflict.id = row.getColumn(0).getInt64();
    conflict.record = row.getColumn(1).getInt64();
    conflict.kind = static_cast<records::Kind>(row.getColumn(2).getInt());
    conflict.field = static_cast<engine::FieldNumber>(row.getColumn(3).getInt64());
    conflict.opened_at = row.getColumn(4).getInt64();
    conflict.state = static_cast<ConflictState>(row.getColumn(5).getInt());
    conflict.shown_version = static_cast<std::uint64_t>(row.getColumn(6).getInt64());
    conflict.shown = read_side(row, first_of_shown);
    conflict.other = read_side(row, first_of_shown + columns_of_side);
    constexpr int decision = first_of_shown + 2 * columns_of_side;
    if (!row.getColumn(decision).isNull()) {
        conflict.decision = {row.getColumn(decision).getString(), row.getColumn(decision + 1).getString(),
                             row.getColumn(decision + 2).getInt64(), blob(row.getColumn(decision + 3)),
                             static_cast<std::uint64_t>(row.getColumn(decision + 4).getInt64())};
    }
    return conflict;
}

}  // namespace

std::string_view to_string(ConflictState state) {
    switch (state) {
        case ConflictState::open:
            return "open";
        case ConflictState::decided:
            return "decided";
        case ConflictState::superseded:
            return "superseded";
    }
    return "open";
}

std::int64_t ConflictRows::add(const Conflict& conflict) {
    SQLite::Statement add(
        database_,
        "INSERT INTO conflict (record, kind, field, opened_at, shown_version, "
        "shown, shown_role, shown_name, shown_operation, shown_at_us, shown_lat_e7, shown_lon_e7, "
        "shown_saw_version, shown_saw, "
        "other, other_role, other_name, other_operation, other_at_us, other_lat_e7, other_lon_e7, "
        "other_saw_version, other_saw) "
        "VALUES (?, ?, ?, unixepoch(), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    add.bind(1, conflict.record);
    add.bind(2, static_cast<int>(conflict.kind));
    add.bind(3, static_cast<std::int64_t>(conflict.field));
    add.bind(4, static_cast<std::int64_t>(conflict.shown_version));
    bind_side(add, 5, conflict.shown);
    bind_side(add, 5 + columns_of_side, conflict.other);
    add.exec();
    return database_.getLastInsertRowid();
}

void ConflictRows::supersede(records::RecordId record, engine::FieldNumber field,
                             const std::string& operation) {
    SQLite::Statement end(database_,
                          "UPDATE conflict SET state = 2 WHERE record = ? AND field = ? AND state = 0 "
                          "AND other_operation = ? AND other_operation <> ''");
    end.bind(1, record);
    end.bind(2, static_cast<std::int64_t>(field));
    end.bindNoCopy(3, operation);
    end.exec();
}

void ConflictRows::supersede_source(records::RecordId record, engine::FieldNumber field) {
    SQLite::Statement end(database_,
                          "UPDATE conflict SET state = 2 WHERE record = ? AND field = ? AND state = 0 "
                          "AND other_role = ?");
    end.bind(1, record);
    end.bind(2, static_cast<std::int64_t>(field));
    end.bind(3, static_cast<int>(Author::Role::source));
    end.exec();
}

void ConflictRows::decide(std::int64_t id, const Conflict::Decision& decision) {
    SQLite::Statement put(
        database_,
        "UPDATE conflict SET state = 1, choice = ?, decided_by = ?, decided_at = unixepoch(), "
        "decided_value = ?, decided_version = ? WHERE conflict = ?");
    put.bindNoCopy(1, decision.choice);
    put.bindNoCopy(2, decision.by);
    bind_blob(put, 3, decision.value);
    put.bind(4, static_cast<std::int64_t>(decision.version));
    put.bind(5, id);
    put.exec();
}

std::optional<Conflict> ConflictRows::find(std::int64_t id) {
    SQLite::Statement get(database_, std::string("SELECT ") + columns + " FROM conflict WHERE conflict = ?");
    get.bind(1, id);
    if (!get.executeStep()) return std::nullopt;
    return read(get);
}

std::vector<Conflict> ConflictRows::list(std::optional<ConflictState> state, std::size_t limit) {
    SQLite::Statement get(database_, std::string("SELECT ") + columns +
                                         " FROM conflict WHERE ?1 IS NULL OR state = ?1 "
                                         "ORDER BY conflict DESC LIMIT ?2");
    if (state) get.bind(1, static_cast<int>(*state));
    get.bind(2, static_cast<std::int64_t>(limit));
    std::vector<Conflict> out;
    while (get.executeStep()) out.push_back(read(get));
    return out;
}

}  // namespace fieldpost::hub

// The last change of each field of a record, and the edits that stand over what its source says.
//
// Throws SQLite's exceptions; Records turns them into values.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "daemon/hub/store/store.hpp"
#include "sync/engine/merge.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::hub {

// Who gave a field its value, when and where, and which version of the record they saw.
struct Author {
    enum class Role { source = 1, device = 2, person = 3 };
    Role role = Role::source;
    std::string name;        // id of the source or device, or a person's name
    std::string operation;   // id of the operation whose value it is; empty: none
    std::int64_t at_us = 0;  // unix microseconds; 0: not known
    std::optional<records::Position> where;
    std::uint64_t saw_version = 0;
};
std::string_view to_string(Author::Role role);

struct FieldChange {
    engine::FieldState state;  // what this change made
    Bytes before;
    std::uint64_t before_version = 0;  // of the change before; 0: none
    Author by;
};

class FieldRows {
  public:
    explicit FieldRows(Store& store) : database_(store.database()) {}

    // nullopt when the field is as it was when the record was made.
    std::optional<FieldChange> last_change(records::RecordId record, engine::FieldNumber field);
    // The version in which the record was made: 1, or later when it was removed and made again.
    std::uint64_t made_in(records::RecordId record);
    void changed(records::RecordId record, engine::FieldNumber field, const FieldChange& change);
    // The record was made again: what was known of its fields' changes is over.
    void made_again(records::RecordId record, std::uint64_t version);

    std::map<engine::FieldNumber, engine::StandingEdit> edits(records::RecordId record);
    // nullopt: none stands any more.
    void put_edit(records::RecordId record, engine::FieldNumber field,
                  const std::optional<engine::StandingEdit>& edit);

  private:
    Database& database_;
    SQLite::Statement find_change_{
        database_,
        "SELECT version, before, before_version, role, name, operation, at_us, lat_e7, lon_e7, saw_version "
        "FROM field_change WHERE record = ? AND field = ?"};
    SQLite::Statement put_change_{
        database_,
        "INSERT OR REPLACE INTO field_change (record, field, version, before, before_version, role, name, "
        "operation, at_us, lat_e7, lon_e7, saw_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    SQLite::Statement drop_changes_{database_, "DELETE FROM field_change WHERE record = ?"};
    SQLite::Statement find_edits_{database_,
                                  "SELECT field, imported, value FROM field_edit WHERE record = ?"};
    SQLite::Statement put_edit_{
        database_, "INSERT OR REPLACE INTO field_edit (record, field, imported, value) VALUES (?, ?, ?, ?)"};
    SQLite::Statement drop_edit_{database_, "DELETE FROM field_edit WHERE record = ? AND field = ?"};
};

}  // namespace fieldpost::hub

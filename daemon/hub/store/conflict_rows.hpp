// Two values for one field of a record: kept with who gave them, when, where, and what each saw, until a
// person decides, and after that as history.
//
// Throws SQLite's exceptions.
#pragma once

#include <vector>

#include "daemon/hub/store/field_rows.hpp"

namespace fieldpost::hub {

struct ConflictSide {
    Bytes value;  // the field alone; empty: not set
    Author by;
    std::optional<Bytes> saw;  // the value that the author saw; nullopt: not known
};

enum class ConflictState { open = 0, decided = 1, superseded = 2 };
std::string_view to_string(ConflictState state);

struct Conflict {
    std::int64_t id = 0;  // given by the store
    records::RecordId record = 0;
    records::Kind kind = records::KIND_UNSET;
    engine::FieldNumber field = 0;
    std::int64_t opened_at = 0;  // unix seconds
    ConflictState state = ConflictState::open;
    std::uint64_t shown_version = 0;
    ConflictSide shown;  // what the record says
    ConflictSide other;  // what it does not
    struct Decision {
        std::string choice;  // ours, theirs, value
        std::string by;
        std::int64_t at = 0;  // unix seconds
        Bytes value;
        std::uint64_t version = 0;  // of the record, that the decision made
    };
    std::optional<Decision> decision;
};

class ConflictRows {
  public:
    explicit ConflictRows(Store& store) : database_(store.database()) {}

    // Gives the id and the time.
    std::int64_t add(const Conflict& conflict);
    // The author of this operation's value went on from it: open conflicts about that value are over.
    void supersede(records::RecordId record, engine::FieldNumber field, const std::string& operation);
    // The source says something else now, or what is shown: open conflicts about its value are over.
    void supersede_source(records::RecordId record, engine::FieldNumber field);
    void decide(std::int64_t id, const Conflict::Decision& decision);

    std::optional<Conflict> find(std::int64_t id);
    // Newest first; nullopt: in every state.
    std::vector<Conflict> list(std::optional<ConflictState> state, std::size_t limit);

  private:
    Database& database_;
};

}  // namespace fieldpost::hub

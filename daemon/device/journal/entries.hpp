// What stands in journal.db, as its writer, its reader and those who ask see it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::device {

// pending with a reason: it has arrived, and waits at the hub for another operation.
enum class OperationState { pending = 0, accepted = 1, conflict = 2, quarantined = 3 };
std::string_view to_string(OperationState state);

// What the device reports by itself, of where it is and how it is doing: no person recorded it.
bool is_report_of_device(const protocol::Operation& operation);

// One operation as it stands in the journal.
struct Recorded {
    std::uint64_t epoch = 0;
    protocol::Lane lane = protocol::WORK;
    std::uint64_t seq = 0;
    OperationState state = OperationState::pending;
    std::uint64_t version = 0;  // of the record it made at the hub; 0 while unknown
    std::string reason;
    std::uint64_t noted_in = 0;  // number of the note of the hub's word; 0: none was counted
    bool repeated = false;       // append() found it there already
    protocol::Operation operation;
    // Where it was first written: by this the hub knows it, whichever epoch carries it.
    protocol::After first_place;
};

// One row of `operation` with the columns of recorded_columns, from a statement that stands on it. Throws
// SQLite::Exception when it is damaged.
Recorded read_recorded(SQLite::Statement& row);
inline constexpr std::string_view recorded_columns =
    "epoch, lane, seq, state, version, reason, body, coalesce(origin_epoch, epoch), coalesce(origin_seq, "
    "seq), noted_in";

struct LaneState {
    std::uint64_t last = 0;
    Bytes last_hash;
    std::uint64_t noted = 0;
    std::uint64_t last_by_people = 0;  // the last that is no report of the device; 0: none behind `noted`
};
using Lanes = std::array<LaneState, 4>;  // by protocol::Lane

// Finds all but what the device reports by itself.
struct JournalQuery {
    std::optional<std::string> visit;
    std::optional<records::RecordId> property;
    std::optional<OperationState> state;
    std::vector<int> effects;  // field numbers of Operation.effect; empty: all
    std::size_t limit = 100;
    // In the order in which each lane was written, newest first: clocks may have gone back between. Lanes
    // count apart: when there are more than `limit`, the newest are those with the highest numbers.
    bool as_written = false;
};

}  // namespace fieldpost::device

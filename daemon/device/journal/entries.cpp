#include "daemon/device/journal/entries.hpp"

namespace fieldpost::device {

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

bool is_report_of_device(const protocol::Operation& operation) {
    return operation.has_position_reported() || operation.has_health_reported();
}

Recorded read_recorded(SQLite::Statement& row) {
    Recorded out;
    out.epoch = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
    out.lane = static_cast<protocol::Lane>(row.getColumn(1).getInt());
    out.seq = static_cast<std::uint64_t>(row.getColumn(2).getInt64());
    out.state = static_cast<OperationState>(row.getColumn(3).getInt());
    out.version = static_cast<std::uint64_t>(row.getColumn(4).getInt64());
    out.reason = row.getColumn(5).getString();
    const SQLite::Column body = row.getColumn(6);
    if (!out.operation.ParseFromArray(body.getBlob(), body.getBytes())) {
        throw SQLite::Exception("an operation in the journal is damaged", 11 /* SQLITE_CORRUPT */);
    }
    out.first_place.set_epoch(static_cast<std::uint64_t>(row.getColumn(7).getInt64()));
    out.first_place.set_lane(out.lane);
    out.first_place.set_seq(static_cast<std::uint64_t>(row.getColumn(8).getInt64()));
    out.noted_in = static_cast<std::uint64_t>(row.getColumn(9).getInt64());
    return out;
}

}  // namespace fieldpost::device

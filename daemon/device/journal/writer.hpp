// The journal's writing half: runs on the journal's writer thread only.
#pragma once

#include "daemon/device/journal/journal.hpp"

namespace fieldpost::device {

// One row of `operation` with the columns of recorded_columns, from a statement that stands on it.
Recorded read_recorded(SQLite::Statement& row);
inline constexpr std::string_view recorded_columns = "epoch, lane, seq, state, version, reason, body";

class Journal::Writer {
  public:
    Writer(std::unique_ptr<Database> database, std::string device, std::uint64_t epoch, Lanes lanes)
        : database_(std::move(database)),
          device_(std::move(device)),
          epoch_(epoch),
          lanes_(std::move(lanes)) {}

    // All of them in one durable transaction; the results by position, conflict for one whose id is another
    // record's. An Error as a whole: none was written.
    Result<std::vector<Result<Recorded>>> append(const std::vector<Append>& appends);
    Status note(const protocol::Ack& ack);
    Status open_epoch(const std::string& why, const std::map<protocol::Lane, std::uint64_t>& held);

    std::uint64_t epoch() const { return epoch_; }
    const Lanes& lanes() const { return lanes_; }

  private:
    std::unique_ptr<Database> database_;
    const std::string device_;
    std::uint64_t epoch_;
    Lanes lanes_;
};

}  // namespace fieldpost::device

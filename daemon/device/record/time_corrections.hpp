// Which time corrections a device owes for what it recorded before it knew the time: in this boot, also by an
// earlier run of this program, and in boots before it that never learned the time. Loop thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sync/engine/time_ladder.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::device {

class TimeCorrections {
  public:
    explicit TimeCorrections(Bytes boot_id) : boot_id_(boot_id), ladder_(std::move(boot_id)) {}

    // Reads back what the journal's open epoch holds of this boot and of those before it, as far as it helps
    // and at most some thousand entries a lane. An entry that cannot be read is passed over, and for a health
    // record no correction is owed.
    void recall(engine::JournalView& journal);
    void stamped(const protocol::TimeStamp& stamp) { ladder_.stamped(stamp); }

    struct Due {
        std::string id;  // of the operation: the same correction has the same id, so it is recorded once
        protocol::TimeCorrected correction;
    };
    // What is to be recorded when the clock reads `now`. Each is told once, until recorded() or failed().
    std::vector<Due> due(const protocol::TimeStamp& now);
    void recorded(const protocol::Operation& operation);
    void failed(const std::string& id) { under_way_.erase(id); }

  private:
    void take_in(const std::vector<protocol::Operation>& newest_first, bool brackets,
                 std::vector<protocol::Operation>& corrections);

    Bytes boot_id_;
    engine::TimeLadder ladder_;
    std::vector<engine::BootSpan> boots_;  // before this one, the newest first
    std::set<Bytes> bracketed_;            // boots whose bracket is recorded
    std::set<std::string> under_way_;
};

}  // namespace fieldpost::device

// What crews of this vehicle looked at last: a search shows it before what matches as well.
#pragma once

#include <cstddef>
#include <vector>

#include "sync/records/layer.hpp"

namespace fieldpost::device {

// In memory only: a restart forgets it, and nothing of it leaves the vehicle. One thread.
class OpenedLately {
  public:
    static constexpr std::size_t limit = 32;

    void note(records::RecordId record);
    // The last first, each once, at most `limit`.
    const std::vector<records::RecordId>& records() const { return records_; }

  private:
    std::vector<records::RecordId> records_;
};

}  // namespace fieldpost::device

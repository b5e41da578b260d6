// Named gaps: operations that nobody has any more, after a hub was restored from a backup. PROTOCOL:
// journal 7.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/protocol/journal.pb.h"

namespace fieldpost::hub {

struct Gap {
    std::string device;
    std::uint64_t epoch = 0;
    protocol::Lane lane = protocol::WORK;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::int64_t named_at = 0;  // unix seconds
    // How many of them are not here: fewer than there are places when an old copy of the journal brought
    // some.
    std::uint64_t missing = 0;
};

class Gaps {
  public:
    explicit Gaps(Store& store) : store_(store) {}

    // Inside the caller's transaction. False when it was known.
    Result<bool> name(std::string_view device, std::uint64_t epoch, protocol::Lane lane, std::uint64_t first,
                      std::uint64_t last);
    // Newest first.
    Result<std::vector<Gap>> list(std::size_t limit);

  private:
    Store& store_;
};

}  // namespace fieldpost::hub

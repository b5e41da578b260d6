// Which attachments are on this device, for those who name them.
#pragma once

#include <cstdint>
#include <optional>

#include "sync/engine/blobs.hpp"

namespace fieldpost::device {

// Loop thread.
class KeptBlobs {
  public:
    virtual ~KeptBlobs() = default;
    // Its size; nullopt when it is not here. What is here is on disk, with its name: an operation may name
    // it.
    virtual std::optional<std::uint64_t> bytes_of(BytesView sha256) const = 0;
};

}  // namespace fieldpost::device

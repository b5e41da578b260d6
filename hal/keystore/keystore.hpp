// The signing key of this machine: a device signs its batches with it, a hub its manifests.
#pragma once

#include <filesystem>
#include <memory>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

// Ed25519 (RFC 8032). The private key never leaves the store: hardware stores could not give it away if they
// would. Every method may be called from any thread.
class Keystore {
  public:
    virtual ~Keystore() = default;

    // 32 bytes; the same for the life of the object.
    virtual const Bytes& public_key() const = 0;

    // 64 bytes. May take milliseconds, in hardware more. unavailable when the hardware does not answer.
    virtual Result<Bytes> sign(BytesView message) const = 0;
};

}  // namespace fieldpost::hal

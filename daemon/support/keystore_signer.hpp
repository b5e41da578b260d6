// A keystore as what the protocol signs with.
#pragma once

#include "hal/keystore/keystore.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::support {

class KeystoreSigner final : public protocol::Signer {
  public:
    // The keystore must outlive it.
    explicit KeystoreSigner(const hal::Keystore& keystore) : keystore_(keystore) {}
    Result<Bytes> sign(BytesView message) override { return keystore_.sign(message); }

  private:
    const hal::Keystore& keystore_;
};

}  // namespace fieldpost::support

// Operations cut into batches, signed and packed as a device's uplink does it.
#pragma once

#include <vector>

#include "sync/protocol/codec.hpp"

namespace fieldpost::bench {

// Of one journal's work lane from its beginning: at most so many operations each.
std::vector<protocol::Batch> make_batches(const std::vector<protocol::Operation>& operations,
                                          const std::string& device, std::size_t each);

// What is published on the device's topic: an Up with the sealed batch.
Result<std::vector<Bytes>> seal_batches(const std::vector<protocol::Batch>& batches, protocol::Signer& signer,
                                        protocol::Packing packing);

// With a key in memory.
class KeySigner final : public protocol::Signer {
  public:
    Result<Bytes> sign(BytesView message) override { return ed25519_sign(key_, message); }
    const Bytes& public_key() const { return key_.public_key; }

  private:
    const Ed25519Key key_ = ed25519_generate();
};

}  // namespace fieldpost::bench

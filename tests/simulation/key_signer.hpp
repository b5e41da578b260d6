// A signer with a key that follows from a name, so that a run can be repeated.
#pragma once

#include "sync/protocol/codec.hpp"

namespace fieldpost::simulation {

class KeySigner final : public protocol::Signer {
  public:
    explicit KeySigner(std::string_view name) : key_(ed25519_from_seed(sha256(name)).value()) {}
    Result<Bytes> sign(BytesView message) override { return ed25519_sign(key_, message); }
    const Bytes& public_key() const { return key_.public_key; }

  private:
    Ed25519Key key_;
};

}  // namespace fieldpost::simulation

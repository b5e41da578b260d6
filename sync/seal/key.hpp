// The key of one layer in one key epoch, with what is derived from it.
#pragma once

#include <cstdint>

#include "sync/records/layer.hpp"
#include "sync/seal/secret.hpp"

namespace fieldpost::seal {

// Any thread.
class Key {
  public:
    // `secret`: secret_bytes of a random generator.
    Key(records::LayerKey layer, std::uint32_t epoch, BytesView secret);

    const records::LayerKey& layer() const { return layer_; }
    std::uint32_t epoch() const { return epoch_; }

    const Secret& sealing() const { return sealing_; }
    const Secret& nonces() const { return nonces_; }
    // Tells two keys apart and nothing else of them: 16 bytes, for those who keep what it sealed.
    const Bytes& mark() const { return mark_; }

  private:
    records::LayerKey layer_;
    std::uint32_t epoch_;
    Secret sealing_;
    Secret nonces_;
    Bytes mark_;
};

}  // namespace fieldpost::seal

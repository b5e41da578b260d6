// The keys that somebody holds: by layer and key epoch. Who gives them, and when they go, is the caller's.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "sync/base/result.hpp"
#include "sync/seal/key.hpp"

namespace fieldpost::seal {

// Layers from here on are sealed where they are kept.
inline constexpr records::Classification sealed_from = records::CONFIDENTIAL;

inline bool is_to_be_sealed(const records::LayerKey& layer) {
    return layer.classification >= sealed_from;
}

// A copy shares the keys' memory: a key is overwritten when the last ring that has it drops it. One thread
// each.
class Keyring {
  public:
    // invalid_argument unless the secret has secret_bytes and the layer is one that is sealed; conflict when
    // the ring has another key for layer and epoch. The caller overwrites its own copy of the secret.
    Status add(const records::LayerKey& layer, std::uint32_t epoch, BytesView secret);
    void drop(const records::LayerKey& layer) { keys_.erase(layer); }
    void clear() { keys_.clear(); }

    bool empty() const { return keys_.empty(); }
    // nullptr when the ring does not have it.
    std::shared_ptr<const Key> find(const records::LayerKey& layer, std::uint32_t epoch) const;
    // Of the highest epoch: what new data is sealed with.
    std::shared_ptr<const Key> newest(const records::LayerKey& layer) const;
    std::set<records::LayerKey> layers() const;
    // A ring with this layer's keys alone.
    Keyring only(const records::LayerKey& layer) const;
    // Of the layer's keys, by epoch.
    std::map<std::uint32_t, Bytes> marks(const records::LayerKey& layer) const;

  private:
    std::map<records::LayerKey, std::map<std::uint32_t, std::shared_ptr<const Key>>> keys_;
};

}  // namespace fieldpost::seal

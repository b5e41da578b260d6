#include "sync/seal/key.hpp"

#include <utility>

namespace fieldpost::seal {

namespace {

constexpr std::size_t mark_bytes = 16;

}  // namespace

Key::Key(records::LayerKey layer, std::uint32_t epoch, BytesView secret)
    : layer_(std::move(layer)),
      epoch_(epoch),
      sealing_(Secret::derived(secret, "fieldpost seal 1: cells")),
      nonces_(Secret::derived(secret, "fieldpost seal 1: nonces")),
      mark_(keyed_hash(Secret::derived(secret, "fieldpost seal 1: mark"), "", mark_bytes)) {}

}  // namespace fieldpost::seal

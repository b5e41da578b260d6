// A sealed cell: content that is bound to its place. README.md describes the bytes. Any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "sync/seal/aead.hpp"
#include "sync/seal/key.hpp"

namespace fieldpost::seal {

// `place` says where the cell belongs, in bytes that no other place has. The nonce is a keyed hash of place
// and content: equal content at one place seals to equal bytes, and two contents never share a nonce.
Bytes seal_cell(const Key& key, Algorithm algorithm, BytesView place, BytesView content);

// The key epoch that a cell says it was sealed in; nullopt when it is too short for a cell.
std::optional<std::uint32_t> epoch_of(BytesView cell);

// corrupt when the cell is damaged, of another place or another key.
Result<Bytes> open_cell(const Key& key, BytesView place, BytesView cell);

}  // namespace fieldpost::seal

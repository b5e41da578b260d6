// A key's bytes in memory of their own: not swapped out where the system allows that, between guard pages,
// and overwritten when they go.
#pragma once

#include "sync/base/bytes.hpp"

namespace fieldpost::seal {

inline constexpr std::size_t secret_bytes = 32;

// Readable by any thread while it lives.
class Secret {
  public:
    // `label` names what it is for: other labels give keys that tell nothing of each other. Throws
    // std::bad_alloc.
    static Secret derived(BytesView from, BytesView label);
    ~Secret();
    Secret(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret& operator=(Secret&&) = delete;

    BytesView bytes() const;

  private:
    Secret();
    unsigned char* bytes_ = nullptr;
};

// BLAKE2b (RFC 7693) of `text` under the key, `size` (16 to 64) bytes of it. Any thread.
Bytes keyed_hash(const Secret& key, BytesView text, std::size_t size);

}  // namespace fieldpost::seal

// Authenticated encryption with associated data: what is sealed cannot be read without the key, nor changed
// or moved without being noticed. Any thread.
#pragma once

#include <cstdint>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::seal {

// Numbers in files: never given to another one.
enum class Algorithm : std::uint8_t {
    xchacha20_poly1305 = 1,  // libsodium; what we use
    aes_256_gcm = 2,         // OpenSSL; where AES is asked for
};

inline constexpr std::size_t tag_bytes = 16;

class Aead {
  public:
    virtual ~Aead() = default;

    virtual std::size_t nonce_bytes() const = 0;
    // `key`: secret_bytes; `nonce`: nonce_bytes(), never again with this key for other content. `bound` is
    // not kept, but open() needs the same. Content and tag_bytes.
    virtual Bytes seal(BytesView key, BytesView nonce, BytesView bound, BytesView content) const = 0;
    // corrupt when the bytes, the nonce or `bound` are not as they were sealed, or by another key.
    virtual Result<Bytes> open(BytesView key, BytesView nonce, BytesView bound, BytesView sealed) const = 0;
};

// nullptr for a number that this program does not know.
const Aead* aead(Algorithm algorithm);

}  // namespace fieldpost::seal

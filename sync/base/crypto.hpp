// Hashes, signatures and random bytes, over OpenSSL 3. No key is ever logged.
#pragma once

#include <memory>
#include <string>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace fieldpost {

// SHA-256, 32 bytes.
Bytes sha256(BytesView data);

// SHA-256 in pieces, for what does not fit in memory.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(BytesView data);
    // Ends the hash; the object is not used afterwards.
    Bytes finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// From the operating system's generator. Ends the program if it fails: nothing safe can follow.
Bytes random_bytes(std::size_t count);
std::uint64_t random_u64();

// A random (version 4) UUID in its usual lower-case text form.
std::string random_uuid();

// Ed25519 (RFC 8032) with raw keys: 32-byte seed, 32-byte public key, 64-byte signature.
struct Ed25519Key {
    Bytes public_key;
    // Made of the seed once, which takes half as long as signing does. Overwritten when the last copy goes.
    std::shared_ptr<evp_pkey_st> private_key;
};
Ed25519Key ed25519_generate();
// Fails with invalid_argument unless the seed has 32 bytes.
Result<Ed25519Key> ed25519_from_seed(BytesView seed);
Bytes ed25519_sign(const Ed25519Key& key, BytesView message);
bool ed25519_verify(BytesView public_key, BytesView message, BytesView signature);

}  // namespace fieldpost

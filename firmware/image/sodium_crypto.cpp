#include "firmware/image/sodium_crypto.hpp"

#include <crypto_sign_ed25519.h>

#include "firmware/image/port.hpp"
#include "update_key.hpp"  // made by tools/firmware

namespace fieldpost::firmware {

void SodiumCrypto::begin_hash() {
    crypto_hash_sha512_init(&state_);
}

// A slot behind a slow bus takes seconds.
void SodiumCrypto::hash(std::span<const std::uint8_t> bytes) {
    port::feed_watchdog();
    crypto_hash_sha512_update(&state_, bytes.data(), bytes.size());
}

std::array<std::uint8_t, 64> SodiumCrypto::end_hash() {
    std::array<std::uint8_t, 64> digest;
    crypto_hash_sha512_final(&state_, digest.data());
    return digest;
}

bool SodiumCrypto::is_signed(std::span<const std::uint8_t> message,
                             const std::array<std::uint8_t, 64>& signature) {
    port::feed_watchdog();
    return crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                               update_key.data()) == 0;
}

}  // namespace fieldpost::firmware

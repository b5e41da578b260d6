// SHA-512 and Ed25519 by libsodium's portable sources, with the key of whoever builds.
#pragma once

#include <crypto_hash_sha512.h>

#include "firmware/logic/image.hpp"

namespace fieldpost::firmware {

class SodiumCrypto final : public ImageCrypto {
  public:
    void begin_hash() override;
    void hash(std::span<const std::uint8_t> bytes) override;
    std::array<std::uint8_t, 64> end_hash() override;
    bool is_signed(std::span<const std::uint8_t> message,
                   const std::array<std::uint8_t, 64>& signature) override;

  private:
    crypto_hash_sha512_state state_{};
};

}  // namespace fieldpost::firmware

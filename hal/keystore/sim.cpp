#include "hal/keystore/sim.hpp"

#include <utility>

#include "sync/base/crypto.hpp"

namespace fieldpost::hal {
namespace {

class SimKeystore final : public Keystore {
  public:
    explicit SimKeystore(Ed25519Key key) : key_(std::move(key)) {}

    const Bytes& public_key() const override { return key_.public_key; }
    Result<Bytes> sign(BytesView message) const override { return ed25519_sign(key_, message); }
    PartStatus status() const override {
        return {PartState::ok, "A simulated key signs: anybody can have the same."};
    }

  private:
    const Ed25519Key key_;
};

}  // namespace

Result<std::unique_ptr<Keystore>> make_sim_keystore(const SettingMap& values) {
    Settings settings("keystore driver sim", values);
    const std::string seed = settings.required_text("seed");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    auto key = ed25519_from_seed(sha256(seed));
    if (!key) return key.error();
    return std::unique_ptr<Keystore>(std::make_unique<SimKeystore>(std::move(*key)));
}

}  // namespace fieldpost::hal

#include "hal/keystore/empty.hpp"

namespace fieldpost::hal {
namespace {

class EmptyKeystore final : public Keystore {
  public:
    const Bytes& public_key() const override { return none_; }
    Result<Bytes> sign(BytesView) const override {
        return fail(ErrorCode::unavailable, "this box has no signing key");
    }
    PartStatus status() const override { return {PartState::not_fitted, "This box has no signing key."}; }

  private:
    const Bytes none_;
};

}  // namespace

Result<std::unique_ptr<Keystore>> make_empty_keystore(const SettingMap& settings) {
    if (const Status checked = Settings("keystore driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Keystore>(std::make_unique<EmptyKeystore>());
}

}  // namespace fieldpost::hal

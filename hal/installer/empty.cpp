#include "hal/installer/empty.hpp"

namespace fieldpost::hal {
namespace {

Error nothing_installs() {
    return fail(ErrorCode::unavailable, "nothing on this box installs updates");
}

class EmptyInstaller final : public Installer {
  public:
    Status start(InstallHandler) override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        return ok();
    }
    Status install(const std::filesystem::path&) override { return nothing_installs(); }
    Status mark_good() override { return nothing_installs(); }
    Result<std::vector<Slot>> slots() override { return nothing_installs(); }
    void stop() override { started_ = false; }
    PartStatus status() const override {
        return {PartState::not_fitted, "Nothing on this box installs updates."};
    }

  private:
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Installer>> make_empty_installer(const SettingMap& settings) {
    if (const Status checked = Settings("installer driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Installer>(std::make_unique<EmptyInstaller>());
}

}  // namespace fieldpost::hal

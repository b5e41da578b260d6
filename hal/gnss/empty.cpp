#include "hal/gnss/empty.hpp"

namespace fieldpost::hal {
namespace {

class EmptyGnss final : public Gnss {
  public:
    Status start(FixHandler) override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        return ok();
    }
    void stop() override { started_ = false; }
    PartStatus status() const override {
        return {PartState::not_fitted, "This vehicle has no satellite receiver."};
    }

  private:
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Gnss>> make_empty_gnss(const SettingMap& settings, const Clock&) {
    if (const Status checked = Settings("gnss driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Gnss>(std::make_unique<EmptyGnss>());
}

}  // namespace fieldpost::hal

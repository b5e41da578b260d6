#include "hal/indicator/empty.hpp"

namespace fieldpost::hal {
namespace {

class EmptyIndicator final : public Indicator {
  public:
    Status start() override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        return ok();
    }
    void show(Indication) override {}
    void stop() override { started_ = false; }
    PartStatus status() const override { return {PartState::not_fitted, "This box has no light."}; }

  private:
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Indicator>> make_empty_indicator(const SettingMap& settings, const Clock&) {
    if (const Status checked = Settings("indicator driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Indicator>(std::make_unique<EmptyIndicator>());
}

}  // namespace fieldpost::hal

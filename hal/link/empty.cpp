#include "hal/link/empty.hpp"

namespace fieldpost::hal {
namespace {

class EmptyLink final : public Link {
  public:
    Status start(UplinksHandler on_change) override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        on_change({});
        return ok();
    }
    void stop() override { started_ = false; }
    PartStatus status() const override { return {PartState::not_fitted, "This vehicle has no uplink."}; }

  private:
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Link>> make_empty_link(const SettingMap& settings, const Clock&) {
    if (const Status checked = Settings("link driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Link>(std::make_unique<EmptyLink>());
}

}  // namespace fieldpost::hal

#include "hal/supervisor/empty.hpp"

namespace fieldpost::hal {
namespace {

Error not_fitted() {
    return fail(ErrorCode::unavailable, "this vehicle has no supervisor");
}

class EmptySupervisor final : public Supervisor {
  public:
    Status start(SupervisorHandler) override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        return ok();
    }
    void stop() override { started_ = false; }
    PartStatus status() const override { return {PartState::not_fitted, "This vehicle has no supervisor."}; }

    void feed(std::uint32_t) override {}
    Status done() override { return not_fitted(); }
    Status set_wake(std::uint32_t) override { return not_fitted(); }
    Result<std::vector<SupervisorEvent>> read_log(std::uint32_t) override { return not_fitted(); }
    Result<SupervisorSettings> settings() override { return not_fitted(); }
    Status change_settings(const SupervisorSettings&) override { return not_fitted(); }
    Status update(BytesView) override { return not_fitted(); }
    Status confirm_update() override { return not_fitted(); }

  private:
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> make_empty_supervisor(const SettingMap& settings, const Clock&) {
    if (const Status checked = Settings("supervisor driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Supervisor>(std::make_unique<EmptySupervisor>());
}

}  // namespace fieldpost::hal

#include "hal/installer/sim.hpp"

#include <atomic>

#include "hal/installer/jobs.hpp"

namespace fieldpost::hal {
namespace {

constexpr int steps = 4;

class SimInstaller final : public Installer {
  public:
    SimInstaller(std::int64_t duration_us, bool fails) : step_us_(duration_us / steps), fails_(fails) {}

    Status start(InstallHandler on_event) override {
        return jobs_.start(std::move(on_event), [this](const StopEvent& stop,
                                                       const std::filesystem::path& bundle,
                                                       const InstallHandler& tell) {
            for (int step = 0; step < steps; ++step) {
                tell({InstallEvent::Kind::running, step * 100 / steps,
                      "Pretending to install " + bundle.string() + "."});
                if (stop.sleep(step_us_)) return;
            }
            if (fails_) {
                tell({InstallEvent::Kind::failed, 100, "The simulated installer fails, as it is told to."});
                return;
            }
            installed_ = true;
            tell({InstallEvent::Kind::installed, 100, bundle.string() + " is as good as installed."});
        });
    }
    Status install(const std::filesystem::path& bundle) override { return jobs_.install(bundle); }
    Status mark_good() override {
        good_ = true;
        return ok();
    }
    Result<std::vector<Slot>> slots() override {
        return std::vector<Slot>{{"sim.0", true, good_, "sim"}, {"sim.1", false, installed_.load(), ""}};
    }
    void stop() override { jobs_.stop(); }
    PartStatus status() const override { return {PartState::ok, "A simulated installer pretends to work."}; }

  private:
    const std::int64_t step_us_;
    const bool fails_;
    bool good_ = false;
    std::atomic<bool> installed_ = false;
    InstallJobs jobs_;
};

}  // namespace

Result<std::unique_ptr<Installer>> make_sim_installer(const SettingMap& values) {
    Settings settings("installer driver sim", values);
    const std::int64_t duration_us = settings.integer("duration_ms", 1000, 1, 3'600'000) * 1000;
    const bool fails = settings.flag("fails", false);
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Installer>(std::make_unique<SimInstaller>(duration_us, fails));
}

}  // namespace fieldpost::hal

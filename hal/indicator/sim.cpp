#include "hal/indicator/sim.hpp"

#include <fstream>
#include <utility>

#include "hal/indicator/blinker.hpp"

namespace fieldpost::hal {
namespace {

class SimLamp final : public Lamp {
  public:
    explicit SimLamp(std::string path) : path_(std::move(path)) {}

    Status open() override { return ok(); }
    Status set(bool lit) override {
        if (lit_ == lit) return ok();
        lit_ = lit;
        if (path_.empty()) return ok();
        std::ofstream file(path_, std::ios::app);
        file << (lit ? "lit\n" : "dark\n") << std::flush;
        if (!file) return fail(ErrorCode::io, "cannot write the simulated light " + path_);
        return ok();
    }
    void close() override { [[maybe_unused]] const Status dark = set(false); }

  private:
    const std::string path_;
    std::optional<bool> lit_;
};

}  // namespace

Result<std::unique_ptr<Indicator>> make_sim_indicator(const SettingMap& values, const Clock& clock) {
    Settings settings("indicator driver sim", values);
    const std::string path = settings.text("path", "");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Indicator>(
        std::make_unique<Blinker>(std::make_unique<SimLamp>(path), "The simulated light", clock));
}

}  // namespace fieldpost::hal

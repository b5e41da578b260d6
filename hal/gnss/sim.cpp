#include "hal/gnss/sim.hpp"

#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

struct SimSettings {
    std::vector<Fix> steps;
    std::int64_t interval_us = 0;
};

std::optional<double> read_degrees(std::string_view text, double limit) {
    double value = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || stop != text.data() + text.size() || !(std::abs(value) <= limit))
        return std::nullopt;
    return value;
}

std::optional<Position> read_position(std::string_view step) {
    const std::size_t comma = step.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto latitude = read_degrees(step.substr(0, comma), 90);
    const auto longitude = read_degrees(step.substr(comma + 1), 180);
    if (!latitude || !longitude || (*latitude == 0 && *longitude == 0)) return std::nullopt;
    return Position{*latitude, *longitude};
}

std::optional<FixType> read_type(std::string_view name) {
    for (const FixType type :
         {FixType::fix_2d, FixType::fix_3d, FixType::dgnss, FixType::rtk, FixType::estimated}) {
        if (to_string(type) == name) return type;
    }
    return std::nullopt;
}

class SimGnss final : public Gnss {
  public:
    SimGnss(SimSettings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

    Status start(FixHandler on_fix) override {
        return worker_.start([this, on_fix = std::move(on_fix)](const StopEvent& stop) {
            for (std::size_t step = 0;; step = (step + 1) % settings_.steps.size()) {
                Fix fix = settings_.steps[step];
                fix.received_us = clock_.boottime_us();
                on_fix(fix);
                if (stop.sleep(settings_.interval_us)) return;
            }
        });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return {PartState::ok, "A simulated receiver follows its script."}; }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    const SimSettings settings_;
    const Clock& clock_;
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Gnss>> make_sim_gnss(const SettingMap& values, const Clock& clock) {
    constexpr std::string_view name = "gnss driver sim";
    Settings settings(name, values);
    SimSettings sim;
    const std::string script = settings.text("script", "none");
    sim.interval_us = settings.integer("interval_ms", 1000, 10, 3'600'000) * 1000;
    const std::string fix_name = settings.text("fix", "3d");
    const double accuracy_m = settings.number("accuracy_m", 5, 0.01, 10'000);
    if (const Status checked = settings.finish(); !checked) return checked.error();

    const auto type = read_type(fix_name);
    if (!type) {
        return fail(ErrorCode::invalid_argument,
                    std::string(name) + ": setting 'fix' must be one of 2d, 3d, dgnss, rtk, estimated");
    }
    std::istringstream words(script);
    for (std::string word; words >> word;) {
        Fix step;
        if (word != "none") {
            step.position = read_position(word);
            if (!step.position) {
                return fail(ErrorCode::invalid_argument,
                            std::string(name) + ": script step '" + word +
                                "' is neither latitude,longitude in degrees nor none");
            }
            step.type = *type;
            step.accuracy_m = accuracy_m;
        }
        sim.steps.push_back(step);
    }
    if (sim.steps.empty()) {
        return fail(ErrorCode::invalid_argument, std::string(name) + ": setting 'script' has no steps");
    }
    return std::unique_ptr<Gnss>(std::make_unique<SimGnss>(std::move(sim), clock));
}

}  // namespace fieldpost::hal

#include "hal/link/sim.hpp"

#include <algorithm>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/link/link_script.hpp"
#include "hal/worker.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::string_view owner = "link driver sim";
constexpr std::uint64_t longest_script = 1U << 20U;  // bytes
constexpr double shortest_round_us = 1000;

class SimLink final : public Link {
  public:
    SimLink(std::vector<LinkStep> steps, double rate, bool loop, const Clock& clock)
        : steps_(std::move(steps)), rate_(rate), loop_(loop), clock_(clock) {}

    Status start(UplinksHandler on_change) override {
        return worker_.start(
            [this, on_change = std::move(on_change)](const StopEvent& stop) { run(stop, on_change); });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return {PartState::ok, "Simulated uplinks follow their script."}; }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    void run(const StopEvent& stop, const UplinksHandler& on_change) {
        std::int64_t round_us = clock_.boottime_us();
        Uplinks uplinks = uplinks_at_start(steps_, round_us);
        on_change(uplinks);
        do {
            for (const LinkStep& step : steps_) {
                const auto after_us = static_cast<std::int64_t>(static_cast<double>(step.at_us) / rate_);
                if (!wait_until(stop, round_us + after_us)) return;
                if (take_step(uplinks, step, clock_.boottime_us())) on_change(uplinks);
            }
            round_us += static_cast<std::int64_t>(static_cast<double>(steps_.back().at_us) / rate_);
        } while (loop_);
    }

    // False if stop was asked for.
    bool wait_until(const StopEvent& stop, std::int64_t due_us) const {
        for (;;) {
            const std::int64_t left = due_us - clock_.boottime_us();
            if (stop.sleep(std::max<std::int64_t>(left, 0))) return false;
            if (left <= 0) return true;
        }
    }

    const std::vector<LinkStep> steps_;
    const double rate_;
    const bool loop_;
    const Clock& clock_;
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Link>> make_sim_link(const SettingMap& values, const Clock& clock) {
    Settings settings(owner, values);
    std::string script = settings.text("script", "");
    const std::string path = settings.text("path", "");
    const double rate = settings.number("rate", 1, 0.01, 1'000'000);
    const bool loop = settings.flag("loop", false);
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (script.empty() == path.empty()) {
        return fail(ErrorCode::invalid_argument,
                    std::string(owner) + ": give one of the settings 'script' and 'path'");
    }
    if (!path.empty()) {
        auto content = read_file(path, longest_script);
        if (!content) return content.error().with(owner);
        script = std::move(*content);
    }
    auto steps = read_link_script(script);
    if (!steps) {
        return steps.error().with(std::string(owner) + ": " + (path.empty() ? "setting 'script'" : path));
    }
    if (loop && static_cast<double>(steps->back().at_us) / rate < shortest_round_us) {
        return fail(ErrorCode::invalid_argument,
                    std::string(owner) + ": a script that loops must last a millisecond at least");
    }
    return std::unique_ptr<Link>(std::make_unique<SimLink>(std::move(*steps), rate, loop, clock));
}

}  // namespace fieldpost::hal

#include "hal/supervisor/sim.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/supervisor/messages.hpp"
#include "hal/supervisor/sim_script.hpp"
#include "hal/supervisor/supervisor.pb.h"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::uint32_t longest_wake_s = 31'536'000;

struct SimSettings {
    std::vector<SupervisorStep> steps;
    std::int64_t hold_up_us = 0;
    std::int64_t report_us = 0;
};

SupervisorState parked_at_start() {
    SupervisorState state;
    state.ignition = true;
    state.supply_mv = 12'600;
    state.run = 1;
    state.started_by = StartReason::ignition;
    state.log_next = 1;
    state.version = 0x000100;
    return state;
}

class SimSupervisor final : public Supervisor {
  public:
    SimSupervisor(SimSettings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {
        held_.set_hold_up_ms(static_cast<std::uint32_t>(settings_.hold_up_us / 1000));
    }

    Status start(SupervisorHandler on_state) override {
        return worker_.start(
            [this, on_state = std::move(on_state)](const StopEvent& stop) { run(stop, on_state); });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override {
        return {PartState::ok, "A simulated supervisor follows its script."};
    }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

    void feed(std::uint32_t) override {
        const std::lock_guard lock(mutex_);
        if (state_.power == PowerState::starting) state_.power = PowerState::on;
    }
    Status done() override {
        const std::lock_guard lock(mutex_);
        cut();
        return ok();
    }
    Status set_wake(std::uint32_t after_s) override {
        if (after_s > longest_wake_s)
            return fail(ErrorCode::invalid_argument, "a supervisor's timer counts a year at most");
        const std::lock_guard lock(mutex_);
        state_.wake_left_s = after_s;
        return ok();
    }
    Result<std::vector<SupervisorEvent>> read_log(std::uint32_t) override {
        return std::vector<SupervisorEvent>{};
    }
    Result<SupervisorSettings> settings() override {
        const std::lock_guard lock(mutex_);
        return read_settings(held_);
    }
    Status change_settings(const SupervisorSettings& changes) override {
        const std::lock_guard lock(mutex_);
        return put_settings(changes, held_);
    }
    Status update(BytesView) override {
        return fail(ErrorCode::refused, "a simulated supervisor has no firmware to update");
    }
    Status confirm_update() override { return ok(); }

  private:
    void cut() {
        state_.power = PowerState::off;
        state_.deadline_us.reset();
        state_.hold_up_cause = HoldUpCause::none;
    }

    void run(const StopEvent& stop, const SupervisorHandler& on_state) {
        const std::int64_t begun_us = clock_.boottime_us();
        std::size_t next = 0;
        for (;;) {
            std::optional<SupervisorState> told;
            std::int64_t wait_us = settings_.report_us;
            {
                const std::lock_guard lock(mutex_);
                const std::int64_t now = clock_.boottime_us();
                for (; next < settings_.steps.size() && settings_.steps[next].at_us <= now - begun_us; ++next)
                    take_step(state_, settings_.steps[next], now, settings_.hold_up_us);
                if (state_.deadline_us && now >= *state_.deadline_us) cut();
                state_.received_us = now;
                state_.uptime_s = static_cast<std::uint32_t>((now - begun_us) / 1'000'000);
                if (next < settings_.steps.size())
                    wait_us = std::min(wait_us, begun_us + settings_.steps[next].at_us - now);
                if (state_.deadline_us) wait_us = std::min(wait_us, *state_.deadline_us - now);
                told = state_;
            }
            on_state(told);
            if (stop.sleep(std::max<std::int64_t>(wait_us, 1'000))) return;
        }
    }

    const SimSettings settings_;
    const Clock& clock_;
    std::mutex mutex_;
    SupervisorState state_ = parked_at_start();
    fieldpost::supervisor::Settings held_;
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> make_sim_supervisor(const SettingMap& values, const Clock& clock) {
    constexpr std::string_view name = "supervisor driver sim";
    Settings settings(name, values);
    const std::string script = settings.text("script", "");
    SimSettings sim;
    sim.hold_up_us = settings.integer("hold_up_ms", 120'000, 1, 600'000) * 1000;
    sim.report_us = settings.integer("report_ms", 5'000, 10, 3'600'000) * 1000;
    if (const Status checked = settings.finish(); !checked) return checked.error();
    auto steps = read_supervisor_script(script);
    if (!steps) return steps.error().with(name);
    sim.steps = std::move(*steps);
    return std::unique_ptr<Supervisor>(std::make_unique<SimSupervisor>(std::move(sim), clock));
}

}  // namespace fieldpost::hal

// The device's side of the supervisor: feeds its watchdog, ends the program in time when power goes, and
// reports the SOS button.
//
// Threads: the loop thread; what the driver tells on its own thread is handed over. Commands that wait for an
// answer are given on a thread of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/device/power/alarms.hpp"
#include "daemon/device/power/power_policy.hpp"
#include "daemon/support/event_loop.hpp"
#include "daemon/support/worker_thread.hpp"
#include "hal/clock/clock.hpp"
#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::device {

struct PowerEvents {
    std::function<PowerWork()> work;
    std::function<bool()> works;    // no part of the program hangs: the watchdog may be fed
    std::function<void()> changed;  // what state() says that matters
    std::function<void()> stop;     // end the program; called once
    // The supervisor does not take what it is to be set to: a person must mend the settings. Called once.
    std::function<void(const Error&)> settings_refused;
    // The button was pressed. `saved(true)`: it is in the journal; false: it is to be told again.
    std::function<void(std::function<void(bool)> saved)> sos;
};

class PowerWatch {
  public:
    // `clock` outlives it. `settings` are what the supervisor is to be set to: what differs is written each
    // time that it is met. `file` keeps which presses of the button were reported.
    PowerWatch(support::EventLoop& loop, std::shared_ptr<hal::Supervisor> supervisor, PowerRules rules,
               hal::SupervisorSettings settings, std::filesystem::path file, const hal::Clock& clock,
               PowerEvents events);
    // Waits for a command that is under way, seconds at most. From then on the supervisor speaks to nobody,
    // and knows that it will not be fed for some minutes.
    ~PowerWatch();
    PowerWatch(const PowerWatch&) = delete;
    PowerWatch& operator=(const PowerWatch&) = delete;

    // As hal::Supervisor. The first state is answered at once, from the driver's thread, with a feed that
    // allows for minutes: the loop may not run yet, and this may be the start after a crash.
    Status start();

    // nullopt: no supervisor is fitted, or nobody hears it.
    std::optional<hal::SupervisorState> state() const;
    hal::PartStatus status() const { return supervisor_->status(); }
    // Nothing large is to be begun.
    bool spares() const { return holding_up_ || PowerPolicy::spares(state()); }
    // Power goes, and the program has been asked to end for it.
    bool stopping() const { return stopping_; }
    // For give_power_back(); any thread, and it may be asked when the watch is gone, as long as the
    // supervisor tells of its state: false once it says that power stays.
    std::function<bool()> power_goes() const;
    // How long a command has been under way; zero when none is.
    std::chrono::steady_clock::duration busy_for() const { return commands_.busy_for(); }
    // The same of the driver's own thread.
    std::chrono::steady_clock::duration driver_busy_for() const { return supervisor_->busy_for(); }

  private:
    // Between the driver's thread and the loop: the newest state, and whether the loop still listens.
    struct Mailbox : std::enable_shared_from_this<Mailbox> {
        void post(std::function<void()> event);

        std::mutex mutex;
        std::optional<hal::SupervisorState> newest;
        std::optional<hal::SupervisorState> told;  // to the loop, the last that was news
        support::EventLoop* loop = nullptr;        // null: nobody listens any more
        PowerWatch* watch = nullptr;
        bool greeted = false;  // it knows that the program is alive, and may take long to start
    };

    // A firmware of the supervisor that waits for its confirmation, and when it was heard of first,
    // CLOCK_BOOTTIME.
    struct Trial {
        std::uint32_t version = 0;
        std::int64_t began_us = 0;
        bool confirmed = false;  // or that is under way
    };

    void post(std::function<void()> event);
    void take();
    void look();
    void feed();
    void look_for_sos(const hal::SupervisorState& state);
    void sos_saved(bool saved, Reported reported);
    void meet(const hal::SupervisorState& state);
    void ask_for_settings();
    bool set_up(hal::SupervisorSettings& settings);
    void confirm_update(const hal::SupervisorState& state);

    support::EventLoop& loop_;
    const std::shared_ptr<hal::Supervisor> supervisor_;
    PowerPolicy policy_;
    const hal::SupervisorSettings settings_;
    const std::filesystem::path file_;
    const hal::Clock& clock_;
    const PowerEvents events_;
    const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    bool holding_up_ = false;
    bool stopping_ = false;
    bool met_ = false;    // heard since it was silent
    bool heard_ = false;  // at all
    bool paced_ = false;  // it is fed at its own pace, or asked for that
    std::optional<Trial> trial_;
    bool refused_ = false;  // settings_, by the supervisor
    bool saving_sos_ = false;
    std::optional<Reported> reported_;
    std::optional<Reported> noted_;  // in the log
    support::Timer second_;          // while power is in hold-up
    support::Timer feeding_;
    support::Timer sos_again_;
    support::WorkerThread commands_{"supervisor", 8};  // last: joined before the rest goes
};

// The very last thing of a program that power goes for: with everything closed, syncs the disks, has the
// vehicle woken after `wake_after_s` (0: it is not), says done and waits for the dark, ten seconds at most.
// When the reason to end has gone meanwhile (`power_goes` says no: the ignition is on again, or somebody has
// pressed the SOS button) it says nothing of the kind. When the supervisor does not answer, it waits for the
// dark for as long as is kept back of a hold-up, so that nothing is open when power is cut at the deadline.
// Returns when power did not go.
//
// What comes before it, the closing of the stores, nobody breaks off and nobody prolongs: the supervisor's
// deadline alone bounds it. `wait` sleeps; tests have their own.
Status give_power_back(
    hal::Supervisor& supervisor, std::uint32_t wake_after_s, const std::function<bool()>& power_goes,
    const std::function<void(std::chrono::seconds)>& wait = [](auto s) { std::this_thread::sleep_for(s); });

}  // namespace fieldpost::device

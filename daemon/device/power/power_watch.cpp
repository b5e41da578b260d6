#include "daemon/device/power/power_watch.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sync/base/file.hpp"

namespace fieldpost::device {
namespace {

constexpr std::chrono::seconds look_pace{1};
constexpr std::chrono::seconds sos_pace{5};  // while it cannot be saved
// Four feeds fit into the supervisor's own default; it is asked for what it really waits.
constexpr std::chrono::milliseconds feed_pace{15'000};
constexpr std::chrono::milliseconds fastest_feed{250};
constexpr std::chrono::milliseconds unsure_feed{1'000};  // while it does not say what it waits
// A service manager, an admin or an installation may take so long to start the program again, and a start
// that finds a damaged store or a full disk.
constexpr std::uint32_t pause_s = 600;
// A new firmware of the supervisor that has worked with the program for so long is kept.
constexpr std::int64_t trial_us = 60'000'000;
constexpr std::chrono::seconds dark_limit{10};
// Nobody knows when power goes; the program ended at the margin before the deadline at the latest.
constexpr std::chrono::seconds silent_limit{PowerRules::most_margin_us / PowerRules::second_us};
constexpr std::uint32_t voltage_news_mv = 250;

// Whether somebody is to be told: not what counts up by itself, nor each millivolt.
bool is_news(const hal::SupervisorState& told, const hal::SupervisorState& next) {
    hal::SupervisorState before = told;
    before.received_us = next.received_us;
    before.uptime_s = next.uptime_s;
    before.wake_left_s = next.wake_left_s;
    before.log_next = next.log_next;
    before.bad_frames = next.bad_frames;
    if (before.deadline_us && next.deadline_us) before.deadline_us = next.deadline_us;
    const auto [low, high] = std::minmax(before.supply_mv, next.supply_mv);
    if (high - low < voltage_news_mv) before.supply_mv = next.supply_mv;
    return before != next;
}

std::string what_happens(const std::optional<hal::SupervisorState>& state) {
    if (!state) return "the supervisor is silent, and may cut the power when it has said";
    return fmt::format("power goes in {} s ({}), supply {} mV",
                       (*state->deadline_us - state->received_us) / 1'000'000,
                       to_string(state->hold_up_cause), state->supply_mv);
}

// " low_mv = 23000, resume_mv = 24400"
std::string text_of(const hal::SupervisorSettings& settings) {
    std::string text;
    for (const auto& [name, value] : settings)
        text += fmt::format("{} {} = {}", text.empty() ? "" : ",", name, value);
    return text;
}

}  // namespace

// With the mutex held. What is posted runs on the loop thread, as the destructor does: it is dropped when
// nobody listens any more.
void PowerWatch::Mailbox::post(std::function<void()> event) {
    if (loop == nullptr) return;
    loop->post([box = shared_from_this(), event = std::move(event)] {
        {
            const std::lock_guard lock(box->mutex);
            if (box->loop == nullptr) return;
        }
        event();
    });
}

void PowerWatch::post(std::function<void()> event) {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->post(std::move(event));
}

PowerWatch::PowerWatch(support::EventLoop& loop, std::shared_ptr<hal::Supervisor> supervisor,
                       PowerRules rules, hal::SupervisorSettings settings, std::filesystem::path file,
                       const hal::Clock& clock, PowerEvents events)
    : loop_(loop),
      supervisor_(std::move(supervisor)),
      policy_(rules),
      settings_(std::move(settings)),
      file_(std::move(file)),
      clock_(clock),
      events_(std::move(events)) {
    auto text = read_file(file_, 256);
    auto reported = text ? parse_reported(*text) : Result<Reported>(text.error());
    if (reported) {
        reported_ = *reported;
    } else if (reported.error().code == ErrorCode::corrupt || reported.error().code == ErrorCode::full) {
        spdlog::error("{}: {}; it is set aside", file_.string(), reported.error().message);
        if (auto aside = set_aside(file_); !aside) spdlog::error("{}", aside.error().message);
    }
}

PowerWatch::~PowerWatch() {
    {
        const std::lock_guard lock(mailbox_->mutex);
        mailbox_->loop = nullptr;
    }
    commands_.drain_and_join();
    if (heard_ && !stopping_) supervisor_->feed(pause_s);
}

Status PowerWatch::start() {
    {
        const std::lock_guard lock(mailbox_->mutex);
        mailbox_->loop = &loop_;
        mailbox_->watch = this;
    }
    // It tells, so it lives: also when this watch is gone before its first word.
    const auto tell = [box = mailbox_,
                       supervisor = supervisor_.get()](const std::optional<hal::SupervisorState>& state) {
        const std::lock_guard lock(box->mutex);
        const bool news =
            state.has_value() != box->told.has_value() || (state && is_news(*box->told, *state));
        box->newest = state;
        if (state && !std::exchange(box->greeted, true)) supervisor->feed(pause_s);
        if (!news) return;
        box->told = state;
        box->post([watch = box->watch] { watch->take(); });
    };
    auto started = supervisor_->start(tell);
    if (started) feeding_ = loop_.every(feed_pace, [this] { feed(); });
    return started;
}

std::optional<hal::SupervisorState> PowerWatch::state() const {
    const std::lock_guard lock(mailbox_->mutex);
    return mailbox_->newest;
}

std::function<bool()> PowerWatch::power_goes() const {
    return [box = mailbox_] {
        const std::lock_guard lock(box->mutex);
        const auto& newest = box->newest;
        return !newest ||
               (newest->power != hal::PowerState::starting && newest->power != hal::PowerState::on);
    };
}

void PowerWatch::take() {
    const auto now = state();
    if (now && !met_) meet(*now);
    if (!now && met_) {
        met_ = false;
        spdlog::error("supervisor: {}", status().detail);
    }
    if (now) look_for_sos(*now);
    look();
    events_.changed();
}

// Somebody is there, perhaps after a silence: it may be another firmware with other settings.
void PowerWatch::meet(const hal::SupervisorState& state) {
    met_ = true;
    heard_ = true;
    paced_ = false;
    spdlog::info("supervisor: run {}, started by {}, before it {}, supply {} mV", state.run,
                 to_string(state.started_by), to_string(state.cut_by), state.supply_mv);
    feed();
}

// Again with the next feed when it does not answer.
void PowerWatch::ask_for_settings() {
    paced_ = commands_.post([this, was_refused = refused_] {
        auto settings = supervisor_->settings();
        const bool is_set = settings && (was_refused || set_up(*settings));
        auto pace = feed_pace;
        if (!settings) {
            pace = unsure_feed;
        } else if (const auto watchdog = settings->find("host_watchdog_ms");
                   watchdog != settings->end() && watchdog->second != 0) {
            pace = std::clamp(std::chrono::milliseconds(watchdog->second / 4), fastest_feed, feed_pace);
        }
        post([this, pace, is_set] {
            paced_ = is_set;
            feeding_ = loop_.every(pace, [this] { feed(); });
        });
    });
}

// On the commands' thread. `settings` are the supervisor's, before and after. False when it is to be tried
// again: no answer came.
bool PowerWatch::set_up(hal::SupervisorSettings& settings) {
    hal::SupervisorSettings changes;
    for (const auto& [name, value] : settings_) {
        const auto held = settings.find(name);
        if (held == settings.end() || held->second != value) changes[name] = value;
    }
    if (changes.empty()) return true;
    const auto changed = supervisor_->change_settings(changes);
    if (changed) {
        for (const auto& [name, value] : changes) settings[name] = value;
        spdlog::info("supervisor: it is set to{}", text_of(changes));
        return true;
    }
    const ErrorCode code = changed.error().code;
    if (code == ErrorCode::unavailable || code == ErrorCode::full) {
        spdlog::error("supervisor: it is not set to{} yet: {}", text_of(changes), changed.error().message);
        return false;
    }
    const char* advice = code == ErrorCode::io ? "" : ", so mend [supervisor.settings]";
    post([this, error = changed.error().with("it keeps what it had and is not set to" + text_of(changes) +
                                             advice)] {
        refused_ = true;
        events_.settings_refused(error);
    });
    return true;
}

// What hangs keeps the feed back, and the supervisor resets the computer. One that has fallen silent is fed
// on: it may be that only its words are lost on the way, and it still counts.
void PowerWatch::feed() {
    if (!heard_ || !events_.works()) return;
    supervisor_->feed();
    if (met_ && !paced_) ask_for_settings();
    if (const auto now = state()) confirm_update(*now);
}

void PowerWatch::confirm_update(const hal::SupervisorState& state) {
    if (!state.trial) return trial_.reset();
    const std::int64_t now_us = clock_.boottime_us();
    if (!trial_ || trial_->version != state.version) trial_ = Trial{state.version, now_us};
    if (trial_->confirmed || now_us - trial_->began_us < trial_us) return;
    trial_->confirmed = commands_.post([this] {
        const auto kept = supervisor_->confirm_update();
        if (kept) return spdlog::info("supervisor: its new firmware works and is kept");
        spdlog::error("supervisor: {}", kept.error().message);
        post([this] {
            if (trial_) trial_->confirmed = false;
        });
    });
}

void PowerWatch::look() {
    if (stopping_) return;
    const auto now = state();
    switch (policy_.step(now, events_.work(), clock_.boottime_us())) {
        case PowerPolicy::Step::run:
            if (!std::exchange(holding_up_, false)) break;
            spdlog::info("power stays");
            second_.cancel();
            events_.changed();  // it may be time alone that has passed
            break;
        case PowerPolicy::Step::stay:
            if (holding_up_) break;
            holding_up_ = true;
            spdlog::info("{}", what_happens(now));
            second_ = loop_.every(look_pace, [this] { look(); });
            break;
        case PowerPolicy::Step::stop:
            spdlog::info("ending: {}", what_happens(now));
            second_.cancel();
            stopping_ = true;
            supervisor_->feed();
            events_.stop();
            break;
    }
}

void PowerWatch::look_for_sos(const hal::SupervisorState& state) {
    if (saving_sos_) return;
    const Reported now = all_of(state);
    if (reported_presses(reported_, state) >= state.sos_presses) {
        // Told for the first time, or by one that counts anew.
        if (reported_ != now) sos_saved(true, now);
        return;
    }
    if (noted_ != now) spdlog::warn("the SOS button was pressed");
    noted_ = now;
    saving_sos_ = true;
    events_.sos([this, now](bool saved) {
        saving_sos_ = false;
        sos_saved(saved, now);
        if (!saved) return;
        if (const auto newest = this->state()) look_for_sos(*newest);  // pressed again meanwhile
    });
}

void PowerWatch::sos_saved(bool saved, Reported reported) {
    if (!saved) {
        sos_again_ = loop_.after(sos_pace, [this] {
            if (const auto now = state()) look_for_sos(*now);
        });
        return;
    }
    reported_ = reported;
    const bool posted = commands_.post([file = file_, reported] {
        if (auto kept = write_file_atomic(file, text_of(reported)); !kept) {
            spdlog::error("an SOS may be reported again after a restart: {}", kept.error().message);
        }
    });
    if (!posted) spdlog::error("an SOS may be reported again after a restart: too many commands wait");
}

Status give_power_back(hal::Supervisor& supervisor, std::uint32_t wake_after_s,
                       const std::function<bool()>& power_goes,
                       const std::function<void(std::chrono::seconds)>& wait) {
    ::sync();
    if (!power_goes()) {
        supervisor.feed(pause_s);
        // Nobody is to be woken, and its answer shows that the feed has gone out.
        if (auto taken_back = supervisor.set_wake(0); !taken_back)
            spdlog::error("the supervisor may not wait for the next start: {}", taken_back.error().message);
        return fail(ErrorCode::unavailable, "the reason to end has gone, and power stays");
    }
    if (wake_after_s > 0) {
        if (auto set = supervisor.set_wake(wake_after_s); !set) {
            spdlog::error("the vehicle does not wake by itself: {}", set.error().message);
        }
    }
    auto done = supervisor.done();
    if (!done && done.error().code == ErrorCode::unavailable) wait(silent_limit);
    if (!done) return done.error().with("the supervisor");
    wait(dark_limit);
    return fail(ErrorCode::unavailable, "the supervisor took the power back, and it is still there");
}

}  // namespace fieldpost::device

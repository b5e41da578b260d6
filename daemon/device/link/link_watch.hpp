// Knows over which link the device talks, counts what goes over it, and says what may.
//
// Threads: the loop thread, but for what the uplinks' driver tells, which comes through `post`. The count is
// written to its file by a thread of its own: nobody waits for a disk.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/device/link/link_pauses.hpp"
#include "daemon/device/link/month_bytes.hpp"
#include "daemon/support/worker_thread.hpp"
#include "hal/clock/clock.hpp"
#include "hal/link/link.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

class LinkWatch {
  public:
    using Post = std::function<void(std::function<void()>)>;

    // `link` may be null (its settings are wrong): no link is known then. `file` keeps the count, and
    // link-pauses beside it what a person paused, until the configuration says something else of that kind;
    // one that is damaged is set aside, and begins anew: pause_problem() then says that the configuration
    // holds.
    // `changed` is called when what may go, or anything about the uplinks, is another than before.
    LinkWatch(std::unique_ptr<hal::Link> link, engine::LinkPolicy::Rules rules, std::filesystem::path file,
              const hal::Clock& clock, Post post, std::function<void()> changed);
    // Keeps the count before it returns. The loop must not run any more what was posted.
    ~LinkWatch();
    LinkWatch(const LinkWatch&) = delete;
    LinkWatch& operator=(const LinkWatch&) = delete;

    // As hal::Link.
    Status start();
    void stop();

    // A message of `payload` bytes went up or came down. The count is on disk within five minutes or 256 KiB,
    // whichever is first, if tick() is called: that much a power cut may forget.
    void count(engine::SendClass what, std::uint64_t payload);
    // A person says that over links of this kind only urgent messages go, or everything again that may go.
    // Counts at once, and over restarts until the configuration is changed in this.
    void pause(engine::LinkKind kind, bool paused);
    // As LinkPolicy::set_sos().
    void set_sos(bool sos);
    // Every few seconds: a month may have ended, and the count is to be kept.
    void tick();

    const engine::LinkPolicy& policy() const { return policy_; }
    engine::SendRights rights() const { return policy_.rights(); }
    const hal::Uplinks& uplinks() const { return uplinks_; }
    // The one that carries the traffic; null when none is known to be up.
    const hal::Uplink* carrier() const { return hal::carrier(uplinks_); }
    // Of policy().kind() in this month, as the policy takes it.
    engine::LinkBytes used() const { return policy_.used(); }
    std::optional<std::string> month() const;
    // Why the count cannot be kept, or in this run does not tell of the whole month; empty when neither.
    const std::string& problem() const { return problem_; }
    // What is wrong with what a person paused, a sentence; empty when nothing is.
    const std::string& pause_problem() const { return pause_problem_; }
    hal::PartStatus status() const;
    // How long its writer has been at one file; zero when it waits for work.
    std::chrono::steady_clock::duration busy_for() const { return thread_.busy_for(); }
    // The same of the uplinks' driver.
    std::chrono::steady_clock::duration driver_busy_for() const {
        return link_ ? link_->busy_for() : std::chrono::steady_clock::duration();
    }

  private:
    void take_pauses();
    void keep_pauses();
    void take(hal::Uplinks uplinks);
    void judge();
    void keep();

    std::unique_ptr<hal::Link> link_;
    const std::filesystem::path file_;
    const std::filesystem::path pauses_file_;
    const hal::Clock& clock_;
    const Post post_;
    const std::function<void()> changed_;
    engine::LinkPolicy policy_;
    MonthBytes months_;
    LinkPauses pauses_;
    hal::Uplinks uplinks_;
    std::uint64_t not_kept_ = 0;     // bytes counted since the file was written
    std::int64_t last_kept_us_ = 0;  // CLOCK_BOOTTIME
    bool keeping_ = false;
    std::string begins_anew_;  // why; empty: it does not
    std::string problem_;
    std::string pause_problem_;
    support::WorkerThread thread_;  // last: joined before the rest goes
};

}  // namespace fieldpost::device

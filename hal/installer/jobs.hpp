// One installation at a time, on a thread of the driver's own. What the drivers that work by themselves
// share.
#pragma once

#include <sys/eventfd.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "hal/fd.hpp"
#include "hal/installer/installer.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {

// Owner thread, but for `take`, which the worker's body calls.
class InstallJobs {
  public:
    // Runs one installation and tells its events; returns early, without the last one, when stop is asked
    // for.
    using Install =
        std::function<void(const StopEvent&, const std::filesystem::path&, const InstallHandler&)>;

    Status start(InstallHandler on_event, Install install) {
        if (asked_) return fail(ErrorCode::conflict, "the driver is already started");
        asked_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!asked_) return fail(ErrorCode::unavailable, "no file descriptor is left for the installer");
        Status started = worker_.start([this, on_event = std::move(on_event), install = std::move(install)](
                                           const StopEvent& stop) { run(stop, on_event, install); });
        if (!started) asked_.reset();
        return started;
    }

    Status install(const std::filesystem::path& bundle) {
        if (!asked_) return fail(ErrorCode::conflict, "the installer is not started");
        if (Status there = check_bundle(bundle); !there) return there;
        {
            const std::lock_guard lock(mutex_);
            if (bundle_) return fail(ErrorCode::conflict, "another bundle is being installed");
            bundle_ = bundle;
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(asked_.get(), &one, sizeof one);
        return ok();
    }

    void stop() {
        worker_.stop();
        asked_.reset();
        bundle_.reset();
    }

  private:
    void run(const StopEvent& stop, const InstallHandler& on_event, const Install& install) {
        while (stop.wait(asked_.get(), std::nullopt) != StopEvent::Woke::stop) {
            std::uint64_t ignored = 0;
            [[maybe_unused]] const auto taken = ::read(asked_.get(), &ignored, sizeof ignored);
            std::optional<std::filesystem::path> bundle;
            {
                const std::lock_guard lock(mutex_);
                bundle = bundle_;
            }
            if (!bundle) continue;
            install(stop, *bundle, [&](const InstallEvent& event) {
                if (event.kind != InstallEvent::Kind::running) {
                    const std::lock_guard lock(mutex_);  // its handler may already be told of the next
                    bundle_.reset();
                }
                on_event(event);
            });
        }
    }

    std::mutex mutex_;
    std::optional<std::filesystem::path> bundle_;  // that is being installed
    Fd asked_;
    Worker worker_;
};

}  // namespace fieldpost::hal

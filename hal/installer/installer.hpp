// Puts a signed update onto the box, and tells which system runs.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

// One place for a whole system.
struct Slot {
    std::string name;  // the system's, such as "rootfs.0"
    bool booted = false;
    std::optional<bool> good;  // whether the boot loader may start it; absent where nobody keeps count
    std::string version;       // of the bundle in it; empty when unknown

    bool operator==(const Slot&) const = default;
};

struct InstallEvent {
    // Any number of `running` with rising percent, then one of the others.
    enum class Kind { running, installed, failed };
    Kind kind = Kind::running;
    int percent = 0;     // 0..100
    std::string detail;  // a sentence for a person: the step, or why it failed

    bool operator==(const InstallEvent&) const = default;
};

// "running", "installed", "failed".
std::string_view to_string(InstallEvent::Kind kind);

using InstallHandler = std::function<void(const InstallEvent&)>;

// Threads: every method belongs to one owner thread but status(), which any thread may call. The handler runs
// on the driver's own thread, one call at a time; it must not block for long, must not throw and must not
// call back.
//
// Failures: a service that is not there is told by status(), and each call that needs it fails with a
// sentence. A bundle that is not signed by the right key, is meant for another board or is damaged is never
// installed.
class Installer : public Part {
  public:
    // Begins to tell of installations, also of those that somebody else began. conflict if already started;
    // unavailable if the system gives no thread. A stopped driver may be started again.
    virtual Status start(InstallHandler on_event) = 0;

    // Begins to install the bundle, which must stay there until the last event, and returns at once: its end
    // is an event. An installed system runs from the next start on. conflict while another runs, or before
    // start(); not_found for a file that is not there; unavailable when the service is not.
    virtual Status install(const std::filesystem::path& bundle) = 0;

    // The system that runs now works: the boot loader is not to fall back from it. May wait ten seconds.
    // unavailable when the service is not.
    virtual Status mark_good() = 0;

    // The booted one first. May wait ten seconds. unavailable when the service is not.
    virtual Result<std::vector<Slot>> slots() = 0;

    // The handler is not called any more after it has returned. An installation that runs goes on without
    // being told of. Returns promptly; harmless when not started. The destructor stops too.
    virtual void stop() = 0;
};

struct InstallerConfig {
    std::string driver = "empty";  // one of installer_driver_names()
    SettingMap settings;           // the driver's own; its header lists them
};

// The driver that the configuration names. invalid_argument for an unknown driver or a wrong setting; the
// sentence says how to mend it.
Result<std::unique_ptr<Installer>> make_installer(const InstallerConfig& config);

std::vector<std::string> installer_driver_names();

// not_found unless there is such a file. What drivers ask first.
Status check_bundle(const std::filesystem::path& bundle);

}  // namespace fieldpost::hal

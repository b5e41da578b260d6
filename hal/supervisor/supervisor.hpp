// The microcontroller beside the computer: it owns the power switch and the watchdog, and sees ignition,
// voltage, SOS button and case.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "hal/supervisor/state.hpp"
#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

class Clock;

// Called with every state that the supervisor tells: at once when something changes, and every few seconds.
// nullopt: nobody knows any more (the line is broken or silent); a deadline that was told before may still
// hold, and nothing else is to be relied on.
using SupervisorHandler = std::function<void(const std::optional<SupervisorState>&)>;

// The supervisor's thresholds and times by their names in supervisor.proto, such as "hold_up_ms".
using SupervisorSettings = std::map<std::string, std::uint32_t, std::less<>>;

// Threads: start(), stop() and the destructor belong to one owner thread; all else may be called from any
// thread but the handler's. The handler runs on the driver's own thread, one call at a time; it must not
// block for long, must not throw, and must not call anything here but feed() and status().
//
// Failures: a supervisor that is missing, unplugged or silent is never an error of start(); it is told by
// status(), the driver keeps trying, and the handler gets nullopt once. status() has already changed when the
// handler is called for that change. A command returns unavailable when no supervisor is fitted or none
// answers within some three seconds.
class Supervisor : public Part {
  public:
    // Begins to listen. conflict if already started; unavailable if the system gives no thread. A stopped
    // driver may be started again. It never feeds the watchdog by itself.
    virtual Status start(SupervisorHandler on_state) = 0;
    // Returns promptly; the handler is not called any more, and commands that wait fail. Feeds that were
    // asked for before still go out. Harmless when not started.
    virtual void stop() = 0;

    // "The program is alive": from the first one on they must come more often than the setting
    // host_watchdog_ms (a minute), or the computer is reset. Never blocks; one that cannot be sent is
    // dropped. `pause_s`: the next one may take so long, 600 at most, such as while the program is replaced.
    virtual void feed(std::uint32_t pause_s = 0) = 0;

    // "Everything is written": on success power goes within milliseconds, so sync the disks first. conflict
    // when the supervisor counts another run than the last state told.
    virtual Status done() = 0;

    // Wakes the computer once, so many seconds from now, up to a year; 0 takes it back. invalid_argument
    // beyond.
    virtual Status set_wake(std::uint32_t after_s) = 0;

    // Entries from number `from` on, oldest first, as many as there are.
    virtual Result<std::vector<SupervisorEvent>> read_log(std::uint32_t from) = 0;

    virtual Result<SupervisorSettings> settings() = 0;
    // Changes those that are named. invalid_argument for a name that is none or a value out of range: nothing
    // is changed.
    virtual Status change_settings(const SupervisorSettings& changes) = 0;

    // Hands over a signed firmware file (tools/firmware); takes some ten seconds. The new firmware starts
    // when power is next off, and is kept once confirm_update() came. refused with the reason when the
    // supervisor does not take it.
    virtual Status update(BytesView file) = 0;
    // Harmless when nothing waits for it.
    virtual Status confirm_update() = 0;
};

struct SupervisorConfig {
    std::string driver = "empty";  // one of supervisor_driver_names()
    SettingMap settings;           // the driver's own; its header lists them
};

// The driver that the configuration names. `clock` stamps receipt times and must outlive it. invalid_argument
// for an unknown driver or a wrong setting; the sentence says how to mend it.
Result<std::unique_ptr<Supervisor>> make_supervisor(const SupervisorConfig& config, const Clock& clock);

std::vector<std::string> supervisor_driver_names();

// Of every setting that this version knows, as SupervisorSettings has them.
std::vector<std::string> supervisor_setting_names();

}  // namespace fieldpost::hal

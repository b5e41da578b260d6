// Where the vehicle is: a satellite receiver, its recording, or none.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hal/gnss/fix.hpp"
#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

class Clock;

// Called with every epoch of the receiver, also with those that hold no position.
using FixHandler = std::function<void(const Fix&)>;

// One receiver.
//
// Threads: start(), stop() and the destructor belong to one owner thread. status() may be called from any
// thread. The handler runs on the driver's own thread, one call at a time; it must not block for long (a
// serial line is read by the same thread), must not throw and must not call start() or stop().
//
// Failures: hardware that is missing, unplugged or silent is never an error of start(); it is told by
// status(), the driver keeps trying, and the handler gets one fix of type none at once, so nobody goes on
// showing the last position. status() has already changed when the handler is called for that change.
class Gnss : public Part {
  public:
    // Begins to deliver fixes. conflict if already started; unavailable if the system gives no thread. A
    // stopped driver may be started again.
    virtual Status start(FixHandler on_fix) = 0;

    // Returns promptly, whatever the hardware does; the handler is not called any more after it has returned.
    // Harmless when not started. The destructor stops too.
    virtual void stop() = 0;
};

struct GnssConfig {
    std::string driver = "empty";  // one of gnss_driver_names()
    SettingMap settings;           // the driver's own; its header lists them
};

// The receiver that the configuration names. `clock` stamps receipt times and must outlive it.
// invalid_argument for an unknown driver or a wrong setting, not_found for a recording that is not there; the
// sentence says how to mend it.
Result<std::unique_ptr<Gnss>> make_gnss(const GnssConfig& config, const Clock& clock);

std::vector<std::string> gnss_driver_names();

}  // namespace fieldpost::hal

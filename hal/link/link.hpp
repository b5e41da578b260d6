// Which ways out of the vehicle there are, and which of them carries traffic now.
//
// This capability watches; it never connects, dials or switches: that is the system's (NetworkManager,
// ModemManager). What may go over which kind is the program's to decide.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hal/link/uplink.hpp"
#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

class Clock;

// Called with all uplinks once at the start, and then whenever something about them is another than before.
using UplinksHandler = std::function<void(const Uplinks&)>;

// Threads: start(), stop() and the destructor belong to one owner thread. status() may be called from any
// thread. The handler is called one call at a time: the first time within start() or soon after it, on the
// owner's thread or the driver's own, later on the driver's own. It must not block for long, must not throw
// and must not call start() or stop().
//
// Failures: a modem that is missing or a service that does not answer is never an error of start(); it is
// told by status(), the driver keeps trying, and the handler hears of the uplinks that can no longer be seen
// as not up, so nobody goes on spending on a link that is not known. status() has already changed when the
// handler is called for that change.
class Link : public Part {
  public:
    // Begins to watch. conflict if already started; unavailable if the system gives no thread. A stopped
    // driver may be started again, and tells everything anew.
    virtual Status start(UplinksHandler on_change) = 0;

    // Returns promptly; the handler is not called any more after it has returned. Harmless when not started.
    // The destructor stops too.
    virtual void stop() = 0;
};

struct LinkConfig {
    std::string driver = "static";  // one of link_driver_names()
    SettingMap settings;            // the driver's own; its header lists them
};

// The driver that the configuration names. `clock` stamps since when, and must outlive it. invalid_argument
// for an unknown driver or a wrong setting, not_found for a script that is not there; the sentence says how
// to mend it.
Result<std::unique_ptr<Link>> make_link(const LinkConfig& config, const Clock& clock);

std::vector<std::string> link_driver_names();

}  // namespace fieldpost::hal

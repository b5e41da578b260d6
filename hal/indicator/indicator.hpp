// The light that tells a crew at a glance how the box is doing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hal/indicator/pattern.hpp"
#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

class Clock;

// Threads: every method belongs to one owner thread but status(), which any thread may call.
//
// Failures: a light that is missing or cannot be switched is never an error; it is told by status(), and
// tried again with the next change and every 10 s.
class Indicator : public Part {
  public:
    // Begins to show `off`. conflict if already started; unavailable if the system gives no thread. A stopped
    // driver may be started again.
    virtual Status start() = 0;

    // Shows it from now on, until the next call; the same again goes on without a break. Never blocks.
    // Nothing happens before start().
    virtual void show(Indication indication) = 0;

    // Leaves the light dark and returns promptly. Harmless when not started. The destructor stops too.
    virtual void stop() = 0;
};

struct IndicatorConfig {
    std::string driver = "empty";  // one of indicator_driver_names()
    SettingMap settings;           // the driver's own; its header lists them
};

// The driver that the configuration names. `clock` paces the patterns and must outlive it. invalid_argument
// for an unknown driver or a wrong setting; the sentence says how to mend it.
Result<std::unique_ptr<Indicator>> make_indicator(const IndicatorConfig& config, const Clock& clock);

std::vector<std::string> indicator_driver_names();

}  // namespace fieldpost::hal

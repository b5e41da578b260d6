// A light that the kernel knows as an LED (/sys/class/leds). The kernel's own "timer" trigger blinks where it
// is there and its delays can be written (they are root's), which wakes nobody; else this driver does.
//
// `brightness` and `trigger` must be writable: the package's udev rules see to it for LEDs whose name begins
// with "fieldpost:".
//
// Settings:
//   led    its name in sysfs, such as "fieldpost:green:status"; must be given
//   sysfs  default /sys/class/leds
#pragma once

#include "hal/indicator/indicator.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Indicator>> make_leds_indicator(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal

// A light on a pin, switched through libgpiod.
//
// Settings:
//   chip        such as "gpiochip0" or "/dev/gpiochip0"; must be given with `line`
//   line        number of the pin on its chip, 0 to 1023
//   name        of the line instead of both, as the device tree names it ("status-led")
//   active_low  true: lit when the pin is low; default false
#pragma once

#include "hal/indicator/indicator.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Indicator>> make_gpio_indicator(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal

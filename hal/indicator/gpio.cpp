#include "hal/indicator/gpio.hpp"

#include <gpiod.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hal/indicator/blinker.hpp"

namespace fieldpost::hal {
namespace {

struct GpioSettings {
    std::string chip;
    unsigned line = 0;
    std::string name;
    bool active_low = false;

    std::string words() const {
        return name.empty() ? chip + " line " + std::to_string(line) : "GPIO " + name;
    }
};

struct LineDeleter {
    void operator()(gpiod_line* line) const { ::gpiod_line_close_chip(line); }
};

class GpioLamp final : public Lamp {
  public:
    explicit GpioLamp(GpioSettings settings) : settings_(std::move(settings)) {}

    Status open() override {
        line_.reset(settings_.name.empty() ? ::gpiod_line_get(settings_.chip.c_str(), settings_.line)
                                           : ::gpiod_line_find(settings_.name.c_str()));
        if (!line_) return failed("find");
        const int flags = settings_.active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
        if (::gpiod_line_request_output_flags(line_.get(), "fieldpost", flags, 0) != 0) return failed("take");
        return ok();
    }

    Status set(bool lit) override {
        if (::gpiod_line_set_value(line_.get(), lit ? 1 : 0) != 0) return failed("switch");
        return ok();
    }

    void close() override {
        if (!line_) return;
        ::gpiod_line_set_value(line_.get(), 0);
        line_.reset();
    }

  private:
    Error failed(const char* what) const {
        const int number = errno;
        return fail(number == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                    std::string("cannot ") + what + " " + settings_.words() + ": " + std::strerror(number));
    }

    const GpioSettings settings_;
    std::unique_ptr<gpiod_line, LineDeleter> line_;
};

}  // namespace

Result<std::unique_ptr<Indicator>> make_gpio_indicator(const SettingMap& values, const Clock& clock) {
    Settings settings("indicator driver gpio", values);
    GpioSettings gpio;
    gpio.name = settings.text("name", "");
    gpio.chip = settings.text("chip", "");
    const std::int64_t line = settings.integer("line", -1, 0, 1023);
    gpio.active_low = settings.flag("active_low", false);
    if (const Status checked = settings.finish(); !checked) return checked.error();
    const bool by_number = !gpio.chip.empty() && line >= 0;
    const bool half = gpio.chip.empty() != (line < 0);
    if (half || by_number != gpio.name.empty()) {
        return fail(ErrorCode::invalid_argument,
                    "indicator driver gpio: give the settings 'chip' and 'line', or 'name' instead of both");
    }
    if (by_number) gpio.line = static_cast<unsigned>(line);
    const std::string words = gpio.words();
    return std::unique_ptr<Indicator>(std::make_unique<Blinker>(std::make_unique<GpioLamp>(std::move(gpio)),
                                                                "The light at " + words, clock));
}

}  // namespace fieldpost::hal

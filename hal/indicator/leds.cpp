#include "hal/indicator/leds.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "hal/indicator/blinker.hpp"

namespace fieldpost::hal {
namespace {

std::string first_line(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// An attribute of sysfs takes one write.
Status write_attribute(const std::filesystem::path& path, const std::string& value) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (file && ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size()))
        return ok();
    const int number = errno;
    if (number == ENOENT) return fail(ErrorCode::not_found, "there is no " + path.string());
    return fail(ErrorCode::io, "cannot write " + path.string() + ": " + std::strerror(number));
}

class SysfsLed final : public Lamp {
  public:
    explicit SysfsLed(std::filesystem::path folder) : folder_(std::move(folder)) {}

    Status open() override {
        brightness_ = first_line(folder_ / "max_brightness");
        if (brightness_.empty()) brightness_ = "1";
        // "[none] timer heartbeat": those there are, the present one in brackets.
        std::istringstream triggers(first_line(folder_ / "trigger"));
        has_timer_ = false;
        for (std::string word; triggers >> word;)
            has_timer_ = has_timer_ || word == "timer" || word == "[timer]";
        return set_steady(false);
    }

    Status set(bool lit) override { return write_attribute(folder_ / "brightness", lit ? brightness_ : "0"); }

    Result<bool> set_pattern(const Pattern& pattern) override {
        if (pattern.is_steady()) {
            if (const Status set = set_steady(!pattern.turns_us.empty()); !set) return set.error();
            return true;
        }
        if (has_timer_ && pattern.turns_us.size() == 2) {
            if (hand_over(pattern)) return true;
            has_timer_ = false;
        }
        if (const Status set = set_steady(true); !set) return set.error();
        return false;
    }

    void close() override { [[maybe_unused]] const Status dark = set_steady(false); }

  private:
    // The kernel makes the delays when the trigger is set, as root's: a program that is not root may be
    // allowed to write the trigger, and yet not them.
    Status hand_over(const Pattern& pattern) const {
        const auto milliseconds = [](std::int64_t micros) { return std::to_string(micros / 1000); };
        const std::array<std::pair<const char*, std::string>, 3> attributes{
            {{"trigger", "timer"},
             {"delay_on", milliseconds(pattern.turns_us[0])},
             {"delay_off", milliseconds(pattern.turns_us[1])}}};
        for (const auto& [name, value] : attributes) {
            if (const Status set = write_attribute(folder_ / name, value); !set) return set;
        }
        return ok();
    }

    // Nobody else blinks it from now on. The kernel makes it dark when a trigger ends, so its light comes
    // after.
    Status set_steady(bool lit) {
        std::error_code ignored;
        if (std::filesystem::exists(folder_ / "trigger", ignored)) {
            if (const Status set = write_attribute(folder_ / "trigger", "none"); !set) return set;
        }
        return set(lit);
    }

    const std::filesystem::path folder_;
    std::string brightness_ = "1";
    bool has_timer_ = false;  // and its delays can be set
};

}  // namespace

Result<std::unique_ptr<Indicator>> make_leds_indicator(const SettingMap& values, const Clock& clock) {
    Settings settings("indicator driver leds", values);
    const std::string led = settings.required_text("led");
    const std::string sysfs = settings.text("sysfs", "/sys/class/leds");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (led.find('/') != std::string::npos) {
        return fail(ErrorCode::invalid_argument,
                    "indicator driver leds: setting 'led' is the LED's name, without its folder");
    }
    return std::unique_ptr<Indicator>(std::make_unique<Blinker>(
        std::make_unique<SysfsLed>(std::filesystem::path(sysfs) / led), "The light " + led, clock));
}

}  // namespace fieldpost::hal

#include "hal/gnss/serial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/gnss/nmea_receiver.hpp"
#include "hal/serial_port.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::int64_t first_retry_us = 250'000;

struct SerialSettings {
    std::string path;
    std::int64_t baud = 9600;
    std::int64_t silence_us = 0;
    std::int64_t retry_max_us = 0;
    std::int64_t date_floor_us = 0;
};

class SerialGnss final : public Gnss {
  public:
    SerialGnss(SerialSettings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

    Status start(FixHandler on_fix) override {
        return worker_.start(
            [this, on_fix = std::move(on_fix)](const StopEvent& stop) { run(stop, on_fix); });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    static PartStatus unopened(const std::string& path) {
        return {PartState::broken, path + " is not opened yet."};
    }

    void run(const StopEvent& stop, const FixHandler& on_fix) {
        status_.set(unopened(settings_.path));
        NmeaReceiver receiver(settings_.date_floor_us, on_fix);
        const std::int64_t shortest = std::min(first_retry_us, settings_.retry_max_us);
        std::int64_t pause_us = shortest;
        for (;;) {
            auto port = open_serial_port(settings_.path, settings_.baud);
            if (port) {
                const Ended ended = listen(stop, port->get(), receiver, on_fix);
                if (ended.by_stop) return;
                if (ended.heard) pause_us = shortest;
                break_down(settings_.path + " is gone: the receiver was unplugged or its port failed.",
                           on_fix);
            } else {
                break_down(port.error().message + ".", on_fix);
            }
            if (stop.sleep(pause_us)) return;
            pause_us = std::min(pause_us * 2, settings_.retry_max_us);
        }
    }

    struct Ended {
        bool by_stop = false;
        bool heard = false;  // at least one sentence came
    };

    Ended listen(const StopEvent& stop, int port, NmeaReceiver& receiver, const FixHandler& on_fix) {
        status_.set({PartState::ok, "Listening on " + settings_.path + "."});
        std::array<char, 4096> buffer;
        Ended ended;
        std::uint64_t sentences = receiver.counts().sentences;
        std::int64_t heard_us = clock_.boottime_us();
        for (;;) {
            const std::int64_t now = clock_.boottime_us();
            std::optional<std::int64_t> due = receiver.deadline_us();
            const std::int64_t silent_at = heard_us + settings_.silence_us;
            // Looked at again as long as it is silent: some ports are taken away without a word.
            const std::int64_t look_at = std::max(silent_at, now + settings_.silence_us);
            const std::int64_t next = status_.get().state == PartState::ok ? silent_at : look_at;
            due = std::min(due.value_or(next), next);
            if (due) due = std::max<std::int64_t>(*due - now, 0);

            const StopEvent::Woke woke = stop.wait(port, due);
            if (woke == StopEvent::Woke::stop) {
                ended.by_stop = true;
                return ended;
            }
            const std::int64_t woke_us = clock_.boottime_us();
            if (woke == StopEvent::Woke::readable) {
                // They come a few at a time, and whoever took them so would be woken some 40 times a second.
                if (stop.sleep(gather_us())) {
                    ended.by_stop = true;
                    return ended;
                }
                const ssize_t count = ::read(port, buffer.data(), buffer.size());
                if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
                    receiver.finish();
                    return ended;
                }
                if (count > 0) {
                    receiver.feed({buffer.data(), static_cast<std::size_t>(count)}, woke_us,
                                  clock_.boottime_us());
                }
            }
            receiver.tick(woke_us);

            if (receiver.counts().sentences != sentences) {
                sentences = receiver.counts().sentences;
                heard_us = woke_us;
                ended.heard = true;
                status_.set({PartState::ok, "Listening on " + settings_.path + "."});
            } else if (woke_us - heard_us >= settings_.silence_us) {
                if (!is_open_at(port, settings_.path)) {
                    receiver.finish();
                    return ended;
                }
                break_down("No NMEA sentence on " + settings_.path + " for " +
                               std::to_string(settings_.silence_us / 1000) +
                               " ms: check the receiver's power and cable, and the baud rate.",
                           on_fix);
            }
        }
    }

    // Tells a new reason once, with a fix of type none.
    void break_down(std::string why, const FixHandler& on_fix) {
        if (!status_.set({PartState::broken, std::move(why)})) return;
        Fix none;
        none.received_us = clock_.boottime_us();
        on_fix(none);
    }

    // As long as nobody minds, and as half of the system's buffer of 4096 bytes is sure to hold.
    std::int64_t gather_us() const {
        return std::min<std::int64_t>(250'000, std::int64_t{2048} * 10 * 1'000'000 / settings_.baud);
    }

    const SerialSettings settings_;
    const Clock& clock_;
    PartStatusCell status_{unopened(settings_.path)};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Gnss>> make_serial_gnss(const SettingMap& values, const Clock& clock) {
    Settings settings("gnss driver serial", values);
    SerialSettings serial;
    serial.path = settings.required_text("path");
    serial.baud = settings.integer("baud", 9600, 4800, 921'600);
    serial.silence_us = settings.integer("silence_ms", 5000, 50, 3'600'000) * 1000;
    serial.retry_max_us = settings.integer("retry_max_ms", 5000, 1, 60'000) * 1000;
    serial.date_floor_us = settings.integer("date_floor", 0, 0, std::numeric_limits<std::int64_t>::max());
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (!is_serial_baud(serial.baud)) {
        return fail(ErrorCode::invalid_argument, "gnss driver serial: setting 'baud' is " +
                                                     std::to_string(serial.baud) +
                                                     ", which is no rate that serial ports have");
    }
    return std::unique_ptr<Gnss>(std::make_unique<SerialGnss>(std::move(serial), clock));
}

}  // namespace fieldpost::hal

#include "hal/gnss/gpsd.hpp"

#include <fcntl.h>
#include <gps.h>

#include <algorithm>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/gnss/gpsd_report.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::int64_t first_retry_us = 250'000;

struct GpsdSettings {
    std::string port;
    std::int64_t silence_us = 0;
    std::int64_t retry_max_us = 0;
};

// One connection to gpsd.
class Session {
  public:
    explicit Session(const std::string& port) {
        if (::gps_open("127.0.0.1", port.c_str(), data_.get()) != 0) return;
        open_ = true;
        const int flags = ::fcntl(fd(), F_GETFL);
        asked_ = ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK) == 0 &&
                 ::gps_stream(data_.get(), WATCH_ENABLE | WATCH_JSON, nullptr) == 0;
    }
    ~Session() {
        if (open_) ::gps_close(data_.get());
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    explicit operator bool() const { return asked_; }
    int fd() const { return data_->gps_fd; }
    const gps_data_t& data() const { return *data_; }

    enum class Read { report, nothing, ended };
    // Takes one report that has come, without waiting.
    Read read() {
        const int count = ::gps_read(data_.get(), nullptr, 0);
        if (count < 0) return Read::ended;
        return count == 0 ? Read::nothing : Read::report;
    }

  private:
    const std::unique_ptr<gps_data_t> data_ = std::make_unique<gps_data_t>();  // too large for a stack
    bool open_ = false;
    bool asked_ = false;
};

class GpsdGnss final : public Gnss {
  public:
    GpsdGnss(GpsdSettings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

    Status start(FixHandler on_fix) override {
        return worker_.start(
            [this, on_fix = std::move(on_fix)](const StopEvent& stop) { run(stop, on_fix); });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    void run(const StopEvent& stop, const FixHandler& on_fix) {
        status_.set(unasked());
        const std::int64_t shortest = std::min(first_retry_us, settings_.retry_max_us);
        std::int64_t pause_us = shortest;
        for (;;) {
            Session session(settings_.port);
            if (session) {
                const Ended ended = listen(stop, session, on_fix);
                if (ended.by_stop) return;
                if (ended.heard) pause_us = shortest;
                break_down("gpsd has ended the connection.", on_fix);
            } else {
                break_down("gpsd does not answer on port " + settings_.port + ": is it running?", on_fix);
            }
            if (stop.sleep(pause_us)) return;
            pause_us = std::min(pause_us * 2, settings_.retry_max_us);
        }
    }

    struct Ended {
        bool by_stop = false;
        bool heard = false;  // at least one report of position came
    };

    Ended listen(const StopEvent& stop, Session& session, const FixHandler& on_fix) {
        Ended ended;
        GpsdReports reports;
        std::int64_t heard_us = clock_.boottime_us();
        bool silence_told = false;
        for (;;) {
            std::optional<std::int64_t> due;  // once its silence is told, only a report is waited for
            if (!silence_told)
                due = std::max<std::int64_t>(heard_us + settings_.silence_us - clock_.boottime_us(), 0);
            const StopEvent::Woke woke = stop.wait(session.fd(), due);
            if (woke == StopEvent::Woke::stop) {
                ended.by_stop = true;
                return ended;
            }
            const std::int64_t now_us = clock_.boottime_us();
            Session::Read read = Session::Read::nothing;
            while ((read = session.read()) == Session::Read::report) {
                const auto fix = reports.take(session.data(), now_us);
                if (!fix) continue;
                heard_us = now_us;
                ended.heard = true;
                silence_told = false;
                status_.set({PartState::ok, "gpsd tells of its receiver."});
                on_fix(*fix);
            }
            if (read == Session::Read::ended) return ended;
            if (!silence_told && now_us - heard_us >= settings_.silence_us) {
                silence_told = true;
                break_down("gpsd has told of no receiver for " + std::to_string(settings_.silence_us / 1000) +
                               " ms: check the receiver's power and cable, and gpsd's devices.",
                           on_fix);
            }
        }
    }

    static PartStatus unasked() { return {PartState::broken, "gpsd is not asked yet."}; }

    // Tells a new reason once, with a fix of type none.
    void break_down(std::string why, const FixHandler& on_fix) {
        if (!status_.set({PartState::broken, std::move(why)})) return;
        Fix none;
        none.received_us = clock_.boottime_us();
        on_fix(none);
    }

    const GpsdSettings settings_;
    const Clock& clock_;
    PartStatusCell status_{unasked()};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Gnss>> make_gpsd_gnss(const SettingMap& values, const Clock& clock) {
    Settings settings("gnss driver gpsd", values);
    GpsdSettings gpsd;
    gpsd.port = std::to_string(settings.integer("port", 2947, 1, 65'535));
    gpsd.silence_us = settings.integer("silence_ms", 5000, 50, 3'600'000) * 1000;
    gpsd.retry_max_us = settings.integer("retry_max_ms", 5000, 1, 60'000) * 1000;
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Gnss>(std::make_unique<GpsdGnss>(std::move(gpsd), clock));
}

}  // namespace fieldpost::hal

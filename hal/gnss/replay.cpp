#include "hal/gnss/replay.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/gnss/nmea_receiver.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t day_us = 86'400 * second_us;
constexpr std::int64_t longest_gap_us =
    60 * second_us;  // a recording that paused does not pause the replay for hours

struct ReplaySettings {
    std::string path;
    double rate = 1;
    bool loop = false;
    bool recorded_time = false;
};

class ReplayGnss final : public Gnss {
  public:
    ReplayGnss(ReplaySettings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

    Status start(FixHandler on_fix) override {
        return worker_.start(
            [this, on_fix = std::move(on_fix)](const StopEvent& stop) { run(stop, on_fix); });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    static PartStatus playing(const std::string& path) { return {PartState::ok, "Replaying " + path + "."}; }

    void run(const StopEvent& stop, const FixHandler& on_fix) {
        status_.set(playing(settings_.path));
        std::string why;
        Pace pace{clock_.boottime_us(), std::nullopt, true};
        do {
            std::size_t fixes = 0;
            if (!play_once(stop, pace, [&](const Fix& fix) {
                    ++fixes;
                    on_fix(fix);
                })) {
                return;
            }
            why = fixes == 0 ? settings_.path + " holds no position sentences, or cannot be read."
                             : "The recording " + settings_.path + " has ended.";
            if (fixes == 0) break;  // looping over nothing would only burn the processor
        } while (settings_.loop);
        status_.set({PartState::broken, why});
        Fix none;
        none.received_us = clock_.boottime_us();
        on_fix(none);
    }

    struct Pace {
        std::int64_t due_us;                         // when the previous fix was due, CLOCK_BOOTTIME
        std::optional<std::int64_t> time_of_day_us;  // of the previous fix in this round
        bool first;
    };

    // False if stop was asked for.
    bool play_once(const StopEvent& stop, Pace& pace, const FixHandler& on_fix) {
        std::ifstream file(settings_.path, std::ios::binary);
        pace.time_of_day_us.reset();
        bool stopped = false;
        NmeaReceiver receiver(0, [&](const Fix& fix) {
            stopped = stopped || !wait_for_turn(stop, pace, fix);
            if (!stopped) on_fix(as_live(fix));
        });
        std::string line;
        // The parser's clock stands still: epochs end by their time stamps, not by pauses in reading.
        while (!stopped && next_piece(file, line)) receiver.feed(line, 0);
        if (!stopped) receiver.finish();
        return !stopped;
    }

    // Up to and with the next line feed, but no more than a piece: the file may be anything.
    static bool next_piece(std::istream& file, std::string& piece) {
        constexpr std::size_t longest_piece = 4096;
        piece.clear();
        char byte = 0;
        while (piece.size() < longest_piece && file.get(byte)) {
            piece += byte;
            if (byte == '\n') break;
        }
        return !piece.empty();
    }

    // False if stop was asked for while waiting.
    bool wait_for_turn(const StopEvent& stop, Pace& pace, const Fix& fix) const {
        std::int64_t gap = second_us;  // what a receiver without a clock most likely keeps
        if (std::exchange(pace.first, false)) {
            gap = 0;
        } else if (fix.time_of_day_us && pace.time_of_day_us) {
            gap = (*fix.time_of_day_us - *pace.time_of_day_us + day_us) % day_us;  // over midnight too
            gap = gap > day_us / 2 ? 0 : std::min(gap, longest_gap_us);  // time that runs back does not wait
        }
        pace.time_of_day_us = fix.time_of_day_us;
        pace.due_us += static_cast<std::int64_t>(static_cast<double>(gap) / settings_.rate);
        for (;;) {
            const std::int64_t left = pace.due_us - clock_.boottime_us();
            if (stop.sleep(std::max<std::int64_t>(left, 0))) return false;
            if (left <= 0) return true;
        }
    }

    Fix as_live(Fix fix) const {
        fix.received_us = clock_.boottime_us();
        if (!settings_.recorded_time) {
            fix.utc_us.reset();
            fix.utc_valid = false;
            fix.time_of_day_us.reset();
        }
        return fix;
    }

    const ReplaySettings settings_;
    const Clock& clock_;
    PartStatusCell status_{playing(settings_.path)};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Gnss>> make_replay_gnss(const SettingMap& values, const Clock& clock) {
    Settings settings("gnss driver replay", values);
    ReplaySettings replay;
    replay.path = settings.required_text("path");
    replay.rate = settings.number("rate", 1, 0.01, 1'000'000);
    replay.loop = settings.flag("loop", false);
    const std::string time = settings.text("time", "absent");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (time != "absent" && time != "recorded") {
        return fail(ErrorCode::invalid_argument,
                    "gnss driver replay: setting 'time' must be absent or recorded");
    }
    replay.recorded_time = time == "recorded";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(replay.path, ignored)) {
        return fail(ErrorCode::not_found, "gnss driver replay: there is no recording " + replay.path);
    }
    return std::unique_ptr<Gnss>(std::make_unique<ReplayGnss>(std::move(replay), clock));
}

}  // namespace fieldpost::hal

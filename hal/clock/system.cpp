#include "hal/clock/system.hpp"

#include <sys/timex.h>
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <utility>

#include "hal/clock/even_utc.hpp"
#include "hal/clock/gnss_time.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

std::int64_t read_clock_us(clockid_t which) {
    timespec time{};
    ::clock_gettime(which, &time);  // cannot fail for these clocks
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

std::string first_line(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// True if the kernel took its time from a battery clock when it booted.
bool was_set_from_rtc(const std::filesystem::path& folder) {
    const auto clocks = list_folder(folder);
    return clocks && std::ranges::any_of(
                         *clocks, [](const auto& clock) { return first_line(clock / "hctosys") == "1"; });
}

bool is_synchronised() {
    timex state{};
    const int result = ::adjtimex(&state);  // modes = 0: only reads
    return result >= 0 && result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

class SystemClock final : public Clock {
  public:
    SystemClock(UnixMicros build_floor_us, const SystemClockPlaces& places)
        : build_floor_us_(build_floor_us),
          boot_id_(first_line(places.boot_id)),
          set_from_rtc_(was_set_from_rtc(places.rtc_folder)),
          gnss_(build_floor_us) {}

    std::int64_t boottime_us() const override { return read_clock_us(CLOCK_BOOTTIME); }

    TimeReading now() const override {
        // Within the lock: readings are told in the order in which they are read.
        const std::lock_guard lock(mutex_);
        const std::int64_t boottime = boottime_us();
        return even_.tell(best(boottime, read_clock_us(CLOCK_REALTIME)));
    }

    const std::string& boot_id() const override { return boot_id_; }

    void offer_gnss_time(UnixMicros utc_us, std::int64_t received_boottime_us) override {
        const std::int64_t boottime = boottime_us();
        const std::lock_guard lock(mutex_);
        gnss_.offer(utc_us, received_boottime_us, boottime);
    }

  private:
    TimeReading best(std::int64_t boottime, UnixMicros system) const {
        const auto satellites = gnss_.utc_at(boottime);
        if (satellites && gnss_.fresh_at(boottime)) return {*satellites, TimeQuality::gnss, boottime};
        if (system >= build_floor_us_ && is_synchronised()) return {system, TimeQuality::ntp, boottime};
        if (satellites) return {*satellites, TimeQuality::rtc, boottime};
        if (system < build_floor_us_) return {system, TimeQuality::none, boottime};
        return {system, set_from_rtc_ ? TimeQuality::rtc : TimeQuality::build_floor, boottime};
    }

    const UnixMicros build_floor_us_;
    const std::string boot_id_;
    const bool set_from_rtc_;
    mutable std::mutex mutex_;
    mutable EvenUtc even_;
    GnssTime gnss_;
};

}  // namespace

std::unique_ptr<Clock> make_system_clock(UnixMicros build_floor_us, const SystemClockPlaces& places) {
    return std::make_unique<SystemClock>(build_floor_us, places);
}

}  // namespace fieldpost::hal

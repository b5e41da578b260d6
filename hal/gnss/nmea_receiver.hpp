// Turns a receiver's bytes into fixes: frames sentences, gathers those of one moment, judges them together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/gnss/fix.hpp"
#include "hal/gnss/jump_watch.hpp"
#include "hal/gnss/nmea_epoch.hpp"
#include "hal/gnss/nmea_framer.hpp"

namespace fieldpost::hal {

// Sans-I/O and single-threaded: bytes and the present CLOCK_BOOTTIME in microseconds go in, fixes come out
// through the handler, during the call.
//
// An epoch ends when a report with another time arrives, when the line is quiet or speaks of other things
// only (tick), or when the stream ends. If a sentence about the same moment comes after all, the epoch is
// told once more with it. A position counts only if no sentence of its epoch denies it: RMC status V, GGA
// quality 0, GSA mode 1 and mode letter N each win over the rest. GSA tells no time: on a line without pauses
// its mode 1 belongs to the next epoch if that one's first report says the same.
//
// A fix is three-dimensional if GSA says so, and where no GSA comes, if an altitude does that more than three
// satellites have measured; both hold for some seconds. UTC is valid in an epoch with a fix whose date came
// with a fix too: a date that came before may be the battery clock's.
//
// GPS week rollover: GPS counts weeks modulo 1024, and old firmware then dates a good fix 1024 weeks (19.6
// years) too early. Places and times that leap are flagged (JumpWatch). With a `date_floor_us` (a moment that
// has certainly passed, such as the program's build date), a date below it is moved up by 1024 weeks, at most
// twice, if the epoch has a fix, and is dropped if it has none. Recordings are read with no floor: their
// dates are in the past by nature.
class NmeaReceiver {
  public:
    static constexpr std::int64_t quiet_us = 250'000;  // a pause between bursts, longer than any within one
    // On a line that a compass or an AIS receiver never leaves quiet: time for some sentences of others
    // between two of the same burst, at 4800 baud.
    static constexpr std::int64_t chatter_us = 500'000;

    using Handler = std::function<void(const Fix&)>;

    // date_floor_us: UTC microseconds; 0 for none.
    NmeaReceiver(std::int64_t date_floor_us, Handler on_fix);

    void feed(std::string_view bytes, std::int64_t now_us);
    // The same for bytes that were gathered: the first came at first_us, the last by last_us.
    void feed(std::string_view bytes, std::int64_t first_us, std::int64_t last_us);

    // Tells the open epoch if the line has been quiet. To be called at deadline_us() at the latest.
    void tick(std::int64_t now_us);
    // When tick() has something to do; nullopt while no epoch waits.
    std::optional<std::int64_t> deadline_us() const;

    // The stream has ended: tells the open epoch, then forgets all but the date.
    void finish();

    const NmeaFramer::Counts& counts() const { return framer_.counts(); }

  private:
    bool take_sentence(std::string_view text, std::int64_t now_us);  // false if it is not for us
    void take_report(const NmeaFields& fields, std::int64_t now_us);
    void disown_denial(const NmeaFields& next);
    bool speaks_of_another(const NmeaFields& fields) const;
    bool begins_epoch(const NmeaFields& fields) const;
    void tell();
    Fix judge();
    void advance_hold_clock();
    void judge_dimensions();
    bool is_solid() const;  // the altitude is measured
    FixType judge_type() const;
    void date(Fix& fix);
    void count_seen(Fix& fix);

    Handler on_fix_;
    std::int64_t date_floor_us_;
    NmeaFramer framer_;

    NmeaEpoch epoch_;
    std::int64_t epoch_received_us_ = 0;
    bool told_ = false;  // the handler knows epoch_ as it stands
    // Details that came after a told epoch: they belong to it or to the next, which the next report decides.
    std::vector<std::string> leading_;
    std::int64_t last_byte_us_ = 0;
    std::int64_t last_sentence_us_ = 0;  // the last that is for us

    // The boot clock, or the receiver's own where it runs faster: a recording is read in no time.
    std::int64_t hold_clock_us_ = 0;
    std::int64_t judged_received_us_ = 0;
    std::optional<std::int64_t> judged_time_us_;
    // Receivers send these less often than positions; each holds for a while, by the hold clock.
    int dimensions_ = 0;
    std::int64_t dimensions_at_us_ = 0;
    std::optional<std::int64_t> altitude_solved_at_us_;  // where GSA does not tell
    struct Seen {
        char system = 'N';
        int satellites = 0;
        std::int64_t at_us = 0;
    };
    std::vector<Seen> seen_;

    // The latest full UTC and when it was received: dates those epochs that tell only the time of day.
    std::optional<std::int64_t> reference_utc_us_;
    std::int64_t reference_at_us_ = 0;
    bool reference_vouched_ = false;  // its date came with a fix, not from the receiver's battery clock

    JumpWatch jumps_;
};

}  // namespace fieldpost::hal

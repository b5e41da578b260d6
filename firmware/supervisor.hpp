// The whole supervisor, but for its pins: readings, time and received bytes in, outputs and frames out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/logic/contacts.hpp"
#include "firmware/logic/event_log.hpp"
#include "firmware/logic/image.hpp"
#include "firmware/logic/kept.hpp"
#include "firmware/logic/lights.hpp"
#include "firmware/logic/power.hpp"
#include "firmware/logic/retained.hpp"
#include "firmware/logic/settings.hpp"
#include "firmware/logic/update.hpp"
#include "firmware/wire/frame.hpp"

namespace fieldpost::firmware {

// How a storage of `pages` pages is divided. The boot stage reads and writes the boot record too.
struct StorageMap {
    static constexpr std::uint32_t settings_page = 0;
    static constexpr std::uint32_t boot_page = 2;
    static constexpr std::uint32_t log_page = 4;
    static constexpr std::uint32_t least_pages = 6;
};

class FrameSender {
  public:
    // Takes the bytes before it returns.
    virtual void send(std::span<const std::uint8_t> frame) = 0;

  protected:
    ~FrameSender() = default;
};

struct Outputs {
    bool power = false;
    Lights lights;
    bool reset = false;   // restart the supervisor: another slot is to run, and the computer is off
    bool steady = false;  // it has worked for a minute: resets in a row are counted anew

    bool operator==(const Outputs&) const = default;
};

// What the supervisor works with. All must outlive it.
struct SupervisorParts {
    Storage& storage;     // settings, boot record, log: see StorageMap
    Storage& spare_slot;  // the one that does not run
    ImageCrypto& crypto;
    FrameSender& sender;
    Retained& retained;
    std::string_view board;
    std::uint32_t version;  // of the firmware that runs
    std::uint8_t slot;      // and where it lies
    bool powered;           // the computer has power already: it had it when the supervisor was reset
    // It was reset too often in a row (is_reset_loop()): the computer gets no power before a minute of work,
    // and the count is cleared when that has gone well with the computer on.
    bool reset_loop = false;
    std::uint32_t largest_image = UINT32_MAX;  // bytes of the RAM in which a firmware file must fit
};

class Supervisor final : EventSink {
  public:
    // Reads settings and log, and goes on where a reset interrupted. Where nothing is known of that, as when
    // another firmware ran before, a computer that has power keeps it and is treated as one that starts.
    explicit Supervisor(const SupervisorParts& parts);

    // `elapsed_ms` since the last call. Call every few milliseconds.
    Outputs tick(std::uint32_t elapsed_ms, const RawInputs& raw);
    // A byte from the computer.
    void receive(std::uint8_t byte);

    const PowerMemory& power() const { return power_.memory(); }
    const Settings& settings() const { return settings_; }
    std::uint64_t now_ms() const { return now_ms_; }

  private:
    struct Answer;
    // What is worth a report when it changes.
    struct Shown {
        PowerState power = PowerState::off;
        HoldUpCause hold_up_cause = HoldUpCause::none;
        SupplyState supply = SupplyState::good;
        bool ignition = false;
        bool unwatched = false;
        bool tamper = false;
        bool trial = false;
        bool update_waits = false;
        std::uint32_t run = 0;
        std::uint32_t sos_presses = 0;
        std::uint32_t tamper_openings = 0;

        bool operator==(const Shown&) const = default;
    };
    void note(Event event, std::uint8_t argument, std::uint16_t value) override;
    void start();
    void resume(const RetainedState& state);
    void take_over();
    void retain(bool asked);
    void tick_trial(std::uint32_t elapsed_ms);
    void roll_back();
    bool worked_since(std::uint64_t since_ms) const;
    bool steady() const;
    bool on_trial() const { return boot_.trial != 0 && boot_.active == slot_; }
    bool update_waits() const { return boot_.active != slot_; }
    // This firmware was not confirmed and runs on until power is off: what waits is the one before, and its
    // slot is the last good one.
    bool gave_up() const { return update_waits() && boot_.rolled_back != 0; }
    bool save_boot(const BootRecord& record);
    void begin_update(Answer& answer);
    void answer(std::span<const std::uint8_t> message);
    void obey(Answer& answer);
    void finish_update(Answer& answer);
    void confirm_update(Answer& answer);
    void write_settings(Answer& answer);
    void read_log(Answer& answer);
    void report();
    void send(Answer& answer);
    Shown shown() const;

    SupervisorParts parts_;
    Region settings_region_;
    Region boot_region_;
    Region log_region_;
    Kept<Settings> settings_store_;
    Kept<BootRecord> boot_store_;
    EventLog log_;
    Settings settings_;
    BootRecord boot_;
    std::uint8_t slot_;  // that runs
    Contacts contacts_;
    Power power_;
    Update update_;
    EventPace refusal_pace_;
    FrameReader reader_;
    std::uint64_t now_ms_ = 0;
    std::uint64_t begun_ms_ = 0;     // when this start was
    std::uint64_t trial_ms_ = 0;     // of the computer's time
    std::uint64_t trial_up_ms_ = 0;  // of its own
    // The boot stage has not just been asked for what waits: what it did not start then, it does not now.
    bool may_reset_ = true;
    std::uint64_t roll_back_from_ms_ = 0;  // not tried before, for the storage has just failed
    std::uint64_t reported_ms_ = 0;
    Shown reported_;
    std::uint32_t retained_sequence_ = 0;
    std::uint32_t resets_ = 0;
    std::uint16_t starts_ = 0;
};

}  // namespace fieldpost::firmware

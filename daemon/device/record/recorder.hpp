// From what a person or a part reports to an operation in the journal: identity, time and place are put on
// here. Loop thread, but for fix(), which the receiver's thread calls.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "daemon/device/blobs/kept_blobs.hpp"
#include "daemon/device/journal/journal.hpp"
#include "daemon/device/record/health_pace.hpp"
#include "daemon/device/record/position_pace.hpp"
#include "daemon/device/record/save_log.hpp"
#include "daemon/device/record/time_corrections.hpp"
#include "hal/clock/clock.hpp"
#include "hal/gnss/fix.hpp"

namespace fieldpost::device {

struct NewVisit {
    std::string id;  // UUID; empty: one is made
    records::RecordId property = 0;
    std::string purpose;
};

struct NewAttachment {
    Bytes sha256;            // of what was uploaded before
    std::string media_type;  // "image/jpeg"
    std::string name;        // the file's; may be empty
    Bytes thumbnail;         // uploaded before too; empty: none
};

struct NewObservation {
    std::string id;     // UUID; empty: one is made
    std::string visit;  // UUID; empty: none
    records::RecordId property = 0;
    std::string kind;
    std::string note;
    std::string severity;
    std::vector<std::pair<std::string, std::string>> values;
    std::vector<NewAttachment> attachments;
};

struct VisitEnd {
    std::string visit;
    records::RecordId property = 0;
    std::string result;
    std::string note;
};

// Takes the place of what an observation says.
struct NewCorrection {
    std::string observation;  // UUID
    std::string reason;
    NewObservation said;                      // its id is the correction's
    std::optional<protocol::After> observed;  // where the observation stands, when it is this device's own
};

struct NewEdit {
    std::string id;  // UUID; empty: one is made
    records::RecordId record = 0;
    records::Kind kind = records::KIND_UNSET;
    records::RecordId property = 0;  // where the record stands
    std::vector<protocol::FieldEdit> fields;
    std::string note;
};

struct NewStatus {
    std::string id;  // UUID; empty: one is made
    std::string status;
    std::string note;
};

class Recorder {
  public:
    Recorder(Journal& journal, hal::Clock& clock, const KeptBlobs& blobs);

    // invalid_argument with a sentence for what is not complete or too long; otherwise as Journal::append. A
    // visit ends once: another result or note is a conflict whose sentence says what stands. What an
    // observation attaches must be on this device, unless it is recorded already.
    void start_visit(NewVisit visit, Journal::Saved saved);
    void observe(NewObservation observation, Journal::Saved saved);
    void finish_visit(VisitEnd end, Journal::Saved saved);
    void correct(NewCorrection correction, Journal::Saved saved);
    void edit(NewEdit edit, Journal::Saved saved);
    // Ahead of all else: sos, responding, on_scene, available, out_of_service.
    void report_status(NewStatus status, Journal::Saved saved);
    // What was reported last, with what became of it; nullopt when nothing was, or when it has left the
    // journal since.
    std::optional<Recorded> crew_status();
    // The newest status is an SOS, and not so long ago that its positions are not urgent any more.
    bool asks_for_help() const;

    // Records the time corrections that are due since the clock knows better. Before each operation it is
    // done anyway; to be called now and then while none comes.
    void check_time();

    // Records where the vehicle is when that is due: PositionPace. To be called every second or so. Nobody
    // waits for it: that it is not saved is told in the log, once until it is again. `urgent_saved`: one that
    // is not to wait for anything is in the journal.
    void check_position(std::function<void()> urgent_saved = [] {});

    // Records how the box is doing, as telemetry, when that is due: HealthPace. To be called every few
    // seconds. As with positions nobody waits for it. What is not saved is tried again, the start with it.
    void report_health(NewHealth health);

    // The journal is open since: what it says of earlier times and of the crew counts.
    void recall();

    // The receiver's newest epoch. Any thread.
    void fix(const hal::Fix& fix);
    // As it is now: none once it is stale.
    hal::Fix fix_now() const;
    protocol::TimeStamp time_now() const;
    protocol::GnssStamp place_now() const;

  private:
    protocol::Operation stamped(std::string id, std::string visit, records::RecordId property);
    // With stamps for which no time correction is owed.
    protocol::Operation here_and_now(std::string id) const;
    protocol::GnssStamp place_of(const hal::Fix& fix) const;
    // The newest status of the crew.
    void status_is(const protocol::Operation& reported);
    // The crew is on its way or asks for help, as far as that is not long ago.
    bool is_emergency() const;
    // Few enough positions wait in the urgent lane.
    bool may_be_urgent() const;
    void position_saved(const Result<Recorded>& recorded);
    void health_saved(const Result<Recorded>& recorded, bool has_whole_start);
    static Status check(const NewObservation& observation);
    // What the observation says, as operations say it.
    Result<protocol::ObservationMade> made(NewObservation& observation);
    // As the operation names it; invalid_argument when it is not here.
    Result<records::Attachment> attached(const std::string& observation, NewAttachment attachment);
    // For a visit's end that is refused since there is another: says which.
    Error finished_before(const std::string& id, const Error& refused);

    Journal& journal_;
    hal::Clock& clock_;
    const KeptBlobs& blobs_;
    TimeCorrections corrections_;
    std::string status_id_;  // of the operation that crew_status() gives; empty: none
    struct Emergency {
        protocol::TimeStamp said;         // of the status
        std::int64_t known_since_us = 0;  // CLOCK_BOOTTIME of this boot
        bool is_sos = false;
    };
    std::optional<Emergency> emergency_;  // when the newest status is one
    PositionPace pace_;
    bool saving_position_ = false;  // one at a time, so that a slow disk collects none
    SaveLog positions_log_{"the vehicle's positions"};
    HealthPace health_pace_;
    bool saving_health_ = false;   // likewise
    bool start_is_saved_ = false;  // of this run of the program, with why the box has power
    SaveLog health_log_{"the box's health records"};
    mutable std::mutex mutex_;  // guards fix_
    hal::Fix fix_;
};

bool is_uuid(std::string_view text);

}  // namespace fieldpost::device

// From what a person or a part reports to an operation in the journal: identity, time and place are put on
// here. Loop thread, but for fix(), which the receiver's thread calls.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "daemon/device/journal/journal.hpp"
#include "hal/clock/clock.hpp"
#include "hal/gnss/fix.hpp"

namespace fieldpost::device {

struct NewVisit {
    std::string id;  // UUID; empty: one is made
    records::RecordId property = 0;
    std::string purpose;
};

struct NewObservation {
    std::string id;     // UUID; empty: one is made
    std::string visit;  // UUID; empty: none
    records::RecordId property = 0;
    std::string kind;
    std::string note;
    std::string severity;
    std::vector<std::pair<std::string, std::string>> values;
};

struct VisitEnd {
    std::string visit;
    records::RecordId property = 0;
    std::string result;
    std::string note;
};

class Recorder {
  public:
    Recorder(Journal& journal, hal::Clock& clock) : journal_(journal), clock_(clock) {}

    // invalid_argument with a sentence for what is not complete or too long; otherwise as Journal::append. A
    // visit ends once: another result or note is a conflict whose sentence says what stands.
    void start_visit(NewVisit visit, Journal::Saved saved);
    void observe(NewObservation observation, Journal::Saved saved);
    void finish_visit(VisitEnd end, Journal::Saved saved);

    // The receiver's newest epoch. Any thread.
    void fix(const hal::Fix& fix);
    // As it is now: none once it is stale.
    hal::Fix fix_now() const;
    protocol::TimeStamp time_now() const;
    protocol::GnssStamp place_now() const;

  private:
    protocol::Operation stamped(std::string id, std::string visit, records::RecordId property) const;
    // For a visit's end that is refused since there is another: says which.
    Error finished_before(const std::string& id, const Error& refused);

    Journal& journal_;
    hal::Clock& clock_;
    mutable std::mutex mutex_;  // guards fix_
    hal::Fix fix_;
};

bool is_uuid(std::string_view text);

}  // namespace fieldpost::device

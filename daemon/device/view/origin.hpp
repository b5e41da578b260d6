// Where each fact of the 360° view comes from, and how far it can be trusted. Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/time.hpp"
#include "sync/base/time_zone.hpp"
#include "sync/engine/overlay.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/meta.hpp"

namespace fieldpost::device {

// How long ago the city last vouched for a fact, beside how often its source delivers.
enum class Staleness {
    current,  // within one and a half of the source's deliveries
    late,     // within three: a delivery or two are missing
    stale,    // longer ago
    unknown   // the source has no refresh rate, nothing says when it delivered, or this box has no clock
};
std::string_view to_string(Staleness staleness);

// A link to a property with less than this, in percent, is shown as doubtful: positions alone give 45 to 65,
// an address that fits in every part 98.
inline constexpr int doubtful_below = 70;

struct Origin {
    records::RecordId record = 0;
    records::Kind kind = records::KIND_UNSET;
    std::string source;
    std::string source_title;
    std::int64_t as_of = 0;  // unix seconds; 0 unknown
    Staleness staleness = Staleness::unknown;
    records::LinkMethod link_method = records::LinkMethod::none;
    int link_confidence = 0;  // percent
    bool doubtful = false;    // the record may belong to another property
    engine::OwnState state = engine::OwnState::current;
};

// When it is in the city, as far as the box knows. The city's time zone outlives it.
class Now {
  public:
    // `utc` 0: the box has no clock that can be trusted.
    Now(const TimeZone& city, UnixSeconds utc);

    UnixSeconds utc() const { return utc_; }
    // "2026-03-01" as the city's clocks have it, which is not UTC's today; empty without a clock.
    const std::string& today() const { return today_; }
    // The city's day of an instant; empty for 0.
    std::string day_of(UnixSeconds at) const;

  private:
    const TimeZone& city_;
    UnixSeconds utc_;
    std::string today_;
};

// Days from one "YYYY-MM-DD" to another; nullopt when either is none.
std::optional<int> days_between(std::string_view from, std::string_view to);

// The sources of a city file, and what they make of a record's age.
class Origins {
  public:
    Origins(const std::vector<snapshot::Source>& sources, const Now& now);

    Origin of(const std::vector<records::LayerRow>& layers,
              engine::OwnState state = engine::OwnState::current) const;
    std::string title(const std::string& source) const;
    Staleness staleness(const std::string& source, std::int64_t as_of) const;

  private:
    UnixSeconds now_;
    std::map<std::string, snapshot::Source, std::less<>> sources_;
};

// One record of the view: all its layers in one message.
struct HeldRecord {
    records::Kind kind = records::KIND_UNSET;
    std::unique_ptr<google::protobuf::Message> message;
    Origin origin;

    template <class T>
    const T& as() const {
        return static_cast<const T&>(*message);
    }
};

// Every record of the overlay that can be read, in its order.
std::vector<HeldRecord> held_records(const engine::Overlay& overlay, const Origins& origins);

}  // namespace fieldpost::device

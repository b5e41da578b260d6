// Local civil time of one place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sync/base/result.hpp"
#include "sync/base/time.hpp"

namespace fieldpost {

// Immutable; may be shared between threads.
class TimeZone {
  public:
    // Boost's POSIX form, "EST-05EDT,M3.2.0,M11.1.0" (the offset is what is added to UTC); empty is UTC.
    // invalid_argument when it is not that.
    static Result<TimeZone> parse(const std::string& text);

    // Local wall clock, as seconds since 1970-01-01T00:00 of that clock, to UTC. In the hour that occurs
    // twice the first is meant; in the hour that does not occur the clock is taken as not yet moved.
    UnixSeconds to_utc(std::int64_t wall_seconds) const;
    std::int64_t to_wall(UnixSeconds utc) const;

    TimeZone(TimeZone&&) noexcept;
    TimeZone& operator=(TimeZone&&) noexcept;
    ~TimeZone();

  private:
    struct Rules;
    explicit TimeZone(std::unique_ptr<const Rules> rules);
    std::unique_ptr<const Rules> rules_;
};

}  // namespace fieldpost

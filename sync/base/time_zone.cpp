#include "sync/base/time_zone.hpp"

#include <boost/date_time/local_time/local_time.hpp>
#include <boost/make_shared.hpp>

namespace fieldpost {

namespace {

namespace gregorian = boost::gregorian;
namespace posix_time = boost::posix_time;

constexpr std::int64_t day_s = 86400;

posix_time::ptime to_ptime(std::int64_t seconds) {
    const std::int64_t days = seconds >= 0 ? seconds / day_s : -((-seconds + day_s - 1) / day_s);
    return posix_time::ptime(gregorian::date(1970, 1, 1) + gregorian::days(days),
                             posix_time::seconds(seconds - days * day_s));
}

}  // namespace

struct TimeZone::Rules {
    std::int64_t offset_s = 0;
    boost::shared_ptr<boost::local_time::posix_time_zone> daylight;  // null: the offset holds all year

    // Whether the clock that shows standard time plus nothing, `standard_wall`, lies in summer time.
    bool is_summer(std::int64_t standard_wall) const {
        if (!daylight) return false;
        const auto wall = to_ptime(standard_wall);
        const auto year = wall.date().year();
        const auto start = daylight->dst_local_start_time(year);
        const auto end = daylight->dst_local_end_time(year) - daylight->dst_offset();
        return start < end ? wall >= start && wall < end : wall >= start || wall < end;
    }
    std::int64_t summer_s() const { return daylight ? daylight->dst_offset().total_seconds() : 0; }
};

TimeZone::TimeZone(std::unique_ptr<const Rules> rules) : rules_(std::move(rules)) {}
TimeZone::TimeZone(TimeZone&&) noexcept = default;
TimeZone& TimeZone::operator=(TimeZone&&) noexcept = default;
TimeZone::~TimeZone() = default;

Result<TimeZone> TimeZone::parse(const std::string& text) {
    auto rules = std::make_unique<Rules>();
    if (!text.empty()) {
        try {
            auto zone = boost::make_shared<boost::local_time::posix_time_zone>(text);
            rules->offset_s = zone->base_utc_offset().total_seconds();
            if (zone->has_dst()) rules->daylight = std::move(zone);
        } catch (const std::exception&) {
            return fail(
                ErrorCode::invalid_argument,
                "'" + text + "' is no time zone; it must look like EST-05EDT,M3.2.0,M11.1.0 or CST-06");
        }
    }
    return TimeZone(std::move(rules));
}

std::int64_t TimeZone::to_wall(UnixSeconds utc) const {
    const std::int64_t standard = utc + rules_->offset_s;
    return standard + (rules_->is_summer(standard) ? rules_->summer_s() : 0);
}

UnixSeconds TimeZone::to_utc(std::int64_t wall_seconds) const {
    const UnixSeconds as_summer = wall_seconds - rules_->summer_s() - rules_->offset_s;
    if (rules_->daylight && to_wall(as_summer) == wall_seconds) return as_summer;
    return wall_seconds - rules_->offset_s;
}

}  // namespace fieldpost

#include "daemon/device/record/health_pace.hpp"

#include <utility>

namespace fieldpost::device {

HealthPace::Told HealthPace::as_told(const NewHealth& health, Told before) {
    before.broken.clear();
    for (const BrokenPart& part : health.broken) before.broken.insert(part.name);
    if (const auto& supervisor = health.supervisor) {
        before.heard = true;
        if (supervisor->supply != hal::SupplyLevel::cranking) before.supply = supervisor->supply;
        before.tamper = supervisor->tamper;
        before.tamper_openings = supervisor->tamper_openings;
    }
    if (health.storage) before.read_only = health.storage->read_only;
    return before;
}

bool HealthPace::is_news(const Told& now, const Told& before) {
    // Openings may be fewer than before: the supervisor lost power and counts anew.
    return now.broken != before.broken || now.heard != before.heard || now.supply != before.supply ||
           (now.tamper && !before.tamper) || now.tamper_openings != before.tamper_openings ||
           (now.read_only && !before.read_only);
}

bool HealthPace::is_due(const NewHealth& health, std::int64_t now_us) const {
    if (!at_us_) return true;
    const std::int64_t since = now_us - *at_us_;
    if (since < HealthLimits::least_us) return false;
    return is_lost_ || since >= HealthLimits::steady_us || is_news(as_told(health, told_), told_);
}

void HealthPace::reported(const NewHealth& health, std::int64_t now_us) {
    told_ = as_told(health, std::move(told_));
    at_us_ = now_us;
    is_lost_ = false;
}

}  // namespace fieldpost::device

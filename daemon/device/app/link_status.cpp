#include "daemon/device/app/link_status.hpp"

#include <limits>

#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace json = boost::json;

namespace {

json::value limit_json(std::optional<std::uint64_t> bytes) {
    return bytes ? json::value(*bytes) : json::value(nullptr);
}

}  // namespace

json::array uplinks_json(const LinkWatch& links, const hal::TimeReading& now) {
    json::array out;
    for (const hal::Uplink& uplink : links.uplinks()) {
        out.push_back(
            json::object{{"name", uplink.name},
                         {"kind", hal::to_string(uplink.kind)},
                         {"up", uplink.up},
                         {"metered", uplink.metered},
                         {"since", format_rfc3339(now.utc_us - (now.boottime_us - uplink.since_us))},
                         {"in_use", links.carrier() == &uplink}});
    }
    return out;
}

json::value link_month_json(const LinkWatch& links) {
    const engine::LinkPolicy& policy = links.policy();
    if (!policy.kind()) return nullptr;
    const auto month = links.month();
    return json::object{{"kind", to_string(*policy.kind())},
                        {"month", month ? json::value(*month) : json::value(nullptr)},
                        {"used_bytes", links.used().all},
                        {"left_bytes", limit_json(policy.left())},
                        {"attachments_used_bytes", links.used().attachments},
                        {"attachments_left_bytes", limit_json(policy.attachments_left())}};
}

json::array held_json(const LinkWatch& links) {
    json::array out;
    for (const engine::SendClass what : engine::send_classes) {
        if (links.policy().allows(what)) continue;
        out.push_back(json::object{{"what", engine::to_string(what)},
                                   {"reason", to_string(links.policy().hold(what))},
                                   {"why", links.policy().why_held(what)}});
    }
    return out;
}

void set_link_metrics(support::Metrics& metrics, const LinkWatch& links) {
    const engine::LinkPolicy& policy = links.policy();
    for (const engine::LinkKind kind : engine::link_kinds) {
        metrics
            .gauge("fieldpost_link_in_use", "1 for the kind under whose rules traffic goes",
                   {{"kind", std::string(to_string(kind))}})
            .set(policy.kind() == kind ? 1 : 0);
    }
    for (const engine::SendClass what : engine::send_classes) {
        metrics
            .gauge("fieldpost_send_allowed", "1 for what may go over the present link",
                   {{"class", std::string(engine::to_string(what))}})
            .set(policy.allows(what) ? 1 : 0);
    }
    metrics.gauge("fieldpost_link_month_used_bytes", "Went over links of the present kind in this month")
        .set(static_cast<double>(links.used().all));
    // +Inf where there is no limit, so that an alarm on little left stays silent.
    const auto left = policy.left();
    metrics.gauge("fieldpost_link_month_left_bytes", "Left of the month's data for the present kind")
        .set(left ? static_cast<double>(*left) : std::numeric_limits<double>::infinity());
}

}  // namespace fieldpost::device

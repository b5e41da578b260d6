#include "daemon/hub/journal/health_json.hpp"

#include <boost/json/array.hpp>

namespace fieldpost::hub {

namespace json = boost::json;

namespace {

template <class T>
json::value if_known(bool is_known, const T& value) {
    return is_known ? json::value(value) : json::value(nullptr);
}

json::object storage_json(const protocol::StorageHealth& storage) {
    return json::object{{"free_bytes", if_known(storage.has_free_bytes(), storage.free_bytes())},
                        {"wear_percent", if_known(storage.has_wear_percent(), storage.wear_percent())},
                        {"spare", if_known(!storage.spare().empty(), storage.spare())},
                        {"read_only", if_known(storage.has_read_only(), storage.read_only())},
                        {"errors", if_known(storage.has_errors(), storage.errors())}};
}

}  // namespace

json::object start_json(const protocol::HealthStart& start) {
    return json::object{{"started_by", start.started_by()},
                        {"cut_by", start.cut_by()},
                        {"failed_runs", if_known(start.has_failed_runs(), start.failed_runs())},
                        {"ended", start.ended()},
                        {"exit_code", if_known(start.has_exit_code(), start.exit_code())},
                        {"booted_since", if_known(start.has_booted_since(), start.booted_since())},
                        {"board", start.board()},
                        {"revision", start.revision()}};
}

json::object health_json(const protocol::HealthReported& health) {
    json::array broken;
    for (const auto& part : health.broken())
        broken.push_back(json::object{{"name", part.name()}, {"detail", part.detail()}});
    return json::object{{"version", health.version()},
                        {"uptime_s", if_known(health.has_uptime_s(), health.uptime_s())},
                        {"broken", std::move(broken)},
                        {"supply_mv", if_known(health.has_supply_mv(), health.supply_mv())},
                        {"supply", if_known(!health.supply().empty(), health.supply())},
                        {"tamper", if_known(health.has_tamper(), health.tamper())},
                        {"tamper_openings", if_known(health.has_tamper_openings(), health.tamper_openings())},
                        {"storage", health.has_storage() ? json::value(storage_json(health.storage()))
                                                         : json::value(nullptr)},
                        {"start", nullptr}};
}

}  // namespace fieldpost::hub

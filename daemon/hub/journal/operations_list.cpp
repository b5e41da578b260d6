#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/hub/journal/health_json.hpp"
#include "daemon/hub/journal/operations.hpp"
#include "daemon/support/field_json.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::hub {

namespace json = boost::json;

namespace {

std::string outcome_name(int outcome) {
    switch (outcome) {
        case protocol::CONFLICT:
            return "conflict";
        case protocol::QUARANTINED:
            return "quarantined";
        case protocol::PARKED:
            return "parked";
        default:
            return "accepted";
    }
}

json::object stamps_of_time(const protocol::Operation& operation) {
    return json::object{{"at", format_rfc3339(operation.time().utc_us())},
                        {"time_quality", engine::time_quality_name(operation.time().quality())}};
}

json::object stamps(const protocol::Operation& operation) {
    auto report = stamps_of_time(operation);
    report["fix"] = engine::fix_name(operation.gnss().fix());
    if (operation.gnss().has_position()) report["point"] = support::point_json(operation.gnss().position());
    return report;
}

// With the members of `more` behind them.
json::object joined(json::object members, const json::object& more) {
    for (const auto& member : more) members[member.key()] = member.value();
    return members;
}

}  // namespace

Result<json::value> Operations::health(const std::string& device) {
    auto health = effects_.newest_report(device, protocol::Operation::kHealthReported);
    if (!health) return health.error();
    if (!*health) return json::value(nullptr);
    auto out = joined(stamps_of_time(**health), health_json((*health)->health_reported()));
    auto start = effects_.newest_start(device);
    if (!start) return start.error();
    if (*start)
        out["start"] = joined(stamps_of_time(**start), start_json((*start)->health_reported().start()));
    return json::value(std::move(out));
}

Result<json::object> Operations::reports(const std::string& device) {
    auto position = effects_.newest_report(device, protocol::Operation::kPositionReported);
    if (!position) return position.error();
    auto status = effects_.newest_report(device, protocol::Operation::kStatusReported);
    if (!status) return status.error();
    auto box = health(device);
    if (!box) return box.error();
    json::object out{{"position", nullptr}, {"status", nullptr}, {"health", std::move(*box)}};
    if (*position) {
        auto report = stamps(**position);
        const auto& moved = (*position)->position_reported();
        if (moved.has_motion()) {
            report["speed_mps"] = moved.speed_mps();
            report["course_deg"] = moved.course_deg();
        }
        out["position"] = std::move(report);
    }
    if (*status) {
        auto report = stamps(**status);
        report["status"] = (*status)->status_reported().status();
        report["note"] = (*status)->status_reported().note();
        out["status"] = std::move(report);
    }
    return out;
}

Result<std::uint64_t> Operations::count() {
    return sql([&] {
        return static_cast<std::uint64_t>(
            store_.database().execAndGet("SELECT count(*) FROM operation").getInt64());
    });
}

Result<json::array> Operations::list(std::size_t limit) {
    return sql([&] {
        json::array out;
        SQLite::Statement get(
            store_.database(),
            "SELECT device, epoch, lane, seq, id, visit, property, recorded_at, received_at, "
            "outcome, version, reason, body FROM operation ORDER BY operation DESC LIMIT ?");
        get.bind(1, static_cast<std::int64_t>(limit));
        while (get.executeStep()) {
            json::object item;
            item["device"] = get.getColumn(0).getString();
            item["epoch"] = std::to_string(get.getColumn(1).getInt64());
            item["lane"] = protocol::lane_name(static_cast<protocol::Lane>(get.getColumn(2).getInt()));
            item["seq"] = get.getColumn(3).getInt64();
            item["id"] = get.getColumn(4).getString();
            item["visit"] = get.getColumn(5).getString();
            const std::int64_t property = get.getColumn(6).getInt64();
            item["property"] = property == 0 ? json::value(nullptr) : json::value(records::id_text(property));
            item["recorded_at"] = format_rfc3339(get.getColumn(7).getInt64());
            item["received_at"] = format_rfc3339(get.getColumn(8).getInt64());
            item["outcome"] = outcome_name(get.getColumn(9).getInt());
            item["version"] = get.getColumn(10).getInt64();
            item["reason"] = get.getColumn(11).getString();
            protocol::Operation operation;
            const SQLite::Column body = get.getColumn(12);
            if (operation.ParseFromArray(body.getBlob(), body.getBytes()) && makes_observation(operation)) {
                const auto& made = operation.has_observation_made()
                                       ? operation.observation_made()
                                       : operation.observation_corrected().made();
                item["kind"] = made.kind();
                item["note"] = made.note();
                if (operation.has_observation_corrected())
                    item["corrects"] = operation.observation_corrected().observation();
                item["fix"] = engine::fix_name(operation.gnss().fix());
                item["time_quality"] = engine::time_quality_name(operation.time().quality());
            }
            out.push_back(std::move(item));
        }
        return out;
    });
}

}  // namespace fieldpost::hub

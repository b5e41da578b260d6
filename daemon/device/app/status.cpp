// What GET /status says: the whole truth about data, journal, link and parts, also in plain sentences.
#include <boost/json/array.hpp>

#include "daemon/device/app/device.hpp"
#include "sync/base/file.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace json = boost::json;

namespace {

constexpr std::uint64_t little_disk = 256U << 20U;

json::object lane_json(Journal& journal, protocol::Lane lane, std::int64_t now_us) {
    const auto waiting = journal.waiting(lane);
    json::value oldest = nullptr;
    if (waiting.oldest_us) oldest = std::max<std::int64_t>(0, (now_us - *waiting.oldest_us) / 1'000'000);
    return json::object{
        {"lane", protocol::lane_name(lane)}, {"waiting", waiting.count}, {"oldest_unsent_s", oldest}};
}

std::string minutes(std::int64_t seconds) {
    const std::int64_t count = seconds / 60;
    return count == 1 ? "1 minute" : std::to_string(count) + " minutes";
}

}  // namespace

// With wrong settings there is no driver that could tell.
hal::PartStatus Device::gnss_status() const {
    if (const auto why = faults_.find(gnss_part); why != faults_.end()) {
        return {hal::PartState::broken, why->second};
    }
    return gnss_->status();
}

json::object Device::status() {
    const auto time = recorder_->time_now();
    const auto place = recorder_->place_now();
    const auto& engine = link_->engine();
    const bool has_city = link_->city().snapshot_generation != 0;
    const bool contact = engine.in_contact() && engine.problem().empty();
    json::array messages;
    for (const auto& [part, why] : faults_) messages.push_back(json::string(part + ": " + why));

    json::array feeds;
    for (const auto& [feed, state] : engine.feeds().feeds()) {
        feeds.push_back(
            json::object{{"id", records::feed_text(feed)}, {"cursor", state.cursor}, {"head", state.head}});
    }
    const auto& fetcher = engine.fetcher();
    json::value fetch = nullptr;
    if (fetcher.fetching()) {
        fetch =
            json::object{{"chunks_done", fetcher.blocks_done()}, {"chunks_total", fetcher.blocks_total()}};
        messages.push_back(
            json::string("Receiving the city's data: " + std::to_string(fetcher.blocks_done()) + " of " +
                         std::to_string(fetcher.blocks_total()) + " parts."));
    } else if (!has_city) {
        messages.push_back("No city data yet: connect this vehicle to the hub.");
    }
    if (!link_->fetch_problem().empty()) messages.push_back(json::string(link_->fetch_problem()));
    if (!engine.problem().empty()) messages.push_back(json::string("The hub says: " + engine.problem()));
    const bool caught_up = engine.feeds().caught_up();
    const char* data_state = fetcher.fetching() ? "fetching"
                             : !has_city        ? "none"
                             : caught_up        ? "ready"
                                                : "catching_up";

    json::array lanes;
    std::uint64_t waiting = 0;
    std::int64_t oldest = 0;
    for (const auto lane : engine::lanes_by_priority) {
        auto item = lane_json(*journal_, lane, time.utc_us());
        waiting += journal_->waiting(lane).count;
        if (item["oldest_unsent_s"].is_int64())
            oldest = std::max(oldest, item["oldest_unsent_s"].get_int64());
        lanes.push_back(std::move(item));
    }
    if (!journal_->writable())
        messages.push_back("NOT SAVED: the last record could not be written. Free some space.");
    if (waiting > 0 && !contact) {
        messages.push_back(json::string(std::to_string(waiting) +
                                        (waiting == 1 ? " record waits" : " records wait") +
                                        " for the hub, the oldest for " + minutes(oldest) + "."));
    }

    const auto gnss = gnss_status();
    if (gnss.state == hal::PartState::broken && !faults_.contains(gnss_part)) {
        messages.push_back(json::string("GPS: " + gnss.detail));
    }
    const auto free = free_bytes(settings_.state);
    if (free < little_disk) messages.push_back("The disk is nearly full.");

    json::object out;
    out["device"] = settings_.device;
    out["city"] = city_name_;
    out["version"] = FIELDPOST_VERSION;
    out["started_at"] = format_rfc3339(started_us_);
    out["ready"] = true;
    out["data"] = json::object{
        {"generation", link_->city().snapshot_generation},
        {"as_of", as_of_ == 0 ? json::value(nullptr) : json::value(format_rfc3339(as_of_ * 1'000'000))},
        {"properties", properties_},
        {"records", records_},
        {"feeds", std::move(feeds)},
        {"state", data_state},
        {"fetch", std::move(fetch)}};
    out["journal"] = json::object{{"lanes", std::move(lanes)},
                                  {"epoch", std::to_string(journal_->epoch())},
                                  {"bytes", journal_->bytes()},
                                  {"saved", journal_->writable()}};
    out["link"] =
        json::object{{"state", to_string(link_->state())},
                     {"since", format_rfc3339(link_->since_us())},
                     {"broker", settings_.broker_host + ":" + std::to_string(settings_.broker_port)},
                     {"hub", link_->state() != LinkState::connected ? "unknown"
                             : contact                              ? "present"
                                                                    : "absent"}};
    out["position"] = position_json(place);
    out["time"] = time_json(time);
    out["parts"] = json::array{
        json::object{{"name", "gnss"}, {"state", hal::to_string(gnss.state)}, {"detail", gnss.detail}}};
    out["storage"] = json::object{{"free_bytes", free}};
    // Everything that was told "saved" is on disk; nothing else must be waited for.
    out["safe_to_switch_off"] = journal_->writable();
    out["messages"] = std::move(messages);

    metrics_.gauge("fieldpost_journal_waiting_operations", "Operations that the hub has not acknowledged")
        .set(static_cast<double>(waiting));
    metrics_.gauge("fieldpost_journal_oldest_unsent_seconds", "Age of the oldest of them")
        .set(static_cast<double>(oldest));
    metrics_.gauge("fieldpost_hub_contact", "1 when the hub answers").set(contact ? 1 : 0);
    metrics_.gauge("fieldpost_city_properties", "Properties on board").set(static_cast<double>(properties_));
    metrics_.gauge("fieldpost_city_records", "Records on board").set(static_cast<double>(records_));
    metrics_.gauge("fieldpost_event_streams", "Clients that listen to events")
        .set(static_cast<double>(api_->streams()));
    metrics_.gauge("fieldpost_disk_free_bytes", "Free on the state's file system")
        .set(static_cast<double>(free));
    return out;
}

}  // namespace fieldpost::device

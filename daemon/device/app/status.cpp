// What GET /status says: the whole truth about data, journal, link and parts, also in plain sentences.
#include <algorithm>
#include <boost/json/array.hpp>

#include "daemon/device/app/device.hpp"
#include "daemon/device/app/link_status.hpp"
#include "sync/base/file.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace json = boost::json;

namespace {

json::object lane_json(protocol::Lane lane, const Journal::Waiting& waiting, std::int64_t now_us) {
    json::value oldest = nullptr;
    if (waiting.oldest_us) oldest = std::max<std::int64_t>(0, (now_us - *waiting.oldest_us) / 1'000'000);
    return json::object{{"lane", protocol::lane_name(lane)},
                        {"waiting", waiting.count},
                        {"positions", waiting.positions},
                        {"oldest_unsent_s", oldest}};
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

hal::PartStatus Device::uplinks_status() const {
    if (const auto why = faults_.find(uplinks_part); why != faults_.end()) {
        return {hal::PartState::broken, why->second};
    }
    return uplinks_->status();
}

hal::PartStatus Device::supervisor_status() const {
    if (const auto why = faults_.find(supervisor_part); why != faults_.end()) {
        return {hal::PartState::broken, why->second};
    }
    return power_->status();
}

std::vector<NamedPart> Device::parts() const {
    std::vector<NamedPart> out{
        {"gnss", "GPS", gnss_status()},
        {"link", "Uplinks", uplinks_status()},
        {"supervisor", "Supervisor", supervisor_status()},
        {"storage", "Disk", fittings_->disk_status()},
        {"keystore", "Key", keystore_status()},
        {"indicator", "Light", fittings_->light_status()},
        {"installer", "Updates", fittings_->installer_status()},
        {"journal", journal_part, kept_status(journal_part)},
        {"city", city_part, kept_status(city_part)},
        {"attachments", blobs_part, kept_status(blobs_part)},
    };
    return out;
}

hal::PartStatus Device::keystore_status() const {
    if (keystore_) return keystore_->status();
    return kept_status(link_part);
}

hal::PartStatus Device::kept_status(const char* part) const {
    const auto why = faults_.find(part);
    if (why == faults_.end()) return {hal::PartState::ok, ""};
    return {hal::PartState::broken, why->second};
}

// What a person must know before recording anything; empty when records are saved.
std::string Device::why_not_saved() const {
    if (journal_->writable()) return {};
    if (journal_->is_open()) {
        return "NOT SAVED: the last record could not be written. Free some space, then record it again.";
    }
    const auto why = faults_.find(journal_part);
    const std::string reason = why == faults_.end() ? std::string() : " (" + why->second + ")";
    if (!journal_may_open_) {
        return "NOT SAVED: nothing that is recorded now is kept, since the journal cannot be used" + reason +
               ". It was left as it is: write down what you find, and have the vehicle seen to.";
    }
    return "NOT SAVED: nothing that is recorded now is kept, since the journal cannot be opened" + reason +
           ". Write down what you find, and free some space on the disk: it is tried again every few "
           "seconds. Look-up works.";
}

json::object Device::status() {
    const auto time = recorder_->time_now();
    const auto place = recorder_->place_now();
    const auto& engine = link_->engine();
    const bool has_city = link_->city().snapshot_generation != 0;
    const bool contact = engine.in_contact() && engine.problem().empty();
    json::array messages;
    const std::string not_saved = why_not_saved();
    if (!not_saved.empty()) messages.push_back(json::string(not_saved));
    const auto power = power_ ? power_->state() : std::nullopt;
    for (auto& message : power_messages(power, clock_->boottime_us())) {
        messages.push_back(json::string(message));
    }
    for (const auto& [part, why] : faults_) {
        if (part != journal_part) messages.push_back(json::string(part + ": " + why));
    }

    json::array feeds;
    const auto differing = engine.feeds().differing();
    for (const auto& [feed, state] : engine.feeds().feeds()) {
        feeds.push_back(json::object{{"id", records::feed_text(feed)},
                                     {"cursor", state.cursor},
                                     {"head", state.head},
                                     {"differs", std::ranges::find(differing, feed) != differing.end()}});
    }
    for (const auto& feed : differing) {
        messages.push_back(
            json::string("The data of " + records::feed_text(feed) +
                         " on board is not the hub's. It is fetched anew; should this stay, tell "
                         "whoever looks after the hub."));
    }
    for (const auto& [feed, why] : link_->refused_feeds()) {
        messages.push_back(json::string(
            "The changes of " + records::feed_text(feed) + " cannot be written on board (" + why +
            "). It is tried again, within 10 minutes when the disk is behind it, else within a day; "
            "should this stay, tell whoever looks after the hub."));
    }
    if (const std::string left = city_->left_over(); !left.empty()) {
        messages.push_back(json::string("Data that this vehicle may not hold any more cannot be removed (" +
                                        left + "). It is tried again every few seconds."));
    }
    const auto& fetcher = engine.fetcher();
    json::value fetch = nullptr;
    if (fetcher.fetching()) {
        fetch =
            json::object{{"chunks_done", fetcher.blocks_done()}, {"chunks_total", fetcher.blocks_total()}};
        messages.push_back(
            json::string("Receiving the city's data: " + std::to_string(fetcher.blocks_done()) + " of " +
                         std::to_string(fetcher.blocks_total()) + " parts."));
    } else if (!has_city && !faults_.contains(city_part)) {
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
    std::uint64_t records = 0;  // of them, what people recorded
    std::int64_t oldest = 0;
    std::int64_t oldest_record = 0;
    for (const auto lane : engine::lanes_by_priority) {
        const auto of_lane = journal_->waiting(lane);
        auto item = lane_json(lane, of_lane, time.utc_us());
        const std::uint64_t of_people = of_lane.count - of_lane.positions;
        waiting += of_lane.count;
        records += of_people;
        if (item["oldest_unsent_s"].is_int64()) {
            const std::int64_t age = item["oldest_unsent_s"].get_int64();
            oldest = std::max(oldest, age);
            if (of_people > 0) oldest_record = std::max(oldest_record, age);
        }
        lanes.push_back(std::move(item));
    }
    if (not_saved.empty() && !storage_->plan().message.empty())
        messages.push_back(json::string(storage_->plan().message));
    if (records > 0 && !contact) {
        messages.push_back(json::string(std::to_string(records) +
                                        (records == 1 ? " record waits" : " records wait") +
                                        " for the hub, the oldest for " + minutes(oldest_record) + "."));
    }

    const auto attachments = blobs_.store() ? blobs_.store()->tally() : BlobTally();
    if (attachments.waiting > 0 && !contact) {
        messages.push_back(json::string(
            std::to_string(attachments.waiting) +
            (attachments.waiting == 1 ? " attachment waits" : " attachments wait") + " for the hub."));
    }
    if (!attachments.problem.empty()) messages.push_back(json::string("Attachments: " + attachments.problem));

    // Of what the link holds back, only that which waits; not telemetry, which is no crew's work.
    const auto held = [&](engine::SendClass what, bool waits) {
        if (waits && !uplinks_->policy().allows(what))
            messages.push_back(json::string(uplinks_->policy().why_held(what)));
    };
    held(engine::SendClass::work, journal_->waiting(protocol::WORK).count > 0);
    held(engine::SendClass::feed, has_city && !caught_up);
    held(engine::SendClass::attachments, attachments.waiting > 0);
    if (fetcher.waits_for_link()) {
        const std::string why = uplinks_->policy().why_bulk_held(fetcher.bytes_missing());
        if (!why.empty()) messages.push_back(json::string(why));  // else the power is spared, as told above
    } else if ((!has_city || engine.feeds().generation_changed()) && fetcher.bytes_missing() == 0) {
        // Of a manifest, which comes first, no more is known.
        const std::string why = uplinks_->policy().why_bulk_held(protocol::max_message_bytes);
        if (!why.empty()) messages.push_back(json::string(why));
    }
    if (!uplinks_->problem().empty()) {
        messages.push_back(json::string("The month's data count is not whole: " + uplinks_->problem()));
    }
    if (!uplinks_->pause_problem().empty()) {
        messages.push_back(json::string(uplinks_->pause_problem()));
    }
    const auto all_parts = parts();
    auto untold = all_parts;
    std::erase_if(untold, [this](const NamedPart& part) {
        return std::ranges::any_of(faults_,
                                   [&](const auto& fault) { return fault.second == part.status.detail; });
    });
    for (auto& message : part_messages(untold, settings_.mandatory)) {
        messages.push_back(json::string(message));
    }
    const auto free = free_bytes(settings_.state);
    const StorageState& room = storage_->state();
    const StoragePlan& plan = storage_->plan();

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
                                  {"used_bytes", room.journal_used},
                                  {"budget_bytes", storage_->limits().journal},
                                  {"telemetry", plan.accept_telemetry},
                                  {"saved", journal_->writable()}};
    out["attachments"] = json::object{{"waiting", attachments.waiting},
                                      {"waiting_bytes", attachments.waiting_bytes},
                                      {"bytes", attachments.bytes},
                                      {"budget_bytes", attachments.budget}};
    out["link"] =
        json::object{{"state", to_string(link_->state())},
                     {"since", format_rfc3339(link_->since_us())},
                     {"broker", settings_.broker_host + ":" + std::to_string(settings_.broker_port)},
                     {"hub", link_->state() != LinkState::connected ? "unknown"
                             : contact                              ? "present"
                                                                    : "absent"},
                     {"uplinks", uplinks_json(*uplinks_, clock_->now())},
                     {"month", link_month_json(*uplinks_)},
                     {"held", held_json(*uplinks_)}};
    out["position"] = position_json(place);
    out["time"] = time_json(time);
    out["parts"] = parts_json(all_parts, settings_.mandatory);
    out["power"] = power_json(power, clock_->boottime_us());
    out["disk"] = disk_json(fittings_->disk());
    out["systems"] = slots_json(fittings_->slots());
    out["storage"] = json::object{{"free_bytes", free},
                                  {"reserve_held", room.reserve_held},
                                  {"attachment_room_bytes", plan.attachment_room}};
    const auto crew = recorder_->crew_status();
    out["crew"] = crew ? json::value(crew_status_json(*crew)) : json::value(nullptr);
    // Everything that was told "saved" is on disk; nothing else must be waited for.
    out["safe_to_switch_off"] = journal_->writable();
    out["messages"] = std::move(messages);

    metrics_.gauge("fieldpost_journal_waiting_operations", "Operations that the hub has not acknowledged")
        .set(static_cast<double>(waiting));
    metrics_.gauge("fieldpost_journal_oldest_unsent_seconds", "Age of the oldest of them")
        .set(static_cast<double>(oldest));
    metrics_.gauge("fieldpost_attachments_waiting", "Attachments that the hub does not have")
        .set(static_cast<double>(attachments.waiting));
    metrics_.gauge("fieldpost_attachments_bytes", "Bytes of all attachments on board")
        .set(static_cast<double>(attachments.bytes));
    metrics_.gauge("fieldpost_feed_mismatches", "Feeds found to differ from the hub's since the start")
        .set(static_cast<double>(engine.feeds().mismatches()));
    metrics_.gauge("fieldpost_feeds_differing", "Feeds whose rows are not the hub's, as far as is known")
        .set(static_cast<double>(differing.size()));
    metrics_.gauge("fieldpost_hub_contact", "1 when the hub answers").set(contact ? 1 : 0);
    metrics_.gauge("fieldpost_city_properties", "Properties on board").set(static_cast<double>(properties_));
    metrics_.gauge("fieldpost_city_records", "Records on board").set(static_cast<double>(records_));
    metrics_.gauge("fieldpost_event_streams", "Clients that listen to events")
        .set(static_cast<double>(api_->streams()));
    metrics_.gauge("fieldpost_disk_free_bytes", "Free on the state's file system")
        .set(static_cast<double>(free));
    metrics_.gauge("fieldpost_journal_used_bytes", "Of the journal's file, what holds something")
        .set(static_cast<double>(room.journal_used));
    metrics_.gauge("fieldpost_journal_budget_bytes", "Beyond this the journal makes room")
        .set(static_cast<double>(storage_->limits().journal));
    metrics_
        .gauge("fieldpost_journal_reserve_held", "0 when the disk is so full that the reserve was given up")
        .set(room.reserve_held ? 1 : 0);
    set_link_metrics(metrics_, *uplinks_);
    set_box_metrics(metrics_, all_parts, power, fittings_->disk());
    return out;
}

}  // namespace fieldpost::device

// What crews record on a device, and what its screen shows them. Part of DeviceNode.
#include <algorithm>
#include <array>
#include <iterator>

#include "tests/simulation/describe.hpp"
#include "tests/simulation/device_node.hpp"

namespace fieldpost::simulation {

namespace {

using engine::Actions;
using engine::DeviceEngine;

constexpr std::int64_t true_start_us = 1'772'366'400'000'000;  // 2026-03-01

// The field's value in each layer that has one.
std::vector<Bytes> values_in(const std::vector<records::LayerRow>& layers, engine::FieldNumber field) {
    std::vector<Bytes> values;
    for (const auto& row : layers) {
        const auto message = records::parse_body(row.kind, row.body);
        if (!message) continue;
        if (Bytes value = engine::field_value(**message, field); !value.empty())
            values.push_back(std::move(value));
    }
    return values;
}

}  // namespace

// ------------------------------------------------------------------ recording

void DeviceNode::record(const std::string& shared_id, const std::string& observation) {
    const auto lane = engine::lanes_by_priority[stage_.dice.below(engine::lanes_by_priority.size())];
    if (lane == protocol::TELEMETRY && stage_.dice.chance(0.9)) return drive_about();
    Request request;
    request.lane = lane;
    const std::string number = std::to_string(++recorded_);
    // Another device may use the id too; this one does once.
    const bool is_telemetry = lane == protocol::TELEMETRY;
    const bool shared = !is_telemetry && !shared_id.empty() && shared_ids_.insert(shared_id).second;
    request.operation.set_id(shared ? shared_id : id_ + "-" + number);
    const std::uint64_t what = shared ? 100 : is_telemetry ? 0 : stage_.dice.below(100);
    if (what < 10) {
        // From a newer device: an effect that the hub does not know.
        request.operation.set_visit_id("visit " + number);
    } else if (what >= 90 && lane == protocol::URGENT && !shared) {
        report_status(request);
        return ask(std::move(request));
    } else if (what >= 80 && lane == protocol::WORK && !shared) {
        visit(request);
    } else {
        const bool is_change = (what < 45 && edit(request)) || (what < 55 && correct(request, observation));
        if (!is_change) observe(request, number);
    }
    if (!is_telemetry && stage_.dice.chance(0.2)) wait_for_another(request);
    ask(std::move(request));
}

// Ahead of all else. Who responds says where, too.
void DeviceNode::report_status(Request& request) {
    static constexpr std::array states = {"sos", "responding", "on_scene", "available", "out_of_service"};
    ++tally_.statuses;
    request.operation.mutable_status_reported()->set_status(states[stage_.dice.below(states.size())]);
    if (!stage_.dice.chance(0.5)) return;
    ask(position(protocol::URGENT));
}

// Begins a visit, or ends one: each once.
void DeviceNode::visit(Request& request) {
    static constexpr std::array results = {"passed", "failed", "partial", "no_access"};
    ++tally_.visits;
    auto& operation = request.operation;
    if (visits_.empty() || stage_.dice.chance(0.5)) {
        operation.set_visit_id(operation.id());
        operation.mutable_visit_started()->set_purpose("inspection " + operation.id());
        return;
    }
    const auto ended = visits_.begin() + static_cast<std::ptrdiff_t>(stage_.dice.below(visits_.size()));
    operation.set_id("finish " + *ended);
    operation.set_visit_id(*ended);
    operation.mutable_visit_finished()->set_result(results[stage_.dice.below(results.size())]);
    operation.mutable_visit_finished()->set_note("end of " + *ended);
    visits_.erase(ended);
}

// One position; now and then as many as come together when the device is busy.
void DeviceNode::drive_about() {
    for (std::uint64_t count = stage_.dice.chance(0.15) ? 5 + stage_.dice.below(20) : 1; count > 0; --count)
        ask(position(protocol::TELEMETRY));
}

DeviceNode::Request DeviceNode::position(protocol::Lane lane) {
    ++tally_.positions;
    Request request;
    request.lane = lane;
    request.is_asked = false;
    const std::uint64_t number = ++recorded_;
    request.operation.set_id(id_ + "-" + std::to_string(number));
    auto& gnss = *request.operation.mutable_gnss();
    gnss.set_fix(protocol::FIX_3D);
    gnss.mutable_position()->set_lat_e7(420'000'000 + static_cast<std::int32_t>(number));
    gnss.mutable_position()->set_lon_e7(-710'000'000);
    request.operation.mutable_position_reported()->set_speed_mps(static_cast<double>(number));
    return request;
}

void DeviceNode::observe(Request& request, const std::string& number) {
    auto& made = *request.operation.mutable_observation_made();
    made.set_kind("note");
    made.set_note(id_ + " " + number + " " + Bytes(stage_.dice.below(120), 'x'));
    if (!visits_.empty()) request.operation.set_visit_id(visits_.back());
    if (!stage_.dice.chance(0.15) || disk_.limited()) return;
    const bool thumbnail = stage_.dice.chance(0.3);
    Bytes content = id_ + " " + number + " ";
    for (std::uint64_t i = stage_.dice.below(thumbnail ? 40 : 600); i > 0; --i)
        content += "picture " + std::to_string(i);
    // Two crews may take the same picture. A large one is taken up by the hub where an earlier run left it.
    if (stage_.dice.chance(0.1)) content = "the same picture " + std::to_string(stage_.dice.below(3));
    if (!thumbnail && stage_.dice.chance(0.03)) content += Bytes(300'000, 'x');
    const std::size_t bytes = content.size();
    auto hash = attachments_.add(std::move(content), thumbnail);
    if (!hash) return;
    auto& attachment = *made.add_attachments();
    attachment.set_bytes(bytes);
    attachment.set_sha256(std::move(*hash));
    ++tally_.attachments;
}

// Of the record as the crew sees it now.
bool DeviceNode::edit(Request& request) {
    if (!running()) return false;
    std::vector<std::pair<std::uint64_t, records::Kind>> known;
    for (const auto& [feed, content] : city_.held().feeds) {
        for (const auto& [record, row] : content.rows) {
            if (!edited_fields(row.kind).empty()) known.emplace_back(record, row.kind);
        }
    }
    const auto own = own_edits();
    if (known.empty() || !own) return false;
    const auto [record, kind] = known[stage_.dice.below(known.size())];
    const auto layers = city_.layers(record);
    auto& edited = *request.operation.mutable_record_edited();
    edited.set_record(record);
    edited.set_kind(static_cast<std::uint32_t>(kind));
    auto fields = edited_fields(kind);
    for (std::uint64_t count = 1 + stage_.dice.below(2); count > 0; --count) {
        const auto field = fields.begin() + static_cast<std::ptrdiff_t>(stage_.dice.below(fields.size()));
        // Two who say the same do not contradict each other. Some clear the field: its layer may go with it.
        const std::string text = stage_.dice.chance(0.1)    ? "agreed"
                                 : stage_.dice.chance(0.15) ? ""
                                                            : "edit " + request.operation.id();
        *edited.add_edits() = engine::edit_of(kind, layers, *own, static_cast<records::RecordId>(record),
                                              *field, text_value(kind, *field, text));
        fields.erase(field);
    }
    request.lane = protocol::WORK;
    ++tally_.edits;
    return true;
}

bool DeviceNode::correct(Request& request, const std::string& observation) {
    if (observation.empty()) return false;
    auto& corrected = *request.operation.mutable_observation_corrected();
    corrected.set_observation(observation);
    corrected.set_reason("it was wrong");
    corrected.mutable_made()->set_kind("note");
    corrected.mutable_made()->set_note("corrects " + observation);
    request.lane = protocol::WORK;
    return true;
}

// Needs what this device recorded before, in whatever lane.
void DeviceNode::wait_for_another(Request& request) {
    if (!running() || order_.empty()) return;
    auto another = order_.begin();
    std::advance(another, static_cast<std::ptrdiff_t>(stage_.dice.below(order_.size())));
    const auto place = journal_->place_of(another->first);
    if (!place || !*place || another->first == request.operation.id()) return;
    if ((*place)->lane() == protocol::TELEMETRY) return;  // that may be thinned
    *request.operation.mutable_after() = **place;
    request.needs = another->first;
}

std::string DeviceNode::any_observation() {
    return observations_.empty() ? std::string() : observations_[stage_.dice.below(observations_.size())];
}

protocol::TimeStamp DeviceNode::stamp() const {
    protocol::TimeStamp now;
    now.set_utc_us(true_start_us + stage_.now() * 1000 + clock_offset_us_);
    now.set_quality(clock_offset_us_ == 0 ? protocol::TIME_GNSS : protocol::TIME_NONE);
    now.set_boot_id(std::to_string(run_));
    now.set_boottime_us(time() * 1000);
    return now;
}

void DeviceNode::correct_time() {
    for (auto& due : corrections_->due(stamp())) {
        Request request;
        request.is_asked = false;
        request.operation.set_id(due.id);
        *request.operation.mutable_time_corrected() = std::move(due.correction);
        ask(std::move(request));
    }
}

void DeviceNode::ask(Request request) {
    if (!running()) {
        if (request.is_asked) unanswered_.push_back(std::move(request));
        return;
    }
    ++tally_.asked;
    *request.operation.mutable_time() = stamp();
    corrections_->stamped(request.operation.time());
    const std::int64_t true_us = true_start_us + stage_.now() * 1000;
    const std::string id = request.operation.id();
    if (stage_.planted == Planted::saved_before_commit) {
        stage_.checker.asked(id_, request.lane, request.operation, true_us, request.needs);
        stage_.checker.told_saved(id_, id);
    }
    if (request.is_asked) unanswered_.push_back(request);
    auto saved = std::make_shared<bool>(false);
    ++asking_;
    job(
        journal_free_at_,
        [this, request, id, saved, true_us] {
            --asking_;
            stage_.checker.asked(id_, request.lane, request.operation, true_us, request.needs);
            // Written or not, should the power go now.
            if (!order_.contains(id)) order_[id] = ++recordings_;
            const auto place = journal_->append(request.lane, request.operation);
            note({{}, request.lane, {}, id},
                 (place ? (place->repeated ? "has already " : "records ") : "cannot record ") + id +
                     (place ? " as " + protocol::lane_name(request.lane) + " " + std::to_string(place->seq)
                            : ": " + place.error().message));
            if (!place) {
                ++tally_.refused;
                return;
            }
            if (!place->repeated) order_[id] = ++recordings_;
            *saved = true;
            stage_.checker.recorded(id_, id, place->repeated);
        },
        [this, id, saved, request] {
            const bool is_correction = request.operation.has_time_corrected();
            if (is_correction && !*saved) corrections_->failed(id);
            if (!*saved) return;  // NOT SAVED
            if (is_correction) corrections_->recorded(request.operation);
            std::erase_if(unanswered_, [&](const Request& waiting) { return waiting.operation.id() == id; });
            if (request.is_asked && stage_.strikes(0.05)) {
                unanswered_.push_back(request);  // the answer got lost on the way to the screen
            } else {
                stage_.checker.told_saved(id_, id);
            }
            if (request.operation.has_observation_made()) observations_.push_back(id);
            if (request.operation.has_visit_started()) visits_.push_back(id);
            journal_->refresh();
            const std::uint64_t run = run_;
            drive([&](DeviceEngine& engine, Actions& actions) { engine.appended(time(), actions); });
            if (run == run_ && request.operation.has_record_edited()) look();
        });
}

// ------------------------------------------------------------------ the screen

Result<std::vector<engine::OwnOperation>> DeviceNode::own_edits() {
    auto known = journal_->all();
    if (!known) return known.error();
    std::map<std::uint64_t, engine::OwnOperation> by_order;
    for (const KnownOperation& one : *known) {
        engine::OwnOperation own;
        if (!own.operation.ParseFromString(one.body) || !own.operation.has_record_edited()) continue;
        own.state = one.pending                            ? engine::OwnState::pending
                    : one.outcome == protocol::CONFLICT    ? engine::OwnState::conflict
                    : one.outcome == protocol::QUARANTINED ? engine::OwnState::quarantined
                                                           : engine::OwnState::accepted;
        own.version = one.version;
        own.reason = one.reason;
        own.noted_in = one.noted_in;
        const auto order = order_.find(own.operation.id());
        if (order == order_.end()) continue;  // nobody asked for it: the checker tells of that
        by_order.emplace(order->second, std::move(own));
    }
    std::vector<engine::OwnOperation> out;
    for (auto& [number, own] : by_order) out.push_back(std::move(own));
    return out;
}

std::set<records::LayerKey> DeviceNode::layers_held() const {
    std::set<records::LayerKey> out;
    for (const auto& [feed, content] : city_.held().feeds) out.insert(feed.layer);
    return out;
}

std::optional<std::uint64_t> DeviceNode::notes_in_city() const {
    engine::FeedPlaces places;
    for (const auto& [feed, content] : city_.held().feeds)
        places[feed] = {city_.held().hub_generations.at(feed), content.cursor};
    return engine::notes_in(places, journal_->in_city());
}

void DeviceNode::look() {
    const auto own = own_edits();
    if (!own) return;
    engine::Overlay overlay(id_, layers_held(), notes_in_city());
    std::map<std::pair<std::uint64_t, engine::FieldNumber>, std::pair<const engine::OwnOperation*, Bytes>>
        newest;
    std::set<std::uint64_t> records;
    for (const auto& one : *own) {
        const auto& edited = one.operation.record_edited();
        if (records.insert(edited.record()).second) overlay.hold(city_.layers(edited.record()));
        for (const auto& edit : edited.edits())
            newest[{edited.record(), edit.field()}] = {&one, edit.value()};
    }
    if (stage_.planted != Planted::forget_the_overlay) overlay.lay(*own);
    for (const auto& [about, last] : newest) {
        const auto& [record, field] = about;
        if (last.first->state != engine::OwnState::pending || city_.layers(record).empty()) continue;
        const auto& layers = overlay.at(static_cast<records::RecordId>(record)).layers;
        const auto shown = values_in(layers, field);
        const bool is_shown =
            last.second.empty() ? shown.empty() : std::ranges::find(shown, last.second) != shown.end();
        // One that moves from a layer to another is in both for a moment.
        if (is_shown || values_in(city_.layers(record), field).size() > 1) continue;
        const std::string& id = last.first->operation.id();
        stage_.checker.problem({id_, protocol::WORK, {}, id}, "does not show its own edit " + id);
        return;
    }
}

std::string DeviceNode::wrong_on_screen(std::optional<std::uint64_t> in_city) {
    const auto own = own_edits();
    if (!own) return "its journal cannot be read";
    engine::Overlay overlay(id_, layers_held(), in_city);
    std::set<std::uint64_t> records;
    std::set<std::uint64_t> unanswered;
    for (const auto& one : *own) {
        const std::uint64_t record = one.operation.record_edited().record();
        if (records.insert(record).second) overlay.hold(city_.layers(record));
        if (one.state == engine::OwnState::pending) unanswered.insert(record);
    }
    overlay.lay(*own);
    for (const std::uint64_t record : records) {
        const auto held = city_.layers(record);
        if (held.empty() || unanswered.contains(record)) continue;
        const auto& shown = overlay.at(static_cast<records::RecordId>(record));
        if (shown.layers == held) continue;
        std::string text = "shows of record " + std::to_string(record) +
                           " something else than the hub says, with nothing on its way:";
        for (const auto& [field, own_value] : shown.fields) {
            text += " field " + std::to_string(field) + " of edit " + own_value.operation + ", " +
                    std::string(engine::to_string(own_value.state)) + ";";
        }
        for (const auto& layer : held) {
            text +=
                " " + records::feed_text({"", layer.layer}) + " at version " + std::to_string(layer.version);
        }
        return text;
    }
    return {};
}

}  // namespace fieldpost::simulation

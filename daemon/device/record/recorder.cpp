#include "daemon/device/record/recorder.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sync/base/crypto.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace {

constexpr std::size_t max_text = 10'000;  // bytes of one note
constexpr std::size_t max_values = 200;
constexpr std::size_t max_attachments = 50;
constexpr std::size_t max_name = 255;
constexpr std::int64_t longest_believed_us = std::int64_t{365} * 86'400 * 1'000'000;  // between two boots
constexpr std::array<std::string_view, 5> severities = {"", "info", "minor", "major", "critical"};
constexpr std::array<std::string_view, 5> crew_states = {"sos", "responding", "on_scene", "available",
                                                         "out_of_service"};
constexpr std::array<std::string_view, 4> visit_results = {"passed", "failed", "partial", "no_access"};

protocol::FixType to_wire(hal::FixType fix) {
    switch (fix) {
        case hal::FixType::none:
            return protocol::FIX_NONE;
        case hal::FixType::fix_2d:
            return protocol::FIX_2D;
        case hal::FixType::fix_3d:
            return protocol::FIX_3D;
        case hal::FixType::dgnss:
            return protocol::FIX_DGNSS;
        case hal::FixType::rtk:
            return protocol::FIX_RTK;
        case hal::FixType::estimated:
            return protocol::FIX_ESTIMATED;
    }
    return protocol::FIX_NONE;
}

protocol::TimeQuality to_wire(hal::TimeQuality quality) {
    switch (quality) {
        case hal::TimeQuality::none:
            return protocol::TIME_NONE;
        case hal::TimeQuality::build_floor:
            return protocol::TIME_BUILD_FLOOR;
        case hal::TimeQuality::rtc:
            return protocol::TIME_RTC;
        case hal::TimeQuality::ntp:
            return protocol::TIME_NTP;
        case hal::TimeQuality::gnss:
            return protocol::TIME_GNSS;
    }
    return protocol::TIME_NONE;
}

Bytes uuid_bytes(std::string_view text) {
    std::string hex;
    std::ranges::copy_if(text, std::back_inserter(hex), [](char c) { return c != '-'; });
    return from_hex(hex).value_or(Bytes());
}

std::int32_t e7(double degrees) {
    return static_cast<std::int32_t>(std::lround(degrees * 1e7));
}

Status check_text(std::string_view what, std::string_view text) {
    if (text.size() > max_text) {
        return fail(ErrorCode::invalid_argument, std::string(what) + " is too long: at most 10,000 bytes");
    }
    return ok();
}

// "type/subtype" with the characters of RFC 6838, 4.2.
bool is_media_type(std::string_view text) {
    static constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || text.size() > max_name) return false;
    const std::string_view type = text.substr(0, slash);
    const std::string_view subtype = text.substr(slash + 1);
    return !type.empty() && !subtype.empty() && type.find_first_not_of(letters) == std::string_view::npos &&
           subtype.find_first_not_of(letters) == std::string_view::npos;
}

Status check_attachment(const NewAttachment& attachment) {
    if (attachment.name.size() > max_name) {
        return fail(ErrorCode::invalid_argument, "an attachment's name is too long: at most 255 bytes");
    }
    if (!is_media_type(attachment.media_type)) {
        return fail(ErrorCode::invalid_argument, "an attachment needs a \"media_type\", such as image/jpeg");
    }
    return ok();
}

Status check_id(std::string_view what, std::string_view id) {
    if (!id.empty() && !is_uuid(id)) {
        return fail(ErrorCode::invalid_argument, std::string(what) + " must be a UUID");
    }
    return ok();
}

}  // namespace

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex) return false;
    }
    return true;
}

Recorder::Recorder(Journal& journal, hal::Clock& clock, const KeptBlobs& blobs)
    : journal_(journal), clock_(clock), blobs_(blobs), corrections_(uuid_bytes(clock.boot_id())) {
    recall();
}

void Recorder::recall() {
    corrections_.recall(journal_);
    const auto status = journal_.last(protocol::URGENT, protocol::Operation::kStatusReported);
    if (status && *status) status_is((*status)->operation);
}

void Recorder::fix(const hal::Fix& fix) {
    {
        const std::lock_guard lock(mutex_);
        fix_ = fix;
    }
    if (fix.utc_valid && !fix.utc_leaps && fix.utc_us) clock_.offer_gnss_time(*fix.utc_us, fix.received_us);
}

hal::Fix Recorder::fix_now() const {
    const std::lock_guard lock(mutex_);
    return hal::at_time(fix_, clock_.boottime_us());
}

protocol::TimeStamp Recorder::time_now() const {
    const hal::TimeReading now = clock_.now();
    protocol::TimeStamp stamp;
    stamp.set_utc_us(now.utc_us);
    stamp.set_quality(to_wire(now.quality));
    stamp.set_boot_id(uuid_bytes(clock_.boot_id()));
    stamp.set_boottime_us(now.boottime_us);
    return stamp;
}

protocol::GnssStamp Recorder::place_now() const {
    return place_of(fix_now());
}

protocol::GnssStamp Recorder::place_of(const hal::Fix& fix) const {
    protocol::GnssStamp stamp;
    stamp.set_fix(to_wire(fix.type));
    if (fix.position) {
        stamp.mutable_position()->set_lat_e7(e7(fix.position->latitude));
        stamp.mutable_position()->set_lon_e7(e7(fix.position->longitude));
        stamp.set_age_ms(static_cast<std::uint32_t>(fix.age_us(clock_.boottime_us()) / 1000));
        stamp.set_hdop(static_cast<float>(fix.hdop.value_or(0)));
        stamp.set_accuracy_m(static_cast<float>(fix.accuracy_m.value_or(0)));
    }
    stamp.set_satellites(static_cast<std::uint32_t>(fix.satellites_used.value_or(0)));
    return stamp;
}

protocol::Operation Recorder::stamped(std::string id, std::string visit, records::RecordId property) {
    check_time();
    auto operation = here_and_now(std::move(id));
    operation.set_visit_id(std::move(visit));
    operation.set_property(static_cast<std::uint64_t>(property));
    corrections_.stamped(operation.time());
    return operation;
}

protocol::Operation Recorder::here_and_now(std::string id) const {
    protocol::Operation operation;
    operation.set_id(id.empty() ? random_uuid() : std::move(id));
    *operation.mutable_time() = time_now();
    *operation.mutable_gnss() = place_now();
    return operation;
}

void Recorder::check_time() {
    const auto now = time_now();
    for (auto& [id, correction] : corrections_.due(now)) {
        protocol::Operation operation;
        operation.set_id(id);
        *operation.mutable_time() = now;
        *operation.mutable_time_corrected() = std::move(correction);
        journal_.append(protocol::WORK, operation, [this, operation](const Result<Recorded>& recorded) {
            // One that was recorded before, by another run of this program, says the same as exactly as
            // clocks do.
            const bool known = !recorded && recorded.error().code == ErrorCode::conflict;
            if (recorded || known) return corrections_.recorded(operation);
            corrections_.failed(operation.id());
        });
    }
}

void Recorder::start_visit(NewVisit visit, Journal::Saved saved) {
    Status sound = check_id("the visit's id", visit.id);
    if (sound) sound = check_text("the purpose", visit.purpose);
    if (sound && visit.property == 0) {
        sound = fail(ErrorCode::invalid_argument, "a visit needs a property: give its id in \"property\"");
    }
    if (!sound) return saved(sound.error());
    auto operation = stamped(visit.id, {}, visit.property);
    operation.set_visit_id(operation.id());
    operation.mutable_visit_started()->set_purpose(visit.purpose);
    journal_.append(protocol::WORK, std::move(operation), std::move(saved));
}

Status Recorder::check(const NewObservation& observation) {
    Status sound = check_id("the id", observation.id);
    if (sound) sound = check_id("the visit's id", observation.visit);
    if (sound) sound = check_text("the note", observation.note);
    if (sound && (observation.kind.empty() || observation.kind.size() > 64)) {
        sound = fail(ErrorCode::invalid_argument,
                     "an observation needs a \"kind\", such as note, condition or hazard");
    }
    if (sound && observation.note.empty() && observation.values.empty() && observation.attachments.empty()) {
        sound = fail(ErrorCode::invalid_argument,
                     "an observation needs a \"note\", \"values\" or \"attachments\"");
    }
    if (sound && std::ranges::find(severities, observation.severity) == severities.end()) {
        sound = fail(ErrorCode::invalid_argument, "\"severity\" is one of info, minor, major, critical");
    }
    if (sound && observation.values.size() > max_values) {
        sound = fail(ErrorCode::invalid_argument, "at most 200 values in one observation");
    }
    if (sound && observation.attachments.size() > max_attachments) {
        sound = fail(ErrorCode::invalid_argument, "at most 50 attachments in one observation");
    }
    return sound;
}

Result<protocol::ObservationMade> Recorder::made(NewObservation& observation) {
    protocol::ObservationMade made;
    for (NewAttachment& attachment : observation.attachments) {
        auto found = attached(observation.id, std::move(attachment));
        if (!found) return found.error();
        *made.add_attachments() = std::move(*found);
    }
    made.set_kind(std::move(observation.kind));
    made.set_note(std::move(observation.note));
    made.set_severity(std::move(observation.severity));
    for (auto& [name, value] : observation.values) {
        auto& added = *made.add_values();
        added.set_name(std::move(name));
        added.set_value(std::move(value));
    }
    return made;
}

void Recorder::observe(NewObservation observation, Journal::Saved saved) {
    if (auto sound = check(observation); !sound) return saved(sound.error());
    auto said = made(observation);
    if (!said) return saved(said.error());
    auto operation = stamped(std::move(observation.id), std::move(observation.visit), observation.property);
    *operation.mutable_observation_made() = std::move(*said);
    journal_.append(protocol::WORK, std::move(operation), std::move(saved));
}

void Recorder::correct(NewCorrection correction, Journal::Saved saved) {
    Status sound = check_id("the observation's id", correction.observation);
    if (sound) sound = check_text("the reason", correction.reason);
    if (sound && correction.reason.empty()) {
        sound = fail(ErrorCode::invalid_argument, "a correction needs a \"reason\"");
    }
    if (sound) sound = check(correction.said);
    if (!sound) return saved(sound.error());
    auto said = made(correction.said);
    if (!said) return saved(said.error());
    auto operation =
        stamped(std::move(correction.said.id), std::move(correction.said.visit), correction.said.property);
    if (correction.observed) *operation.mutable_after() = *correction.observed;
    auto& corrected = *operation.mutable_observation_corrected();
    corrected.set_observation(std::move(correction.observation));
    corrected.set_reason(std::move(correction.reason));
    *corrected.mutable_made() = std::move(*said);
    journal_.append(protocol::WORK, std::move(operation), std::move(saved));
}

void Recorder::edit(NewEdit edit, Journal::Saved saved) {
    Status sound = check_id("the id", edit.id);
    if (sound) sound = check_text("the note", edit.note);
    if (sound && edit.fields.empty()) {
        sound = fail(ErrorCode::invalid_argument, "an edit needs \"fields\", with at least one");
    }
    if (!sound) return saved(sound.error());
    auto operation = stamped(std::move(edit.id), {}, edit.property);
    auto& edited = *operation.mutable_record_edited();
    edited.set_record(static_cast<std::uint64_t>(edit.record));
    edited.set_kind(static_cast<std::uint32_t>(edit.kind));
    for (auto& field : edit.fields) *edited.add_edits() = std::move(field);
    edited.set_note(std::move(edit.note));
    journal_.append(protocol::WORK, std::move(operation), std::move(saved));
}

void Recorder::report_status(NewStatus status, Journal::Saved saved) {
    Status sound = check_id("the id", status.id);
    if (sound) sound = check_text("the note", status.note);
    if (sound && std::ranges::find(crew_states, status.status) == crew_states.end()) {
        sound = fail(ErrorCode::invalid_argument,
                     "\"status\" is one of sos, responding, on_scene, available, out_of_service");
    }
    if (!sound) return saved(sound.error());
    auto operation = stamped(std::move(status.id), {}, 0);
    operation.mutable_status_reported()->set_status(std::move(status.status));
    operation.mutable_status_reported()->set_note(std::move(status.note));
    journal_.append(protocol::URGENT, std::move(operation),
                    [this, saved = std::move(saved)](Result<Recorded> recorded) {
                        if (recorded && !recorded->repeated) status_is(recorded->operation);
                        saved(std::move(recorded));
                    });
}

void Recorder::status_is(const protocol::Operation& reported) {
    status_id_ = reported.id();
    const std::string& status = reported.status_reported().status();
    emergency_.reset();
    if (status == "responding" || status == "sos")
        emergency_ = Emergency{reported.time(), clock_.boottime_us(), status == "sos"};
}

bool Recorder::is_emergency() const {
    if (!emergency_) return false;
    const auto now = time_now();
    const auto& said = emergency_->said;
    // Of another boot CLOCK_BOOTTIME says nothing; clocks that knew the time do, and else it is only known
    // since when this boot knows of it.
    std::int64_t ago = now.boottime_us() - emergency_->known_since_us;
    if (said.boot_id() == now.boot_id()) {
        ago = now.boottime_us() - said.boottime_us();
    } else if (said.quality() >= protocol::TIME_RTC && now.quality() >= protocol::TIME_RTC) {
        const std::int64_t between = now.utc_us() - said.utc_us();
        // A clock that runs on its battery may show any year, and the crew still asks for help.
        const bool are_set = std::min(said.quality(), now.quality()) > protocol::TIME_RTC;
        if (are_set || between < longest_believed_us) ago = std::max(ago, between);
    }
    return ago < PositionLimits::urgent_at_most_us;
}

bool Recorder::asks_for_help() const {
    return emergency_ && emergency_->is_sos && is_emergency();
}

// Asked only when a position is due.
bool Recorder::may_be_urgent() const {
    return journal_.waiting(protocol::URGENT).positions < PositionLimits::urgent_waiting;
}

void Recorder::check_position(std::function<void()> urgent_saved) {
    if (saving_position_) return;
    const hal::Fix fix = fix_now();
    const std::int64_t now = clock_.boottime_us();
    bool urgent = is_emergency();
    if (!pace_.is_due(fix, urgent, now)) return;
    if (urgent && !may_be_urgent()) {
        urgent = false;
        if (!pace_.is_due(fix, urgent, now)) return;
    }
    pace_.reported(fix, now);
    auto operation = stamped({}, {}, 0);
    *operation.mutable_gnss() = place_of(fix);  // that was judged: the receiver may have said more since
    auto& reported = *operation.mutable_position_reported();
    if (fix.speed_mps && fix.course_deg) {
        reported.set_speed_mps(*fix.speed_mps);
        reported.set_course_deg(*fix.course_deg);
        reported.set_has_motion(true);
    }
    saving_position_ = true;
    journal_.append(urgent ? protocol::URGENT : protocol::TELEMETRY, std::move(operation),
                    [this, urgent, urgent_saved = std::move(urgent_saved)](const Result<Recorded>& recorded) {
                        position_saved(recorded);
                        if (recorded && urgent) urgent_saved();
                    });
}

void Recorder::position_saved(const Result<Recorded>& recorded) {
    saving_position_ = false;
    if (!recorded) return positions_log_.not_saved(recorded.error());
    positions_log_.saved();
}

void Recorder::report_health(NewHealth health) {
    const std::int64_t now = clock_.boottime_us();
    if (saving_health_ || !health_pace_.is_due(health, now)) return;
    health_pace_.reported(health, now);
    if (start_is_saved_) health.start.reset();
    // A supervisor that is heard later will say why the box has power.
    const bool is_whole = health.start && (health.supervisor || !health.has_supervisor);
    // Recorded at each start, before the clock knows the time: a correction for it alone would be a record
    // that waits for the hub, of which nobody would see anything.
    auto operation = here_and_now({});
    operation.clear_gnss();  // where the vehicle is its positions say, which a city may not want
    *operation.mutable_health_reported() = health_record(health);
    saving_health_ = true;
    journal_.append(protocol::TELEMETRY, std::move(operation),
                    [this, is_whole](const Result<Recorded>& recorded) { health_saved(recorded, is_whole); });
}

void Recorder::health_saved(const Result<Recorded>& recorded, bool has_whole_start) {
    saving_health_ = false;
    if (!recorded) {
        health_pace_.lost();
        return health_log_.not_saved(recorded.error());
    }
    start_is_saved_ = start_is_saved_ || has_whole_start;
    health_log_.saved();
}

std::optional<Recorded> Recorder::crew_status() {
    if (status_id_.empty()) return std::nullopt;
    auto found = journal_.by_id(status_id_);
    return found ? std::move(*found) : std::nullopt;
}

Result<records::Attachment> Recorder::attached(const std::string& observation, NewAttachment attachment) {
    if (auto sound = check_attachment(attachment); !sound) return sound.error();
    auto bytes = blobs_.bytes_of(attachment.sha256);
    bool has_thumbnail = attachment.thumbnail.empty() || blobs_.bytes_of(attachment.thumbnail).has_value();
    if ((!bytes || !has_thumbnail) && !observation.empty()) {
        // A repeated request is answered as the first was, also when its files have left this device since.
        const auto before = journal_.by_id(observation);
        if (!before) return before.error().with("NOT SAVED");
        if (*before) {
            const auto& recorded = (*before)->operation;
            const auto& said = recorded.has_observation_corrected() ? recorded.observation_corrected().made()
                                                                    : recorded.observation_made();
            for (const auto& kept : said.attachments()) {
                if (kept.sha256() != attachment.sha256) continue;
                bytes = kept.bytes();
                has_thumbnail = has_thumbnail || kept.thumbnail() == attachment.thumbnail;
            }
        }
    }
    if (!bytes || !has_thumbnail) {
        return fail(
            ErrorCode::invalid_argument,
            "an attachment or its thumbnail is not on this device: send it first (POST /api/v1/attachments)");
    }
    records::Attachment out;
    out.set_sha256(std::move(attachment.sha256));
    out.set_bytes(*bytes);
    out.set_media_type(std::move(attachment.media_type));
    out.set_name(std::move(attachment.name));
    out.set_thumbnail(std::move(attachment.thumbnail));
    return out;
}

void Recorder::finish_visit(VisitEnd end, Journal::Saved saved) {
    Status sound = check_text("the note", end.note);
    if (sound && std::ranges::find(visit_results, end.result) == visit_results.end()) {
        sound = fail(ErrorCode::invalid_argument, "\"result\" is one of passed, failed, partial, no_access");
    }
    if (!sound) return saved(sound.error());
    // One end per visit: its id follows from the visit's, so a repeated request finds it.
    const std::string hex = to_hex(sha256("finish " + end.visit)).substr(0, 32);
    std::string id = hex;
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) id.insert(dash, 1, '-');
    auto operation = stamped(id, end.visit, end.property);
    operation.mutable_visit_finished()->set_result(end.result);
    operation.mutable_visit_finished()->set_note(end.note);
    journal_.append(protocol::WORK, std::move(operation),
                    [this, id, saved = std::move(saved)](Result<Recorded> recorded) {
                        if (!recorded && recorded.error().code == ErrorCode::conflict) {
                            return saved(finished_before(id, recorded.error()));
                        }
                        saved(std::move(recorded));
                    });
}

Error Recorder::finished_before(const std::string& id, const Error& refused) {
    const auto first = journal_.by_id(id);
    if (!first || !*first || !(*first)->operation.has_visit_finished()) return refused;
    const auto& operation = (*first)->operation;
    std::string stands = "\"" + operation.visit_finished().result() + "\"";
    if (!operation.visit_finished().note().empty()) {
        stands += ", with the note \"" + operation.visit_finished().note() + "\"";
    }
    return fail(ErrorCode::conflict, "this visit was finished at " +
                                         format_rfc3339(operation.time().utc_us()) + " as " + stands +
                                         ": that stands. Record what has changed as an observation");
}

}  // namespace fieldpost::device

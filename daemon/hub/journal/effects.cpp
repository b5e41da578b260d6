#include "daemon/hub/journal/effects.hpp"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <limits>
#include <map>

namespace fieldpost::hub {

namespace {

constexpr std::int64_t micros = 1'000'000;
constexpr std::size_t max_boot_id = 64;  // bytes

Effect accepted(std::uint64_t version) {
    return {{protocol::ACCEPTED, version, {}}, {}};
}

// What stands stays, and the operation's bytes are kept: a person decides.
Effect in_conflict(std::uint64_t version, std::string reason) {
    return {{protocol::CONFLICT, version, std::move(reason)}, {}};
}

Result<engine::TrueTime> time_of(EffectStore& store, const std::string& device,
                                 const protocol::TimeStamp& stamp) {
    const engine::TrueTime as_stamped{stamp.utc_us(), stamp.quality()};
    if (stamp.quality() == protocol::TIME_GNSS || stamp.boot_id().empty()) return as_stamped;
    auto corrections = store.time_corrections(device, stamp.boot_id());
    if (!corrections) return corrections.error();
    return engine::true_time(stamp, *corrections);
}

// One operation taking effect.
class Taking {
  public:
    Taking(EffectStore& store, const engine::RegisteredDevice& device, protocol::Lane lane,
           const protocol::Operation& operation, Turn turn, engine::TrueTime when)
        : store_(store), device_(device), lane_(lane), operation_(operation), turn_(turn), when_(when) {}

    Result<Effect> take() {
        switch (operation_.effect_case()) {
            case protocol::Operation::kVisitStarted:
            case protocol::Operation::kVisitFinished:
                return visit();
            case protocol::Operation::kObservationMade:
                return observation();
            case protocol::Operation::kObservationCorrected:
                return correction();
            case protocol::Operation::kRecordEdited:
                return edit();
            case protocol::Operation::kTimeCorrected:
                return time_correction();
            case protocol::Operation::kPositionReported:
            case protocol::Operation::kStatusReported:
            case protocol::Operation::kHealthReported:
                return report();
            case protocol::Operation::kVoided:
                return voided();
            case protocol::Operation::EFFECT_NOT_SET:
                break;
        }
        return fail(ErrorCode::invalid_argument, "an effect that this hub does not know: update the hub");
    }

  private:
    Result<Effect> visit() {
        if (operation_.visit_id().empty()) return fail(ErrorCode::invalid_argument, "a visit without an id");
        auto before = store_.record(engine::visit_record(operation_.visit_id()));
        if (!before) return before.error();
        records::Visit visit;
        auto property = static_cast<RecordId>(operation_.property());
        if (*before) {
            visit.CopyFrom(*(*before)->message);
            if (property == 0) property = (*before)->property;  // a finish names the visit, not the place
        }
        const records::Visit stands = visit;
        engine::apply_to_visit(device_.id, operation_, when_, visit);
        if (*before && engine::contradicts(operation_, stands, visit)) {
            return in_conflict(0, "the visit with this id is another's, or stands otherwise already");
        }
        auto version =
            store_.put({records::VISIT, visit.visit_id(), &visit, property, when_.utc_us / micros});
        if (!version) return version.error();
        return accepted(*version);
    }

    Result<Effect> observation() {
        if (operation_.id().empty()) return fail(ErrorCode::invalid_argument, "an observation without an id");
        return put_observation(static_cast<RecordId>(operation_.property()));
    }

    // One that stands under the id already and was made by the same words is left as it is, be it corrected
    // since.
    Result<Effect> put_observation(RecordId property) {
        auto& made = *google::protobuf::Arena::CreateMessage<records::Observation>(&arena_);
        engine::to_observation(device_.id, operation_, when_, made);
        auto before = store_.record(engine::observation_record(operation_.id()));
        if (!before) return before.error();
        if (*before) {
            records::Observation stands;
            stands.CopyFrom(*(*before)->message);
            stands.clear_corrected_by();
            return stands.SerializeAsString() == made.SerializeAsString()
                       ? accepted((*before)->version)
                       : in_conflict(0, "another observation has this id");
        }
        auto version =
            store_.put({records::OBSERVATION, operation_.id(), &made, property, when_.utc_us / micros});
        if (!version) return version.error();
        return accepted(*version);
    }

    // The correction takes the place of what stands: of the observation that it names, or of the last one
    // that corrected that.
    Result<Effect> correction() {
        const auto& named = operation_.observation_corrected().observation();
        if (operation_.id().empty() || named.empty()) {
            return fail(ErrorCode::invalid_argument, "a correction without an id, or of no observation");
        }
        std::string of = named;
        for (int corrections = 0; corrections < engine::max_corrections; ++corrections) {
            auto before = store_.record(engine::observation_record(of));
            if (!before) return before.error();
            if (!*before) {
                engine::OperationResult parked{protocol::PARKED, 0,
                                               "waits for the observation that it corrects"};
                return Effect{std::move(parked), of};
            }
            records::Observation corrected;
            corrected.CopyFrom(*(*before)->message);
            const auto property = (*before)->property;
            if (of == operation_.id() || corrected.corrected_by() == operation_.id())
                return put_observation(property_of_correction(property));
            if (!corrected.corrected_by().empty()) {
                of = corrected.corrected_by();
                continue;
            }
            auto effect = put_observation(property_of_correction(property));
            if (!effect || effect->result.outcome != protocol::ACCEPTED) return effect;
            corrected.set_corrected_by(operation_.id());
            auto put = store_.put({records::OBSERVATION, of, &corrected, property, when_.utc_us / micros});
            if (!put) return put.error();
            return effect;
        }
        return fail(ErrorCode::invalid_argument, "this observation was corrected too often");
    }

    // A correction that names no place is about the place of what it corrects.
    RecordId property_of_correction(RecordId corrected) const {
        return operation_.property() == 0 ? corrected : static_cast<RecordId>(operation_.property());
    }

    Result<Effect> edit() {
        const auto& edited = operation_.record_edited();
        const auto id = static_cast<RecordId>(edited.record());
        if (operation_.id().empty()) return fail(ErrorCode::invalid_argument, "an edit without an id");
        if (edited.record() == 0 || edited.record() >> 63U != 0)
            return fail(ErrorCode::invalid_argument, "an edit of what is no record");
        auto before = store_.record(id);
        if (!before) return before.error();
        if (!*before) return fail(ErrorCode::not_found, "the record that it edits is not there any more");
        if (static_cast<std::uint32_t>((*before)->kind) != edited.kind())
            return fail(ErrorCode::conflict, "the record that it edits is of another kind");
        if (!can_be_edited((*before)->kind)) {
            return fail(ErrorCode::invalid_argument,
                        "what a crew recorded is corrected by an observation, not edited");
        }
        std::map<engine::FieldNumber, StandingField> standing;
        auto merged = engine::merge(*(*before)->message, edited, [&](engine::FieldNumber field) {
            return what_stands(id, field, standing);
        });
        if (!merged) return merged.error();
        return keep_merged(**before, *merged, standing);
    }

    Result<engine::FieldState> what_stands(RecordId record, engine::FieldNumber number,
                                           std::map<engine::FieldNumber, StandingField>& standing) {
        auto field = store_.field(record, number);
        if (!field) return field.error();
        engine::FieldState state = field->state;
        // A version says nothing of a value that was never sent to the editor.
        const bool is_sent =
            std::ranges::any_of(device_.feeds, [&](const auto& feed) { return feed.layer == field->layer; });
        if (!is_sent && !field->value.empty()) state.version = std::numeric_limits<std::uint64_t>::max();
        standing.emplace(number, std::move(*field));
        return state;
    }

    Result<Effect> keep_merged(const StandingRecord& before, const std::vector<engine::MergedField>& merged,
                               const std::map<engine::FieldNumber, StandingField>& standing) {
        const auto record = static_cast<RecordId>(operation_.record_edited().record());
        Author by{Author::Role::device, device_.id, operation_.id(), when_.utc_us, {}, 0};
        if (operation_.gnss().has_position()) by.where = operation_.gnss().position();
        std::vector<NewValue> values;
        std::uint64_t version = 0;  // at which a cache shows all that was accepted
        std::string in_conflict_names;
        for (const auto& field : merged) {
            version = std::max(version, standing.at(field.field).state.version);
            by.saw_version = std::max(by.saw_version, field.seen_version);
            if (field.meeting == engine::Meeting::applies) values.push_back({field.field, field.value});
        }
        for (const auto& edit : operation_.record_edited().edits()) {
            if (edit.seen_operation().empty()) continue;
            auto over = store_.supersede_conflict(record, edit.field(), edit.seen_operation());
            if (!over) return over.error();
        }
        if (!values.empty()) {
            auto changed = store_.change_fields(record, values, by);
            if (!changed) return changed.error();
            version = *changed;
        }
        for (const auto& field : merged) {
            if (field.meeting != engine::Meeting::conflict) continue;
            version = std::max(version, before.version);
            const auto& stands = standing.at(field.field);
            Conflict conflict;
            conflict.record = record;
            conflict.kind = before.kind;
            conflict.field = field.field;
            conflict.shown_version = version;
            conflict.shown = {stands.value, stands.by, std::nullopt};
            if (stands.changed) conflict.shown.saw = stands.before;
            conflict.other = {field.value, by, stands.at(field.seen_version)};
            conflict.other.by.saw_version = field.seen_version;
            if (auto kept = store_.keep_conflict(conflict); !kept) return kept.error();
            in_conflict_names += (in_conflict_names.empty() ? "" : ", ") + name_of(before, field.field);
        }
        if (in_conflict_names.empty()) return accepted(version);
        return in_conflict(version, "changed by others meanwhile: " + in_conflict_names +
                                        ". Both values are kept until a person at the hub decides");
    }

    static std::string name_of(const StandingRecord& record, engine::FieldNumber field) {
        const auto* descriptor = record.message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
        return descriptor == nullptr ? std::to_string(field) : descriptor->name();
    }

    Result<Effect> time_correction() {
        const auto& corrected = operation_.time_corrected();
        if (corrected.boot_id().empty() || corrected.boot_id().size() > max_boot_id ||
            corrected.quality() <= protocol::TIME_NONE ||
            !protocol::TimeQuality_IsValid(corrected.quality())) {
            return fail(ErrorCode::invalid_argument, "a time correction of no boot, or by no source");
        }
        auto known = store_.time_corrections(device_.id, corrected.boot_id());
        if (!known) return known.error();
        if (known->size() >= max_time_corrections)
            return fail(ErrorCode::invalid_argument, "the time of this boot was corrected too often");
        auto kept = store_.keep_time_correction(device_.id, corrected.boot_id(), operation_.id(),
                                                engine::known_correction(operation_.time(), corrected));
        if (!kept) return kept.error();
        auto corrections = store_.time_corrections(device_.id, corrected.boot_id());
        if (!corrections) return corrections.error();
        auto done = store_.each_recorded_in(
            device_.id, corrected.boot_id(), [&](const protocol::Operation& recorded) {
                return restamp(recorded, engine::true_time(recorded.time(), *corrections));
            });
        if (!done) return done.error();
        return accepted(0);
    }

    Status restamp(const protocol::Operation& recorded, const engine::TrueTime& when) {
        const bool of_visit = recorded.has_visit_started() || recorded.has_visit_finished();
        const std::string& key = of_visit ? recorded.visit_id() : recorded.id();
        const auto kind = of_visit ? records::VISIT : records::OBSERVATION;
        auto before = store_.record(records::record_id(kind, engine::field_source, key));
        if (!before) return before.error();
        if (!*before) return ok();
        auto& message = *(*before)->message;
        if (of_visit) {
            engine::apply_to_visit(device_.id, recorded, when, static_cast<records::Visit&>(message));
        } else {
            engine::restamp(recorded.time(), when, static_cast<records::Observation&>(message));
        }
        auto put = store_.put({kind, key, &message, (*before)->property, when.utc_us / micros});
        if (!put) return put.error();
        return ok();
    }

    // A lane brings them in the order in which they were recorded, whatever the device's clock showed.
    Result<Effect> report() {
        const int effect = operation_.effect_case();
        bool is_newest = turn_ == Turn::in_order;
        if (!is_newest) {
            auto newest = store_.newest_report(device_.id, effect, lane_);
            if (!newest) return newest.error();
            is_newest = !*newest || engine::is_newer(operation_.time(), (*newest)->time());
        }
        if (is_newest) {
            auto kept = store_.keep_report(device_.id, effect, lane_, operation_);
            if (!kept) return kept.error();
        }
        return accepted(0);
    }

    Result<Effect> voided() {
        const auto& gone = operation_.voided();
        if (lane_ != protocol::TELEMETRY)
            return fail(ErrorCode::invalid_argument, "only telemetry may be thinned");
        if (gone.first() == 0 || gone.first() > gone.last())
            return fail(ErrorCode::invalid_argument, "it stands in place of no entries");
        return accepted(0);
    }

    EffectStore& store_;
    const engine::RegisteredDevice& device_;
    const protocol::Lane lane_;
    const protocol::Operation& operation_;
    const Turn turn_;
    const engine::TrueTime when_;
    // For a message of many small parts.
    alignas(8) char block_[16U << 10U];
    google::protobuf::Arena arena_{block_, sizeof block_};
};

}  // namespace

bool makes_observation(const protocol::Operation& operation) {
    return operation.has_observation_made() || operation.has_observation_corrected();
}

bool is_stamped_record(const protocol::Operation& operation) {
    return operation.has_visit_started() || operation.has_visit_finished() || makes_observation(operation);
}

bool changes_once(const protocol::Operation& operation) {
    switch (operation.effect_case()) {
        case protocol::Operation::kVisitStarted:
        case protocol::Operation::kVisitFinished:
        case protocol::Operation::kObservationMade:
        case protocol::Operation::kPositionReported:
        case protocol::Operation::kStatusReported:
        case protocol::Operation::kHealthReported:
        case protocol::Operation::kVoided:
        case protocol::Operation::EFFECT_NOT_SET:
            return true;
        case protocol::Operation::kObservationCorrected:
        case protocol::Operation::kRecordEdited:
        case protocol::Operation::kTimeCorrected:
            return false;
    }
    return false;
}

Result<Effect> take_effect(EffectStore& store, const engine::RegisteredDevice& device, protocol::Lane lane,
                           const protocol::Operation& operation, Turn turn) {
    // Every device of the fleet refuses a feed with such a number in it.
    if (operation.property() >> 63U != 0)
        return fail(ErrorCode::invalid_argument, "its property is no record id");
    auto when = time_of(store, device.id, operation.time());
    if (!when) return when.error();
    return Taking(store, device, lane, operation, turn, *when).take();
}

}  // namespace fieldpost::hub

// What became of operations, read from the records and the inbox at the end. Part of Checker.
#include <algorithm>

#include "sync/engine/field_records.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/describe.hpp"

namespace fieldpost::simulation {

namespace {

constexpr std::int64_t micros = 1'000'000;

bool took_effect(protocol::Outcome outcome) {
    return outcome == protocol::ACCEPTED || outcome == protocol::CONFLICT;
}

}  // namespace

Checker::Messages Checker::whole_records(const std::map<records::FeedId, FeedContent>& content) {
    std::map<std::uint64_t, std::map<records::LayerKey, const Row*>> layers;
    for (const auto& [feed, held] : content) {
        for (const auto& [record, row] : held.rows) layers[record][feed.layer] = &row;
    }
    Messages out;
    for (const auto& [record, parts] : layers) {
        auto& message = out[record];
        for (const auto& [layer, row] : parts) {
            auto part = records::parse_body(row->kind, *row->body);
            if (!part) continue;
            if (message) {
                message->MergeFrom(**part);
            } else {
                message = std::move(*part);
            }
        }
    }
    return out;
}

void Checker::check_effects(const std::vector<StoredOperation>& operations,
                            const std::vector<hub::Conflict>& conflicts,
                            const std::map<records::FeedId, FeedContent>& content) {
    const Messages records = whole_records(content);
    check_waiting(operations);
    check_observations(operations, records);
    check_visits(operations, records);
    check_edits(operations, conflicts, records);
}

// An operation takes effect behind what it names, and as soon as that has.
void Checker::check_waiting(const std::vector<StoredOperation>& operations) {
    std::map<std::tuple<std::string, std::uint64_t, int, std::uint64_t>, std::set<protocol::Outcome>> places;
    std::map<OperationKey, protocol::Outcome> outcomes;
    for (const auto& stored : operations) {
        outcomes[{stored.device, operation_id(stored.body)}] = stored.outcome;
        for (const auto& place : stored.places)
            places[{stored.device, place.epoch, stored.lane, place.seq}].insert(stored.outcome);
    }
    for (const auto& stored : operations) {
        protocol::Operation operation;
        if (!operation.ParseFromString(stored.body)) continue;
        const std::string& id = operation.id();
        const Subject about{stored.device, stored.lane, {}, id};
        if (operation.has_observation_corrected() && stored.outcome == protocol::PARKED) {
            const auto& named = operation.observation_corrected().observation();
            const bool is_there = std::ranges::any_of(operations, [&](const StoredOperation& other) {
                return operation_id(other.body) == named && other.outcome == protocol::ACCEPTED;
            });
            if (is_there && !operation.has_after())
                problem(about, "correction " + id + " waits for observation " + named + ", which is there");
        }
        if (!operation.has_after()) continue;
        const auto& after = operation.after();
        const auto found = places.find({stored.device, after.epoch(), after.lane(), after.seq()});
        const bool applied = found != places.end() && std::ranges::any_of(found->second, took_effect);
        if (took_effect(stored.outcome) && !applied)
            problem(about, "operation " + id + " took effect before what it needs");
        const auto asked = operations_.find({stored.device, id});
        if (stored.outcome != protocol::PARKED || asked == operations_.end()) continue;
        const auto needed = outcomes.find({stored.device, asked->second.needs});
        if (needed != outcomes.end() && needed->second != protocol::PARKED &&
            !operation.has_observation_corrected()) {
            problem(about, "operation " + id + " waits for " + asked->second.needs + ", which is there, " +
                               outcome_text(needed->second));
        }
    }
}

Checker::KnownTimes Checker::known_times(const std::vector<StoredOperation>& operations) {
    KnownTimes out;
    for (const auto& stored : operations) {
        protocol::Operation operation;
        if (!operation.ParseFromString(stored.body) || stored.outcome != protocol::ACCEPTED) continue;
        const auto& corrected = operation.time_corrected();
        if (!operation.has_time_corrected() || corrected.quality() != protocol::TIME_GNSS) continue;
        auto& until = out[{stored.device, corrected.boot_id()}];
        until = std::max(until, operation.time().boottime_us());
    }
    return out;
}

std::optional<std::int64_t> Checker::true_time(const StoredOperation& stored,
                                               const protocol::Operation& operation,
                                               const KnownTimes& known) const {
    const auto asked = operations_.find({stored.device, operation.id()});
    if (asked == operations_.end()) return std::nullopt;
    const auto body = asked->second.bodies.find(std::hash<BytesView>()(stored.body));
    if (body == asked->second.bodies.end()) return std::nullopt;  // told elsewhere
    const auto& stamp = operation.time();
    const auto until = known.find({stored.device, stamp.boot_id()});
    const bool is_known = stamp.quality() == protocol::TIME_GNSS ||
                          (until != known.end() && until->second >= stamp.boottime_us());
    return is_known ? std::optional(body->second / micros) : std::nullopt;
}

// Each stands as it was recorded, at the time that is known of it, and what corrects it names it.
void Checker::check_observations(const std::vector<StoredOperation>& operations, const Messages& records) {
    const KnownTimes known = known_times(operations);
    for (const auto& stored : operations) {
        protocol::Operation operation;
        if (!operation.ParseFromString(stored.body) || stored.outcome != protocol::ACCEPTED) continue;
        const bool is_correction = operation.has_observation_corrected();
        if (!operation.has_observation_made() && !is_correction) continue;
        const std::string& id = operation.id();
        const Subject about{stored.device, stored.lane, {}, id};
        const auto found = records.find(static_cast<std::uint64_t>(engine::observation_record(id)));
        const auto* stands =
            found == records.end() ? nullptr : dynamic_cast<const records::Observation*>(found->second.get());
        if (stands == nullptr) {
            problem(about, "observation " + id + " was accepted and is no record");
            continue;
        }
        const auto& made =
            is_correction ? operation.observation_corrected().made() : operation.observation_made();
        if (stands->device() == stored.device && stands->note() != made.note())
            problem(about, "observation " + id + " does not stand as it was recorded");
        if (is_correction) {
            const auto& named = operation.observation_corrected().observation();
            const auto corrected =
                records.find(static_cast<std::uint64_t>(engine::observation_record(named)));
            const auto* first = corrected == records.end()
                                    ? nullptr
                                    : dynamic_cast<const records::Observation*>(corrected->second.get());
            if (first == nullptr || first->corrected_by().empty())
                problem(about, "observation " + named + " does not say that " + id + " corrects it");
        }
        if (stands->device() != stored.device) continue;
        const auto made_at = true_time(stored, operation, known);
        if (made_at && std::abs(stands->recorded_at() - *made_at) > 1)
            problem(about, "observation " + id + " stands at " + std::to_string(stands->recorded_at()) +
                               " s and was made at " + std::to_string(*made_at) + " s");
    }
}

// Each says what its beginning and its end said, and when that was as far as it is known.
void Checker::check_visits(const std::vector<StoredOperation>& operations, const Messages& records) {
    const KnownTimes known = known_times(operations);
    for (const auto& stored : operations) {
        protocol::Operation operation;
        if (!operation.ParseFromString(stored.body) || stored.outcome != protocol::ACCEPTED) continue;
        const bool is_start = operation.has_visit_started();
        if (!is_start && !operation.has_visit_finished()) continue;
        const std::string& id = operation.visit_id();
        const Subject about{stored.device, stored.lane, {}, operation.id()};
        const auto found = records.find(static_cast<std::uint64_t>(engine::visit_record(id)));
        const auto* stands =
            found == records.end() ? nullptr : dynamic_cast<const records::Visit*>(found->second.get());
        if (stands == nullptr) {
            problem(about, "visit " + id + " was accepted and is no record");
            continue;
        }
        const bool is_right = is_start ? stands->purpose() == operation.visit_started().purpose()
                                       : stands->result() == operation.visit_finished().result() &&
                                             stands->note() == operation.visit_finished().note();
        if (stands->device() != stored.device || !is_right)
            problem(about, "visit " + id + " does not stand as " + operation.id() + " says");
        const auto made_at = true_time(stored, operation, known);
        const std::int64_t at = is_start ? stands->started_at() : stands->finished_at();
        if (made_at && std::abs(at - *made_at) > 1)
            problem(about, operation.id() + " stands at " + std::to_string(at) + " s and was made at " +
                               std::to_string(*made_at) + " s");
    }
}

void Checker::check_reports(const std::vector<StoredOperation>& operations,
                            const std::vector<StoredReport>& reports) {
    std::map<std::tuple<std::string, int, protocol::Lane>, std::string> newest;  // id
    for (const auto& stored : operations) {
        protocol::Operation operation;
        if (!operation.ParseFromString(stored.body) || stored.outcome != protocol::ACCEPTED) continue;
        if (!operation.has_position_reported() && !operation.has_status_reported() &&
            !operation.has_health_reported())
            continue;
        newest[{stored.device, operation.effect_case(), stored.lane}] = operation.id();
    }
    for (const auto& report : reports) {
        const auto brought = newest.find({report.device, report.effect, report.lane});
        const std::string& id = report.operation.id();
        if (brought == newest.end() || brought->second != id) {
            problem({report.device, report.lane, {}, id},
                    "report " + id + " stands, and is not the last that the " +
                        protocol::lane_name(report.lane) + " lane brought");
        }
        if (brought != newest.end()) newest.erase(brought);
    }
    for (const auto& [about, id] : newest) {
        const auto& [device, effect, lane] = about;
        problem({device, lane, {}, id}, "report " + id + " was accepted and does not stand");
    }
}

// Of each field the changes that crews and people made, in the order of their versions: none goes over a
// value that its author had not seen, each value that did not take effect is in the inbox, and the last one
// stands.
void Checker::check_edits(const std::vector<StoredOperation>& operations,
                          const std::vector<hub::Conflict>& conflicts, const Messages& records) {
    struct Made {
        std::uint64_t version = 0;
        std::string device;
        std::string id;                             // of the operation whose value it is
        const protocol::FieldEdit* edit = nullptr;  // none: a person decided
        Bytes value;
    };
    std::map<Field, std::vector<Made>> changes;
    std::map<std::pair<std::string, Field>, const hub::Conflict*> kept;  // by operation
    for (const auto& conflict : conflicts) {
        const Field field{static_cast<std::uint64_t>(conflict.record), conflict.field};
        if (!conflict.other.by.operation.empty()) kept[{conflict.other.by.operation, field}] = &conflict;
        if (!conflict.decision || conflict.decision->version == 0) continue;
        const auto& chosen = *conflict.decision;
        changes[field].push_back({chosen.version,
                                  {},
                                  chosen.choice == "theirs" ? conflict.other.by.operation : std::string(),
                                  nullptr,
                                  chosen.value});
    }
    std::vector<protocol::Operation> read(operations.size());
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const auto& stored = operations[i];
        if (!read[i].ParseFromString(stored.body) || !took_effect(stored.outcome)) continue;
        const auto& edited = read[i].record_edited();
        for (const auto& edit : edited.edits()) {
            const Field field{edited.record(), edit.field()};
            const auto in_inbox = kept.find({read[i].id(), field});
            if (in_inbox == kept.end()) {
                changes[field].push_back({stored.version, stored.device, read[i].id(), &edit, edit.value()});
            } else if (in_inbox->second->other.value != edit.value()) {
                problem({stored.device, stored.lane, {}, read[i].id()},
                        "the inbox holds another value than edit " + read[i].id() + " gave");
            }
        }
    }
    for (auto& [field, made] : changes) {
        if (removed_.contains(field.first)) continue;  // what was made anew has another history
        // What a source said as well may be followed from then on.
        const auto said = said_.find(field);
        const bool is_a_sources = said != said_.end() && std::ranges::any_of(made, [&](const Made& change) {
                                      return said->second.contains(change.value);
                                  });
        if (is_a_sources) continue;
        std::ranges::stable_sort(made, {}, &Made::version);
        const Made* stands = &made.front();
        for (const Made& change : made) {
            const bool is_decision = change.edit == nullptr;
            if (change.value == stands->value && !is_decision) continue;  // said again: nothing changed
            const bool has_seen = is_decision || stands->edit == nullptr ||
                                  change.edit->seen_version() >= stands->version ||
                                  change.edit->seen_operation() == stands->id;
            if (!has_seen) {
                problem({change.device, protocol::WORK, {}, change.id},
                        "edit " + change.id + " went over " + stands->id + ", which its author had not seen");
            }
            stands = &change;
        }
        const Made& last = *stands;
        const auto record = records.find(field.first);
        const Bytes shown =
            record == records.end() ? Bytes() : engine::field_value(*record->second, field.second);
        if (shown == last.value) continue;
        problem({last.device, protocol::WORK, {}, last.id},
                "the last change of field " + std::to_string(field.second) + " of record " +
                    std::to_string(field.first) + ", " + (last.id.empty() ? "a decision" : last.id) +
                    ", does not stand and is not in the inbox");
    }
}

void Checker::check_attachments(const std::vector<StoredOperation>& operations, const std::string& device,
                                const std::function<const Bytes*(const Bytes&)>& at_device,
                                const std::map<Bytes, Bytes>& at_hub) {
    for (const auto& stored : operations) {
        protocol::Operation operation;
        if (stored.device != device || !operation.ParseFromString(stored.body)) continue;
        for (const auto& attachment : operation.observation_made().attachments()) {
            const Bytes* content = at_device(attachment.sha256());
            if (content == nullptr) continue;  // it went with a disk
            const auto there = at_hub.find(attachment.sha256());
            if (there == at_hub.end()) {
                problem({device, stored.lane, {}, operation.id()},
                        "an attachment of " + operation.id() + " is not at the hub");
            } else if (there->second != *content) {
                problem({device, stored.lane, {}, operation.id()},
                        "an attachment of " + operation.id() + " is damaged at the hub");
            }
        }
    }
}

}  // namespace fieldpost::simulation

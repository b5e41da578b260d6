#include "tests/simulation/memory_effects.hpp"

#include <algorithm>
#include <deque>

namespace fieldpost::simulation {

namespace {

using engine::OperationResult;
using engine::RegisteredDevice;

constexpr const char* needs_quarantined = "the operation that it needs was quarantined";

hub::Cause cause_of(const MemoryOperations::Place& place) {
    const auto& [device, epoch, lane, seq] = place;
    return hub::Cause::place(device, epoch, static_cast<protocol::Lane>(lane), seq);
}

bool took_effect(protocol::Outcome outcome) {
    return outcome == protocol::ACCEPTED || outcome == protocol::CONFLICT;
}

}  // namespace

// ------------------------------------------------------------------ what an effect needs

class MemoryOperations::Effects final : public hub::EffectStore {
  public:
    Effects(State& state, Planted planted) : state_(state), records_(state.records), planted_(planted) {}

    Result<std::optional<hub::StandingRecord>> record(hub::RecordId id) override {
        const auto* found = records_.find(id);
        if (found == nullptr) return std::optional<hub::StandingRecord>();
        std::unique_ptr<google::protobuf::Message> message(found->message->New());
        message->CopyFrom(*found->message);
        return std::optional(hub::StandingRecord{found->kind, found->version, 0, std::move(message)});
    }
    Result<std::uint64_t> put(const hub::OwnRecord& record) override {
        if (planted_ == Planted::forget_visit_end && record.kind == records::VISIT) {
            const auto id = records::record_id(record.kind, engine::field_source, record.key);
            if (const auto* stands = records_.find(id)) return stands->version;
        }
        CityChange change;
        change.kind = record.kind;
        change.key = record.key;
        for (const auto& [area, title] : sample_city().areas) change.areas.push_back(area);
        std::shared_ptr<google::protobuf::Message> message(record.message->New());
        message->CopyFrom(*record.message);
        change.message = std::move(message);
        return records_.put(change, engine::field_source);
    }
    Result<hub::StandingField> field(hub::RecordId record, engine::FieldNumber field) override {
        auto found = records_.field(record, field);
        if (found && planted_ == Planted::overwrite_silently) found->state = {};
        return found;
    }
    Result<std::uint64_t> change_fields(hub::RecordId record, std::span<const hub::NewValue> values,
                                        const hub::Author& by) override {
        return records_.change_fields(record, values, by);
    }
    Status keep_conflict(const hub::Conflict& conflict) override {
        if (planted_ != Planted::lose_conflicting_value) records_.add_conflict(conflict);
        return ok();
    }
    Status supersede_conflict(hub::RecordId record, engine::FieldNumber field,
                              const std::string& operation) override {
        records_.supersede(record, field, operation);
        return ok();
    }
    Result<std::vector<engine::KnownCorrection>> time_corrections(const std::string& device,
                                                                  const Bytes& boot) override {
        std::vector<engine::KnownCorrection> out;
        for (const auto& [operation, correction] : state_.corrections[{device, boot}])
            out.push_back(correction);
        return out;
    }
    Status keep_time_correction(const std::string& device, const Bytes& boot, const std::string& operation,
                                const engine::KnownCorrection& correction) override {
        state_.corrections[{device, boot}].emplace(operation, correction);
        return ok();
    }
    Status each_recorded_in(const std::string& device, const Bytes& boot,
                            const std::function<Status(const protocol::Operation&)>& each) override {
        if (planted_ == Planted::forget_earlier_stamps) return ok();
        for (const Entry& entry : state_.log) {
            if (std::get<0>(entry.first) != device || !entry.operation ||
                entry.result.outcome != protocol::ACCEPTED) {
                continue;
            }
            const auto& stamp = entry.operation->time();
            if (hub::is_stamped_record(*entry.operation) && stamp.quality() < protocol::TIME_GNSS &&
                stamp.boot_id() == boot) {
                if (auto done = each(*entry.operation); !done) return done;
            }
        }
        return ok();
    }
    Result<std::optional<protocol::Operation>> newest_report(const std::string& device, int effect,
                                                             protocol::Lane lane) override {
        const auto found = state_.reports.find({device, effect, lane});
        return found == state_.reports.end() ? std::nullopt : std::optional(found->second);
    }
    Status keep_report(const std::string& device, int effect, protocol::Lane lane,
                       const protocol::Operation& operation) override {
        auto& report = state_.reports[{device, effect, lane}];
        if (planted_ != Planted::keep_first_report || report.id().empty()) report = operation;
        return ok();
    }

  private:
    State& state_;
    MemoryRecords records_;
    const Planted planted_;
};

// ------------------------------------------------------------------ operations

std::vector<MemoryOperations::Place> MemoryOperations::places_of(std::size_t number) const {
    std::vector<Place> out{state_.log[number].first};
    for (const auto& [place, at] : state_.places) {
        if (at == number && place != out.front()) out.push_back(place);
    }
    return out;
}

Result<OperationResult> MemoryOperations::apply(const RegisteredDevice& device,
                                                const engine::OperationPlace& place, BytesView body) {
    const Place here{device.id, place.epoch, place.lane, place.seq};
    const Place first =
        place.origin ? Place{device.id, place.origin->epoch(), place.lane, place.origin->seq()} : here;
    const Bytes& hash = place.origin ? place.origin->hash() : place.hash;
    const std::size_t number = state_.log.size();
    const auto [known, is_new] = state_.known.emplace(std::pair(first, hash), number);
    state_.places[here] = known->second;
    if (!is_new) {
        const OperationResult result = state_.log[known->second].result;
        if (result.outcome != protocol::PARKED) {
            if (auto done = settle({cause_of(here)}, result.outcome, device); !done) return done.error();
        }
        return result;
    }
    auto operation = std::make_shared<protocol::Operation>();
    const bool readable = operation->ParseFromArray(body.data(), static_cast<int>(body.size()));
    auto decision = readable ? decide(device, first, *operation)
                             : Decision{{protocol::QUARANTINED, 0, "it cannot be read"}, {}};
    if (!decision) return decision.error();
    const OperationResult result = decision->result;
    state_.log.push_back(
        {first, hash, std::make_shared<const Bytes>(body), readable ? operation : nullptr, result});
    if (decision->waits_for) {
        state_.parked.emplace(number, *decision->waits_for);
        return result;
    }
    std::vector<hub::Cause> causes{cause_of(first)};
    if (here != first) causes.push_back(cause_of(here));
    if (result.outcome == protocol::ACCEPTED && hub::makes_observation(*operation))
        causes.push_back(hub::Cause::observation(operation->id()));
    if (auto done = settle(std::move(causes), result.outcome, device); !done) return done.error();
    return result;
}

MemoryOperations::Standing MemoryOperations::standing(const std::string& device,
                                                      const protocol::After& after) const {
    const Place wanted{device, after.epoch(), after.lane(), after.seq()};
    Standing found = Standing::missing;
    const auto meet = [&](std::size_t number) {
        const auto outcome = state_.log[number].result.outcome;
        if (took_effect(outcome)) found = Standing::applied;
        if (found == Standing::applied) return;
        if (outcome == protocol::PARKED) found = Standing::parked;
        if (outcome == protocol::QUARANTINED && found == Standing::missing) found = Standing::quarantined;
    };
    for (auto known = state_.known.lower_bound({wanted, {}});
         known != state_.known.end() && known->first.first == wanted; ++known) {
        meet(known->second);
    }
    if (const auto place = state_.places.find(wanted); place != state_.places.end()) meet(place->second);
    return found;
}

Result<MemoryOperations::Decision> MemoryOperations::decide(const RegisteredDevice& device,
                                                            const Place& first,
                                                            const protocol::Operation& operation) {
    const auto& [id, epoch, lane, seq] = first;
    if (operation.has_after() && planted_ != Planted::ignore_predecessor) {
        const auto& after = operation.after();
        if (after.epoch() == epoch && after.lane() == lane && after.seq() >= seq) {
            engine::OperationResult refused{protocol::QUARANTINED, 0, "it waits for what comes after it"};
            return Decision{std::move(refused), {}};
        }
        switch (standing(device.id, after)) {
            case Standing::applied:
                break;
            case Standing::quarantined:
                return Decision{{protocol::QUARANTINED, 0, needs_quarantined}, {}};
            case Standing::missing:
            case Standing::parked: {
                engine::OperationResult parked{protocol::PARKED, 0, "waits for an operation that it needs"};
                return Decision{std::move(parked),
                                hub::Cause::place(id, after.epoch(), after.lane(), after.seq())};
            }
        }
    }
    return effect_of(device, static_cast<protocol::Lane>(lane), operation, hub::Turn::in_order);
}

Result<MemoryOperations::Decision> MemoryOperations::effect_of(const RegisteredDevice& device,
                                                               protocol::Lane lane,
                                                               const protocol::Operation& operation,
                                                               hub::Turn turn) {
    Effects effects(state_, planted_);
    // Nothing of an operation that fails may stay; only an edit can fail behind its first change.
    std::optional<MemoryRecords::State> before;
    if (operation.has_record_edited()) before = state_.records;
    auto effect = hub::take_effect(effects, device, lane, operation, turn);
    if (!effect) {
        if (before) state_.records = std::move(*before);
        return Decision{{protocol::QUARANTINED, 0, effect.error().message}, {}};
    }
    Decision decision{effect->result, {}};
    if (effect->result.outcome == protocol::PARKED)
        decision.waits_for = hub::Cause::observation(effect->waits_for_observation);
    return decision;
}

Status MemoryOperations::settle(std::vector<hub::Cause> causes, protocol::Outcome outcome,
                                const RegisteredDevice& device) {
    if (planted_ == Planted::forget_parked) return ok();
    std::deque<std::pair<hub::Cause, protocol::Outcome>> due;
    for (auto& cause : causes) due.emplace_back(std::move(cause), outcome);
    while (!due.empty()) {
        const auto [cause, became] = std::move(due.front());
        due.pop_front();
        std::vector<std::size_t> waiting;
        for (const auto& [number, waits_for] : state_.parked) {
            if (waits_for.text == cause.text && waits_for.device == cause.device) waiting.push_back(number);
        }
        for (const std::size_t number : waiting) {
            state_.parked.erase(number);
            const Entry entry = state_.log[number];
            const auto& [id, epoch, lane, seq] = entry.first;
            Result<Decision> decision = Decision{{protocol::QUARANTINED, 0, needs_quarantined}, {}};
            if (became != protocol::QUARANTINED) {
                RegisteredDevice other;
                other.id = id;
                decision = effect_of(id == device.id ? device : other, static_cast<protocol::Lane>(lane),
                                     *entry.operation, hub::Turn::after_waiting);
            }
            if (!decision) return decision.error();
            if (decision->waits_for) {
                state_.parked.emplace(number, *decision->waits_for);
                continue;
            }
            const OperationResult& result = decision->result;
            state_.log[number].result = result;
            state_.settled.insert(number);
            for (const Place& place : places_of(number)) due.emplace_back(cause_of(place), result.outcome);
            if (result.outcome == protocol::ACCEPTED && hub::makes_observation(*entry.operation))
                due.emplace_back(hub::Cause::observation(entry.operation->id()), result.outcome);
        }
    }
    return ok();
}

std::vector<engine::SettledPlace> MemoryOperations::take_settled() {
    std::set<Place> places;
    for (const std::size_t number : state_.settled) {
        for (const auto& [place, at] : state_.places) {
            if (at == number) places.insert(place);
        }
    }
    state_.settled.clear();
    std::vector<engine::SettledPlace> out;
    for (const auto& [device, epoch, lane, seq] : places)
        out.push_back({device, epoch, static_cast<protocol::Lane>(lane), seq});
    return out;
}

std::vector<StoredOperation> MemoryOperations::all() const {
    std::vector<StoredOperation> out;
    std::vector<std::vector<StoredOperation::Place>> places(state_.log.size());
    for (const auto& [place, number] : state_.places) {
        const auto& [device, epoch, lane, seq] = place;
        places[number].push_back({epoch, seq});
    }
    for (std::size_t number = 0; number < state_.log.size(); ++number) {
        const Entry& entry = state_.log[number];
        const auto& [device, epoch, lane, seq] = entry.first;
        StoredOperation stored;
        stored.device = device;
        stored.lane = static_cast<protocol::Lane>(lane);
        stored.body = *entry.body;
        stored.outcome = entry.result.outcome;
        stored.version = entry.result.version;
        stored.reason = entry.result.reason;
        stored.places = std::move(places[number]);
        stored.places.push_back({epoch, seq});
        out.push_back(std::move(stored));
    }
    return out;
}

}  // namespace fieldpost::simulation

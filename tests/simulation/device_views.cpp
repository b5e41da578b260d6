#include "tests/simulation/device_views.hpp"

namespace fieldpost::simulation {

Result<Journal::Place> PlantedJournal::append(protocol::Lane lane, const protocol::Operation& operation) {
    if (stage_.planted == Planted::swap_lanes && stage_.dice.chance(0.1))
        lane = lane == protocol::WORK ? protocol::TELEMETRY : protocol::WORK;
    auto place = inner_->append(lane, operation);
    if (place && place->repeated && stage_.planted == Planted::record_repeated_requests) {
        // Under an id of its own: the journal would refuse it otherwise.
        protocol::Operation again = operation;
        again.set_id(again.id() + " again " + std::to_string(++again_));
        return inner_->append(lane, again);
    }
    return place;
}

Status PlantedJournal::note(const protocol::Ack& ack) {
    if (stage_.planted == Planted::note_without_ack) {
        // Takes what the hub has applied for accepted, whatever became of it.
        protocol::Ack simple = ack;
        simple.clear_exceptions();
        return inner_->note(simple);
    }
    auto noted = inner_->note(ack);
    if (noted && stage_.planted == Planted::trim_unsafe) {
        protocol::LanePosition all = ack.applied();
        all.set_safe(all.seq());
        return inner_->note_safe(all);
    }
    return noted;
}

Status PlantedJournal::open_epoch(std::uint64_t from, const engine::OpenEpoch& wanted) {
    if (stage_.planted == Planted::forget_new_epoch) return ok();
    if (stage_.planted == Planted::lose_operations_at_epoch) {
        auto all = wanted;
        for (const protocol::Lane lane : engine::lanes_by_priority) all.held[lane] = inner_->last_seq(lane);
        return inner_->open_epoch(from, all);
    }
    return inner_->open_epoch(from, wanted);
}

Result<std::vector<engine::JournalEntry>> PlantedJournal::read(protocol::Lane lane, std::uint64_t after,
                                                               std::size_t max_entries,
                                                               std::size_t max_bytes) {
    auto entries = inner_->read(lane, after, max_entries, max_bytes);
    if (!entries) return entries;
    for (auto& entry : *entries) {
        if (stage_.planted == Planted::forget_origin) entry.origin.reset();
        if (stage_.planted == Planted::encode_again) {
            protocol::Operation read;
            if (!read.ParseFromString(entry.operation)) continue;
            read.DiscardUnknownFields();
            read.mutable_time()->clear_boot_id();
            entry.operation = read.SerializeAsString();
        }
    }
    return entries;
}

}  // namespace fieldpost::simulation

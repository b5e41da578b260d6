#include "sync/engine/uplink.hpp"

#include <algorithm>

namespace fieldpost::engine {

using protocol::Lane;

namespace {

bool is_lane(Lane lane) {
    return std::ranges::find(lanes_by_priority, lane) != lanes_by_priority.end();
}

// What an acknowledgement tells of operations must lie within what its hash proves to be applied.
bool tells_of_applied(const protocol::Ack& ack) {
    const auto count = static_cast<std::uint64_t>(ack.versions_size());
    const std::uint64_t last = ack.applied().seq();
    return count == 0 ||
           (ack.first_seq() > 0 && ack.first_seq() <= last && count <= last - ack.first_seq() + 1);
}

}  // namespace

Uplink::Uplink(std::string device, JournalView& journal, protocol::Signer& signer, UplinkLimits limits)
    : device_(std::move(device)), journal_(journal), signer_(signer), limits_(limits) {}

void Uplink::describe(protocol::Hello& hello) {
    for (const Lane lane : lanes_by_priority) {
        auto& position = *hello.add_lanes();
        position.set_lane(lane);
        position.set_epoch(journal_.epoch());
        position.set_seq(journal_.last_seq(lane));
        position.set_hash(journal_.hash_at(lane, position.seq()).value_or(Bytes()));
        position.set_noted(journal_.noted(lane));
    }
}

Uplink::Comparison Uplink::compare(const protocol::LanePosition& hub) {
    if (hub.seq() > journal_.last_seq(hub.lane())) return Comparison::differs;
    const auto ours = journal_.hash_at(hub.lane(), hub.seq());
    if (!ours) return Comparison::unreadable;
    return *ours == hub.hash() ? Comparison::same : Comparison::differs;
}

std::uint64_t Uplink::held(const protocol::LanePosition& hub) {
    const std::uint64_t noted = journal_.noted(hub.lane());
    // A hub that was restored from a backup holds less than it once said.
    if (compare(hub) == Comparison::same) return std::min(noted, hub.seq());
    // Other content behind the noted part leaves that as it is; within it, nothing is certain.
    return hub.seq() > noted ? noted : 0;
}

void Uplink::fork(OpenEpoch open, Actions& actions) {
    pause();
    actions.push_back(std::move(open));
}

void Uplink::resume(Millis now, const protocol::HelloReply& reply, Actions& actions) {
    pause();
    std::array<const protocol::LanePosition*, 4> positions{};
    for (const auto& position : reply.lanes()) {
        if (is_lane(position.lane()) && position.epoch() == journal_.epoch()) {
            positions[static_cast<std::size_t>(position.lane())] = &position;
        }
    }
    for (const Lane name : lanes_by_priority) {
        const auto* position = positions[static_cast<std::size_t>(name)];
        if (position == nullptr) return;  // answers a hello of an earlier epoch: ours is on its way
        switch (compare(*position)) {
            case Comparison::same:
                break;
            case Comparison::differs: {
                OpenEpoch open{"the hub's copy of the " + protocol::lane_name(name) + " lane differs at " +
                                   std::to_string(position->seq()),
                               {}};
                for (const auto* hub : positions) {
                    if (hub != nullptr) open.held[hub->lane()] = held(*hub);
                }
                fork(std::move(open), actions);
                return;
            }
            case Comparison::unreadable:
                actions.push_back(Notice{"the journal cannot be read at " + protocol::lane_name(name) + " " +
                                         std::to_string(position->seq()) + ": nothing is sent for now"});
                return;
        }
        LaneState& lane = at(name);
        lane.acked = lane.sent = position->seq();
        lane.noted = journal_.noted(name);
    }
    running_ = true;
    missed_results_ = false;
    pump(now, actions);
}

void Uplink::pause() {
    running_ = false;
    outstanding_.clear();
    outstanding_bytes_ = 0;
    for (LaneState& lane : lanes_) lane.sent = lane.acked;
}

void Uplink::ack(Millis now, const protocol::Ack& ack, Actions& actions) {
    const auto& applied = ack.applied();
    if (!running_ || applied.epoch() != journal_.epoch() || !is_lane(applied.lane())) return;
    LaneState& lane = at(applied.lane());
    switch (compare(applied)) {
        case Comparison::same:
            break;
        case Comparison::differs: {
            OpenEpoch open{"the hub acknowledged other content than ours in the " +
                               protocol::lane_name(applied.lane()) + " lane",
                           {}};
            for (const Lane name : lanes_by_priority) {
                open.held[name] = std::min(journal_.noted(name), at(name).acked);
            }
            open.held[applied.lane()] = held(applied);
            fork(std::move(open), actions);
            return;
        }
        case Comparison::unreadable:
            return;  // it is acknowledged again
    }
    if (!tells_of_applied(ack)) {
        actions.push_back(Notice{"an acknowledgement was refused: it tells of operations beyond " +
                                 std::to_string(applied.seq()) + ", which it proves to hold"});
        return;
    }
    const std::uint64_t results_end = ack.first_seq() + static_cast<std::uint64_t>(ack.versions_size());
    if (ack.first_seq() > lane.noted + 1) {
        missed_results_ = true;
    } else if (results_end > journal_.noted(applied.lane()) + 1) {
        lane.noted = std::max(lane.noted, results_end - 1);
        actions.push_back(NoteAck{ack});
    }
    if (applied.seq() < lane.acked) return;  // an older acknowledgement, late
    lane.acked = applied.seq();
    lane.sent = std::max(lane.sent, lane.acked);
    bool progress = false;
    for (auto batch = outstanding_.begin(); batch != outstanding_.end();) {
        if (batch->lane == applied.lane() && batch->last <= applied.seq()) {
            outstanding_bytes_ -= batch->bytes;
            batch = outstanding_.erase(batch);
            progress = true;
        } else {
            // What was sent behind a batch that is done gets its time again: a slow link is no loss. What was
            // sent before it and is not done was lost.
            if (progress) batch->sent_at = now;
            ++batch;
        }
    }
    pump(now, actions);
}

void Uplink::pump(Millis now, Actions& actions) {
    if (!running_) return;
    for (const Lane lane : lanes_by_priority) {
        while (at(lane).sent < journal_.last_seq(lane) && outstanding_bytes_ < limits_.window_bytes) {
            if (!send_batch(now, lane, actions)) return;
        }
    }
}

bool Uplink::send_batch(Millis now, Lane lane, Actions& actions) {
    LaneState& state = at(lane);
    auto entries = journal_.read(lane, state.sent, limits_.batch_entries, limits_.batch_bytes);
    const auto hash_before = journal_.hash_at(lane, state.sent);
    if (!entries || entries->empty() || !hash_before) {
        actions.push_back(Notice{"the journal cannot be read after " + protocol::lane_name(lane) + " " +
                                 std::to_string(state.sent) +
                                 (entries ? std::string() : ": " + entries.error().message)});
        return false;
    }
    protocol::Batch batch;
    batch.set_protocol(protocol::version);
    batch.set_device(device_);
    batch.set_epoch(journal_.epoch());
    batch.set_lane(lane);
    batch.set_first_seq(state.sent + 1);
    batch.set_hash_before(*hash_before);
    for (JournalEntry& entry : *entries) {
        auto& added = *batch.add_entries();
        added.set_operation(std::move(entry.operation));
        if (entry.origin) *added.mutable_origin() = std::move(*entry.origin);
    }
    protocol::Up up;
    auto sealed = protocol::seal(batch, signer_, true);
    if (!sealed) {
        actions.push_back(Notice{"a batch cannot be signed: " + sealed.error().message});
        return false;
    }
    *up.mutable_batch() = std::move(*sealed);
    state.sent = entries->back().seq;
    Publish publish{protocol::topic::up(device_), up.SerializeAsString(), false};
    outstanding_bytes_ += publish.payload.size();
    outstanding_.push_back({lane, state.sent, publish.payload.size(), now});
    actions.push_back(std::move(publish));
    return true;
}

bool Uplink::stalled(Millis now) const {
    return running_ && (missed_results_ || std::ranges::any_of(outstanding_, [&](const Outstanding& batch) {
                            return now - batch.sent_at > limits_.ack_timeout;
                        }));
}

}  // namespace fieldpost::engine

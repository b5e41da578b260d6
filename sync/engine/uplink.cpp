#include "sync/engine/uplink.hpp"

#include <algorithm>

namespace fieldpost::engine {

using protocol::Lane;

namespace {

constexpr double slow_link = 150e3;  // bytes a second
// In a hello. Beyond: the oldest epochs are not compared any more, what waits at the hub is asked by
// turns.
constexpr std::size_t max_earlier = 24;
constexpr std::size_t max_parked = 100;

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

const protocol::LanePosition* find(const protocol::HelloReply& reply, std::uint64_t epoch, Lane lane) {
    const auto found = std::ranges::find_if(reply.lanes(), [&](const protocol::LanePosition& position) {
        return position.epoch() == epoch && position.lane() == lane;
    });
    return found == reply.lanes().end() ? nullptr : &*found;
}

}  // namespace

Uplink::Uplink(std::string device, JournalView& journal, protocol::Signer& signer, Credit& credit,
               UplinkLimits limits)
    : device_(std::move(device)), journal_(journal), signer_(signer), credit_(credit), limits_(limits) {}

// Each hello goes on behind what the last one asked of, and from the end to the beginning.
std::vector<std::uint64_t> Uplink::ask_of_parked(Lane lane) {
    std::uint64_t& asked = asked_[{journal_.epoch(), lane}];
    auto out = journal_.parked(lane, asked, max_parked);
    if (out.size() < max_parked && asked > 0) {
        for (const std::uint64_t seq : journal_.parked(lane, 0, max_parked - out.size())) {
            if (seq <= asked) out.push_back(seq);
        }
    }
    asked = out.empty() ? 0 : out.back();
    return out;
}

void Uplink::describe(protocol::Hello& hello) {
    for (const Lane lane : lanes_by_priority) {
        auto& position = *hello.add_lanes();
        position.set_lane(lane);
        position.set_epoch(journal_.epoch());
        position.set_seq(journal_.last_seq(lane));
        position.set_hash(journal_.hash_at(lane, position.seq()).value_or(Bytes()));
        position.set_noted(journal_.noted(lane));
        position.set_first(journal_.first_held(lane));
        for (const std::uint64_t seq : ask_of_parked(lane)) position.add_parked(seq);
    }
    for (auto& position : journal_.earlier(max_earlier)) *hello.add_lanes() = std::move(position);
}

Uplink::Comparison Uplink::compare(const protocol::LanePosition& hub) {
    if (hub.seq() > journal_.last_seq(hub.lane())) return Comparison::differs;
    const auto ours = journal_.hash_at(hub.lane(), hub.seq());
    if (!ours) return Comparison::unreadable;
    // Of what was trimmed no hash is left: nothing proves that it is the same.
    return !ours->empty() && *ours == hub.hash() ? Comparison::same : Comparison::differs;
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

void Uplink::resume(const protocol::HelloReply& reply, Actions& actions) {
    pause();
    OpenEpoch open;
    for (const Lane name : lanes_by_priority) {
        const auto* position = find(reply, journal_.epoch(), name);
        if (position == nullptr) return;  // answers a hello of an earlier epoch: ours is on its way
        switch (compare(*position)) {
            case Comparison::same:
                // Part of what it lacks may be trimmed: a new epoch has no hole there.
                if (position->seq() < position->noted()) {
                    open.why = "the hub holds the " + protocol::lane_name(name) + " lane through " +
                               std::to_string(position->seq()) + " only, and once held " +
                               std::to_string(position->noted());
                }
                break;
            case Comparison::differs:
                open.why = "the hub's copy of the " + protocol::lane_name(name) + " lane differs at " +
                           std::to_string(position->seq());
                break;
            case Comparison::unreadable:
                actions.push_back(Notice{"the journal cannot be read at " + protocol::lane_name(name) + " " +
                                         std::to_string(position->seq()) + ": nothing is sent for now"});
                return;
        }
        open.held[name] = held(*position);
        LaneState& lane = at(name);
        lane.acked = lane.sent = position->seq();
        lane.noted = journal_.noted(name);
    }
    for (const auto& left : journal_.earlier(max_earlier)) {
        const auto* position = find(reply, left.epoch(), left.lane());
        if (position == nullptr || position->seq() >= left.seq()) continue;
        open.why = "the hub lost what it held of an earlier epoch";
        open.earlier.push_back(*position);
    }
    if (!open.why.empty()) return fork(std::move(open), actions);
    running_ = true;
    missed_results_ = false;
}

bool Uplink::went_back(const protocol::HelloReply& reply) const {
    return std::ranges::any_of(reply.lanes(), [&](const protocol::LanePosition& position) {
        if (!is_lane(position.lane())) return false;
        const bool is_present = position.epoch() == journal_.epoch();
        return position.seq() < position.noted() ||
               (is_present && position.seq() < at(position.lane()).acked);
    });
}

void Uplink::note_safe(const protocol::HelloReply& reply, Actions& actions) {
    for (const auto& position : reply.lanes()) {
        const bool is_present = position.epoch() == journal_.epoch();
        if (is_lane(position.lane()) && (!is_present || compare(position) == Comparison::same))
            note_safe(position, actions);
    }
}

void Uplink::note_safe(const protocol::LanePosition& hub, Actions& actions) {
    if (hub.safe() == 0 || hub.safe() > hub.seq()) return;
    std::uint64_t& told = safe_[{hub.epoch(), hub.lane()}];
    if (hub.safe() <= told) return;
    told = hub.safe();
    actions.push_back(NoteSafe{hub});
}

void Uplink::pause() {
    running_ = false;
    safe_.clear();  // should the journal not have kept it, it is told again
    take_back();
}

void Uplink::take_back() {
    while (!outstanding_.empty()) {
        lost(outstanding_.back());
        outstanding_.pop_back();
    }
    for (LaneState& lane : lanes_) lane.sent = lane.acked;
}

void Uplink::lost(const Outstanding& batch) {
    if (batch.lane == protocol::URGENT) {
        urgent_bytes_ -= batch.bytes;
    } else {
        credit_.lost(batch.bytes);
    }
}

void Uplink::resend_plain() {
    // Anyone could say it again and again.
    if (!running_ || dictionary_ == 0) return;
    dictionary_ = 0;
    take_back();
}

void Uplink::ack(Millis now, const protocol::Ack& ack, Actions& actions) {
    const auto& applied = ack.applied();
    if (!running_ || applied.epoch() != journal_.epoch() || !is_lane(applied.lane())) return;
    LaneState& lane = at(applied.lane());
    // Late, and what it tells of was trimmed since: there is nothing to compare it with.
    if (applied.seq() < lane.acked && applied.seq() + 1 < journal_.first_held(applied.lane())) return;
    switch (compare(applied)) {
        case Comparison::same:
            break;
        case Comparison::differs: {
            OpenEpoch open{"the hub acknowledged other content than ours in the " +
                           protocol::lane_name(applied.lane()) + " lane"};
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
    } else if (ack.versions_size() > 0) {
        // Also of what is noted already: the hub settles later what had to wait.
        lane.noted = std::max(lane.noted, results_end - 1);
        actions.push_back(NoteAck{ack});
    }
    note_safe(applied, actions);
    if (applied.seq() < lane.acked) return;  // an older acknowledgement, late
    lane.acked = applied.seq();
    lane.sent = std::max(lane.sent, lane.acked);
    bool progress = false;
    for (auto batch = outstanding_.begin(); batch != outstanding_.end();) {
        if (batch->lane == applied.lane() && batch->last <= applied.seq()) {
            if (batch->lane == protocol::URGENT) {
                urgent_bytes_ -= batch->bytes;
            } else {
                credit_.confirmed(now, batch->bytes, batch->sent_at);
            }
            batch = outstanding_.erase(batch);
            progress = true;
        } else {
            // What was sent behind a batch that is done gets its time again: a slow link is no loss. What was
            // sent before it and is not done was lost.
            if (progress) batch->patience_from = now;
            ++batch;
        }
    }
}

void Uplink::pump(Millis now, Lane lane, Actions& actions) {
    while (running_ && !all_sent(lane)) {
        const bool room =
            lane == protocol::URGENT ? urgent_bytes_ < limits_.urgent_window : credit_.room() > 0;
        if (!room || !send_batch(now, lane, actions)) return;
    }
}

// On a slow link the processor waits for it anyway. Where batches are confirmed faster than that, it is as
// often the hub or this processor that is slow, and the small tenth is paid with four times the work.
protocol::Effort Uplink::effort() const {
    return credit_.rate() > 0 && credit_.rate() < slow_link ? protocol::Effort::small
                                                            : protocol::Effort::quick;
}

// Operations as long as this, compressed, make a message of the size that the link likes.
std::size_t Uplink::batch_bytes(Lane lane) const {
    if (lane == protocol::URGENT) {
        const std::size_t room = limits_.urgent_window - std::min(limits_.urgent_window, urgent_bytes_);
        return std::min(limits_.batch_bytes, room);
    }
    const double raw = static_cast<double>(credit_.room()) / packing_;
    return std::clamp(static_cast<std::size_t>(raw), std::min<std::size_t>(1024, limits_.batch_bytes),
                      limits_.batch_bytes);
}

bool Uplink::send_batch(Millis now, Lane lane, Actions& actions) {
    LaneState& state = at(lane);
    auto entries = journal_.read(lane, state.sent, limits_.batch_entries, batch_bytes(lane));
    const auto hash_before = journal_.hash_at(lane, state.sent);
    if (!entries || entries->empty() || !hash_before) {
        actions.push_back(Notice{"the journal cannot be read after " + protocol::lane_name(lane) + " " +
                                 std::to_string(state.sent) +
                                 (entries ? std::string() : ": " + entries.error().message)});
        return false;
    }
    if (entries->front().seq != state.sent + 1) {
        // The hub said that it has what was trimmed since, and its acknowledgement is missing: the answer to
        // a hello tells where it stands.
        pause();
        return false;
    }
    protocol::Batch batch;
    batch.set_protocol(protocol::version);
    batch.set_device(device_);
    batch.set_epoch(journal_.epoch());
    batch.set_lane(lane);
    batch.set_first_seq(state.sent + 1);
    batch.set_hash_before(*hash_before);
    if (wall_clock_) {
        const protocol::TimeStamp sent_at = wall_clock_();
        batch.set_sent_at_us(sent_at.utc_us());
        batch.set_sent_at_quality(sent_at.quality());
    }
    std::size_t raw = 0;
    for (JournalEntry& entry : *entries) {
        raw += entry.operation.size();
        auto& added = *batch.add_entries();
        added.set_operation(std::move(entry.operation));
        if (entry.origin) *added.mutable_origin() = std::move(*entry.origin);
    }
    protocol::Up up;
    auto sealed = protocol::seal(batch, signer_, protocol::Packing{true, dictionary_, effort()});
    if (!sealed) {
        actions.push_back(Notice{"a batch cannot be signed: " + sealed.error().message});
        return false;
    }
    *up.mutable_batch() = std::move(*sealed);
    state.sent = entries->back().seq;
    const SendClass carries = lane == protocol::URGENT      ? SendClass::urgent
                              : lane == protocol::TELEMETRY ? SendClass::telemetry
                                                            : SendClass::work;
    Publish publish{protocol::topic::up(device_), up.SerializeAsString(), false, carries};
    const std::size_t bytes = publish.payload.size();
    if (lane == protocol::URGENT) {
        urgent_bytes_ += bytes;
    } else {
        credit_.sent(now, bytes);
        const double packed = static_cast<double>(bytes) / static_cast<double>(std::max<std::size_t>(raw, 1));
        packing_ = std::clamp((packing_ + packed) / 2, 0.05, 1.5);
    }
    outstanding_.push_back({lane, state.sent, bytes, now, now});
    actions.push_back(std::move(publish));
    return true;
}

bool Uplink::stalled(Millis now) const {
    return running_ && (missed_results_ || std::ranges::any_of(outstanding_, [&](const Outstanding& batch) {
                            return now - batch.patience_from > limits_.ack_timeout;
                        }));
}

}  // namespace fieldpost::engine

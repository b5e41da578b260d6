#include "tests/unit/engine/memory_journal.hpp"

#include <algorithm>

namespace fieldpost::engine::testing {

void JournalDisk::append(protocol::Lane name, Bytes operation) {
    auto& entries = lane(name);
    const Bytes before = entries.empty() ? protocol::chain_start(device, epoch, name) : entries.back().hash;
    Entry entry;
    entry.hash = protocol::chain_next(before, operation);
    entry.operation = std::move(operation);
    entries.push_back(std::move(entry));
}

void JournalDisk::note(const protocol::Ack& ack) {
    Lane& lane = state(ack.applied().lane());
    if (ack.applied().epoch() != epoch || ack.first_seq() > lane.noted + 1) return;
    std::map<std::uint64_t, const protocol::Disposition*> exceptions;
    for (const auto& exception : ack.exceptions()) exceptions[exception.seq()] = &exception;
    std::uint64_t seq = ack.first_seq();
    for (const std::uint64_t version : ack.versions()) {
        OperationResult result{protocol::ACCEPTED, version, {}};
        if (const auto found = exceptions.find(seq); found != exceptions.end())
            result = {found->second->outcome(), version, found->second->reason()};
        auto& known = lane.entries.at(seq - 1).result;
        // What is settled does not wait again.
        if (!known || result.outcome != protocol::PARKED) known = std::move(result);
        ++seq;
    }
    lane.noted = std::max(lane.noted, seq - 1);
    ++notes;
}

void JournalDisk::trim(protocol::Lane name, std::uint64_t seq) {
    Lane& lane = state(name);
    if (lane.noted > 0) lane.trimmed = std::max(lane.trimmed, std::min(seq, lane.noted - 1));
}

void JournalDisk::open_epoch(std::uint64_t from, std::uint64_t next,
                             const std::map<protocol::Lane, std::uint64_t>& held,
                             const std::vector<protocol::LanePosition>& earlier) {
    if (epoch != from) return;
    Lanes fresh;
    for (const protocol::Lane name : lanes_by_priority) {
        auto& into = fresh[static_cast<std::size_t>(name)].entries;
        Bytes hash = protocol::chain_start(device, next, name);
        const auto carry = [&](std::uint64_t which, std::uint64_t through) {
            Lane& old = epochs[which][static_cast<std::size_t>(name)];
            const auto kept = std::min<std::size_t>(std::max(through, old.trimmed), old.entries.size());
            for (std::size_t i = kept; i < old.entries.size(); ++i) {
                Entry moved = std::move(old.entries[i]);
                if (!moved.origin) {
                    moved.origin.emplace();
                    moved.origin->set_epoch(which);
                    moved.origin->set_seq(i + 1);
                    moved.origin->set_hash(moved.hash);
                }
                moved.result.reset();
                hash = moved.hash = protocol::chain_next(hash, moved.operation);
                into.push_back(std::move(moved));
            }
            old.entries.resize(kept);
            old.noted = std::min(old.noted, through);
        };
        for (auto lost = earlier.rbegin(); lost != earlier.rend(); ++lost) {
            if (lost->lane() == name) carry(lost->epoch(), lost->seq());
        }
        const auto through = held.find(name);
        carry(from, through == held.end() ? 0 : through->second);
    }
    order.push_back(from);
    epochs[next] = std::move(fresh);
    epoch = next;
}

std::vector<const JournalDisk::Entry*> JournalDisk::all(protocol::Lane name) const {
    std::vector<const Entry*> out;
    const auto add = [&](std::uint64_t which) {
        const auto found = epochs.find(which);
        if (found == epochs.end()) return;
        for (const Entry& entry : found->second[static_cast<std::size_t>(name)].entries)
            out.push_back(&entry);
    };
    for (const std::uint64_t earlier : order) add(earlier);
    add(epoch);
    return out;
}

void MemoryJournal::refresh() {
    epoch_ = disk_.epoch;
    for (const protocol::Lane name : lanes_by_priority) {
        last_[static_cast<std::size_t>(name)] = disk_.lane(name).size();
        noted_[static_cast<std::size_t>(name)] = disk_.state(name).noted;
    }
}

JournalDisk::Lane& MemoryJournal::open_lane(protocol::Lane lane) {
    return disk_.epochs[epoch_][static_cast<std::size_t>(lane)];
}

std::optional<Bytes> MemoryJournal::hash_at(protocol::Lane lane, std::uint64_t seq) {
    if (seq == 0) return protocol::chain_start(disk_.device, epoch_, lane);
    if (unreadable) return std::nullopt;
    const auto& held = open_lane(lane);
    if (seq <= held.trimmed) return Bytes();
    if (seq > held.entries.size()) return std::nullopt;
    return held.entries[seq - 1].hash;
}

std::uint64_t MemoryJournal::first_held(protocol::Lane lane) {
    return unreadable ? 0 : open_lane(lane).trimmed + 1;
}

std::vector<std::uint64_t> MemoryJournal::parked(protocol::Lane lane, std::uint64_t after, std::size_t most) {
    std::vector<std::uint64_t> out;
    if (unreadable) return out;
    const auto& held = open_lane(lane);
    for (std::uint64_t seq = std::max(held.trimmed, after) + 1; seq <= noted(lane) && out.size() < most;
         ++seq) {
        const auto& result = held.entries[seq - 1].result;
        if (result && result->outcome == protocol::PARKED) out.push_back(seq);
    }
    return out;
}

std::vector<protocol::LanePosition> MemoryJournal::earlier(std::size_t most) {
    std::vector<protocol::LanePosition> out;
    if (unreadable) return out;
    for (auto epoch = disk_.order.rbegin(); epoch != disk_.order.rend(); ++epoch) {
        for (const protocol::Lane name : lanes_by_priority) {
            const auto& lane = disk_.epochs[*epoch][static_cast<std::size_t>(name)];
            if ((lane.noted == 0 && lane.trimmed == 0) || out.size() == most) continue;
            auto& position = out.emplace_back();
            position.set_epoch(*epoch);
            position.set_lane(name);
            position.set_seq(lane.noted);
            position.set_noted(lane.noted);
            position.set_first(lane.trimmed + 1);
        }
    }
    return out;
}

Result<std::vector<JournalEntry>> MemoryJournal::read(protocol::Lane lane, std::uint64_t after,
                                                      std::size_t max_entries, std::size_t max_bytes) {
    if (unreadable) return fail(ErrorCode::io, "the disk does not answer");
    std::vector<JournalEntry> out;
    std::size_t bytes = 0;
    const auto& held = open_lane(lane);
    const std::uint64_t last = std::min<std::uint64_t>(last_seq(lane), held.entries.size());
    for (std::uint64_t seq = std::max(after, held.trimmed) + 1; seq <= last && out.size() < max_entries;
         ++seq) {
        const auto& entry = held.entries[seq - 1];
        if (!out.empty() && bytes + entry.operation.size() > max_bytes) break;
        bytes += entry.operation.size();
        out.push_back({seq, entry.operation, entry.origin});
    }
    return out;
}

}  // namespace fieldpost::engine::testing

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
    const auto name = ack.applied().lane();
    std::uint64_t& known = noted[static_cast<std::size_t>(name)];
    if (ack.applied().epoch() != epoch || ack.first_seq() > known + 1) return;
    std::uint64_t seq = ack.first_seq();
    for (const std::uint64_t version : ack.versions()) {
        OperationResult result{protocol::ACCEPTED, version, {}};
        for (const auto& exception : ack.exceptions()) {
            if (exception.seq() == seq) result = {exception.outcome(), version, exception.reason()};
        }
        lane(name).at(seq - 1).result = result;
        ++seq;
    }
    known = std::max(known, seq - 1);
}

void JournalDisk::open_epoch(std::uint64_t from, std::uint64_t next,
                             const std::map<protocol::Lane, std::uint64_t>& held) {
    if (epoch != from) return;
    Lanes fresh;
    for (const protocol::Lane name : lanes_by_priority) {
        auto& old = lane(name);
        const auto through = held.find(name);
        const std::size_t kept =
            through == held.end() ? 0 : std::min<std::size_t>(through->second, old.size());
        Bytes hash = protocol::chain_start(device, next, name);
        for (std::size_t i = kept; i < old.size(); ++i) {
            Entry moved = std::move(old[i]);
            if (!moved.origin) {
                moved.origin.emplace();
                moved.origin->set_epoch(from);
                moved.origin->set_seq(i + 1);
                moved.origin->set_hash(moved.hash);
            }
            hash = moved.hash = protocol::chain_next(hash, moved.operation);
            fresh[static_cast<std::size_t>(name)].push_back(std::move(moved));
        }
        old.resize(kept);
    }
    order.push_back(from);
    epochs[next] = std::move(fresh);
    epoch = next;
    noted = {};
}

std::vector<const JournalDisk::Entry*> JournalDisk::all(protocol::Lane name) const {
    std::vector<const Entry*> out;
    const auto add = [&](std::uint64_t which) {
        const auto found = epochs.find(which);
        if (found == epochs.end()) return;
        for (const Entry& entry : found->second[static_cast<std::size_t>(name)]) out.push_back(&entry);
    };
    for (const std::uint64_t earlier : order) add(earlier);
    add(epoch);
    return out;
}

void MemoryJournal::refresh() {
    epoch_ = disk_.epoch;
    noted_ = disk_.noted;
    for (const protocol::Lane name : lanes_by_priority)
        last_[static_cast<std::size_t>(name)] = disk_.lane(name).size();
}

std::optional<Bytes> MemoryJournal::hash_at(protocol::Lane lane, std::uint64_t seq) {
    if (seq == 0) return protocol::chain_start(disk_.device, epoch_, lane);
    if (unreadable) return std::nullopt;
    const auto& entries = disk_.epochs[epoch_][static_cast<std::size_t>(lane)];
    if (seq > entries.size()) return std::nullopt;
    return entries[seq - 1].hash;
}

Result<std::vector<JournalEntry>> MemoryJournal::read(protocol::Lane lane, std::uint64_t after,
                                                      std::size_t max_entries, std::size_t max_bytes) {
    if (unreadable) return fail(ErrorCode::io, "the disk does not answer");
    std::vector<JournalEntry> out;
    std::size_t bytes = 0;
    const auto& entries = disk_.epochs[epoch_][static_cast<std::size_t>(lane)];
    const std::uint64_t last = std::min<std::uint64_t>(last_seq(lane), entries.size());
    for (std::uint64_t seq = after + 1; seq <= last && out.size() < max_entries; ++seq) {
        const auto& entry = entries[seq - 1];
        if (!out.empty() && bytes + entry.operation.size() > max_bytes) break;
        bytes += entry.operation.size();
        out.push_back({seq, entry.operation, entry.origin});
    }
    return out;
}

}  // namespace fieldpost::engine::testing

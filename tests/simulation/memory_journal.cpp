#include "tests/simulation/memory_journal.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace fieldpost::simulation {

namespace {

Error off() {
    return fail(ErrorCode::io, "the power is gone");
}

Bytes content(protocol::Operation operation) {
    operation.clear_time();
    operation.clear_gnss();
    return operation.SerializeAsString();
}

}  // namespace

class MemoryJournal final : public Journal {
  public:
    explicit MemoryJournal(MemoryJournalStore& store) : store_(store) { refresh(); }

    Result<Place> append(protocol::Lane name, const protocol::Operation& operation) override {
        auto& state = store_.state_;
        const auto slot = static_cast<std::size_t>(name);
        if (store_.disk_.off()) return off();
        if (const auto known = state.ids.find(operation.id()); known != state.ids.end()) {
            if (known->second != std::pair(static_cast<int>(name), content(operation)))
                return fail(ErrorCode::conflict, "another record has this id");
            return find(operation.id());
        }
        if (store_.disk_.limited()) return fail(ErrorCode::full, "the disk is full");
        const auto turn = store_.disk_.step();
        if (turn.happens) {
            auto& lane = store_.lane(name);
            MemoryJournalStore::Entry entry;
            entry.id = operation.id();
            entry.body = operation.SerializeAsString();
            entry.hash = protocol::chain_next(
                lane.empty() ? protocol::chain_start(store_.device_, state.epoch, name) : lane.back().hash,
                entry.body);
            lane.push_back(std::move(entry));
            state.ids[operation.id()] = {static_cast<int>(slot), content(operation)};
        }
        if (!turn.goes_on) return off();
        return Place{state.epoch, store_.lane(name).size(), false};
    }

    Result<std::optional<protocol::After>> place_of(const std::string& id) override {
        for (const auto& [epoch, lanes] : store_.state_.epochs) {
            for (const protocol::Lane name : engine::lanes_by_priority) {
                const auto& lane = lanes[static_cast<std::size_t>(name)];
                const auto found = std::ranges::find(lane, id, &MemoryJournalStore::Entry::id);
                if (found == lane.end()) continue;
                protocol::After place;
                place.set_lane(name);
                place.set_epoch(found->origin ? found->origin->epoch() : epoch);
                place.set_seq(found->origin ? found->origin->seq()
                                            : static_cast<std::uint64_t>(found - lane.begin()) + 1);
                return std::optional(place);
            }
        }
        return std::optional<protocol::After>();
    }
    Status note(const protocol::Ack& ack) override {
        auto& state = store_.state_;
        const auto name = ack.applied().lane();
        std::uint64_t& noted = state.noted[static_cast<std::size_t>(name)];
        if (ack.applied().epoch() != state.epoch || ack.first_seq() == 0 || ack.first_seq() > noted + 1)
            return ok();
        auto& lane = store_.lane(name);
        if (ack.first_seq() + static_cast<std::uint64_t>(ack.versions_size()) > lane.size() + 1) return ok();
        if (!stands(lane, ack.applied())) return ok();
        const auto turn = store_.disk_.step();
        if (turn.happens) {
            std::uint64_t seq = ack.first_seq();
            ++state.notes;
            for (const std::uint64_t version : ack.versions()) {
                auto& entry = lane[seq - 1];
                engine::OperationResult result{protocol::ACCEPTED, version, {}};
                for (const auto& exception : ack.exceptions()) {
                    if (exception.seq() == seq) result = {exception.outcome(), version, exception.reason()};
                }
                const bool waits = result.outcome == protocol::PARKED;
                if (!waits || entry.pending) {
                    const bool is_new = entry.pending || entry.result.outcome != result.outcome ||
                                        entry.result.version != result.version;
                    if (is_new) entry.noted_in = state.notes;
                    entry.result = result;
                }
                entry.pending = entry.pending && waits;
                ++seq;
            }
            noted = std::max(noted, seq - 1);
        }
        return turn.goes_on ? ok() : Status(off());
    }

    Status note_in_city(const engine::InCity& known) override {
        const auto turn = store_.disk_.step();
        if (turn.happens) store_.state_.in_city = known;
        return turn.goes_on ? ok() : Status(off());
    }

    Status note_safe(const protocol::LanePosition& position) override {
        const auto turn = store_.disk_.step();
        if (turn.happens) {
            auto& safe = store_.state_.safe[position.epoch()][static_cast<std::size_t>(position.lane())];
            safe = std::max(safe, position.safe());
        }
        return turn.goes_on ? ok() : Status(off());
    }

    Result<bool> make_room(const protocol::TimeStamp& now) override {
        bool rewritten = false;
        const auto turn = store_.disk_.step();
        if (turn.happens) {
            std::size_t gone = 0;
            for (const auto& [epoch, lanes] : store_.state_.epochs) {
                for (const protocol::Lane name : engine::lanes_by_priority)
                    gone += remove(epoch, name, store_.state_.safe[epoch][static_cast<std::size_t>(name)]);
            }
            if (gone == 0) {
                for (const auto& [epoch, lanes] : store_.state_.epochs)
                    gone += remove(epoch, protocol::TELEMETRY, std::numeric_limits<std::uint64_t>::max());
            }
            if (gone == 0) {
                rewritten = thin(protocol::TELEMETRY, now);
                if (!rewritten && planted(Planted::void_observations)) rewritten = thin(protocol::WORK, now);
            }
        }
        if (!turn.goes_on) return off();
        return rewritten;
    }

    Status open_epoch(std::uint64_t from, const engine::OpenEpoch& wanted) override {
        auto& state = store_.state_;
        if (state.epoch != from) return ok();
        if (store_.disk_.limited()) return fail(ErrorCode::full, "the disk is full");
        const auto turn = store_.disk_.step();
        if (turn.happens) {
            const std::uint64_t next = store_.dice_.number() >> 1U;
            state.noted_before[from] = state.noted;
            std::array<MemoryJournalStore::Lane, 4> fresh;
            for (const protocol::Lane name : engine::lanes_by_priority) {
                const auto slot = static_cast<std::size_t>(name);
                Bytes hash = protocol::chain_start(store_.device_, next, name);
                const auto carry = [&](std::uint64_t epoch, std::uint64_t held, bool parked_too) {
                    auto& old = state.epochs[epoch][slot];
                    const auto kept = std::min<std::size_t>(held, old.size());
                    for (std::size_t i = 0; i < old.size(); ++i) {
                        const bool goes = i >= kept || (parked_too && waits(old[i]));
                        if (!goes || old[i].moved || old[i].gone) continue;
                        auto moved = std::exchange(old[i], {});
                        old[i].moved = true;
                        if (!moved.origin) {
                            moved.origin.emplace();
                            moved.origin->set_epoch(epoch);
                            moved.origin->set_seq(i + 1);
                            moved.origin->set_hash(moved.hash);
                        }
                        moved.pending = true;
                        moved.result = {};
                        moved.noted_in = 0;
                        hash = moved.hash = protocol::chain_next(hash, moved.body);
                        fresh[slot].push_back(std::move(moved));
                    }
                    old.resize(kept);
                    auto& noted = state.noted_before[epoch][slot];
                    noted = std::min(noted, held);
                };
                for (auto lost = wanted.earlier.rbegin(); lost != wanted.earlier.rend(); ++lost) {
                    if (lost->lane() == name) carry(lost->epoch(), lost->seq(), false);
                }
                const auto through = wanted.held.find(name);
                carry(from, through == wanted.held.end() ? 0 : through->second, true);
            }
            state.epochs[next] = std::move(fresh);
            state.order.push_back(next);
            state.epoch = next;
            state.noted = {};
        }
        return turn.goes_on ? ok() : Status(off());
    }

    void refresh() override {
        epoch_ = store_.state_.epoch;
        noted_ = store_.state_.noted;
        notes_ = store_.state_.notes;
        in_city_ = store_.state_.in_city;
        for (const protocol::Lane name : engine::lanes_by_priority)
            last_[static_cast<std::size_t>(name)] = store_.lane(name).size();
    }

    Result<std::vector<KnownOperation>> all() override {
        std::vector<KnownOperation> out;
        for (const auto& [epoch, lanes] : store_.state_.epochs) {
            for (const protocol::Lane name : engine::lanes_by_priority) {
                std::uint64_t seq = 0;
                for (const auto& entry : lanes[static_cast<std::size_t>(name)]) {
                    ++seq;
                    if (entry.moved || entry.gone) continue;
                    out.push_back({name, epoch, seq, entry.body, entry.pending, entry.result.outcome,
                                   entry.result.version, entry.result.reason, entry.noted_in});
                }
            }
        }
        return out;
    }

    std::uint64_t epoch() const override { return epoch_; }
    std::uint64_t last_seq(protocol::Lane lane) const override {
        return last_[static_cast<std::size_t>(lane)];
    }
    std::uint64_t noted(protocol::Lane lane) const override { return noted_[static_cast<std::size_t>(lane)]; }
    std::uint64_t notes() const override { return notes_; }
    const engine::InCity& in_city() const override { return in_city_; }
    std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) override {
        if (seq == 0) return protocol::chain_start(store_.device_, epoch_, lane);
        const auto& entries = store_.state_.epochs[epoch_][static_cast<std::size_t>(lane)];
        if (store_.disk_.off() || seq > entries.size()) return std::nullopt;
        return entries[seq - 1].hash;  // empty of what made room
    }
    std::uint64_t first_held(protocol::Lane lane) override {
        return store_.state_.trimmed[epoch_][static_cast<std::size_t>(lane)] + 1;
    }
    std::vector<std::uint64_t> parked(protocol::Lane lane, std::uint64_t after, std::size_t most) override {
        std::vector<std::uint64_t> out;
        const auto& entries = store_.state_.epochs[epoch_][static_cast<std::size_t>(lane)];
        const std::uint64_t end = std::min<std::uint64_t>(noted(lane), entries.size());
        for (std::uint64_t seq = after + 1; seq <= end && out.size() < most; ++seq) {
            if (waits(entries[seq - 1])) out.push_back(seq);
        }
        return out;
    }
    std::vector<protocol::LanePosition> earlier(std::size_t most) override {
        std::vector<protocol::LanePosition> out;
        const auto& order = store_.state_.order;
        auto epoch = std::find(order.rbegin(), order.rend(), epoch_);
        while (epoch != order.rend() && ++epoch != order.rend()) {
            for (const protocol::Lane name : engine::lanes_by_priority) {
                const auto noted = store_.state_.noted_before[*epoch][static_cast<std::size_t>(name)];
                const auto trimmed = store_.state_.trimmed[*epoch][static_cast<std::size_t>(name)];
                if ((noted == 0 && trimmed == 0) || out.size() == most) continue;
                auto& position = out.emplace_back();
                position.set_epoch(*epoch);
                position.set_lane(name);
                position.set_seq(noted);
                position.set_noted(noted);
                position.set_first(trimmed + 1);
            }
        }
        return out;
    }
    Result<std::vector<engine::JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) override {
        if (store_.disk_.off()) return off();
        std::vector<engine::JournalEntry> out;
        std::size_t bytes = 0;
        const auto& entries = store_.state_.epochs[epoch_][static_cast<std::size_t>(lane)];
        const std::uint64_t last = std::min<std::uint64_t>(last_seq(lane), entries.size());
        for (std::uint64_t seq = after + 1; seq <= last && out.size() < max_entries; ++seq) {
            const auto& entry = entries[seq - 1];
            if (!out.empty() && bytes + entry.body.size() > max_bytes) break;
            bytes += entry.body.size();
            out.push_back({seq, entry.body, entry.origin});
        }
        return out;
    }

  private:
    // Of what the hub holds through `end`. The newest that is noted stays, as the point from which both ends
    // compare; earlier epochs were left with only what the hub holds.
    std::size_t remove(std::uint64_t epoch, protocol::Lane name, std::uint64_t end) {
        auto& state = store_.state_;
        const auto slot = static_cast<std::size_t>(name);
        auto& entries = state.epochs[epoch][slot];
        if (epoch == state.epoch) end = std::min(end, std::max<std::uint64_t>(state.noted[slot], 1) - 1);
        end = std::min<std::uint64_t>(end, entries.size());
        std::size_t count = 0;
        for (std::uint64_t seq = 1; seq <= end; ++seq) {
            auto& entry = entries[seq - 1];
            if (entry.moved || entry.gone || entry.pending) continue;
            state.ids.erase(entry.id);
            entry = {};
            entry.pending = false;
            entry.gone = true;
            auto& trimmed = state.trimmed[epoch][slot];
            trimmed = std::max(trimmed, seq);
            ++count;
        }
        return count;
    }
    // Telemetry may have been thinned since the hub was sent what it speaks of.
    static bool stands(const MemoryJournalStore::Lane& lane, const protocol::LanePosition& applied) {
        if (applied.hash().empty() || applied.seq() == 0) return true;
        return applied.seq() <= lane.size() && lane[applied.seq() - 1].hash == applied.hash();
    }
    // The older half of what the hub has not acknowledged gives way to one operation that says so, and what
    // is behind it moves up.
    bool thin(protocol::Lane name, const protocol::TimeStamp& now) {
        auto& state = store_.state_;
        const auto slot = static_cast<std::size_t>(name);
        auto& lane = state.epochs[state.epoch][slot];
        const std::uint64_t noted = state.noted[slot];
        const std::uint64_t count = lane.size() - noted;
        if (count < least_to_void) return false;
        const std::uint64_t end = lane.size() - count / 2;
        std::uint64_t stands_for = 0;
        for (std::uint64_t i = noted; i < end; ++i) {
            protocol::Operation gone;
            const bool is_void = gone.ParseFromString(lane[i].body) && gone.has_voided();
            stands_for += is_void ? gone.voided().last() - gone.voided().first() + 1 : 1;
            state.ids.erase(lane[i].id);
        }
        if (planted(Planted::void_too_little)) --stands_for;
        protocol::Operation operation;
        operation.set_id("void " + std::to_string(store_.dice_.number()));
        *operation.mutable_time() = now;
        operation.mutable_voided()->set_first(noted + 1);
        operation.mutable_voided()->set_last(noted + stands_for);
        std::vector<MemoryJournalStore::Entry> moved(lane.begin() + static_cast<std::ptrdiff_t>(end),
                                                     lane.end());
        for (std::size_t i = 0; i < moved.size(); ++i) {
            if (moved[i].origin) continue;
            auto& origin = moved[i].origin.emplace();
            origin.set_epoch(state.epoch);
            origin.set_seq(end + i + 1);
            origin.set_hash(moved[i].hash);
        }
        lane.resize(noted);
        if (!planted(Planted::void_without_name)) {
            MemoryJournalStore::Entry stand_in;
            stand_in.id = operation.id();
            stand_in.body = operation.SerializeAsString();
            state.ids[stand_in.id] = {static_cast<int>(slot), content(operation)};
            moved.insert(moved.begin(), std::move(stand_in));
        }
        for (auto& entry : moved) {
            entry.hash = protocol::chain_next(
                lane.empty() ? protocol::chain_start(store_.device_, state.epoch, name) : lane.back().hash,
                entry.body);
            lane.push_back(std::move(entry));
        }
        return true;
    }
    bool planted(Planted fault) const { return store_.planted_ == fault; }
    static bool waits(const MemoryJournalStore::Entry& entry) {
        return entry.pending && !entry.moved && entry.result.outcome == protocol::PARKED;
    }
    Result<Place> find(const std::string& id) {
        for (const auto& [epoch, lanes] : store_.state_.epochs) {
            for (const auto& lane : lanes) {
                const auto found = std::ranges::find(lane, id, &MemoryJournalStore::Entry::id);
                if (found != lane.end()) {
                    return Place{epoch, static_cast<std::uint64_t>(found - lane.begin()) + 1, true};
                }
            }
        }
        return fail(ErrorCode::internal, "an id without its operation");
    }

    MemoryJournalStore& store_;
    std::uint64_t epoch_ = 0;
    std::array<std::uint64_t, 4> last_{};
    std::array<std::uint64_t, 4> noted_{};
    std::uint64_t notes_ = 0;
    engine::InCity in_city_;
};

MemoryJournalStore::MemoryJournalStore(std::string device, CrashDisk& disk, Dice& dice, Planted planted)
    : device_(std::move(device)), disk_(disk), dice_(dice), planted_(planted) {
    wipe();
}

Result<std::unique_ptr<Journal>> MemoryJournalStore::open() {
    if (disk_.off()) return off();
    return std::unique_ptr<Journal>(std::make_unique<MemoryJournal>(*this));
}

void MemoryJournalStore::keep_copy() {
    copy_ = state_;
}

bool MemoryJournalStore::restore_copy() {
    if (copy_) state_ = *copy_;
    return copy_.has_value();
}

void MemoryJournalStore::wipe() {
    state_ = {};
    state_.epoch = dice_.number() >> 1U;
    state_.epochs[state_.epoch];
    state_.order = {state_.epoch};
}

}  // namespace fieldpost::simulation

#include "tests/simulation/hub_views.hpp"

#include <algorithm>

namespace fieldpost::simulation {

// ------------------------------------------------------------------ what the checker sees

void WatchedStore::round_ended(bool committed) {
    in_round_ = false;
    if (committed) {
        stage_.checker.hub_committed(round_);
        for (const Seen& seen : seen_) stage_.checker.hub_has(seen.generation, seen.feed, seen.entry);
    } else {
        stage_.checker.hub_round_uncertain(round_);
    }
    round_ = {};
    seen_.clear();
}

Status WatchedStore::set_lane_position(std::string_view device, const protocol::LanePosition& position) {
    auto done = inner_.set_lane_position(device, position);
    if (done) round_.positions.emplace_back(device, position);
    return done;
}

Result<engine::OperationResult> WatchedStore::apply(const engine::RegisteredDevice& device,
                                                    const engine::OperationPlace& place,
                                                    BytesView operation) {
    auto done = inner_.apply(device, place, operation);
    if (done) round_.operations.emplace_back(device.id, Bytes(operation));
    return done;
}

Result<engine::FeedRange> WatchedStore::feed_range(const records::FeedId& feed, std::uint64_t after,
                                                   std::size_t max_bytes) {
    auto range = inner_.feed_range(feed, after, max_bytes);
    if (!range) return range;
    for (const auto& entry : range->entries) {
        if (in_round_) {
            seen_.push_back({generation(), feed, entry});  // it may be rolled back
        } else {
            stage_.checker.hub_has(generation(), feed, entry);
        }
    }
    return range;
}

// ------------------------------------------------------------------ what is planted

std::uint64_t PlantedStore::generation() {
    return inner_.generation();
}

Status PlantedStore::begin_generation() {
    return stage_.planted == Planted::keep_generation_after_restore ? ok() : inner_.begin_generation();
}

Result<std::optional<engine::RegisteredDevice>> PlantedStore::device(std::string_view id) {
    auto device = inner_.device(id);
    if (device && *device && stage_.planted == Planted::serve_revoked) (*device)->revoked = false;
    return device;
}

Result<protocol::LanePosition> PlantedStore::lane_position(std::string_view device, std::uint64_t epoch,
                                                           protocol::Lane lane) {
    if (planted(Planted::forget_lanes_at_start, 0.05)) {
        protocol::LanePosition start;
        start.set_lane(lane);
        start.set_epoch(epoch);
        start.set_hash(protocol::chain_start(device, epoch, lane));
        return start;
    }
    return inner_.lane_position(device, epoch, lane);
}

Status PlantedStore::set_lane_position(std::string_view device, const protocol::LanePosition& position) {
    if (planted(Planted::effects_without_cursor, 0.2)) return ok();
    return inner_.set_lane_position(device, position);
}

Result<engine::OperationResult> PlantedStore::apply(const engine::RegisteredDevice& device,
                                                    const engine::OperationPlace& place,
                                                    BytesView operation) {
    if (stage_.planted == Planted::skip_deduplication && place.origin) {
        engine::OperationPlace anew = place;
        anew.origin.reset();
        return inner_.apply(device, anew, operation);
    }
    if (planted(Planted::cursor_without_effects, 0.1)) return engine::OperationResult{};
    if (stage_.planted == Planted::drop_when_quarantined) {
        protocol::Operation read;
        if (!read.ParseFromArray(operation.data(), static_cast<int>(operation.size())) ||
            read.effect_case() == protocol::Operation::EFFECT_NOT_SET) {
            return engine::OperationResult{protocol::QUARANTINED, 0, "it cannot be read"};
        }
    }
    if (stage_.planted == Planted::drop_on_conflict) {
        protocol::Operation read;
        if (read.ParseFromArray(operation.data(), static_cast<int>(operation.size())) &&
            read.id().starts_with("shared")) {
            return engine::OperationResult{protocol::CONFLICT, 0, "another observation has this id"};
        }
    }
    return inner_.apply(device, place, operation);
}

Result<engine::Deliveries> PlantedStore::deliveries(std::string_view profile) {
    auto told = inner_.deliveries(profile);
    if (!told || stage_.planted != Planted::tell_of_uncleared) return told;
    for (const SampleDataset& dataset : sample_datasets)
        told->emplace(dataset.source, described(dataset.source));
    return told;
}

Result<std::vector<engine::OperationResult>> PlantedStore::results(std::string_view device,
                                                                   std::uint64_t epoch, protocol::Lane lane,
                                                                   std::uint64_t first, std::uint64_t last) {
    auto results = inner_.results(device, epoch, lane, first, last);
    const bool drops = stage_.planted == Planted::drop_when_quarantined ||
                       stage_.planted == Planted::drop_on_conflict ||
                       stage_.planted == Planted::cursor_without_effects;
    if (!results && drops) {  // as if all were well
        return std::vector<engine::OperationResult>(static_cast<std::size_t>(last - first + 1));
    }
    const bool is_untrue = stage_.planted == Planted::results_untrue ||
                           (stage_.planted == Planted::tell_otherwise && stage_.checker.hub_went_back());
    if (results && is_untrue) {
        for (auto& result : *results) {
            if (result.outcome != protocol::ACCEPTED) result = {};
        }
    }
    return results;
}

Result<std::map<records::FeedId, engine::FeedPoint>> PlantedStore::feed_heads() {
    auto heads = inner_.feed_heads();
    if (heads && stage_.planted == Planted::stale_feed_head) {
        for (auto& [feed, head] : *heads) head.n -= std::min<std::uint64_t>(head.n, 1);
    }
    return heads;
}

Result<engine::FeedRange> PlantedStore::feed_range(const records::FeedId& feed, std::uint64_t after,
                                                   std::size_t max_bytes) {
    auto range = inner_.feed_range(feed, after, max_bytes);
    if (!range) return range;
    auto& entries = range->entries;
    if (stage_.planted == Planted::forget_removal) {
        std::erase_if(entries, [](const protocol::FeedEntry& entry) { return entry.remove(); });
    }
    if (planted(Planted::skip_feed_entry, 0.1) && !entries.empty()) {
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(stage_.dice.below(entries.size())));
    }
    if (stage_.planted == Planted::reuse_feed_cursor) {
        // Every seventh change has the number of the one before it.
        for (auto& entry : entries) {
            if (entry.n() % 7 == 0 && entry.n() - 1 > after) entry.set_n(entry.n() - 1);
        }
    }
    if (planted(Planted::foreign_row_in_feed, 0.2) && !entries.empty() && !entries.back().remove()) {
        auto heads = inner_.feed_heads();
        if (!heads) return heads.error();
        for (const auto& [other, head] : *heads) {
            if (other == feed) continue;
            auto foreign = inner_.feed_range(other, 0, 1);
            if (foreign && !foreign->entries.empty()) {
                *entries.back().mutable_row() = foreign->entries.front().row();
                break;
            }
        }
    }
    return range;
}

}  // namespace fieldpost::simulation

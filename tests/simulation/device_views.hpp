// What stands between a device's engine and its journal when a fault is planted there.
#pragma once

#include "tests/simulation/stage.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class PlantedJournal final : public Journal {
  public:
    PlantedJournal(std::unique_ptr<Journal> inner, Stage& stage) : inner_(std::move(inner)), stage_(stage) {}

    Result<Place> append(protocol::Lane lane, const protocol::Operation& operation) override;
    Result<std::optional<protocol::After>> place_of(const std::string& id) override {
        return inner_->place_of(id);
    }
    Status note(const protocol::Ack& ack) override;
    Status note_in_city(const engine::InCity& known) override { return inner_->note_in_city(known); }
    Status note_safe(const protocol::LanePosition& position) override { return inner_->note_safe(position); }
    Result<bool> make_room(const protocol::TimeStamp& now) override { return inner_->make_room(now); }
    Status open_epoch(std::uint64_t from, const engine::OpenEpoch& wanted) override;
    void refresh() override { inner_->refresh(); }
    Result<std::vector<KnownOperation>> all() override { return inner_->all(); }

    std::uint64_t epoch() const override { return inner_->epoch(); }
    std::uint64_t last_seq(protocol::Lane lane) const override { return inner_->last_seq(lane); }
    std::uint64_t noted(protocol::Lane lane) const override { return inner_->noted(lane); }
    std::uint64_t notes() const override { return inner_->notes(); }
    const engine::InCity& in_city() const override { return inner_->in_city(); }
    std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) override {
        return inner_->hash_at(lane, seq);
    }
    std::uint64_t first_held(protocol::Lane lane) override { return inner_->first_held(lane); }
    std::vector<std::uint64_t> parked(protocol::Lane lane, std::uint64_t after, std::size_t most) override {
        return inner_->parked(lane, after, most);
    }
    std::vector<protocol::LanePosition> earlier(std::size_t most) override { return inner_->earlier(most); }
    Result<std::vector<engine::JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) override;

  private:
    std::unique_ptr<Journal> inner_;
    Stage& stage_;
    std::uint64_t again_ = 0;
};

}  // namespace fieldpost::simulation

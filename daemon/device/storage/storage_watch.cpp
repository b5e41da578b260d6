#include "daemon/device/storage/storage_watch.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

// With less free than this, a record that is longer than a trial would not be saved.
constexpr std::uint64_t room_to_try = 1U << 20U;

}  // namespace

StorageWatch::StorageWatch(StorageLimits limits, std::filesystem::path folder, Journal& journal,
                           CityCache& city, std::function<protocol::TimeStamp()> now, StorageEvents events)
    : limits_(limits),
      folder_(std::move(folder)),
      journal_(journal),
      city_(city),
      now_(std::move(now)),
      events_(std::move(events)),
      state_(measure()),
      plan_(plan_storage(limits_, state_)) {}

StorageState StorageWatch::measure() const {
    StorageState state;
    if (const auto size = journal_.size()) {
        state.journal_used = size->used;
        state.journal_spare = size->spare;
    }
    state.disk_free = free_bytes(folder_);
    state.reserve_held = journal_.reserve_held();
    state.nothing_to_trim = nothing_to_trim_;
    return state;
}

void StorageWatch::tick() {
    state_ = measure();
    auto plan = plan_storage(limits_, state_);
    const bool changed = plan.message != plan_.message || plan.accept_telemetry != plan_.accept_telemetry ||
                         (plan.attachment_room == 0) != (plan_.attachment_room == 0);
    if (!plan.message.empty() && plan.message != plan_.message) spdlog::warn("{}", plan.message);
    plan_ = std::move(plan);
    journal_.accept_telemetry(plan_.accept_telemetry);
    if (plan_.renew_reserve) journal_.keep_reserve(limits_.reserve);
    if (plan_.drop_older_city) city_.drop_older([](std::size_t) {});
    if (state_.disk_free >= room_to_try) journal_.try_to_write();
    if (plan_.make_room && journal_.is_open()) {
        make_room();
    } else {
        nothing_to_trim_ = false;
    }
    if (changed) events_.changed();
}

void StorageWatch::make_room() {
    if (making_room_) return;
    making_room_ = true;
    RoomRule rule;
    rule.now = now_();
    if (rule.now.quality() >= protocol::TIME_RTC) {
        rule.acknowledged_before = rule.now.utc_us() - keep_acknowledged_us;
    }
    const std::uint64_t goal = plan_.journal_goal;
    journal_.make_room(goal, std::move(rule), [this, goal](const Result<RoomMade>& made) {
        making_room_ = false;
        if (!made) {
            spdlog::error("no room could be made in the journal: {}", made.error().message);
            return;
        }
        if (made->anything()) {
            spdlog::warn("the journal made room: {} entries that the hub holds went, {} of telemetry",
                         made->trimmed, made->telemetry);
        }
        const auto size = journal_.size();
        nothing_to_trim_ = size && size->used > goal;
        if (made->rewritten) events_.rewritten();
    });
}

}  // namespace fieldpost::device

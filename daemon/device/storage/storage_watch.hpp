// Looks after the room on the disk: measures, lets plan_storage() decide, has journal and city carry it out,
// and knows what a person must be told. Loop thread.
#pragma once

#include <filesystem>
#include <functional>

#include "daemon/device/city/city_cache.hpp"
#include "daemon/device/journal/budget.hpp"
#include "daemon/device/journal/journal.hpp"

namespace fieldpost::device {

struct StorageEvents {
    std::function<void()> changed;    // what a person is told, or what may be recorded
    std::function<void()> rewritten;  // the journal stands under other numbers: compare with the hub anew
};

class StorageWatch {
  public:
    // `folder` is on the disk in question. `now` is the time as operations carry it.
    StorageWatch(StorageLimits limits, std::filesystem::path folder, Journal& journal, CityCache& city,
                 std::function<protocol::TimeStamp()> now, StorageEvents events);

    // Every few seconds. Returns at once: what takes time is done by the
    // writers of journal and city.
    void tick();

    const StorageLimits& limits() const { return limits_; }
    const StorageState& state() const { return state_; }
    // What is done about it, as of the last tick.
    const StoragePlan& plan() const { return plan_; }
    // The journal is at it, and tells when it is done.
    bool making_room() const { return making_room_; }

  private:
    StorageState measure() const;
    void make_room();

    const StorageLimits limits_;
    const std::filesystem::path folder_;
    Journal& journal_;
    CityCache& city_;
    const std::function<protocol::TimeStamp()> now_;
    const StorageEvents events_;
    bool nothing_to_trim_ = false;
    StorageState state_;
    StoragePlan plan_;
    bool making_room_ = false;
};

}  // namespace fieldpost::device

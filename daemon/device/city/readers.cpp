#include "daemon/device/city/readers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

namespace fieldpost::device {

namespace {

constexpr std::size_t max_jobs = 256;

}  // namespace

// Touched by its own thread only, but for posting.
struct Readers::Slot {
    std::uint64_t mount = 0;  // that it has open
    std::unique_ptr<snapshot::Reader> reader;
    std::unique_ptr<lookup::Search> search;
    std::optional<TimeZone> zone;
    std::unique_ptr<CityView> view;
    support::WorkerThread thread{"reader", max_jobs};  // last: joined before the rest goes
};

Readers::Readers(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) slots_.push_back(std::make_unique<Slot>());
}

Readers::~Readers() {
    for (auto& slot : slots_) slot->thread.drain_and_join();
}

void Readers::mount(std::filesystem::path file) {
    {
        const std::lock_guard lock(mutex_);
        file_ = std::move(file);
        ++mount_;
    }
    // Open now, so that the first look-up does not wait for it.
    for (auto& slot : slots_) {
        const bool queued = slot->thread.post([this, &slot = *slot] {
            if (auto opened = view(slot); !opened) spdlog::error("city: {}", opened.error().message);
        });
        if (!queued)
            spdlog::warn("city: the readers are busy; they open the new snapshot at the next look-up");
    }
}

Result<CityView*> Readers::view(Slot& slot) {
    std::filesystem::path file;
    std::uint64_t mount = 0;
    {
        const std::lock_guard lock(mutex_);
        file = file_;
        mount = mount_;
    }
    if (file.empty()) {
        return fail(ErrorCode::unavailable, "this vehicle has no city data yet: connect it to the hub once");
    }
    if (slot.mount == mount) return slot.view.get();
    slot.view.reset();
    slot.search.reset();
    slot.reader.reset();
    slot.mount = 0;
    auto reader = snapshot::Reader::open(file);
    if (!reader) return reader.error();
    auto search = lookup::Search::open(**reader);
    if (!search) return search.error();
    auto meta = (*reader)->meta();
    if (!meta) return meta.error();
    auto zone = TimeZone::parse(meta->time_zone);
    if (!zone) {
        spdlog::error("city: {}; days are UTC's", zone.error().message);
        zone = TimeZone::parse("");
    }
    slot.zone.emplace(std::move(*zone));
    slot.reader = std::move(*reader);
    slot.search = std::move(*search);
    slot.view = std::make_unique<CityView>(CityView{*slot.reader, *slot.search, *slot.zone});
    slot.mount = mount;
    return slot.view.get();
}

bool Readers::run(Job job) {
    Slot& slot = *slots_[next_++ % slots_.size()];
    return slot.thread.post([this, &slot, job = std::move(job)] { job(view(slot)); });
}

std::chrono::steady_clock::duration Readers::busy_for() const {
    std::chrono::steady_clock::duration longest{};
    for (const auto& slot : slots_) longest = std::max(longest, slot->thread.busy_for());
    return longest;
}

}  // namespace fieldpost::device

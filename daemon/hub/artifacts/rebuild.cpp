#include "daemon/hub/artifacts/rebuild.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace fieldpost::hub {

namespace {

constexpr std::size_t most_profiles = 1000;
constexpr std::chrono::minutes again_after{10};
constexpr std::chrono::minutes longest_pause{24 * 60};
constexpr std::chrono::hours sound_for{24};

}  // namespace

SnapshotRebuilder::SnapshotRebuilder(std::filesystem::path store_folder, Artifacts& artifacts,
                                     protocol::Signer& signer, Post post, Built built)
    : folder_(std::move(store_folder)),
      signer_(signer),
      post_(std::move(post)),
      built_(std::move(built)),
      artifacts_(artifacts),
      thread_("snapshots", most_profiles) {}

SnapshotRebuilder::~SnapshotRebuilder() {
    stop_.request_stop();
    thread_.drain_and_join();
}

std::chrono::minutes SnapshotRebuilder::pause_after(const std::string& profile, bool is_damaged,
                                                    Time now) const {
    const auto last = begun_.find(profile);
    if (!is_damaged || last == begun_.end() || now - last->second.at >= last->second.pause + sound_for)
        return again_after;
    return std::min(2 * last->second.pause, longest_pause);
}

void SnapshotRebuilder::look(std::span<const std::string> profiles, std::uint64_t hub_generation, Time now) {
    for (const std::string& profile : profiles) {
        if (waiting_.contains(profile)) continue;
        const bool is_damaged = artifacts_.is_newest_damaged(profile);
        if (artifacts_.offered(profile, hub_generation) != 0 && !is_damaged) continue;
        const auto begun = begun_.find(profile);
        if (begun != begun_.end() && begun->second.hub_generation == hub_generation &&
            now - begun->second.at < begun->second.pause)
            continue;
        const bool queued = thread_.post([this, profile] {
            const auto silent = [](const std::string&) {};
            auto report = build_snapshot(folder_, profile, signer_, silent, stop_.get_token());
            if (stop_.stop_requested()) return;
            post_([this, profile, report = std::move(report)] { done(profile, report); });
        });
        if (!queued) return;
        spdlog::info("profile {}: it has no snapshot that can be offered: one is built", profile);
        begun_[profile] = {now, hub_generation, pause_after(profile, is_damaged, now)};
        waiting_.insert(profile);
    }
}

void SnapshotRebuilder::done(const std::string& profile, const Result<SnapshotReport>& report) {
    waiting_.erase(profile);
    built_(profile, report);
}

}  // namespace fieldpost::hub

// A new hub generation makes every snapshot useless that was built before it, and what is withdrawn (see
// Artifacts::withdraw()) leaves nothing to fetch: they are built anew by themselves, on a thread of their
// own, while the feeds are served.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <stop_token>
#include <string>

#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/support/worker_thread.hpp"

namespace fieldpost::hub {

class SnapshotRebuilder {
  public:
    using Post = std::function<void(std::function<void()>)>;
    using Built = std::function<void(const std::string& profile, const Result<SnapshotReport>& report)>;
    using Time = std::chrono::steady_clock::time_point;

    // `artifacts` says what is offered, as it knows what is withdrawn: the store's one, used on the loop's
    // thread. `signer` is used on the other thread. `built` is called through `post`.
    SnapshotRebuilder(std::filesystem::path store_folder, Artifacts& artifacts, protocol::Signer& signer,
                      Post post, Built built);
    // Ends a build that runs: it is begun again by whoever looks next. Nothing is posted after it.
    ~SnapshotRebuilder();
    SnapshotRebuilder(const SnapshotRebuilder&) = delete;
    SnapshotRebuilder& operator=(const SnapshotRebuilder&) = delete;

    // Builds for each of these profiles that has no snapshot of this hub generation, or whose newest one
    // turned out to be damaged. At the start, when a generation begins, and now and then. Within a hub
    // generation a profile's builds begin ten minutes apart at least, whether the last one failed or was
    // withdrawn since: an import that raises labels does so record by record. When the disk damages what is
    // built, the time between doubles with each in a row, up to a day; one that stayed sound for a day ends
    // the row. Loop thread.
    void look(std::span<const std::string> profiles, std::uint64_t hub_generation, Time now);

    // Profiles that are being built, or wait for it.
    std::size_t waiting() const { return waiting_.size(); }

  private:
    void done(const std::string& profile, const Result<SnapshotReport>& report);

    const std::filesystem::path folder_;
    protocol::Signer& signer_;
    const Post post_;
    const Built built_;
    Artifacts& artifacts_;
    std::set<std::string> waiting_;
    struct Begun {
        Time at;
        std::uint64_t hub_generation = 0;
        std::chrono::minutes pause{0};  // until the next may begin
    };
    std::chrono::minutes pause_after(const std::string& profile, bool is_damaged, Time now) const;
    std::map<std::string, Begun> begun_;  // each profile's last build
    std::stop_source stop_;
    support::WorkerThread thread_;  // last: joined before the rest goes
};

}  // namespace fieldpost::hub

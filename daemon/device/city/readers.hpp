// Reading the city beside its writer: a few threads, each with its own connection and street names, so that a
// look-up never waits for the loop or a feed.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/support/worker_thread.hpp"
#include "sync/base/time_zone.hpp"
#include "sync/lookup/search.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::device {

// What a job may use; valid during the job.
struct CityView {
    snapshot::Reader& reader;
    lookup::Search& search;
    const TimeZone& zone;  // the city's
};

class Readers {
  public:
    // Called on a reader thread; an Error when no city is mounted or it cannot be opened.
    using Job = std::function<void(Result<CityView*>)>;

    explicit Readers(std::size_t threads = 2);
    ~Readers();

    // From now on jobs see this file, opened anew. Loop thread.
    void mount(std::filesystem::path file);
    // Any thread. False when too much waits: tell the client to try again.
    [[nodiscard]] bool run(Job job);
    // How long the job that has run longest has been running; zero when none does. Any thread.
    std::chrono::steady_clock::duration busy_for() const;

  private:
    struct Slot;
    Result<CityView*> view(Slot& slot);

    std::vector<std::unique_ptr<Slot>> slots_;
    std::atomic<std::size_t> next_{0};
    std::mutex mutex_;  // guards the rest
    std::filesystem::path file_;
    std::uint64_t mount_ = 0;  // counts them
};

}  // namespace fieldpost::device

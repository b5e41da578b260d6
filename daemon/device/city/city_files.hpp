// The files behind CityCache: on its writer thread only.
#pragma once

#include <mutex>
#include <set>

#include "daemon/device/city/city_cache.hpp"
#include "daemon/device/city/city_rights.hpp"
#include "sync/snapshot/writer.hpp"

namespace fieldpost::device {

class CityCache::Files {
  public:
    explicit Files(std::filesystem::path folder) : folder_(std::move(folder)), rights_(folder_ / "rights") {}
    ~Files();

    Result<std::optional<Mounted>> open();
    Result<std::optional<Mounted>> mend();
    void note_rights(Cleared feeds);
    Result<engine::FeedPoint> apply(const records::FeedId& feed, const protocol::FeedSegment& segment,
                                    std::int64_t now_s);
    Status note_deliveries(const engine::NoteDeliveries& note);
    Result<engine::MountedCity> change_feeds(const engine::ChangeFeeds& change);
    Result<std::vector<std::uint32_t>> prepare(const protocol::Manifest& manifest);
    std::size_t drop_older();
    Status write_block(std::uint32_t block, BytesView content);
    Result<Mounted> finish(const protocol::Manifest& manifest);
    std::string left_over() const;  // any thread

  private:
    Result<std::optional<Mounted>> mount_newest();
    void hold_to_rights(Mounted& mounted);
    void remove_outlived(const engine::MountedCity& mounted);
    Result<Mounted> mount(const std::filesystem::path& file);
    Status can_change() const;
    engine::MountedCity mounted_city(const std::vector<snapshot::FeedCursor>& feeds) const;
    Status verify_draft(const protocol::Manifest& manifest);
    void set_aside_alone(const std::filesystem::path& file);
    void remove_set_aside();
    void remove_of_other_format(std::uint64_t but);
    void remove_city(std::uint64_t generation);
    void sweep();
    Status remove_what_may_not_be_here();
    bool is_proven(const std::filesystem::path& path) const;
    bool is_in_use(const std::filesystem::path& path) const;
    bool holds_more(std::uint64_t generation, const engine::MountedCity& city) const;
    bool holds_only(std::uint64_t generation, const engine::MountedCity& city) const;
    Result<std::vector<std::filesystem::path>> listed() const;
    std::vector<std::filesystem::path> files() const;
    std::vector<std::uint64_t> generations() const;
    std::filesystem::path city_file(std::uint64_t generation) const;
    void close_draft();

    const std::filesystem::path folder_;
    CityRights rights_;
    std::unique_ptr<snapshot::Writer> writer_;  // null when nothing is mounted, or for reading only
    std::string read_only_;                     // why the latter
    bool try_again_ = false;                    // the disk refused something: mend() may do more
    snapshot::Meta meta_;                       // of what is mounted
    std::filesystem::path draft_;
    int draft_fd_ = -1;
    std::uint32_t block_bytes_ = 0;
    std::set<records::FeedId> draft_feeds_;  // that the draft's manifest names
    mutable std::mutex left_mutex_;          // guards the rest
    std::string left_why_;                   // why files are there still that may hold what was lost
};

}  // namespace fieldpost::device

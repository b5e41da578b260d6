#include "daemon/device/city/city_files.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "daemon/device/city/city_changes.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::device {

namespace {

// A fetch must leave room for what crews record meanwhile.
constexpr std::uint64_t room_for_recording = 64U << 20U;
constexpr const char* only_read = "it can be read, but not brought up to date: ";

Error disk_error(const std::string& what) {
    const int number = errno;
    return fail(number == ENOSPC || number == EDQUOT ? ErrorCode::full : ErrorCode::io,
                what + ": " + std::strerror(number));
}

// Reads a block of the draft; shorter at the end of the file.
Result<Bytes> read_block(int fd, std::uint64_t offset, std::size_t size) {
    Bytes content(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const ssize_t n = ::pread(fd, content.data() + got, size - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return disk_error("reading the snapshot's draft");
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    content.resize(got);
    return content;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 18 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Named as the files that this class makes. Whatever else lies in the folder is a person's.
bool is_ours(std::string_view name) {
    if (name.starts_with("draft-") && name.ends_with(".part"))
        return is_number(name.substr(6, name.size() - 11));
    if (!name.starts_with("city-")) return false;
    const std::size_t end = name.find(".db");
    if (end == std::string_view::npos || !is_number(name.substr(5, end - 5))) return false;
    const std::string_view rest = name.substr(end + 3);
    return rest.empty() || rest == "-wal" || rest == "-shm" || rest.starts_with(".damaged-");
}

// Empty when it does not say, or names one that nobody here knows.
std::set<records::FeedId> feeds_of(const protocol::Manifest& manifest) {
    std::set<records::FeedId> out;
    for (const auto& cursor : manifest.cursors()) {
        auto feed = records::parse_feed(cursor.feed());
        if (!feed) return {};
        out.insert(std::move(*feed));
    }
    return out;
}

std::size_t size_of_block(const protocol::Manifest& manifest, std::uint32_t block) {
    const std::uint64_t offset = std::uint64_t{block} * manifest.block_bytes();
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(manifest.block_bytes(), manifest.bytes() - offset));
}

}  // namespace

CityCache::Files::~Files() {
    close_draft();
}

std::filesystem::path CityCache::Files::city_file(std::uint64_t generation) const {
    return folder_ / ("city-" + std::to_string(generation) + ".db");
}

Result<std::vector<std::filesystem::path>> CityCache::Files::listed() const {
    auto there = list_folder(folder_);
    if (!there && there.error().code == ErrorCode::not_found) return std::vector<std::filesystem::path>();
    return there;
}

// Those that there are, as far as the disk tells.
std::vector<std::filesystem::path> CityCache::Files::files() const {
    auto there = listed();
    if (there) return std::move(*there);
    spdlog::error("city: {}", there.error().message);
    return {};
}

// Newest first.
std::vector<std::uint64_t> CityCache::Files::generations() const {
    std::vector<std::uint64_t> found;
    for (const auto& path : files()) {
        const std::string name = path.filename().string();
        if (!name.starts_with("city-") || !name.ends_with(".db")) continue;
        const std::string number = name.substr(5, name.size() - 8);
        if (is_number(number)) found.push_back(std::stoull(number));
    }
    std::sort(found.rbegin(), found.rend());
    return found;
}

Result<Mounted> CityCache::Files::mount(const std::filesystem::path& file) {
    auto writer = snapshot::Writer::open(file);
    const bool is_sound =
        writer || (writer.error().code != ErrorCode::corrupt && writer.error().code != ErrorCode::conflict);
    if (!is_sound) return writer.error();
    auto reader = snapshot::Reader::open(file);
    if (!reader) return reader.error();
    auto meta = (*reader)->meta();
    if (!meta) return meta.error();
    auto feeds = (*reader)->feeds();
    if (!feeds) return feeds.error();
    if (writer) {
        // A kill may have come between a feed's end and this.
        if (auto emptied = (*writer)->empty_log(); !emptied)
            spdlog::warn("city: {}", emptied.error().message);
    }
    writer_ = writer ? std::move(*writer) : nullptr;
    read_only_ = writer ? std::string() : writer.error().message;
    try_again_ = !writer;
    meta_ = std::move(*meta);
    return Mounted{file, mounted_city(*feeds), read_only_};
}

Result<std::optional<Mounted>> CityCache::Files::mend() {
    rights_.keep();
    if (!try_again_) {
        sweep();
        return std::optional<Mounted>();
    }
    auto mounted = open();
    if (mounted && *mounted && !(*mounted)->read_only.empty())
        return fail(ErrorCode::unavailable, only_read + (*mounted)->read_only);
    if (mounted && *mounted && try_again_)
        return fail(ErrorCode::unavailable, "rows of a lost right cannot be removed from it");
    return mounted;
}

Status CityCache::Files::can_change() const {
    if (writer_) return ok();
    if (read_only_.empty()) return fail(ErrorCode::unavailable, "no city is mounted");
    return fail(ErrorCode::unavailable, only_read + read_only_);
}

void CityCache::Files::remove_set_aside() {
    for (const auto& path : files()) {
        const std::string name = path.filename().string();
        if (!is_ours(name) || name.find(".damaged-") == std::string::npos) continue;
        std::error_code error;
        std::filesystem::remove(path, error);
    }
}

void CityCache::Files::set_aside_alone(const std::filesystem::path& file) {
    remove_set_aside();
    auto aside = set_aside(file);
    if (aside) {
        spdlog::error("{} is damaged and was set aside as {}", file.filename().string(),
                      aside->filename().string());
    } else {
        spdlog::error("city: {}", aside.error().message);
    }
}

void CityCache::Files::remove_city(std::uint64_t generation) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::error_code error;
        std::filesystem::remove(city_file(generation).string() + suffix, error);
    }
}

// What a lost right leaves nothing of: also after a kill, and with what could not be removed before. Each
// file is judged by what may be here, not by what was lost. It holds up nothing.
void CityCache::Files::sweep() {
    if (!rights_.to_be_swept()) return;
    const Status done = remove_what_may_not_be_here();
    if (done) rights_.swept();
    const std::lock_guard lock(left_mutex_);
    const std::string why = done ? std::string() : done.error().message;
    if (!why.empty() && why != left_why_) spdlog::error("data of a lost right cannot be removed: {}", why);
    left_why_ = why;
}

Status CityCache::Files::remove_what_may_not_be_here() {
    const auto there = listed();
    if (!there) return there.error();
    std::string why;
    const auto stays = [&](const std::string& what, const std::string& reason) {
        why += (why.empty() ? "" : "; ") + what + ": " + reason;
    };
    if (!is_proven(draft_)) close_draft();
    // All are judged before any goes: without its log a city would say something else.
    std::vector<std::filesystem::path> to_go;
    for (const auto& path : *there) {
        if (!is_ours(path.filename().string()) || is_in_use(path) || is_proven(path)) continue;
        to_go.push_back(path);
    }
    for (const auto& path : to_go) {
        const std::string name = path.filename().string();
        std::error_code error;
        const bool is_gone = std::filesystem::remove(path, error);
        if (is_gone) spdlog::info("the profile lost a feed: {} is removed", name);
        if (error) stays(name, error.message());
    }
    if (auto synced = fsync_folder(folder_); !synced) stays("the folder", synced.error().message);
    bool is_held = true;
    if (meta_.artifact_generation != 0) {
        const auto mounted = city_file(static_cast<std::uint64_t>(meta_.artifact_generation));
        const auto emptied = writer_ ? writer_->empty_log() : Status(ok());
        if (!emptied) stays(mounted.filename().string(), emptied.error().message);
        is_held = is_proven(mounted);  // else its feeds are changed next, and whoever cannot do so tells
    }
    if (!why.empty() || !is_held) return fail(ErrorCode::io, why);
    return ok();
}

// It holds nothing but what may be here: a city that says which feeds it has, or the draft. What cannot be
// read, a draft of an earlier run, and a log that nobody put into its city say nothing.
bool CityCache::Files::is_proven(const std::filesystem::path& path) const {
    const auto may_be_here = [this](const records::FeedId& feed) { return rights_.allows(feed); };
    if (path == draft_)
        return draft_fd_ >= 0 && !draft_feeds_.empty() && std::ranges::all_of(draft_feeds_, may_be_here);
    if (path.extension() != ".db") return false;
    std::error_code error;
    const auto log = std::filesystem::file_size(path.string() + "-wal", error);
    if (!error && log > 0 && !is_in_use(path)) return false;
    const auto reader = snapshot::Reader::open(path);
    if (!reader) return false;
    const auto feeds = (*reader)->feeds();
    return feeds && std::ranges::all_of(*feeds, may_be_here, &snapshot::FeedCursor::feed);
}

// The mounted city and the draft that is being fetched.
bool CityCache::Files::is_in_use(const std::filesystem::path& path) const {
    if (draft_fd_ >= 0 && path == draft_) return true;
    const auto mounted = city_file(static_cast<std::uint64_t>(meta_.artifact_generation)).string();
    return meta_.artifact_generation != 0 &&
           (path == mounted || path == mounted + "-wal" || path == mounted + "-shm");
}

std::string CityCache::Files::left_over() const {
    const std::lock_guard lock(left_mutex_);
    return left_why_;
}

bool CityCache::Files::holds_more(std::uint64_t generation, const engine::MountedCity& city) const {
    const auto reader = snapshot::Reader::open(city_file(generation));
    if (!reader) return false;
    const auto feeds = (*reader)->feeds();
    return feeds &&
           std::ranges::any_of(*feeds, [&](const auto& feed) { return !city.feeds.contains(feed.feed); });
}

bool CityCache::Files::holds_only(std::uint64_t generation, const engine::MountedCity& city) const {
    const auto reader = snapshot::Reader::open(city_file(generation));
    if (!reader) return false;
    const auto feeds = (*reader)->feeds();
    return feeds &&
           std::ranges::all_of(*feeds, [&](const auto& feed) { return city.feeds.contains(feed.feed); });
}

void CityCache::Files::remove_of_other_format(std::uint64_t but) {
    for (const std::uint64_t generation : generations()) {
        if (generation == but) continue;
        const auto reader = snapshot::Reader::open(city_file(generation));
        if (!reader && reader.error().code == ErrorCode::conflict) remove_city(generation);
    }
}

Result<std::optional<Mounted>> CityCache::Files::open() {
    rights_.load();
    auto mounted = mount_newest();
    if (mounted && *mounted) {
        remove_outlived((*mounted)->city);
        hold_to_rights(**mounted);
    }
    // Of what cannot be opened now nothing is proven, and it may be the last good one.
    if (mounted) sweep();
    return mounted;
}

// What was lost while no city was mounted, or none that could be changed, or while this one came.
void CityCache::Files::hold_to_rights(Mounted& mounted) {
    engine::ChangeFeeds change;
    for (const auto& [feed, state] : mounted.city.feeds) {
        if (!rights_.allows(feed)) change.drop.push_back(feed);
    }
    if (change.drop.empty()) return;
    auto changed = change_feeds(change);
    if (changed) {
        mounted.city = std::move(*changed);
        return;
    }
    spdlog::error("rows of a lost right are still in the city: {}", changed.error().message);
    try_again_ = true;
}

// What finish() removes, should it have been killed before.
void CityCache::Files::remove_outlived(const engine::MountedCity& mounted) {
    for (const std::uint64_t generation : generations()) {
        // One that cannot be read now may be the last good one.
        if (generation < mounted.snapshot_generation && holds_more(generation, mounted))
            remove_city(generation);
    }
    for (const auto& path : files()) {
        const std::string name = path.filename().string();
        const std::size_t aside = name.find(".db.damaged-");
        if (!is_ours(name) || aside == std::string::npos) continue;
        std::error_code error;
        if (std::stoull(name.substr(5, aside - 5)) <= mounted.snapshot_generation)
            std::filesystem::remove(path, error);
    }
}

void CityCache::Files::note_rights(Cleared feeds) {
    rights_.note(std::move(feeds));
    // Where nothing is known to be lost, a city that the disk cannot open now may be the last good one.
    const bool cannot_open = try_again_ && meta_.artifact_generation == 0;
    if (rights_.is_loss_known() || !cannot_open) sweep();
}

Result<std::optional<Mounted>> CityCache::Files::mount_newest() {
    // What is tried again is told once.
    const auto level = std::exchange(try_again_, true) ? spdlog::level::debug : spdlog::level::err;
    if (auto made = make_folder(folder_); !made) return made.error();
    if (const auto there = listed(); !there) return there.error();
    std::optional<Error> may_pass;
    for (const std::uint64_t generation : generations()) {
        const auto file = city_file(generation);
        auto mounted = mount(file);
        if (mounted) return std::optional(std::move(*mounted));
        spdlog::log(level, "city file {} cannot be used: {}", file.filename().string(),
                    mounted.error().message);
        const ErrorCode code = mounted.error().code;
        if (code == ErrorCode::corrupt) set_aside_alone(file);
        if (code != ErrorCode::corrupt && code != ErrorCode::conflict) may_pass = mounted.error();
    }
    if (may_pass) return *may_pass;
    try_again_ = false;
    return std::optional<Mounted>();
}

Result<engine::FeedPoint> CityCache::Files::apply(const records::FeedId& feed,
                                                  const protocol::FeedSegment& segment, std::int64_t now_s) {
    if (auto writable = can_change(); !writable) return writable.error();
    return apply_segment(*writer_, meta_, feed, segment, now_s);
}

Status CityCache::Files::note_deliveries(const engine::NoteDeliveries& note) {
    auto writable = can_change();
    return writable ? device::note_deliveries(*writer_, note) : writable;
}

Result<engine::MountedCity> CityCache::Files::change_feeds(const engine::ChangeFeeds& change) {
    if (auto writable = can_change(); !writable) return writable.error();
    const bool is_lost = !change.drop.empty();
    // First: as long as anything else may hold the rows, the mounted file names their feeds, so that after a
    // kill the next contact drops them again, though the hub never said what may be here.
    if (is_lost) {
        rights_.lose(change.drop);
        sweep();
    }
    if (auto changed = device::change_feeds(*writer_, change); !changed) return changed.error();
    if (is_lost) {
        if (auto emptied = writer_->empty_log(); !emptied) return emptied.error();
        sweep();
    }
    auto reader = snapshot::Reader::open(city_file(static_cast<std::uint64_t>(meta_.artifact_generation)));
    if (!reader) return reader.error();
    auto feeds = (*reader)->feeds();
    if (!feeds) return feeds.error();
    return mounted_city(*feeds);
}

engine::MountedCity CityCache::Files::mounted_city(const std::vector<snapshot::FeedCursor>& feeds) const {
    engine::MountedCity city;
    city.snapshot_generation = static_cast<std::uint64_t>(meta_.artifact_generation);
    for (const auto& feed : feeds) {
        const auto cursor = static_cast<std::uint64_t>(feed.cursor);
        city.feeds[feed.feed] = {static_cast<std::uint64_t>(feed.generation), cursor, cursor, feed.checksum};
    }
    return city;
}

void CityCache::Files::close_draft() {
    if (draft_fd_ >= 0) ::close(draft_fd_);
    draft_fd_ = -1;
}

Result<std::vector<std::uint32_t>> CityCache::Files::prepare(const protocol::Manifest& manifest) {
    close_draft();
    remove_of_other_format(manifest.generation());
    std::error_code error;
    if (std::filesystem::exists(city_file(manifest.generation()), error)) return std::vector<std::uint32_t>();
    draft_feeds_ = feeds_of(manifest);
    draft_ = folder_ / ("draft-" + std::to_string(manifest.generation()) + ".part");
    block_bytes_ = manifest.block_bytes();
    for (const auto& path : files()) {  // of generations that are gone
        const bool is_draft = is_ours(path.filename().string()) && path.extension() == ".part";
        if (is_draft && path != draft_) std::filesystem::remove(path, error);
    }
    const bool resumed = std::filesystem::exists(draft_, error);
    const std::uint64_t free = free_bytes(folder_);
    const std::uint64_t allocated = resumed ? std::filesystem::file_size(draft_, error) : 0;
    if (free + allocated < manifest.bytes() + room_for_recording) {
        return fail(ErrorCode::full,
                    "the disk has no room for the city's data: " + std::to_string(manifest.bytes() >> 20U) +
                        " MiB are needed, " + std::to_string(free >> 20U) + " MiB are free");
    }
    draft_fd_ = ::open(draft_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (draft_fd_ < 0) return disk_error("opening " + draft_.string());
    std::vector<std::uint32_t> missing;
    const auto blocks = static_cast<std::uint32_t>(manifest.blocks_size());
    for (std::uint32_t block = 0; block < blocks; ++block) {
        if (resumed) {
            auto content =
                read_block(draft_fd_, std::uint64_t{block} * block_bytes_, size_of_block(manifest, block));
            if (!content) return content.error();
            if (sha256(*content) == manifest.blocks(static_cast<int>(block)).sha256()) continue;
        }
        missing.push_back(block);
    }
    spdlog::info("snapshot {}: {} of {} blocks to fetch", manifest.generation(), missing.size(), blocks);
    return missing;
}

std::size_t CityCache::Files::drop_older() {
    if (!writer_) return 0;
    std::size_t removed = 0;
    for (const std::uint64_t generation : generations()) {
        if (generation >= static_cast<std::uint64_t>(meta_.artifact_generation)) continue;
        spdlog::info("city {}, behind the mounted one, is removed", generation);
        remove_city(generation);
        ++removed;
    }
    return removed;
}

Status CityCache::Files::write_block(std::uint32_t block, BytesView content) {
    if (draft_fd_ < 0) return fail(ErrorCode::internal, "no draft is open");
    const std::uint64_t offset = std::uint64_t{block} * block_bytes_;
    std::size_t done = 0;
    while (done < content.size()) {
        const ssize_t n = ::pwrite(draft_fd_, content.data() + done, content.size() - done,
                                   static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return disk_error("writing the snapshot's draft");
        done += static_cast<std::size_t>(n);
    }
    return ok();
}

Status CityCache::Files::verify_draft(const protocol::Manifest& manifest) {
    if (draft_fd_ < 0) return fail(ErrorCode::internal, "no draft is open");
    Sha256 whole;
    for (std::uint32_t block = 0; block < static_cast<std::uint32_t>(manifest.blocks_size()); ++block) {
        auto content =
            read_block(draft_fd_, std::uint64_t{block} * block_bytes_, size_of_block(manifest, block));
        if (!content) return content.error();
        whole.update(*content);
    }
    if (::ftruncate(draft_fd_, static_cast<off_t>(manifest.bytes())) != 0 || ::fsync(draft_fd_) != 0) {
        return disk_error("syncing the snapshot's draft");
    }
    close_draft();
    if (whole.finish() != manifest.sha256()) {
        return fail(ErrorCode::io,
                    "the snapshot on the disk is not what its manifest says: its blocks are "
                    "compared again at the next contact");
    }
    return ok();
}

Result<Mounted> CityCache::Files::finish(const protocol::Manifest& manifest) {
    const auto file = city_file(manifest.generation());
    // It may have been built before a right was lost. First, for a kill may come, and it may not be of use.
    const auto holds = feeds_of(manifest);
    if (!std::ranges::all_of(holds, [this](const auto& feed) { return rights_.allows(feed); }))
        rights_.lose({});
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        if (auto verified = verify_draft(manifest); !verified) return verified.error();
        if (auto placed = rename_durably(draft_, file); !placed) return placed.error();
    }
    auto mounted = mount(file);
    if (!mounted) {
        const ErrorCode code = mounted.error().code;
        if (code == ErrorCode::corrupt) set_aside_alone(file);
        if (code == ErrorCode::corrupt || code == ErrorCode::conflict) sweep();
        if (code == ErrorCode::conflict) return mounted.error().with("update the older of hub and device");
        return mounted.error();
    }
    // The one before stays as the last good one, unless it holds what this one does not: then the profile
    // lost a right meanwhile. What a damaged one holds nobody can say.
    remove_set_aside();
    const auto kept = generations();
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] == manifest.generation()) continue;
        if (i >= 2 || !holds_only(kept[i], mounted->city)) remove_city(kept[i]);
    }
    hold_to_rights(*mounted);
    sweep();
    return mounted;
}

}  // namespace fieldpost::device

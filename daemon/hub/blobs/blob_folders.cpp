#include "daemon/hub/blobs/blob_folders.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "sync/base/file.hpp"

namespace fieldpost::hub {

namespace {

namespace fs = std::filesystem;

struct FoundFile {
    fs::path path;
    std::int64_t written_at;  // unix nanoseconds
    std::uint64_t bytes;
};

// The files right in the folder, those first that were written longest ago.
std::vector<FoundFile> files_in(const fs::path& folder) {
    std::vector<FoundFile> out;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        struct stat found {};
        if (::lstat(entry->path().c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
        out.push_back({entry->path(),
                       std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec,
                       static_cast<std::uint64_t>(found.st_size)});
    }
    std::ranges::sort(out, {}, &FoundFile::written_at);
    return out;
}

std::size_t remove_before(const fs::path& folder, std::int64_t unix_s) {
    std::size_t count = 0;
    for (const FoundFile& file : files_in(folder)) {
        if (file.written_at / 1'000'000'000 >= unix_s) break;
        std::error_code error;
        count += fs::remove(file.path, error) ? 1 : 0;
    }
    return count;
}

// A number follows.
std::string damaged_name(std::string_view device, BytesView sha256) {
    return std::string(device) + "-" + to_hex(sha256) + "-";
}

// Ids have hyphens, too: what follows one id may be the rest of another, but never as long as a hash.
bool is_of_device(const fs::path& damaged, std::string_view device) {
    constexpr std::size_t hash_digits = 64;
    const std::string name = damaged.filename().string();
    const std::size_t number = name.rfind('-');
    return number == device.size() + 1 + hash_digits && name.starts_with(device) &&
           name[device.size()] == '-';
}

}  // namespace

Result<BlobFolders> BlobFolders::open(fs::path folder) {
    for (const char* part : {"partial", "damaged"}) {
        if (auto made = make_folder(folder / part); !made) return made.error();
    }
    return BlobFolders(std::move(folder));
}

fs::path BlobFolders::whole(BytesView sha256) const {
    const std::string name = to_hex(sha256);
    return folder_ / name.substr(0, 2) / name;
}

fs::path BlobFolders::partial(std::string_view device, BytesView sha256) const {
    return folder_ / "partial" / device / to_hex(sha256);
}

Result<std::optional<std::uint64_t>> BlobFolders::whole_bytes(BytesView sha256) {
    const fs::path path = whole(sha256);
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return std::optional<std::uint64_t>();
    // An earlier run may have been killed between the rename and the sync of its name.
    if (!made_.contains(path.parent_path())) {
        if (auto made = make_folder(path.parent_path()); !made) return made.error();
        made_.insert(path.parent_path());
    }
    return std::optional(static_cast<std::uint64_t>(found.st_size));
}

Status BlobFolders::put(const fs::path& partial, BytesView sha256) {
    const fs::path path = whole(sha256);
    if (!made_.contains(path.parent_path())) {
        if (auto made = make_folder(path.parent_path()); !made) return made;
        made_.insert(path.parent_path());
    }
    auto put = rename_durably(partial, path);
    // Whether the name is on the disk is not known: who finds the file next syncs its folder first.
    if (!put) made_.erase(path.parent_path());
    return put;
}

unsigned BlobFolders::damaged(std::string_view device, BytesView sha256) const {
    const std::string name = damaged_name(device, sha256);
    const auto files = files_in(folder_ / "damaged");
    return static_cast<unsigned>(std::ranges::count_if(
        files, [&](const FoundFile& file) { return file.path.filename().string().starts_with(name); }));
}

Status BlobFolders::set_aside(const fs::path& partial, std::string_view device, BytesView sha256,
                              const MostDamaged& most) {
    const fs::path folder = folder_ / "damaged";
    std::error_code error;
    fs::path target;
    for (unsigned n = 1; target.empty() || fs::exists(target, error); ++n) {
        target = folder / (damaged_name(device, sha256) + std::to_string(n));
    }
    if (auto renamed = rename_durably(partial, target); !renamed) return renamed;
    const auto files = files_in(folder);
    std::size_t count = files.size();
    std::size_t of_device = 0;
    std::uint64_t bytes = 0;
    for (const FoundFile& file : files) {
        bytes += file.bytes;
        of_device += is_of_device(file.path, device) ? 1 : 0;
    }
    for (const FoundFile& file : files) {
        const bool too_many = bytes > most.bytes || count > most.files;
        const bool is_own = is_of_device(file.path, device);
        if (!too_many && of_device <= most.files_of_device) break;
        if (!too_many && !is_own) continue;
        if (file.path == target || !fs::remove(file.path, error)) continue;
        bytes -= file.bytes;
        --count;
        of_device -= is_own ? 1 : 0;
    }
    return ok();
}

Result<std::optional<Bytes>> BlobFolders::make_room(std::string_view device, std::size_t most_partials) {
    const fs::path folder = folder_ / "partial" / device;
    if (auto made = make_folder(folder); !made) return made.error();
    const auto files = files_in(folder);
    if (files.size() < most_partials) return std::optional<Bytes>();
    std::error_code error;
    if (!fs::remove(files.front().path, error)) {
        return fail(ErrorCode::io, "cannot remove " + files.front().path.string() + ": " + error.message());
    }
    return from_hex(files.front().path.filename().string());
}

std::size_t BlobFolders::remove_unfinished_before(std::int64_t unix_s) {
    std::size_t count = remove_before(folder_ / "damaged", unix_s);
    std::error_code error;
    std::vector<fs::path> devices;
    for (auto entry = fs::directory_iterator(folder_ / "partial", error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        devices.push_back(entry->path());
    }
    for (const auto& device : devices) {
        count += remove_before(device, unix_s);
        fs::remove(device, error);  // only when it is empty
    }
    return count;
}

}  // namespace fieldpost::hub

#include "daemon/hub/store/revoked.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "sync/base/file.hpp"

namespace fieldpost::hub {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_bytes = 16U << 20U;  // some 200,000 devices
constexpr std::string_view mark = " revoked";

fs::path file_in(const fs::path& folder) {
    return folder / "revoked";
}

Result<Bytes> read_text(const fs::path& folder) {
    auto text = read_file(file_in(folder), max_bytes);
    if (!text && text.error().code == ErrorCode::not_found) return Bytes();
    return text;
}

}  // namespace

Result<std::set<std::string>> read_revoked(const fs::path& folder) {
    auto text = read_text(folder);
    if (!text) return text.error().with("the list of revoked devices");
    std::set<std::string> out;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.ends_with(mark)) out.emplace(line.substr(0, line.size() - mark.size()));
    }
    return out;
}

Status append_revoked(const fs::path& folder, const std::set<std::string>& devices) {
    const fs::path path = file_in(folder);
    auto text = read_text(folder);
    if (!text) return text.error();
    Bytes lines = text->empty() || text->ends_with('\n') ? "" : "\n";
    for (const std::string& device : devices) lines.append(device).append(mark).append("\n");
    // In one call at the file's end, wherever that is by now: other programs write too.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const bool written =
        fd >= 0 && ::write(fd, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
    const int number = errno;
    if (fd >= 0) ::close(fd);
    if (!written) {
        return fail(number == ENOSPC ? ErrorCode::full : ErrorCode::io,
                    "cannot write " + path.string() + ": " + std::strerror(number));
    }
    if (auto synced = fsync_file(path); !synced) return synced;
    return fsync_folder(folder);
}

Status copy_revoked(const fs::path& from, const fs::path& to) {
    auto missing = read_revoked(from);
    if (!missing) return missing.error();
    auto there = read_revoked(to);
    if (!there) return there.error();
    for (const std::string& device : *there) missing->erase(device);
    return missing->empty() ? ok() : append_revoked(to, *missing);
}

Status merge_revoked(Database& database, const fs::path& folder) {
    auto in_file = read_revoked(folder);
    if (!in_file) return in_file.error();
    return sql([&]() -> Status {
        std::set<std::string> to_revoke;
        std::set<std::string> to_name;
        SQLite::Statement all(database, "SELECT device, revoked_at FROM device");
        while (all.executeStep()) {
            const std::string device = all.getColumn(0).getString();
            const bool is_revoked = all.getColumn(1).getInt64() != 0;
            const bool is_named = in_file->contains(device);
            if (is_named && !is_revoked) to_revoke.insert(device);
            if (is_revoked && !is_named) to_name.insert(device);
        }
        all.reset();
        if (!to_name.empty()) {
            if (auto named = append_revoked(folder, to_name); !named) return named;
        }
        SQLite::Statement revoke(database,
                                 "UPDATE device SET revoked_at = max(unixepoch(), 1) "
                                 "WHERE device = ? AND revoked_at = 0");
        for (const std::string& device : to_revoke) {
            revoke.bind(1, device);
            revoke.exec();
            revoke.reset();
        }
        return ok();
    });
}

}  // namespace fieldpost::hub

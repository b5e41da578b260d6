#include "daemon/hub/store/lasting_lines.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "sync/base/file.hpp"

namespace fieldpost::hub {

namespace {

constexpr std::uint64_t max_bytes = 16U << 20U;  // some 200,000 lines

Result<Bytes> read_text(const std::filesystem::path& path) {
    auto text = read_file(path, max_bytes);
    if (!text && text.error().code == ErrorCode::not_found) return Bytes();
    return text;
}

}  // namespace

Result<std::vector<std::string>> read_lines(const std::filesystem::path& path) {
    auto text = read_text(path);
    if (!text) return text.error();
    std::vector<std::string> out;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        out.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return out;
}

Status append_lines(const std::filesystem::path& path, const std::vector<std::string>& lines) {
    if (lines.empty()) return ok();
    auto before = read_text(path);
    if (!before) return before.error();
    Bytes text = before->empty() || before->ends_with('\n') ? "" : "\n";
    for (const std::string& line : lines) text.append(line).append("\n");
    // In one call at the file's end, wherever that is by now: other programs write too.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const bool written =
        fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int number = errno;
    if (fd >= 0) ::close(fd);
    if (!written) {
        return fail(number == ENOSPC ? ErrorCode::full : ErrorCode::io,
                    "cannot write " + path.string() + ": " + std::strerror(number));
    }
    if (auto synced = fsync_file(path); !synced) return synced;
    return fsync_folder(path.parent_path());
}

}  // namespace fieldpost::hub

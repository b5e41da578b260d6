#include "daemon/support/unix_listener.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace fieldpost::support {
namespace {

constexpr int backlog = 128;
constexpr mode_t socket_mode = 0660;

sockaddr* as_sockaddr(sockaddr_un& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

Error system_error(const std::filesystem::path& path, std::string_view what) {
    return fail(ErrorCode::io, fmt::format("{} {}: {}", what, path.string(), std::strerror(errno)));
}

// Whoever listens answers connect() at once or has a full backlog; a socket that was left behind refuses.
bool somebody_listens(sockaddr_un& address) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return true;
    const bool refused = ::connect(probe, as_sockaddr(address), sizeof address) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    return !refused;
}

Status clear_way(const std::filesystem::path& path, sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? ok() : Status(system_error(path, "cannot look at"));
    }
    if (!S_ISSOCK(status.st_mode)) {
        return fail(ErrorCode::conflict,
                    fmt::format("{} is there and is not a socket; choose another path", path.string()));
    }
    if (somebody_listens(address)) {
        return fail(ErrorCode::conflict, fmt::format("another program listens on {}", path.string()));
    }
    if (::unlink(path.c_str()) != 0) return system_error(path, "cannot remove the old socket");
    return ok();
}

}  // namespace

Result<UnixListener> UnixListener::bind(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path.string();
    if (name.empty() || name.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::invalid_argument, fmt::format("a socket's path may have {} bytes; {} has {}",
                                                             sizeof address.sun_path - 1, name, name.size()));
    }
    std::memcpy(address.sun_path, name.data(), name.size());
    if (auto clear = clear_way(path, address); !clear) return clear.error();

    UnixListener listener(path);
    listener.descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener.descriptor_ < 0) return system_error(path, "cannot make a socket for");
    if (::bind(listener.descriptor_, as_sockaddr(address), sizeof address) != 0) {
        return system_error(path, "cannot make the socket");
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) listener.inode_ = status.st_ino;
    // Nobody can connect before listen(), so nobody gets in under the mode that bind() gave it.
    if (::chmod(path.c_str(), socket_mode) != 0) return system_error(path, "cannot set the mode of");
    if (::listen(listener.descriptor_, backlog) != 0) return system_error(path, "cannot listen on");
    return listener;
}

UnixListener::UnixListener(UnixListener&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      inode_(std::exchange(other.inode_, 0)) {}

UnixListener::~UnixListener() {
    if (descriptor_ >= 0) ::close(descriptor_);
    // Only our own: another program may have put its socket there since.
    struct stat status {};
    if (inode_ != 0 && ::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

int UnixListener::release() {
    return std::exchange(descriptor_, -1);
}

}  // namespace fieldpost::support

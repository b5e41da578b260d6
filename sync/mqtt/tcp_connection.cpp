#include "sync/mqtt/tcp_connection.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "sync/base/file.hpp"

namespace fieldpost::mqtt {

namespace {

// 0: not a TCP connection.
int peer_port(int descriptor) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0 || protocol != IPPROTO_TCP)
        return 0;
    sockaddr_storage peer{};
    size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return 0;
    if (peer.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(peer).sin_port);
    if (peer.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(peer).sin6_port);
    return 0;
}

// 0: not open, or no socket.
ino_t socket_of(int descriptor) {
    struct stat found {};
    return fstat(descriptor, &found) == 0 && S_ISSOCK(found.st_mode) ? found.st_ino : 0;
}

}  // namespace

std::optional<TcpConnection> TcpConnection::find(int port) {
    std::optional<TcpConnection> found;
    int connections = 0;
    const auto open = list_folder("/proc/self/fd");
    if (!open) return std::nullopt;
    for (const auto& path : *open) {
        const std::string name = path.filename().string();
        int descriptor = -1;
        if (std::from_chars(name.data(), name.data() + name.size(), descriptor).ec != std::errc()) continue;
        if (peer_port(descriptor) != port) continue;
        const int on = 1;
        if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) continue;
        found = TcpConnection(descriptor, socket_of(descriptor));
        ++connections;
    }
    return connections == 1 ? found : std::nullopt;
}

std::optional<TcpConnection::Progress> TcpConnection::progress() const {
    if (socket_ == 0 || socket_of(descriptor_) != socket_) return std::nullopt;
    int unconfirmed = 0;  // bytes, from the first that is
    if (ioctl(descriptor_, SIOCOUTQ, &unconfirmed) != 0) return std::nullopt;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
    if (size < offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt) return std::nullopt;
    if (info.tcpi_min_rtt == std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;  // none was measured yet
    // Of single packets the kernel tells the number alone, and many are small.
    const double sent = std::max<double>(0, unconfirmed - static_cast<double>(info.tcpi_notsent_bytes));
    const double packet = info.tcpi_unacked > 0 ? sent / info.tcpi_unacked : 0;
    const double gone = packet * info.tcpi_sacked;
    return Progress{info.tcpi_bytes_acked + static_cast<std::uint64_t>(unconfirmed),
                    static_cast<std::size_t>(std::max(0.0, unconfirmed - gone)), info.tcpi_min_rtt / 1e3};
}

void TcpConnection::spare_confirmations() const {
    const int off = 0;
    if (socket_ != 0 && socket_of(descriptor_) == socket_)
        setsockopt(descriptor_, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
}

}  // namespace fieldpost::mqtt

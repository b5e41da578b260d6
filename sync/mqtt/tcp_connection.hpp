// The TCP connection below Paho C 1.3, which shows it to nobody and has no option for it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace fieldpost::mqtt {

class TcpConnection {
  public:
    // The only one that this process has to a peer's `port`; nullopt when there is none or there are several.
    // Looks at every open descriptor: once a connection, not once a message. Turns Nagle's algorithm off on
    // each (TCP_NODELAY): a small message, such as an emergency, would else wait in the kernel until all that
    // went before it is confirmed.
    static std::optional<TcpConnection> find(int port);

    struct Progress {
        std::uint64_t written = 0;   // bytes that the kernel was given, in all
        std::size_t on_the_way = 0;  // of these: not yet arrived
        double round_trip_ms = 0;    // the shortest of the last minutes
    };
    // What TCP knows to have arrived, be it out of order, is not on its way; what was lost is, as the link
    // has to carry it once more. nullopt: the connection was closed, or the kernel does not say. Never waits.
    std::optional<Progress> progress() const;

    // Lets TCP wait a moment before it confirms what it received: what the broker answers to one message then
    // costs the way up one packet and not two or three. The kernel forgets this now and then: say it again
    // while sending.
    void spare_confirmations() const;

  private:
    TcpConnection(int descriptor, ino_t socket) : descriptor_(descriptor), socket_(socket) {}

    int descriptor_;
    ino_t socket_;  // descriptors are used again, a socket's inode is not
};

}  // namespace fieldpost::mqtt

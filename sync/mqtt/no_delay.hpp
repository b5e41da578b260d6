// Paho C 1.3 leaves Nagle's algorithm on and has no option for it: a small message, such as an emergency,
// then waits in the kernel until the far end has confirmed all that went before it, a whole round trip.
#pragma once

namespace fieldpost::mqtt {

// Turns it off (TCP_NODELAY) on each TCP connection of this process to a peer's `port`. Returns how many.
// Looks at every open descriptor: once a connection, not once a message. Any thread.
int send_without_delay(int port);

}  // namespace fieldpost::mqtt

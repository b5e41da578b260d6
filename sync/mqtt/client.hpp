// The transport: MQTT 5 over Paho, treated as a socket. Nothing of ours is kept in it: no persistence, no
// offline buffer, clean sessions; what matters is asked again by the engines. The only code that sees Paho.
//
// Threads: a thread of its own calls Paho, connects, and reconnects with jittered back-off. publish(),
// subscribe(), transport() and stop() may be called from any thread and never wait for the network. Events
// are handed to `post`, which must run them one after another in order (the program's event loop).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync/base/bytes.hpp"

namespace fieldpost::mqtt {

struct Message {
    std::string topic;
    Bytes payload;
    bool retain = false;
    // QoS 1: the broker confirms it and what it hands on. Else QoS 0, for what is asked for again when it is
    // lost: each confirmation takes a packet of the other direction.
    bool confirmed = true;
};

struct Options {
    std::string host = "127.0.0.1";
    int port = 1883;
    std::string client_id;
    std::chrono::seconds keep_alive{20};
    // How long the broker may take to answer a connect or a subscription.
    std::chrono::seconds patience{10};
    std::optional<Message> will;  // the broker publishes it when we vanish
    // Of messages with their topics, and 128 bytes for each. Handed to us and not yet given to Paho:
    // publish() refuses beyond it.
    std::size_t max_pending_bytes = 16U << 20U;
    // Received and not yet taken by the program: what exceeds it is dropped, and asked for again by the
    // protocol.
    std::size_t max_received_bytes = 32U << 20U;
    std::chrono::milliseconds first_retry{500};
    std::chrono::milliseconds longest_retry{30'000};
};

// What lies between us and the broker.
struct Transport {
    std::size_t on_the_way = 0;  // bytes handed to us that are not known to have arrived or to be lost
    double round_trip_ms = 0;    // the shortest of the last minutes
};

struct Events {
    std::function<void()> connected;
    std::function<void(std::string reason)> disconnected;  // also for each failed attempt
    std::function<void(Message)> message;
};

class Client {
  public:
    using Post = std::function<void(std::function<void()>)>;

    Client(Options options, Events events, Post post);
    // Stops if stop() was not called.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void start();
    // Says goodbye (the will is not published); then no event comes any more. Takes up to 20 seconds when the
    // broker has stopped answering.
    void stop();

    // False when not connected or the bound is reached: nothing was taken.
    bool publish(Message message);
    // QoS 1; topics may have wildcards. Valid for this connection only: subscribe again on `connected`.
    // One that the broker refuses or does not confirm in time ends the connection (`disconnected` comes), and
    // the next one is made. What is published after it is sent only once it is confirmed.
    bool subscribe(std::vector<std::string> filters);
    bool unsubscribe(std::vector<std::string> filters);
    // A link came up: do not wait for the end of the back-off.
    void retry_now();

    // The program has reason to take the connection for dead: ends it, and makes the next one.
    void renew();
    // Instead of Options::keep_alive. A connection that stands or is being made is made anew if it has
    // another.
    void set_keep_alive(std::chrono::seconds keep_alive);

    // nullopt while nothing can be told. Never waits.
    std::optional<Transport> transport() const;
    // Messages dropped since the start because the program did not keep up.
    std::uint64_t dropped() const;

  private:
    class Worker;
    std::unique_ptr<Worker> worker_;
};

}  // namespace fieldpost::mqtt

// A broker of the worst kind that the protocol must live with: it loses, repeats, reorders and delays
// messages, cuts who is connected off without a word, and may forget all that it was told.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/simulation/stage.hpp"

namespace fieldpost::simulation {

struct BrokerMessage {
    std::string topic;
    Bytes payload;
    bool retain = false;
};

class Broker {
  public:
    explicit Broker(Stage& stage) : stage_(stage) {}

    using Deliver = std::function<void(const std::string& topic, const Bytes& payload)>;
    using Lost = std::function<void()>;

    // A connection number, never 0. `deliver` and `lost` are called later, never from inside a call here, and
    // not after disconnect().
    std::uint64_t connect(std::string name, BrokerMessage will, Deliver deliver, Lost lost);
    // The program ended the connection or died: the will is published.
    void disconnect(std::uint64_t connection);
    void publish(std::uint64_t connection, BrokerMessage message);
    // '+' stands for one level. What is retained comes at once.
    void subscribe(std::uint64_t connection, const std::string& filter);
    // Exactly these from now on, among those that begin with `prefix`.
    void unsubscribe(std::uint64_t connection, const std::string& filter);

    // ---- faults
    double loss = 0;
    double repetition = 0;
    // Nothing passes between this client and the broker until then, and nobody is told.
    void partition(const std::string& name, Millis until) { partitioned_[name] = until; }
    // Everybody loses the connection; what was retained may be gone.
    void restart(bool forget_retained);
    // What was retained and who listens to the feeds is gone, and the connections stay. `all`: every
    // subscription is.
    void forget(bool all);
    // The broker's rules give this client no feeds any more.
    void withdraw_feeds(const std::string& name);
    void heal();

    struct Tally {
        std::uint64_t sent = 0;
        std::uint64_t lost = 0;
        std::uint64_t repeated = 0;
    };
    const Tally& tally() const { return tally_; }

  private:
    struct Client {
        std::string name;
        BrokerMessage will;
        Deliver deliver;
        Lost lost;
        std::set<std::string> filters;
    };
    bool cut_off(const Client& client) const;
    // Calls `arrive` never, once or twice, after some time.
    void carry(const Client& client, const std::function<void()>& arrive);
    void arrived(const BrokerMessage& message);
    void pass_on(std::uint64_t connection, const BrokerMessage& message);

    Stage& stage_;
    std::uint64_t connections_ = 0;
    std::map<std::uint64_t, Client> clients_;
    std::map<std::string, BrokerMessage> retained_;
    std::map<std::string, Millis> partitioned_;
    std::set<std::string> without_feeds_;
    Tally tally_;
};

}  // namespace fieldpost::simulation

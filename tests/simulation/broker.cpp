#include "tests/simulation/broker.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "tests/simulation/describe.hpp"

namespace fieldpost::simulation {

namespace {

bool matches(std::string_view filter, std::string_view topic) {
    for (;;) {
        const auto filter_level = filter.substr(0, filter.find('/'));
        const auto topic_level = topic.substr(0, topic.find('/'));
        if (filter_level != "+" && filter_level != topic_level) return false;
        const bool filter_ends = filter_level.size() == filter.size();
        const bool topic_ends = topic_level.size() == topic.size();
        if (filter_ends || topic_ends) return filter_ends && topic_ends;
        filter.remove_prefix(filter_level.size() + 1);
        topic.remove_prefix(topic_level.size() + 1);
    }
}

bool is_of_feeds(const std::string& filter) {
    return filter.find("/feed/") != std::string::npos || filter.find("/head/") != std::string::npos;
}

}  // namespace

std::uint64_t Broker::connect(std::string name, BrokerMessage will, Deliver deliver, Lost lost) {
    clients_[++connections_] = {std::move(name), std::move(will), std::move(deliver), std::move(lost), {}};
    return connections_;
}

void Broker::disconnect(std::uint64_t connection) {
    const auto client = clients_.find(connection);
    if (client == clients_.end()) return;
    const BrokerMessage will = std::move(client->second.will);
    clients_.erase(client);
    arrived(will);
}

bool Broker::cut_off(const Client& client) const {
    const auto until = partitioned_.find(client.name);
    return until != partitioned_.end() && stage_.now() < until->second;
}

void Broker::carry(const Client& client, const std::function<void()>& arrive) {
    ++tally_.sent;
    if (cut_off(client) || stage_.strikes(loss)) {
        ++tally_.lost;
        return;
    }
    const bool twice = stage_.strikes(repetition);
    tally_.repeated += twice ? 1U : 0U;
    for (int i = 0; i < (twice ? 2 : 1); ++i) {
        stage_.after(stage_.faults ? stage_.dice.between(1, stage_.longest_delay) : 10, arrive);
    }
}

void Broker::publish(std::uint64_t connection, BrokerMessage message) {
    const auto client = clients_.find(connection);
    if (client == clients_.end()) return;
    if (stage_.trace.on()) {
        const Described described = describe(message.topic, message.payload);
        stage_.trace.add(stage_.now(), client->second.name.c_str(), described.about,
                         [&] { return "sends " + described.text; });
    }
    carry(client->second, [this, message = std::move(message)] { arrived(message); });
}

void Broker::arrived(const BrokerMessage& message) {
    if (message.topic.empty()) return;  // no will
    if (message.retain) retained_[message.topic] = message;
    for (const auto& [connection, client] : clients_) {
        if (std::ranges::any_of(client.filters,
                                [&](const std::string& filter) { return matches(filter, message.topic); })) {
            pass_on(connection, message);
        }
    }
}

void Broker::pass_on(std::uint64_t connection, const BrokerMessage& message) {
    carry(clients_.at(connection), [this, connection, message] {
        const auto client = clients_.find(connection);
        if (client == clients_.end()) return;
        if (stage_.trace.on()) {
            const Described described = describe(message.topic, message.payload);
            stage_.trace.add(stage_.now(), client->second.name.c_str(), described.about,
                             [&] { return "receives " + described.text; });
        }
        const Deliver deliver = client->second.deliver;  // the client may go while it is called
        deliver(message.topic, message.payload);
    });
}

void Broker::subscribe(std::uint64_t connection, const std::string& filter) {
    const auto client = clients_.find(connection);
    if (client == clients_.end() || (is_of_feeds(filter) && without_feeds_.contains(client->second.name)))
        return;
    client->second.filters.insert(filter);
    for (const auto& [topic, message] : retained_) {
        if (matches(filter, topic)) pass_on(connection, message);
    }
}

void Broker::unsubscribe(std::uint64_t connection, const std::string& filter) {
    const auto client = clients_.find(connection);
    if (client != clients_.end()) client->second.filters.erase(filter);
}

void Broker::restart(bool forget_retained) {
    std::vector<Client> gone;
    for (auto& [connection, client] : clients_) gone.push_back(std::move(client));
    clients_.clear();
    if (forget_retained) retained_.clear();
    for (Client& client : gone) {
        if (client.will.retain) retained_[client.will.topic] = client.will;
        stage_.after(stage_.dice.between(1, 50), std::move(client.lost));
    }
}

void Broker::forget(bool all) {
    retained_.clear();
    for (auto& [connection, client] : clients_) {
        std::erase_if(client.filters,
                      [all](const std::string& filter) { return all || is_of_feeds(filter); });
    }
}

void Broker::withdraw_feeds(const std::string& name) {
    without_feeds_.insert(name);
    for (auto& [connection, client] : clients_) {
        if (client.name == name) std::erase_if(client.filters, is_of_feeds);
    }
}

void Broker::heal() {
    loss = repetition = 0;
    partitioned_.clear();
}

}  // namespace fieldpost::simulation

// What an engine asked for, taken apart for tests.
#pragma once

#include <string>
#include <vector>

#include "sync/engine/device_actions.hpp"
#include "sync/engine/hub_actions.hpp"
#include "tests/unit/engine/key_signer.hpp"

namespace fieldpost::engine::testing {

template <class A>
std::vector<A> all(const Actions& actions) {
    std::vector<A> out;
    for (const Action& action : actions) {
        if (const auto* one = std::get_if<A>(&action)) out.push_back(*one);
    }
    return out;
}

// The messages to the hub.
inline std::vector<protocol::Up> ups(const Actions& actions) {
    std::vector<protocol::Up> out;
    for (const Publish& publish : all<Publish>(actions)) {
        out.push_back(protocol::parse<protocol::Up>(publish.payload, "message").value());
    }
    return out;
}

inline std::vector<protocol::Batch> batches(const Actions& actions, const KeySigner& signer) {
    std::vector<protocol::Batch> out;
    for (const protocol::Up& up : ups(actions)) {
        if (!up.has_batch()) continue;
        out.push_back(protocol::open_as<protocol::Batch>(up.batch(), signer.public_key(), "batch").value());
    }
    return out;
}

inline std::vector<protocol::FeedRequest> feed_requests(const Actions& actions) {
    std::vector<protocol::FeedRequest> out;
    for (const protocol::Up& up : ups(actions)) {
        if (up.has_feed_request()) out.push_back(up.feed_request());
    }
    return out;
}

// Every block that is asked for, in order.
inline std::vector<std::uint32_t> blocks_asked(const Actions& actions) {
    std::vector<std::uint32_t> out;
    for (const protocol::Up& up : ups(actions)) {
        for (const std::uint32_t block : up.block_request().blocks()) out.push_back(block);
    }
    return out;
}

// The hub's messages to devices.
inline std::vector<protocol::Down> downs(const HubActions& actions) {
    std::vector<protocol::Down> out;
    for (const HubPublish& publish : actions.publishes) {
        if (publish.topic.find("/down/") == std::string::npos) continue;
        out.push_back(protocol::parse<protocol::Down>(publish.payload, "message").value());
    }
    return out;
}

// The hub's key is that of KeySigner("hub").
inline protocol::HelloReply hello_reply(const protocol::Down& down) {
    const Bytes key = KeySigner("hub").public_key();
    return protocol::open_as<protocol::HelloReply>(down.hello_reply(), key, "hello reply").value();
}

inline std::vector<protocol::Ack> acks(const HubActions& actions) {
    std::vector<protocol::Ack> out;
    for (const protocol::Down& down : downs(actions)) {
        if (!down.has_ack()) continue;
        out.push_back(
            protocol::open_as<protocol::Ack>(down.ack(), KeySigner("hub").public_key(), "ack").value());
    }
    return out;
}

inline std::size_t alarms(const HubActions& actions) {
    std::size_t count = 0;
    for (const HubNotice& notice : actions.notices) count += notice.alarm ? 1 : 0;
    return count;
}

}  // namespace fieldpost::engine::testing

// What the hub's engine asks its program to do once the round is committed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/protocol/journal.pb.h"

namespace fieldpost::engine {

struct HubPublish {
    std::string topic;
    Bytes payload;
    bool retain = false;
    bool confirmed = true;  // QoS 1; else 0: a device that misses it asks again, or says hello
};

struct HubNotice {
    std::string device;
    std::string text;
    bool alarm = false;  // someone should look: a bad signature, a forked journal
};

// What a device's clock showed when it sent a batch of which something was applied: one that comes again says
// nothing of now. The program has the clock to compare it with.
struct HubSentAt {
    std::string device;
    std::int64_t utc_us = 0;
    protocol::TimeQuality quality = protocol::TIME_NONE;
};

struct HubActions {
    std::vector<HubPublish> publishes;
    std::vector<HubNotice> notices;
    std::vector<HubSentAt> sent_at;
};

}  // namespace fieldpost::engine

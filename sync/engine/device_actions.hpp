// What a device's engine asks its program to do. The engine has no clock, thread, socket or file of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/protocol/wire.pb.h"
#include "sync/records/layer.hpp"

namespace fieldpost::engine {

// Milliseconds of a clock that never steps; only differences matter.
using Millis = std::int64_t;

// Send a message. Best effort: what matters is asked again.
struct Publish {
    std::string topic;
    Bytes payload;
    bool retain = false;
};

// Listen to exactly these feeds.
struct SubscribeFeeds {
    std::vector<records::FeedId> feeds;
};

// The hub holds the journal through `ack.applied`: remember it and what it said of each operation. May be
// lost.
struct NoteAck {
    protocol::Ack ack;
};

// Hub and journal differ: in one transaction, begin a new epoch that carries everything after the part that
// the hub holds.
struct OpenEpoch {
    std::string why;
    std::map<protocol::Lane, std::uint64_t> held;  // through here: proven, and its outcomes are noted
};

// Write these entries to the mounted city in one transaction, then call FeedFollower's applied().
struct ApplySegment {
    records::FeedId feed;
    protocol::FeedSegment segment;
};

// Open (or resume) the draft of this artifact and call ArtifactFetcher's prepared() with the blocks it lacks.
struct PrepareArtifact {
    protocol::Manifest manifest;
    Bytes signed_manifest;
};

// The block is verified. Write it into the draft.
struct WriteBlock {
    std::uint32_t block = 0;
    Bytes content;
};

// All blocks are written: verify the whole, put it in place, mount it, then call finished() or failed().
struct FinishArtifact {
    protocol::Manifest manifest;
};

// Something a person may want to know; also for the log.
struct Notice {
    std::string text;
};

using Action = std::variant<Publish, SubscribeFeeds, NoteAck, OpenEpoch, ApplySegment, PrepareArtifact,
                            WriteBlock, FinishArtifact, Notice>;
using Actions = std::vector<Action>;

}  // namespace fieldpost::engine

// What a device's engine asks its program to do. The engine has no clock, thread, socket or file of its own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/engine/credit.hpp"
#include "sync/engine/in_city.hpp"
#include "sync/engine/send_class.hpp"
#include "sync/protocol/wire.pb.h"
#include "sync/records/layer.hpp"

namespace fieldpost::engine {

// Send a message. Best effort: what matters is asked again.
struct Publish {
    std::string topic;
    Bytes payload;
    bool retain = false;
    SendClass carries = SendClass::work;  // for whoever counts what a link has carried
};

// In one transaction: rows and cursor of the feeds in `drop` and `again` go, the feeds in `add` and `again`
// begin at 0 of this hub generation. Then call DeviceEngine's feeds_changed(), or feeds_not_changed().
struct ChangeFeeds {
    std::uint64_t hub_generation = 0;
    std::vector<records::FeedId> drop;   // the profile does not clear them any more
    std::vector<records::FeedId> add;    // it clears them now
    std::vector<records::FeedId> again;  // their rows are not the hub's
};

// The hub says, with each answer, which feeds this device may hold: remember it over restarts, before
// anything else is made of it. Cities that cannot be changed now, or are mounted later, are held to it then.
struct NoteRights {
    std::set<records::FeedId> feeds;
};

// The hub that answers counts in this generation. When the last one was another, a backup was restored there,
// and it may have lost what the last one had: offer the attachments again and call DeviceEngine's
// blobs_offered_again(). Remember it over restarts.
struct NoteHub {
    std::uint64_t generation = 0;
    // A completed backup of the hub holds the attachments through the one with this number
    // (NoteBlob::number). nullopt: the hub does not say.
    std::optional<std::uint64_t> attachments_safe;

    bool operator==(const NoteHub&) const = default;
};

// The hub has the attachment whole (complete), or will not take it (problem says why): remember it.
struct NoteBlob {
    Bytes sha256;
    bool complete = false;
    std::string problem;
    // Complete: which of this device's deliveries to this hub it was. 0: the hub does not say.
    std::uint64_t number = 0;
};

// Listen to exactly these feeds, and to none when there are none: to their heads, and where `live` to their
// segments too.
struct SubscribeFeeds {
    std::vector<records::FeedId> feeds;
    bool live = true;
    bool operator==(const SubscribeFeeds&) const = default;
};

// Listen again to this device's own topic and to the hub's presence: a broker may have forgotten that it did.
struct SubscribeAgain {};

// The hub holds the journal through `ack.applied`: remember it and what it said of each operation, also where
// it said something before: what was parked is settled later. May be lost.
struct NoteAck {
    protocol::Ack ack;
};

// The city has come as far as what became of own operations: remember it over restarts, for the overlay. May
// be lost.
struct NoteInCity {
    InCity known;
};

// What a hub tells of one source.
struct Delivery {
    std::int64_t at = 0;  // unix seconds: when it was last read to its end; 0: never, or not known
    // What people call it, who is in charge of it, how often it is to deliver (seconds; 0: not promised). An
    // empty title, where something is written: these three are as they were.
    std::string title = {};
    std::string steward = {};
    std::int64_t refresh_s = 0;
    bool operator==(const Delivery&) const = default;
};
using Deliveries = std::map<std::string, Delivery>;  // by the sources' ids

// A city whose feeds stand here or beyond holds what came of these deliveries. If the mounted one does when
// this is written, it says so of its sources from then on, also where it knew of a later delivery or of no
// such source, in one transaction; then call DeviceEngine's deliveries_noted(). Otherwise nothing, also when
// it fails: they are told again.
struct NoteDeliveries {
    Deliveries delivered;
    std::uint64_t mark = 0;
    FeedPlaces heads = {};
};

// A completed backup of the hub holds the lane of that epoch through `position.safe`: it may be trimmed. May
// be lost.
struct NoteSafe {
    protocol::LanePosition position;
};

// Hub and journal differ: in one transaction, begin a new epoch that carries everything after the part that
// the hub holds, and what waits at the hub for another operation.
struct OpenEpoch {
    std::string why;
    // Of the present epoch, through here: proven, and its outcomes are noted.
    std::map<protocol::Lane, std::uint64_t> held = {};
    // Lanes of earlier epochs of which the hub holds no more than through `seq`, newest epoch first.
    std::vector<protocol::LanePosition> earlier = {};
};

// Write these entries to the mounted city in one transaction, then call DeviceEngine's feed_applied() or
// feed_failed(). Of entries at or below the city's own cursor nothing is written; when something is missing
// between it and the segment, nothing at all.
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

using Action = std::variant<Publish, SubscribeFeeds, SubscribeAgain, NoteRights, ChangeFeeds, NoteHub,
                            NoteAck, NoteInCity, NoteDeliveries, NoteSafe, NoteBlob, OpenEpoch, ApplySegment,
                            PrepareArtifact, WriteBlock, FinishArtifact, Notice>;
using Actions = std::vector<Action>;

}  // namespace fieldpost::engine

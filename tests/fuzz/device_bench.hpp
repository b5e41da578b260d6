// A device as a fuzzer meets it: the engine over a journal and attachments in memory, and a program that
// carries out what the engine asks for and checks each thing that it asks. Whatever comes over the broker:
//  - what is sent up is small enough, readable, signed, and taken from the journal and the attachments as
//  they stand
//  - what somebody else than the hub signed changes nothing
//  - a segment is applied only if it joins the cursor, in order, of a feed and generation that are ours
//  - a feed is dropped, added or begun again only where that changes something
//  - the journal is told of results, and of what is safe, only as far as the hub proves, by the hash, that it
//  holds the same operations
//  - a block is written once, if it was asked for and is what the signed manifest says; the end comes after
//  the last
//  - no recorded operation is lost
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include "sync/engine/device_engine.hpp"
#include "tests/fuzz/sealing.hpp"
#include "tests/fuzz/world.hpp"
#include "tests/unit/engine/memory_blobs.hpp"
#include "tests/unit/engine/memory_journal.hpp"

namespace fieldpost::fuzz {

class DeviceBench {
  public:
    enum class City { none, mounted };
    // Connected, with a journal of some operations, an attachment and, if mounted, two feeds applied through
    // 10.
    explicit DeviceBench(City city);

    // A message of the broker.
    void receive(std::string_view topic, BytesView payload);
    void receive(const protocol::Down& down) { receive(down_topic(), down.SerializeAsString()); }
    // A message that somebody else signed: at most a person is told, and nothing is changed.
    void receive_forged(std::string_view topic, BytesView payload);
    void receive_forged(const protocol::Down& down) {
        receive_forged(down_topic(), down.SerializeAsString());
    }
    // Raw bytes on some topic of ours; `choice` says which.
    void receive_raw(unsigned choice, BytesView payload);

    // The hub's answer to the last hello, as it is when all is well and it holds what it said to.
    protocol::HelloReply sound_reply();
    // The hash that the hub would have to name at this place; empty when we have no such entry.
    Bytes our_hash(protocol::Lane lane, std::uint64_t seq);
    // Of the attachment of that number, counted round.
    Bytes attachment(unsigned number) const { return blobs_.order[number % blobs_.order.size()]; }

    void record(protocol::Lane lane, BytesView operation);
    void attach(std::size_t bytes, bool thumbnail);
    void tick(engine::Millis after);
    void reconnect();
    void set_rights(unsigned which);
    // The disk answers no more, or again.
    void turn_disk() { journal_.unreadable = !journal_.unreadable; }
    // The journal lets go of what is safe at the hub.
    void make_room();
    // The program ends what the engine asked for, well or not: of what is written to the city the oldest.
    void end_city_write(bool ok);
    void end_epoch();
    void end_prepare(unsigned missing_from, unsigned missing_step);
    void end_write();
    void end_artifact(bool ok);

    static std::string down_topic() { return protocol::topic::down("truck-1"); }
    const engine::DeviceEngine& engine() const { return device_; }

  private:
    struct Segment {  // that is being written
        records::FeedId feed;
        std::uint64_t generation;
        std::uint64_t after;
        std::uint64_t through;
    };

    template <class F>
    void drive(F&& call);
    void carry_out(const engine::Publish& publish);
    void carry_out(const engine::SubscribeFeeds& subscribe);
    void carry_out(const engine::SubscribeAgain&) {}
    void carry_out(const engine::ChangeFeeds& change);
    void carry_out(const engine::NoteHub& note);
    void carry_out(const engine::NoteBlob& note);
    void carry_out(const engine::NoteAck& note);
    void carry_out(const engine::NoteRights&) {}
    void carry_out(const engine::NoteInCity& note);
    void carry_out(const engine::NoteDeliveries& note);
    void carry_out(const engine::NoteSafe& note);
    void carry_out(const engine::OpenEpoch& open);
    void carry_out(const engine::ApplySegment& apply);
    void carry_out(const engine::PrepareArtifact& prepare);
    void carry_out(const engine::WriteBlock& write);
    void carry_out(const engine::FinishArtifact& finish);
    void carry_out(const engine::Notice&) {}
    void check_hello(const protocol::Signed& sealed);
    void check_batch(const protocol::Signed& sealed);
    void check_state();
    void end(const Segment& segment, bool ok);
    void end(const engine::ChangeFeeds& change, bool ok);
    std::vector<std::uint64_t> state();

    engine::testing::JournalDisk disk_{"truck-1", journal_epoch};
    engine::testing::MemoryJournal journal_{disk_};
    engine::testing::MemoryBlobs blobs_;
    engine::DeviceEngine device_;
    engine::Millis now_ = 0;
    protocol::Hello hello_;  // the last
    std::uint64_t next_epoch_ = journal_epoch + 1;
    std::optional<engine::OpenEpoch> epoch_wanted_;
    std::size_t recorded_ = 0;
    std::array<std::uint64_t, 4> safe_{};  // in the open epoch
    std::uint64_t known_hub_ = 0;
    engine::MountedCity city_;  // as it is on disk
    std::deque<std::variant<Segment, engine::ChangeFeeds>> city_writes_;
    std::map<records::FeedId, std::uint64_t> cursors_;  // seen since the city was mounted
    std::optional<protocol::Manifest> manifest_;
    std::set<std::uint32_t> missing_;
    std::vector<std::uint32_t> writing_;
    bool preparing_ = false;
    bool finishing_ = false;
};

}  // namespace fieldpost::fuzz

// The device's end of the protocol: one object that a program feeds with messages, link changes, journal
// growth and ticks, and whose actions it carries out. Single-threaded; no I/O; deterministic.
#pragma once

#include "sync/engine/artifact_fetcher.hpp"
#include "sync/engine/blobs.hpp"
#include "sync/engine/deliveries.hpp"
#include "sync/engine/feed_follower.hpp"
#include "sync/engine/send_class.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::engine {

struct MountedCity {
    std::uint64_t snapshot_generation = 0;
    std::map<records::FeedId, FeedState> feeds;
};

struct DeviceIdentity {
    std::string device;
    Bytes hub_public_key;
    std::string version;
    // Drawn at the program's start: replies to hellos of another run are not taken.
    std::uint64_t run = 0;
};

class DeviceEngine {
  public:
    DeviceEngine(DeviceIdentity identity, JournalView& journal, BlobView& blobs, protocol::Signer& signer,
                 UplinkLimits limits = {}, BlobLimits blob_limits = {});
    DeviceEngine(const DeviceEngine&) = delete;
    DeviceEngine& operator=(const DeviceEngine&) = delete;

    // Asked, beside the link's rights, before a snapshot's blocks are: LinkPolicy::allows_bulk().
    void ask_before_bulk(BulkRule rule) { bulk_rule_ = std::move(rule); }
    // Asked when a batch is sent; nothing is decided by it.
    void stamp_by(WallClock clock) { uplink_.stamp_by(std::move(clock)); }

    void connected(Millis now, Actions& actions);
    void disconnected();
    void message(Millis now, std::string_view topic, BytesView payload, Actions& actions);
    void tick(Millis now, Actions& actions);
    // What the transport says: Credit::on_the_way().
    void on_the_way(Millis now, std::size_t bytes, double round_trip, Actions& actions);

    // A city file was mounted at start-up or after a fetch.
    void mounted(MountedCity city);
    // The journal has new durable entries.
    void appended(Millis now, Actions& actions);
    // There are new attachments.
    void blobs_added(Millis now, Actions& actions);
    // NoteHub was of another generation, and the store has its attachments to offer again.
    void blobs_offered_again(Millis now, Actions& actions);
    // The OpenEpoch action is committed, or the journal stands under another epoch for a reason of its own.
    void epoch_opened(Millis now, Actions& actions);

    // ApplySegment is committed: the city's cursor and checksum of the feed now.
    void feed_applied(Millis now, const records::FeedId& feed, const FeedPoint& reached, Actions& actions);
    // Or it failed.
    void feed_failed(Millis now, const records::FeedId& feed, ErrorCode why);
    // ChangeFeeds is committed: the city as it is now.
    void feeds_changed(Millis now, MountedCity city, Actions& actions);
    // Or it failed: what the hub wants is heard again with its next answer, the rest tried later.
    void feeds_not_changed(Millis now) { feeds_.change_failed(now); }
    // NoteDeliveries of this mark is committed.
    void deliveries_noted(std::uint64_t mark) { deliveries_.noted(mark, hellos_); }
    // What the present link may carry.
    void set_rights(Millis now, SendRights rights, Actions& actions);
    void artifact_prepared(Millis now, std::vector<std::uint32_t> missing, Actions& actions);
    void block_written(Millis now, std::uint32_t block, Actions& actions);
    // A step failed that may succeed another time.
    void artifact_failed(Millis now) { fetcher_.failed(now); }
    // The artifact was verified, and mounted (ok) or cannot be used by this program.
    void artifact_finished(Millis now, bool ok, MountedCity city, Actions& actions);

    // The hub that answered last in this run; generation 0: none yet.
    const NoteHub& hub() const { return heard_hub_; }
    const FeedFollower& feeds() const { return feeds_; }
    const Uplink& uplink() const { return uplink_; }
    const Credit& credit() const { return credit_; }
    const BlobSender& blobs() const { return blobs_; }
    const ArtifactFetcher& fetcher() const { return fetcher_; }
    // What a message on this device's own topic is, for whoever counts what a link has carried.
    static SendClass carried(BytesView down_payload);
    // The hub answers: it did at this connection's last hello, and has not said goodbye since.
    bool in_contact() const { return in_contact_; }
    // Something urgent waits, and nobody answers over this connection: another one may do. It may stand as
    // dead for as long as the transport's keep-alive lasts.
    bool is_cut_off() const;
    // What the hub said is wrong with this device; empty when nothing.
    const std::string& problem() const { return problem_; }

  private:
    void say_hello(Millis now, Actions& actions);
    // How long after the last hello the next one is said.
    Millis hello_patience(bool settled) const;
    bool urgent_waits() const;
    bool is_overtaken(const protocol::HelloReply& reply, std::uint64_t number);
    void hello_reply(Millis now, const protocol::HelloReply& reply, Actions& actions);
    void note_rights(const protocol::HelloReply& reply, Actions& actions);
    // Of the answer to the last hello: what a city holds that has come so far.
    void expect_in_city(const protocol::HelloReply& reply);
    // What of all this the city has reached by now.
    void look_at_city(Actions& actions);
    void from_hub(Millis now, const protocol::Down& down, Actions& actions);
    // Sends what may go, in the order of its right of way.
    void pump(Millis now, Actions& actions);
    void pump_blobs(Millis now, bool thumbnails, Actions& actions);
    void offer_blobs(Millis now);

    DeviceIdentity identity_;
    JournalView& journal_;
    protocol::Signer& signer_;
    Credit credit_;
    SendRights rights_ = SendRights::all();
    BulkRule bulk_rule_;
    Uplink uplink_;
    BlobSender blobs_;
    FeedFollower feeds_;
    DeliveriesHeard deliveries_;
    ArtifactFetcher fetcher_;
    MountedCity city_;
    bool connected_ = false;
    bool in_contact_ = false;
    NoteHub heard_hub_;  // of the last answer; generation 0: none in this run
    Millis hello_at_ = 0;
    std::uint64_t hellos_ = 0;                 // said in this run
    unsigned hellos_in_vain_ = 0;              // in a row, of this connection
    std::uint64_t answered_ = 0;               // the newest of them that was
    std::uint64_t desired_ = 0;                // newest generation that was heard, …
    std::uint64_t hellos_before_desired_ = 0;  // … and how many had been said then
    std::uint64_t first_of_connection_ = 0;    // the number before this connection's first hello
    std::uint64_t hub_generation_ = 0;         // of the hub that the journal agreed with in this run; 0: none
    bool heard_ = false;                       // anything from the hub to this device since then
    std::uint64_t notes_before_hello_ = 0;     // that the journal had kept when the last hello was said
    std::optional<InCity> expected_;           // what the city holds once it has come so far
    std::string problem_;
};

}  // namespace fieldpost::engine

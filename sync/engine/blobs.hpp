// Attachments' way up: each is offered, and sent in chunks from where the hub says that it stands. Several at
// a time, so that a long round trip is not waited out for each small picture. Bounded, single-threaded, no
// I/O: the files are behind BlobView.
//
// What the hub says of an attachment counts only through its BlobState: a chunk that got lost, came twice or
// came early is put right by the next one. A state that does not move on means that a chunk is missing, and
// sending goes back to it; one that moves back means that the hub has lost some, and it is asked where it
// stands.
#pragma once

#include <array>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sync/engine/device_actions.hpp"

namespace fieldpost::engine {

// Neither end takes a larger one.
inline constexpr std::uint64_t max_blob_bytes = 200'000'000;
// The hub takes no longer chunk.
inline constexpr std::size_t max_chunk_bytes = 256U << 10U;

struct WaitingBlob {
    Bytes sha256;
    std::uint64_t bytes = 0;
    bool thumbnail = false;
};

// What the engine sees of the device's attachments. Calls are made on the thread that runs the engine.
class BlobView {
  public:
    virtual ~BlobView() = default;
    // Not yet complete at the hub, and not refused by it lately: thumbnails first, then the oldest; at most
    // `limit`.
    virtual std::vector<WaitingBlob> waiting(std::size_t limit) = 0;
    // Exactly these bytes of it. After an Error the attachment is left alone for a while, or until the next
    // resume(): telling a person is the store's part.
    virtual Result<Bytes> read(BytesView sha256, std::uint64_t offset, std::size_t bytes) = 0;
};

struct BlobLimits {
    std::size_t at_once = 8;               // of thumbnails, and of other attachments
    std::size_t window_bytes = 1U << 20U;  // of both, sent and not answered
    Millis answer_timeout = 15'000;        // doubled with each silence of the hub about an attachment, up to
    Millis longest_timeout = 600'000;
    Millis check_pace =
        500;  // the hub has all of it and checks its hash: asked again then, less and less often
    Millis look_again = 60'000;  // for what the store offers once more
};

// What an answer of the hub means for the bytes on their way (Credit).
struct BlobReceipt {
    std::size_t confirmed = 0;  // bytes of messages that have arrived
    Millis sent_at = 0;         // of the last of them
    std::size_t lost = 0;       // bytes that will not be confirmed
};

class BlobSender {
  public:
    BlobSender(std::string device, BlobView& blobs, BlobLimits limits = {});

    // The hub answers hellos: every attachment is offered (again). Nothing is taken to be on its way.
    void resume(Millis now);
    // No connection: what was on its way counts as neither confirmed nor lost (Credit::reset).
    void pause();
    // The store has more.
    void added() { look_ = true; }

    // One message of at most `bytes`, of a thumbnail or of another attachment, if there is one to send now.
    // Its whole payload is on its way until state() or ask_again() says otherwise.
    std::optional<Publish> next(Millis now, bool thumbnails, std::size_t bytes);
    // The hub's answer. NoteBlob when the attachment is whole there, or refused: then it is given up.
    BlobReceipt state(Millis now, const protocol::BlobState& state, Actions& actions);

    // The hub has been silent about something for too long: call ask_again().
    bool stalled(Millis now) const;
    // Asks the hub where it stands with all that it has been silent about. The bytes that are lost by that.
    std::size_t ask_again(Millis now);

    // Bytes of messages that neither state() nor ask_again() has told of yet.
    std::size_t outstanding() const { return outstanding_ + lost_; }
    // Attachments that were begun and are not complete.
    std::size_t sending() const { return sending_[0].size() + sending_[1].size(); }

  private:
    struct Sent {
        std::uint64_t end;  // of the chunk in the attachment; 0 for an offer
        std::size_t bytes;
        Millis at;
    };
    struct Sending {
        WaitingBlob blob;
        bool placed = false;  // the hub has said where it stands
        Millis ask_at = 0;    // not placed: it is offered from then on
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        std::deque<Sent> on_its_way;
        Millis patience_from = 0;  // of the last thing that moved
        unsigned silences = 0;     // in a row
        unsigned checks = 0;       // in a row that found it whole and not yet checked
        std::size_t stuck = 0;     // answers in a row that did not move on
        bool went_back = false;    // to `received`, and it has not moved on since
        // What was dropped may have come all the same. What was sent again in its place is then answered
        // with where the first sending ended, so often at most.
        std::uint64_t echo_at = 0;
        std::size_t echoes = 0;
    };
    using List = std::list<Sending>;

    void look(Millis now);
    void fill(Millis now);
    Publish send(Millis now, Sending& sending, std::uint64_t end, const protocol::Up& up);
    void ask(Millis at, Sending& sending);
    void ask_if_checked(Millis now, Sending& sending);
    std::size_t drop(Sending& sending);
    List::iterator close(Millis now, List& list, List::iterator sending);
    void place(Millis now, Sending& sending, std::uint64_t received, BlobReceipt& receipt);
    void arrived(Sending& sending, std::uint64_t received, BlobReceipt& receipt);
    void not_moved(Millis now, Sending& sending, std::uint64_t received, BlobReceipt& receipt);
    Millis timeout(const Sending& sending) const;
    bool is_silent(Millis now, const Sending& sending) const;

    const std::string device_;
    BlobView& blobs_;
    const BlobLimits limits_;
    bool running_ = false;
    bool look_ = false;  // the view may have what is not queued
    bool more_ = false;  // the view had more than it was asked for
    Millis looked_at_ = 0;
    std::array<std::deque<WaitingBlob>, 2> queue_;  // [1]: thumbnails
    std::array<List, 2> sending_;
    // Done with, and when: one that the view still has long after is offered again.
    std::map<Bytes, Millis> closed_;
    std::size_t outstanding_ = 0;
    std::size_t lost_ = 0;  // not told yet
};

}  // namespace fieldpost::engine

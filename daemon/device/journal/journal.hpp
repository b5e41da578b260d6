// The device's durable log of what crews recorded. An operation is told "saved" after its commit is on disk.
//
// Threads: append() and note() may be called from any thread; they queue for one writer thread, which commits
// whatever waits as one transaction (group commit). The views (engine::JournalView and the queries) belong to
// the loop thread. Completions are handed to `post`, in order of commit.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/support/worker_thread.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/engine/uplink.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::device {

enum class OperationState { pending = 0, accepted = 1, conflict = 2, quarantined = 3 };
std::string_view to_string(OperationState state);

// One operation as it stands in the journal.
struct Recorded {
    std::uint64_t epoch = 0;
    protocol::Lane lane = protocol::WORK;
    std::uint64_t seq = 0;
    OperationState state = OperationState::pending;
    std::uint64_t version = 0;  // of the record it made at the hub; 0 while unknown
    std::string reason;
    bool repeated = false;  // append() found it there already
    protocol::Operation operation;
};

class Journal final : public engine::JournalView {
  public:
    using Post = std::function<void(std::function<void()>)>;
    using Saved = std::function<void(Result<Recorded>)>;

    // Opens or creates journal.db. corrupt when it is damaged: it is left as it is, for a person. refused
    // when it is another device's.
    static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& path, const std::string& device,
                                                 Post post);
    ~Journal() override;

    // Writes the operation behind what its lane holds. An id that is there already changes nothing: with the
    // same lane and content it is a repetition, answered with the first one, `repeated`; when and where it
    // was asked for do not count. With other content it is a conflict. invalid_argument for one that is too
    // long, has no id, or holds text that is not UTF-8. full when too many wait or the disk is full: nothing
    // was written, and the person must be told. `saved` is always called, once.
    void append(protocol::Lane lane, protocol::Operation operation, Saved saved);

    // Keeps what the hub said, but of entries that the lane does not hold. Lost on a power cut and then asked
    // again: no one waits for it.
    void note(const protocol::Ack& ack, std::function<void()> done);

    // Opens a new epoch that carries everything the hub does not hold (`held` by lane: through there it
    // does, in the epoch that epoch() says now). Asked twice for the same epoch, one new one is opened.
    void open_epoch(const std::string& why, std::map<protocol::Lane, std::uint64_t> held,
                    std::function<void(Status)> done);

    std::uint64_t epoch() const override { return epoch_; }
    std::uint64_t last_seq(protocol::Lane lane) const override { return at(lane).last; }
    std::uint64_t noted(protocol::Lane lane) const override { return at(lane).noted; }
    std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) override;
    Result<std::vector<engine::JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) override;

    struct Query {
        std::optional<std::string> visit;
        std::optional<records::RecordId> property;
        std::optional<OperationState> state;
        std::vector<int> effects;  // field numbers of Operation.effect; empty: all
        std::size_t limit = 100;
    };
    // Newest first.
    Result<std::vector<Recorded>> find(const Query& query);
    Result<std::optional<Recorded>> by_id(const std::string& id);

    struct Waiting {
        std::uint64_t count = 0;
        std::optional<std::int64_t> oldest_us;  // recorded_at of the oldest
    };
    Waiting waiting(protocol::Lane lane);
    // Size of the database with its log.
    std::uint64_t bytes() const;
    // False after a write failed, until one succeeds: what is recorded now may not be saved.
    bool writable() const { return writable_; }

  private:
    struct LaneState {
        std::uint64_t last = 0;
        Bytes last_hash;
        std::uint64_t noted = 0;
    };
    using Lanes = std::array<LaneState, 4>;
    struct Append {
        protocol::Lane lane;
        protocol::Operation operation;
        Bytes body;  // the operation, serialised once and for all
        Saved saved;
    };
    class Writer;

    Journal(std::filesystem::path path, std::string device, Post post);
    Status load();
    void commit_waiting();
    bool commit_some();
    LaneState& at(protocol::Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
    const LaneState& at(protocol::Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }

    const std::filesystem::path path_;
    const std::string device_;
    const Post post_;

    // Loop thread.
    std::unique_ptr<Database> reader_;
    std::uint64_t epoch_ = 0;
    Lanes lanes_;
    bool writable_ = true;

    std::mutex mutex_;  // guards appends_ and committing_
    std::vector<Append> appends_;
    bool committing_ = false;  // a commit is queued at the writer and will take what waits

    std::unique_ptr<Writer> writer_;
    std::unique_ptr<support::WorkerThread> thread_;  // last: joined before the rest goes
};

}  // namespace fieldpost::device

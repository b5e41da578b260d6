// The device's durable log of what crews recorded. An operation is told "saved" after its commit is on disk.
//
// Threads: append() and note() may be called from any thread; they queue for one writer thread, which commits
// whatever waits as one transaction (group commit). The views (engine::JournalView and the queries) belong to
// the loop thread. Completions are handed to `post`, in order of commit.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/device/journal/reader.hpp"
#include "daemon/device/journal/reserve.hpp"
#include "daemon/device/journal/room.hpp"
#include "daemon/device/journal/writer.hpp"
#include "daemon/support/worker_thread.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/engine/uplink.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::device {

class Journal final : public engine::JournalView {
  public:
    using Post = std::function<void(std::function<void()>)>;
    using Saved = std::function<void(Result<Recorded>)>;
    using SteadyNow = std::function<std::chrono::steady_clock::time_point()>;

    // Opens or creates journal.db. corrupt when it is damaged: it is left as it is, for a person. refused
    // when it is another device's.
    static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& path, const std::string& device,
                                                 Post post, SteadyNow now = std::chrono::steady_clock::now);
    // One that is not open: nothing is read from it, and what is appended is NOT SAVED. Everything else can
    // run beside it until reopen() succeeds.
    static std::unique_ptr<Journal> closed(const std::filesystem::path& path, const std::string& device,
                                           Post post, SteadyNow now = std::chrono::steady_clock::now);
    ~Journal() override;

    // Opens a closed one; Errors as open(). Loop thread. A full disk: the reserve is given up first.
    Status reopen();
    // reopen() in two steps, for a loop that must not wait while a large journal is checked: what takes long,
    // on any one thread, and then on the loop thread what does not. Harmless when it is open since.
    struct Files {
        std::unique_ptr<JournalWriter> writer;
        std::unique_ptr<JournalReader> reader;
    };
    Result<Files> open_files();
    void adopt(Files files);
    bool is_open() const { return thread_ != nullptr; }
    // How long its writer has been at one piece of work; zero when it waits for some.
    std::chrono::steady_clock::duration busy_for() const;

    // Writes the operation behind what its lane holds. An id that is there already changes nothing: with the
    // same lane and content it is a repetition, answered with the first one, `repeated`; when and where it
    // was asked for do not count. With other content it is a conflict. invalid_argument for one that is too
    // long, has no id, or holds text that is not UTF-8. full when too many wait or the disk is full: nothing
    // was written, and the person must be told. `saved` is always called, once. Telemetry and
    // what the device reports by itself, alone, neither take the reserve nor make writable() false.
    void append(protocol::Lane lane, protocol::Operation operation, Saved saved);

    // Keeps what the hub said, but of entries that the lane does not hold; what it parked stays pending, with
    // its reason. Lost on a power cut and then asked again: no one waits for it.
    void note(const protocol::Ack& ack, std::function<void()> done);

    // What the city is known to hold of what crews did, for in_city(). Lost as note() is.
    void note_in_city(engine::InCity known);

    // Opens a new epoch that carries everything the hub does not hold, as seen from the epoch that epoch()
    // says now, and what is parked there. Asked again while that is under way, the one new epoch answers all.
    // A full disk: the reserve is given up first. After a failure it is refused for a minute, as unavailable.
    // Says in the log what it does and why it cannot, of which it so has one line a minute. Loop thread.
    void open_epoch(engine::OpenEpoch wanted, std::function<void(Status)> done);

    // Takes so many bytes of the disk as a reserve, a file beside the journal, which is given up when a write
    // fails for lack of room: the write is then tried once more before anybody hears NOT SAVED. Harmless when
    // it is held, as it may be from an earlier run.
    void keep_reserve(std::uint64_t bytes);
    bool reserve_held() const { return reserve_.held(); }
    // False: operations of the telemetry lane, and reports of the device in any, are refused with `full`. So
    // they are from when the reserve is given up until this is called again. Any thread.
    void accept_telemetry(bool accept) { accept_telemetry_ = accept; }
    // A backup of the hub holds the lane of that epoch through position.safe.
    void note_safe(const protocol::LanePosition& position);
    // Makes room until the database uses no more than `goal` bytes, or nothing more may go; what is recorded
    // meanwhile comes in between. `done` gets the sum; when it says `rewritten`, the engine must compare with
    // the hub anew (epoch_opened()).
    void make_room(std::uint64_t goal, RoomRule rule, std::function<void(Result<RoomMade>)> done);

    std::uint64_t epoch() const override { return epoch_; }
    std::uint64_t last_seq(protocol::Lane lane) const override { return at(lane).last; }
    std::uint64_t last_by_people() const override { return at(protocol::URGENT).last_by_people; }
    std::uint64_t noted(protocol::Lane lane) const override { return at(lane).noted; }
    std::uint64_t notes() const override { return notes_; }
    const engine::InCity& in_city() const override { return in_city_; }
    std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) override;
    std::uint64_t first_held(protocol::Lane lane) override;
    std::vector<std::uint64_t> parked(protocol::Lane lane, std::uint64_t after, std::size_t most) override;
    std::vector<protocol::LanePosition> earlier(std::size_t most) override;
    Result<std::vector<engine::JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) override;

    using Query = JournalQuery;
    // Newest first.
    Result<std::vector<Recorded>> find(const Query& query);
    Result<std::optional<Recorded>> by_id(const std::string& id);
    // As JournalReader::last().
    Result<std::optional<Recorded>> last(protocol::Lane lane, int effect);

    struct Waiting {
        std::uint64_t count = 0;
        // Of these, that no person recorded: positions, and all of the telemetry lane.
        std::uint64_t positions = 0;
        std::optional<std::int64_t> oldest_us;  // recorded_at of the oldest
    };
    Waiting waiting(protocol::Lane lane);
    // Of the database, without its log.
    Result<JournalSize> size();
    // Size of the database with its log.
    std::uint64_t bytes() const;
    // False while it is closed, and after a write failed until one succeeds: what is recorded now may not be
    // saved.
    bool writable() const { return is_open() && writable_; }
    // After a write failed: writes a little, so that writable() tells when there is room again.
    void try_to_write();

  private:
    Journal(std::filesystem::path path, std::string device, Post post, SteadyNow now);
    Result<Files> load() const;
    Error not_open() const;
    void commit_waiting();
    bool commit_some();
    Result<std::vector<Result<Recorded>>> commit(const std::vector<JournalWriter::Append>& appends);
    Status try_to_open(const engine::OpenEpoch& wanted);
    void epoch_tried(const Status& opened, std::uint64_t epoch, const Lanes& lanes);
    void make_room_stepwise(std::uint64_t goal, const RoomRule& rule, RoomMade sum,
                            const std::function<void(Result<RoomMade>)>& done);
    LaneState& at(protocol::Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
    const LaneState& at(protocol::Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }

    const std::filesystem::path path_;
    const std::string device_;
    const Post post_;
    const SteadyNow now_;

    // Loop thread.
    std::unique_ptr<JournalReader> reader_;
    std::uint64_t epoch_ = 0;
    Lanes lanes_;
    std::uint64_t notes_ = 0;
    engine::InCity in_city_;
    bool writable_ = true;
    std::vector<std::function<void(Status)>> await_epoch_;   // one is being opened: who wants it
    std::chrono::steady_clock::time_point no_epoch_before_;  // the last one failed

    std::mutex mutex_;  // guards appends_, saved_ and committing_
    std::vector<JournalWriter::Append> appends_;
    std::vector<Saved> saved_;  // who waits for each of them
    bool committing_ = false;   // a commit is queued at the writer and will take what waits

    std::atomic<bool> accept_telemetry_ = true;

    std::unique_ptr<JournalWriter> writer_;
    Reserve reserve_;                                // writer thread
    std::unique_ptr<support::WorkerThread> thread_;  // last: joined before the rest goes
};

}  // namespace fieldpost::device

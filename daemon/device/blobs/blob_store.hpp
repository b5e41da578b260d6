// Attachments of this device: kept on disk until the hub has them, and as long as there is room.
//
// Policy. All files together may have `Budget::bytes`, and `Budget::keep_free` of the disk stays free for the
// journal. When a new attachment does not fit, the oldest go that are at the hub and in a backup of it; when
// that does not do, the oldest that the hub has whole, and the log says so: until the hub's next backup the
// hub alone has them, and a hub that dies takes them with it. When that does not do either, the new one is
// refused with a sentence that says what to do, and none goes for it. One that the hub does not have is never
// removed.
//
// Each goes to the hub, on purpose also one that a correction left out before anything was sent: the journal
// is append-only, so the observation reaches the hub as it was recorded, names it, and stands beside the
// correction for whoever asks what changed. One that no observation names yet goes too: nobody here knows
// whether one will.
//
// What a backup holds the hub says with its answer to a hello: through which number of this device's
// deliveries. A hub that does not say so (an older one) is taken at its word that it has them: the oldest go,
// without a log line.
//
// Threads: the loop thread owns the object. What arrives is written, hashed and synced on a thread of its
// own, piece by piece, so neither the loop nor the journal's writer ever waits for a whole file. The engine
// reads with read(): one chunk of at most 256 KiB, which the system has read ahead.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "daemon/device/blobs/blob_files.hpp"
#include "daemon/device/blobs/kept_blobs.hpp"

namespace fieldpost::device {

struct BlobBudget {
    std::uint64_t bytes = 8ULL << 30U;               // StorageLimits::attachments
    std::uint64_t keep_free = 64ULL << 20U;          // of the disk: StorageLimits::low_disk / 4
    std::size_t arriving = 8;                        // at once
    engine::Millis refused_again_after = 3'600'000;  // one that the hub refused is offered again after that
};

// Of /status.
struct BlobTally {
    std::size_t waiting = 0;
    std::uint64_t waiting_bytes = 0;
    std::uint64_t bytes = 0;   // of all files
    std::uint64_t budget = 0;  // of `bytes`
    std::string problem;       // what keeps one from the hub; empty when nothing does
};

// An attachment that is arriving. Loop thread; destroyed without finish(), nothing of it is kept.
class ArrivingBlob {
  public:
    using Finished = std::function<void(Result<KeptBlob>)>;
    virtual ~ArrivingBlob() = default;
    // The next bytes; `taken` is called once, in the loop thread. full when there is no room for them. After
    // an Error nothing more is given.
    virtual void take(Bytes piece, std::function<void(Status)> taken) = 0;
    // It is all: `finished` is called once it is on disk. invalid_argument when it is empty.
    virtual void finish(Finished finished) = 0;
};

class BlobStore final : public engine::BlobView, public KeptBlobs {
  public:
    using Post = std::function<void(std::function<void()>)>;
    using Clock = std::function<engine::Millis()>;

    // Opens <folder> with blobs.db, making what is missing.
    static Result<std::unique_ptr<BlobStore>> open(const std::filesystem::path& folder, BlobBudget budget,
                                                   Clock clock, Post post);
    // What has arrived whole is still put in its place.
    ~BlobStore() override;

    // An attachment of `bytes` (0: not known yet) is coming. full with a sentence for a person when there is
    // no room for it, invalid_argument when it is too long, unavailable when too many are arriving.
    Result<std::unique_ptr<ArrivingBlob>> begin(std::uint64_t bytes, bool thumbnail);

    std::optional<std::uint64_t> bytes_of(BytesView sha256) const override;
    // Whether the hub has it whole; nullopt when it is not here.
    std::optional<bool> is_sent(BytesView sha256) const;
    // Its file; nullopt when it is not here.
    std::optional<std::filesystem::path> file_of(BytesView sha256) const;

    std::vector<engine::WaitingBlob> waiting(std::size_t limit) override;
    // Error: it is told in the log and in tally(), and not waiting any more until the program starts again.
    Result<Bytes> read(BytesView sha256, std::uint64_t offset, std::size_t bytes) override;
    // What the hub said of one.
    void note(const engine::NoteBlob& note);
    // This hub is heard. True when the one before had another generation: the hub may have lost some, and all
    // that are still here are offered again.
    bool hub_is(const engine::NoteHub& hub);

    BlobTally tally() const;
    // How long the store's thread has been at one thing; zero while it waits.
    std::chrono::steady_clock::duration busy_for() const;

  private:
    class State;
    class Arriving;
    explicit BlobStore(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // shared with what is arriving
};

}  // namespace fieldpost::device

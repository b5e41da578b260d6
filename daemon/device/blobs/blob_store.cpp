#include "daemon/device/blobs/blob_store.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <map>
#include <utility>

#include "daemon/support/worker_thread.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

constexpr std::size_t worker_queue = 4096;

constexpr const char* budget_is_full =
    "the attachments that wait for the hub fill the room that they have: connect this vehicle until some are "
    "sent, "
    "then attach again. What you write down is still saved";
constexpr const char* disk_is_full =
    "the disk is nearly full, and the rest is kept for what you write down: connect this vehicle until "
    "attachments "
    "are sent, or free some space, then attach again";

Error too_long() {
    return fail(ErrorCode::invalid_argument,
                "an attachment may have " + std::to_string(engine::max_blob_bytes / 1'000'000) + " MB");
}

std::uint64_t beyond(std::uint64_t bytes, std::uint64_t most) {
    return bytes > most ? bytes - most : 0;
}

Error busy() {
    return fail(ErrorCode::unavailable, "too many attachments are arriving: try again in a moment");
}

}  // namespace

// Held by the store and by what is arriving, always in the loop thread; others hold it weakly.
class BlobStore::State : public std::enable_shared_from_this<State> {
  public:
    State(std::unique_ptr<BlobFiles> files, BlobBudget budget, Clock clock, Post post)
        : budget_(budget),
          folder_(files->folder()),
          clock_(std::move(clock)),
          post_(std::move(post)),
          files_(std::move(files)),
          thread_("blobs", worker_queue) {}

    Status load();
    void drain() { thread_.drain_and_join(); }
    std::chrono::steady_clock::duration busy_for() const { return thread_.busy_for(); }

    // Sets so many bytes aside, removing what may go; full when that is not enough.
    Status reserve(std::uint64_t bytes);
    void release(std::uint64_t bytes) { reserved_ -= bytes; }
    void add(const KeptBlob& kept);
    const KeptBlob* find(BytesView sha256) const;
    std::vector<engine::WaitingBlob> waiting(std::size_t limit) const;
    Result<Bytes> read(BytesView sha256, std::uint64_t offset, std::size_t bytes);
    void note(const engine::NoteBlob& note);
    bool hub_is(const engine::NoteHub& hub);
    BlobTally tally() const;

    // Runs `work` on the store's thread and gives what it returns to `done`, in the loop thread. False when
    // the thread has no time: neither runs.
    template <class Work, class Done>
    bool run(Work work, Done done) {
        return thread_.post([this, work = std::move(work), done = std::move(done)]() mutable {
            post_([result = work(*files_), done = std::move(done)]() mutable { done(std::move(result)); });
        });
    }
    bool run(std::function<void(BlobFiles&)> work) {
        return thread_.post([this, work = std::move(work)] { work(*files_); });
    }

    std::filesystem::path path_of(BytesView sha256) const { return folder_ / to_hex(sha256); }
    std::filesystem::path next_draft() { return folder_ / ("draft-" + std::to_string(++drafts_)); }
    const BlobBudget& budget() const { return budget_; }

    std::size_t arriving = 0;

  private:
    struct Entry {
        KeptBlob kept;
        std::string problem;                       // why it is not waiting although it is not delivered
        std::optional<engine::Millis> refused_at;  // with a problem: none when it cannot be read
    };

    using ByAge = std::map<std::int64_t, const Entry*>;

    bool waits(const Entry& entry) const;
    // A backup of the hub holds it.
    bool is_safe(const KeptBlob& kept) const;
    ByAge& list_of(const KeptBlob& kept);
    // The delivered ones stand where the hub's word puts them.
    void sort_delivered();
    void offer_all_again();
    Status make_room(std::uint64_t bytes);
    // The oldest of those that may go first.
    Status evict_one();
    void forget(const KeptBlob& gone);
    void removed(const KeptBlob& gone);

    const BlobBudget budget_;
    const std::filesystem::path folder_;
    const Clock clock_;
    const Post post_;

    // Loop thread.
    std::map<Bytes, Entry, std::less<>> entries_;
    std::array<ByAge, 2> undelivered_;  // [1]: thumbnails
    ByAge delivered_;
    ByAge safe_;  // delivered, and in a backup of the hub
    std::uint64_t bytes_ = 0;
    std::uint64_t reserved_ = 0;  // of what is arriving
    std::uint64_t going_ = 0;     // of what the thread removes
    std::uint64_t drafts_ = 0;
    std::uint64_t unsafe_evicted_ = 0;  // delivered and in no backup, and not told yet
    engine::NoteHub hub_;               // last heard; generation 0: none was
    std::optional<OpenFile> reading_;

    std::unique_ptr<BlobFiles> files_;  // the thread's
    support::WorkerThread thread_;      // last: joined before the rest goes
};

Status BlobStore::State::load() {
    auto hub = files_->hub();  // before the thread has anything to do
    if (!hub) return hub.error();
    hub_ = *hub;
    auto all = files_->all();
    if (!all) return all.error();
    for (const KeptBlob& kept : *all) add(kept);
    return ok();
}

bool BlobStore::State::is_safe(const KeptBlob& kept) const {
    return kept.number != 0 && kept.number <= hub_.attachments_safe.value_or(0);
}

BlobStore::State::ByAge& BlobStore::State::list_of(const KeptBlob& kept) {
    if (!kept.delivered) return undelivered_[kept.thumbnail ? 1 : 0];
    return is_safe(kept) ? safe_ : delivered_;
}

void BlobStore::State::add(const KeptBlob& kept) {
    auto [found, added] = entries_.try_emplace(kept.sha256, Entry{kept, {}, {}});
    Entry& entry = found->second;
    if (added) {
        bytes_ += kept.bytes;
    } else {
        list_of(entry.kept).erase(entry.kept.added);
        // What the hub said meanwhile is newer than what the thread has read.
        const KeptBlob before = std::exchange(entry.kept, kept);
        entry.kept.delivered = before.delivered;
        entry.kept.number = before.number;
    }
    list_of(entry.kept)[entry.kept.added] = &entry;
}

const KeptBlob* BlobStore::State::find(BytesView sha256) const {
    const auto found = entries_.find(sha256);
    return found == entries_.end() ? nullptr : &found->second.kept;
}

Status BlobStore::State::evict_one() {
    const bool any_safe = !safe_.empty();
    // Others may have filled the disk meanwhile.
    if (!any_safe && delivered_.empty()) return fail(ErrorCode::full, disk_is_full);
    const KeptBlob gone = (any_safe ? safe_ : delivered_).begin()->second->kept;
    const std::weak_ptr<State> weak = weak_from_this();
    const bool queued = run([gone](BlobFiles& files) { return files.remove(gone.sha256); },
                            [weak, gone](const Status& removed) {
                                if (!removed) spdlog::error("attachment: {}", removed.error().message);
                                if (const auto state = weak.lock()) state->removed(gone);
                            });
    if (!queued) return busy();
    if (!any_safe) ++unsafe_evicted_;
    going_ += gone.bytes;
    forget(gone);
    return ok();
}

void BlobStore::State::forget(const KeptBlob& gone) {
    bytes_ -= gone.bytes;
    list_of(gone).erase(gone.added);
    entries_.erase(gone.sha256);
}

void BlobStore::State::removed(const KeptBlob& gone) {
    going_ -= gone.bytes;
    // It may have arrived again and been found here just before it went.
    const KeptBlob* again = find(gone.sha256);
    if (again != nullptr && again->added == gone.added) forget(KeptBlob(*again));
}

Status BlobStore::State::reserve(std::uint64_t bytes) {
    auto room = make_room(bytes);
    const auto evicted = std::exchange(unsafe_evicted_, 0);
    // A hub that tells nothing of its backups may well make them.
    if (evicted > 0 && hub_.attachments_safe) {
        spdlog::warn(
            "attachments: {} that the hub has, and that no backup of it is known to hold, made room for a "
            "new "
            "one",
            evicted);
    }
    if (room) reserved_ += bytes;
    return room;
}

Status BlobStore::State::make_room(std::uint64_t bytes) {
    const auto over_budget = [&] { return beyond(bytes_ + reserved_ + bytes, budget_.bytes); };
    const auto lacking = [&] { return beyond(budget_.keep_free + bytes, free_bytes(folder_) + going_); };
    if (over_budget() == 0 && lacking() == 0) return ok();
    // When it would not be enough, all stay.
    std::uint64_t may_go = 0;
    for (const ByAge* list : {&safe_, &delivered_}) {
        for (const auto& [added, entry] : *list) may_go += entry->kept.bytes;
    }
    if (over_budget() > may_go) return fail(ErrorCode::full, budget_is_full);
    if (lacking() > may_go) return fail(ErrorCode::full, disk_is_full);
    while (over_budget() > 0 || lacking() > 0) {
        if (auto gone = evict_one(); !gone) return gone;
    }
    return ok();
}

bool BlobStore::State::waits(const Entry& entry) const {
    if (entry.problem.empty()) return true;
    return entry.refused_at && clock_() - *entry.refused_at >= budget_.refused_again_after;
}

std::vector<engine::WaitingBlob> BlobStore::State::waiting(std::size_t limit) const {
    std::vector<engine::WaitingBlob> out;
    for (const bool thumbnail : {true, false}) {
        for (const auto& [added, entry] : undelivered_[thumbnail ? 1 : 0]) {
            if (out.size() >= limit) return out;
            if (waits(*entry)) out.push_back({entry->kept.sha256, entry->kept.bytes, thumbnail});
        }
    }
    return out;
}

Result<Bytes> BlobStore::State::read(BytesView sha256, std::uint64_t offset, std::size_t bytes) {
    const auto found = entries_.find(sha256);
    if (found == entries_.end()) return fail(ErrorCode::not_found, "there is no such attachment");
    const auto read = [&]() -> Result<Bytes> {
        if (const auto path = path_of(sha256); !reading_ || reading_->path() != path) {
            auto opened = OpenFile::open_to_read(path);
            if (!opened) return opened.error();
            opened->expect_sequential_reads();
            reading_.emplace(std::move(*opened));
        }
        return reading_->read_at(offset, bytes);
    };
    auto content = read();
    if (!content) {
        found->second.problem = "an attachment cannot be read: " + content.error().message;
        found->second.refused_at.reset();
        spdlog::error("{}", found->second.problem);
        reading_.reset();
    }
    return content;
}

void BlobStore::State::note(const engine::NoteBlob& note) {
    const auto found = entries_.find(note.sha256);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    if (reading_ && reading_->path() == path_of(note.sha256)) reading_.reset();
    if (!note.complete) {
        entry.problem = "the hub does not take an attachment: " + note.problem;
        entry.refused_at = clock_();
        spdlog::warn("{}", entry.problem);
        return;
    }
    entry.problem.clear();
    if (entry.kept.delivered) return;
    list_of(entry.kept).erase(entry.kept.added);
    entry.kept.delivered = true;
    entry.kept.number = note.number;
    list_of(entry.kept)[entry.kept.added] = &entry;
    const bool queued = run([sha256 = note.sha256, number = note.number](BlobFiles& files) {
        if (auto set = files.set_delivered(sha256, number); !set)
            spdlog::warn("attachment: {}", set.error().message);
    });
    if (!queued) spdlog::debug("an attachment will be offered again after the next start");
}

void BlobStore::State::offer_all_again() {
    delivered_.merge(safe_);
    for (const auto& [added, entry] : std::exchange(delivered_, {})) {
        Entry& here = entries_.find(entry->kept.sha256)->second;
        here.kept.delivered = false;
        here.kept.number = 0;
        list_of(here.kept)[added] = &here;
    }
}

void BlobStore::State::sort_delivered() {
    delivered_.merge(safe_);
    for (const auto& [added, entry] : std::exchange(delivered_, {})) list_of(entry->kept)[added] = entry;
}

bool BlobStore::State::hub_is(const engine::NoteHub& hub) {
    if (hub == hub_) return false;
    const bool may_have_lost = hub_.generation != 0 && hub_.generation != hub.generation;
    if (may_have_lost) {
        spdlog::warn("the hub begins a new generation: {} attachments that it had are offered again",
                     delivered_.size() + safe_.size());
        offer_all_again();
    }
    hub_ = hub;
    sort_delivered();
    const bool queued = run([hub](BlobFiles& files) {
        if (auto set = files.set_hub(hub); !set) spdlog::warn("attachments: {}", set.error().message);
    });
    if (!queued) spdlog::warn("attachments: what the hub says is noted after the next start");
    return may_have_lost;
}

BlobTally BlobStore::State::tally() const {
    BlobTally tally;
    tally.bytes = bytes_;
    tally.budget = budget_.bytes;
    for (const auto& list : undelivered_) {
        tally.waiting += list.size();
        for (const auto& [added, entry] : list) {
            tally.waiting_bytes += entry->kept.bytes;
            if (!entry->problem.empty()) tally.problem = entry->problem;
        }
    }
    return tally;
}

class BlobStore::Arriving final : public ArrivingBlob {
  public:
    Arriving(std::shared_ptr<State> state, std::shared_ptr<BlobDraft> draft, std::uint64_t reserved,
             bool thumbnail)
        : state_(std::move(state)), draft_(std::move(draft)), reserved_(reserved), thumbnail_(thumbnail) {
        ++state_->arriving;
    }
    ~Arriving() override {
        --state_->arriving;
        state_->release(reserved_);
        // The thread may be writing to it: it goes there, behind that.
        static_cast<void>(state_->run([draft = std::move(draft_)](BlobFiles&) {}));
    }

    void take(Bytes piece, std::function<void(Status)> taken) override {
        bytes_ += piece.size();
        if (bytes_ > engine::max_blob_bytes) return taken(too_long());
        if (bytes_ > reserved_) {
            if (auto room = state_->reserve(bytes_ - reserved_); !room) return taken(room);
            reserved_ = bytes_;
        }
        const bool queued = state_->run(
            [draft = draft_, piece = std::move(piece),
             keep_free = state_->budget().keep_free](BlobFiles&) -> Status {
                auto appended = draft->append(piece, keep_free);
                if (!appended && appended.error().code == ErrorCode::full)
                    return fail(ErrorCode::full, disk_is_full);
                return appended;
            },
            taken);
        if (!queued) taken(busy());
    }

    void finish(Finished finished) override {
        if (bytes_ == 0) return finished(fail(ErrorCode::invalid_argument, "an attachment needs content"));
        const std::weak_ptr<State> weak = state_;
        const bool queued = state_->run(
            [draft = draft_, thumbnail = thumbnail_](BlobFiles& files) -> Result<KeptBlob> {
                auto kept = files.keep(*draft, thumbnail);
                if (!kept && kept.error().code == ErrorCode::full) return fail(ErrorCode::full, disk_is_full);
                return kept;
            },
            [weak, finished](Result<KeptBlob> kept) {
                const auto state = weak.lock();
                if (state && kept) state->add(*kept);
                finished(std::move(kept));
            });
        if (!queued) finished(busy());
    }

  private:
    const std::shared_ptr<State> state_;
    std::shared_ptr<BlobDraft> draft_;
    std::uint64_t bytes_ = 0;
    std::uint64_t reserved_;
    const bool thumbnail_;
};

BlobStore::BlobStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

BlobStore::~BlobStore() {
    state_->drain();
}

Result<std::unique_ptr<BlobStore>> BlobStore::open(const std::filesystem::path& folder, BlobBudget budget,
                                                   Clock clock, Post post) {
    auto files = BlobFiles::open(folder);
    if (!files) return files.error();
    auto state = std::make_shared<State>(std::move(*files), budget, std::move(clock), std::move(post));
    if (auto loaded = state->load(); !loaded) return loaded.error();
    return std::unique_ptr<BlobStore>(new BlobStore(std::move(state)));
}

Result<std::unique_ptr<ArrivingBlob>> BlobStore::begin(std::uint64_t bytes, bool thumbnail) {
    if (bytes > engine::max_blob_bytes) return too_long();
    if (state_->arriving >= state_->budget().arriving) return busy();
    if (auto room = state_->reserve(bytes); !room) return room.error();
    auto draft = BlobDraft::begin(state_->next_draft());
    if (!draft) {
        state_->release(bytes);
        return draft.error();
    }
    return std::unique_ptr<ArrivingBlob>(
        std::make_unique<Arriving>(state_, std::shared_ptr<BlobDraft>(std::move(*draft)), bytes, thumbnail));
}

std::optional<std::uint64_t> BlobStore::bytes_of(BytesView sha256) const {
    const KeptBlob* kept = state_->find(sha256);
    return kept == nullptr ? std::nullopt : std::optional(kept->bytes);
}

std::optional<bool> BlobStore::is_sent(BytesView sha256) const {
    const KeptBlob* kept = state_->find(sha256);
    return kept == nullptr ? std::nullopt : std::optional(kept->delivered);
}

std::optional<std::filesystem::path> BlobStore::file_of(BytesView sha256) const {
    if (state_->find(sha256) == nullptr) return std::nullopt;
    return state_->path_of(sha256);
}

std::vector<engine::WaitingBlob> BlobStore::waiting(std::size_t limit) {
    return state_->waiting(limit);
}

Result<Bytes> BlobStore::read(BytesView sha256, std::uint64_t offset, std::size_t bytes) {
    return state_->read(sha256, offset, bytes);
}

void BlobStore::note(const engine::NoteBlob& note) {
    state_->note(note);
}

bool BlobStore::hub_is(const engine::NoteHub& hub) {
    return state_->hub_is(hub);
}

std::chrono::steady_clock::duration BlobStore::busy_for() const {
    return state_->busy_for();
}

BlobTally BlobStore::tally() const {
    return state_->tally();
}

}  // namespace fieldpost::device

#include "daemon/device/journal/journal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "sync/base/crypto.hpp"

namespace fieldpost::device {

namespace {

constexpr std::size_t max_waiting = 10'000;  // operations; a person cannot record that fast, a fault can
constexpr std::size_t max_transaction = 500;
constexpr std::chrono::minutes epoch_pause{1};  // after one could not be opened: each try reads all that goes

// Some file systems tell a full disk as a failed write, or as a file that cannot be made.
bool may_lack_room(const Error& error) {
    return error.code == ErrorCode::full || error.code == ErrorCode::io || error.code == ErrorCode::not_found;
}

// What no person recorded.
bool is_telemetry(const JournalWriter::Append& append) {
    return append.lane == protocol::TELEMETRY || is_report_of_device(append.operation);
}

bool are_telemetry(const std::vector<JournalWriter::Append>& appends) {
    return std::ranges::all_of(appends, is_telemetry);
}

}  // namespace

Journal::Journal(std::filesystem::path path, std::string device, Post post, SteadyNow now)
    : path_(std::move(path)),
      device_(std::move(device)),
      post_(std::move(post)),
      now_(std::move(now)),
      reserve_(path_.string() + ".reserve") {}

Journal::~Journal() {
    if (thread_) thread_->drain_and_join();
    reader_.reset();  // before the writer, whose end then folds the log into the database
}

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& path, const std::string& device,
                                               Post post, SteadyNow now) {
    auto journal = closed(path, device, std::move(post), std::move(now));
    if (auto opened = journal->reopen(); !opened) return opened.error();
    return journal;
}

std::unique_ptr<Journal> Journal::closed(const std::filesystem::path& path, const std::string& device,
                                         Post post, SteadyNow now) {
    return std::unique_ptr<Journal>(new Journal(path, device, std::move(post), std::move(now)));
}

Status Journal::reopen() {
    if (is_open()) return ok();
    auto files = open_files();
    if (!files) return files.error();
    adopt(std::move(*files));
    return ok();
}

Result<Journal::Files> Journal::open_files() {
    auto loaded = load();
    if (!loaded && may_lack_room(loaded.error()) && reserve_.give_up()) {
        spdlog::error("the journal's reserve is given up: {}", loaded.error().message);
        loaded = load();
    }
    if (!loaded) return loaded.error().with("journal " + path_.string());
    return loaded;
}

Error Journal::not_open() const {
    return fail(ErrorCode::unavailable, "the journal is not open: see the messages of /api/v1/status");
}

Result<Journal::Files> Journal::load() const {
    auto writing = JournalWriter::open(path_, device_, random_u64);
    if (!writing) return writing.error();
    auto reading = JournalReader::open(path_);
    if (!reading) return reading.error();
    return Files{std::move(*writing), std::move(*reading)};
}

void Journal::adopt(Files files) {
    if (is_open()) return;
    writer_ = std::move(files.writer);
    reader_ = std::move(files.reader);
    epoch_ = writer_->epoch();
    lanes_ = writer_->lanes();
    notes_ = writer_->notes();
    in_city_ = writer_->in_city();
    thread_ = std::make_unique<support::WorkerThread>("journal", max_waiting);
}

void Journal::append(protocol::Lane lane, protocol::Operation operation, Saved saved) {
    if (!is_open()) {
        post_([saved = std::move(saved)] {
            saved(fail(
                ErrorCode::full,
                "NOT SAVED: the journal cannot be opened. Write this down elsewhere and free some space; "
                "the messages of the status say more"));
        });
        return;
    }
    if ((lane == protocol::TELEMETRY || is_report_of_device(operation)) && !accept_telemetry_) {
        post_([saved = std::move(saved)] {
            saved(fail(ErrorCode::full, "there is no room for telemetry: what is left is for records"));
        });
        return;
    }
    auto fit = JournalWriter::make_append(lane, std::move(operation));
    if (!fit) {
        post_([saved = std::move(saved), error = fit.error()] { saved(error); });
        return;
    }
    bool refused = false;
    {
        const std::lock_guard lock(mutex_);
        if (appends_.size() >= max_waiting) {
            refused = true;
        } else {
            appends_.push_back(std::move(*fit));
            saved_.push_back(std::move(saved));
            // One queued commit takes all that waits: the queue cannot fill up with them.
            if (!committing_) committing_ = thread_->post([this] { commit_waiting(); });
            refused = !committing_;
            if (refused) {
                saved = std::move(saved_.back());
                saved_.pop_back();
                appends_.pop_back();
            }
        }
    }
    if (refused) {
        post_([saved = std::move(saved)] {
            saved(
                fail(ErrorCode::full, "NOT SAVED: the journal cannot keep up. Record it again in a moment"));
        });
    }
}

void Journal::commit_waiting() {
    while (commit_some()) {
    }
}

// True when it must be called again at once: more waits, and the thread takes no more.
bool Journal::commit_some() {
    std::vector<JournalWriter::Append> taken;
    std::vector<Saved> saved;
    bool again = false;
    {
        const std::lock_guard lock(mutex_);
        const auto count = static_cast<std::ptrdiff_t>(std::min(appends_.size(), max_transaction));
        const auto take = [count](auto& from, auto& to) {
            to.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(from.begin() + count));
            from.erase(from.begin(), from.begin() + count);
        };
        take(appends_, taken);
        take(saved_, saved);
        committing_ = !appends_.empty();
        again = committing_ && !thread_->post([this] { commit_waiting(); });
    }
    auto results = commit(taken);
    const bool of_people = !are_telemetry(taken);
    if (!results && of_people)
        spdlog::error("NOT SAVED: {} operations: {}", taken.size(), results.error().message);
    post_([this, of_people, saved = std::move(saved), results = std::move(results),
           lanes = writer_->lanes()]() mutable {
        if (results || of_people) writable_ = results.has_value();
        if (results) {
            for (const protocol::Lane lane : engine::lanes_by_priority) {
                at(lane).last = lanes[static_cast<std::size_t>(lane)].last;
                at(lane).last_hash = lanes[static_cast<std::size_t>(lane)].last_hash;
                at(lane).last_by_people = lanes[static_cast<std::size_t>(lane)].last_by_people;
            }
        }
        for (std::size_t i = 0; i < saved.size(); ++i) {
            if (results) {
                saved[i](std::move((*results)[i]));
            } else {
                saved[i](results.error().with("NOT SAVED"));
            }
        }
    });
    return again;
}

Result<std::vector<Result<Recorded>>> Journal::commit(const std::vector<JournalWriter::Append>& appends) {
    auto results = writer_->append(appends);
    // The reserve is for records.
    if (results || are_telemetry(appends) || !may_lack_room(results.error()) || !reserve_.give_up())
        return results;
    spdlog::error("the journal's reserve is given up: {}", results.error().message);
    accept_telemetry_ = false;  // until somebody has seen what room there is
    return writer_->append(appends);
}

void Journal::try_to_write() {
    if (!is_open() || writable_) return;
    const bool queued = thread_->post([this] {
        auto written = writer_->try_to_write();
        post_([this, written] {
            if (!written || writable_) return;
            writable_ = true;
            spdlog::info("the journal can be written again: records are saved");
        });
    });
    if (!queued) spdlog::debug("the journal is busy");
}

void Journal::keep_reserve(std::uint64_t bytes) {
    if (!is_open()) return;
    const bool queued = thread_->post([this, bytes] {
        if (auto kept = reserve_.renew(bytes); !kept) spdlog::warn("{}", kept.error().message);
    });
    if (!queued) spdlog::warn("the journal's reserve waits: the journal is busy");
}

void Journal::note_safe(const protocol::LanePosition& position) {
    if (!is_open()) return;
    const bool queued = thread_->post([this, position] {
        if (auto noted = writer_->note_safe(position); !noted) spdlog::warn("{}", noted.error().message);
    });
    if (!queued) spdlog::debug("what a backup holds is told again at the next contact");
}

void Journal::make_room(std::uint64_t goal, RoomRule rule, std::function<void(Result<RoomMade>)> done) {
    if (!is_open()) return post_([this, done] { done(not_open()); });
    const bool queued = thread_->post(
        [this, goal, rule = std::move(rule), done] { make_room_stepwise(goal, rule, {}, done); });
    if (!queued) post_([done] { done(fail(ErrorCode::full, "the journal is busy")); });
}

std::chrono::steady_clock::duration Journal::busy_for() const {
    return thread_ ? thread_->busy_for() : std::chrono::steady_clock::duration::zero();
}

// Writer thread. Each step is queued by itself, behind what was recorded meanwhile.
void Journal::make_room_stepwise(std::uint64_t goal, const RoomRule& rule, RoomMade sum,
                                 const std::function<void(Result<RoomMade>)>& done) {
    Result<RoomMade> made = sum;
    bool finished = true;
    const auto size = writer_->size();
    if (!size) {
        made = size.error();
    } else if (size->used > goal) {
        made = writer_->make_room(rule);
        if (made) {
            finished = !made->anything();
            made->trimmed += sum.trimmed;
            made->telemetry += sum.telemetry;
            made->rewritten = made->rewritten || sum.rewritten;
        }
    }
    if (made && !finished) {
        if (thread_->post(
                [this, goal, rule, sum = *made, done] { make_room_stepwise(goal, rule, sum, done); }))
            return;
    }
    if (!made && sum.anything()) made = sum;  // what went before the failure is gone, and must be told
    post_([this, done, made, epoch = writer_->epoch(), lanes = writer_->lanes()] {
        if (epoch == epoch_) lanes_ = lanes;
        done(made);
    });
}

void Journal::note(const protocol::Ack& ack, std::function<void()> done) {
    if (!is_open()) return;
    const bool queued = thread_->post([this, ack, done = std::move(done)] {
        if (auto noted = writer_->note(ack); !noted) {
            spdlog::warn("an acknowledgement could not be kept and will be asked again: {}",
                         noted.error().message);
            return;
        }
        post_([this, done, lanes = writer_->lanes(), notes = writer_->notes()] {
            for (const protocol::Lane lane : engine::lanes_by_priority) {
                at(lane).noted = lanes[static_cast<std::size_t>(lane)].noted;
            }
            notes_ = notes;
            done();
        });
    });
    if (!queued)
        spdlog::warn("an acknowledgement could not be kept and will be asked again: the journal is busy");
}

void Journal::note_in_city(engine::InCity known) {
    if (!is_open()) return;
    const bool queued = thread_->post([this, known = std::move(known)] {
        if (auto noted = writer_->note_in_city(known); !noted) {
            spdlog::warn("what the city holds of this device's work is looked at again: {}",
                         noted.error().message);
            return;
        }
        post_([this, known] { in_city_ = known; });
    });
    if (!queued) spdlog::debug("what the city holds of this device's work is looked at again");
}

// Writer thread.
Status Journal::try_to_open(const engine::OpenEpoch& wanted) {
    auto opened = writer_->open_epoch(wanted);
    if (opened || !may_lack_room(opened.error()) || !reserve_.give_up()) return opened;
    spdlog::error("the journal's reserve is given up: {}", opened.error().message);
    return writer_->open_epoch(wanted);
}

void Journal::open_epoch(engine::OpenEpoch wanted, std::function<void(Status)> done) {
    if (!is_open()) return post_([this, done] { done(not_open()); });
    if (!await_epoch_.empty()) return await_epoch_.push_back(std::move(done));
    if (now_() < no_epoch_before_) {
        return post_([done] {
            done(fail(ErrorCode::unavailable, "it failed a moment ago, and is tried again in a minute"));
        });
    }
    spdlog::warn("opening a new journal epoch: {}", wanted.why);
    await_epoch_.push_back(std::move(done));
    const bool queued = thread_->post([this, wanted = std::move(wanted)] {
        auto opened = try_to_open(wanted);
        post_([this, opened, epoch = writer_->epoch(), lanes = writer_->lanes()] {
            epoch_tried(opened, epoch, lanes);
        });
    });
    if (!queued) post_([this] { epoch_tried(fail(ErrorCode::full, "the journal is busy"), epoch_, lanes_); });
}

void Journal::epoch_tried(const Status& opened, std::uint64_t epoch, const Lanes& lanes) {
    if (opened) {
        epoch_ = epoch;
        lanes_ = lanes;
    } else {
        spdlog::error("no new journal epoch: {}", opened.error().message);
        no_epoch_before_ = now_() + epoch_pause;
    }
    for (const auto& done : std::exchange(await_epoch_, {})) done(opened);
}

std::optional<Bytes> Journal::hash_at(protocol::Lane lane, std::uint64_t seq) {
    if (seq == 0) return protocol::chain_start(device_, epoch_, lane);
    if (seq == at(lane).last) return at(lane).last_hash;
    if (!is_open()) return std::nullopt;
    auto hash = reader_->hash_at(epoch_, lane, seq);
    if (!hash) return std::nullopt;
    // An entry that was trimmed: a hub that stands there is behind what it once said, and no hash is the
    // same.
    if (!*hash && seq < at(lane).noted) return Bytes();
    return *hash;
}

std::uint64_t Journal::first_held(protocol::Lane lane) {
    if (!is_open()) return 0;
    auto first = reader_->first_held(epoch_, lane);
    return first ? *first : 0;
}

std::vector<std::uint64_t> Journal::parked(protocol::Lane lane, std::uint64_t after, std::size_t most) {
    if (!is_open()) return {};
    auto parked = reader_->parked(epoch_, lane, after, at(lane).noted, most);
    return parked ? std::move(*parked) : std::vector<std::uint64_t>();
}

std::vector<protocol::LanePosition> Journal::earlier(std::size_t most) {
    if (!is_open()) return {};
    auto earlier = reader_->earlier(epoch_, most);
    return earlier ? std::move(*earlier) : std::vector<protocol::LanePosition>();
}

Result<std::vector<engine::JournalEntry>> Journal::read(protocol::Lane lane, std::uint64_t after,
                                                        std::size_t max_entries, std::size_t max_bytes) {
    if (!is_open()) return not_open();
    return reader_->read(epoch_, lane, after, at(lane).last, max_entries, max_bytes);
}

Result<std::vector<Recorded>> Journal::find(const Query& query) {
    if (!is_open()) return not_open();
    return reader_->find(query);
}

Result<std::optional<Recorded>> Journal::by_id(const std::string& id) {
    if (!is_open()) return not_open();
    return reader_->by_id(id);
}

Result<std::optional<Recorded>> Journal::last(protocol::Lane lane, int effect) {
    if (!is_open()) return not_open();
    return reader_->last(lane, effect);
}

Result<JournalSize> Journal::size() {
    if (!is_open()) return not_open();
    return reader_->size();
}

Journal::Waiting Journal::waiting(protocol::Lane lane) {
    Waiting waiting;
    const LaneState& state = at(lane);
    waiting.count = state.last - std::min(state.last, state.noted);
    if (waiting.count == 0) return waiting;
    auto oldest = reader_->recorded_at(epoch_, lane, state.noted + 1);
    if (oldest) waiting.oldest_us = *oldest;
    if (lane == protocol::TELEMETRY) waiting.positions = waiting.count;
    if (lane == protocol::URGENT) {
        auto positions = reader_->reports_of_device(epoch_, lane, state.noted);
        if (positions) waiting.positions = std::min(*positions, waiting.count);
    }
    return waiting;
}

std::uint64_t Journal::bytes() const {
    std::uint64_t total = 0;
    for (const char* suffix : {"", "-wal"}) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_.string() + suffix, error);
        if (!error) total += size;
    }
    return total;
}

}  // namespace fieldpost::device

// A journal in a folder of its own, with the test as its event loop.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "daemon/device/journal/journal.hpp"
#include "tests/unit/support/temporary_folder.hpp"

namespace fieldpost::device::testing {

// Runs what the journal posts. Its post() can be held shut, which stops the journal's writer after its next
// commit.
class Loop {
  public:
    void post(std::function<void()> event) {
        std::unique_lock lock(mutex_);
        ++blocked_;
        arrived_.notify_all();
        opened_.wait(lock, [this] { return !shut_ || events_.empty(); });
        --blocked_;
        events_.push_back(std::move(event));
        ++posts_;
        arrived_.notify_all();
    }
    // Runs events until `done` says so.
    template <class Done>
    void run_until(Done&& done) {
        while (!done()) {
            std::function<void()> event;
            {
                std::unique_lock lock(mutex_);
                REQUIRE(
                    arrived_.wait_for(lock, std::chrono::seconds(60), [this] { return !events_.empty(); }));
                event = std::move(events_.front());
                events_.pop_front();
                opened_.notify_all();
            }
            event();
        }
    }
    // From the second event that waits on, post() does not return until open().
    void shut() { set_shut(true); }
    void open() { set_shut(false); }
    // Until an event waits, without running it.
    void await_event() {
        std::unique_lock lock(mutex_);
        REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(60), [this] { return !events_.empty(); }));
    }
    // Until this many threads stand in post().
    void await_blocked(std::size_t count) {
        std::unique_lock lock(mutex_);
        REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return blocked_ >= count; }));
    }
    std::size_t posts() {
        const std::lock_guard lock(mutex_);
        return posts_;
    }

  private:
    void set_shut(bool shut) {
        const std::lock_guard lock(mutex_);
        shut_ = shut;
        opened_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable opened_;
    std::deque<std::function<void()>> events_;
    std::size_t posts_ = 0;
    std::size_t blocked_ = 0;
    bool shut_ = false;
};

inline protocol::Operation observation(const std::string& id, const std::string& note = "a note",
                                       std::uint64_t property = 0, const std::string& visit = {}) {
    protocol::Operation operation;
    operation.set_id(id);
    operation.set_visit_id(visit);
    operation.set_property(property);
    operation.mutable_time()->set_utc_us(1'772'366'400'000'000);
    operation.mutable_observation_made()->set_kind("note");
    operation.mutable_observation_made()->set_note(note);
    return operation;
}

struct Bench {
    Bench() { open(); }

    void open() {
        journal.reset();
        journal = Journal::open(
                      folder.path / "journal.db", "truck-1",
                      [this](std::function<void()> event) { loop.post(std::move(event)); },
                      [this] { return steady_now; })
                      .value();
    }
    // Appends and waits for the answer.
    Result<Recorded> append(protocol::Operation operation, protocol::Lane lane = protocol::WORK) {
        std::optional<Result<Recorded>> answer;
        journal->append(lane, std::move(operation),
                        [&](Result<Recorded> saved) { answer = std::move(saved); });
        loop.run_until([&] { return answer.has_value(); });
        return *answer;
    }
    void append_numbered(int count, protocol::Lane lane = protocol::WORK) {
        for (int i = 0; i < count; ++i) {
            REQUIRE(append(observation("id-" + std::to_string(++made)), lane).has_value());
        }
    }
    // What the hub says of first..last: accepted with version 100 + seq but for the exceptions.
    protocol::Ack ack(std::uint64_t first, std::uint64_t last, protocol::Lane lane = protocol::WORK) {
        protocol::Ack ack;
        ack.mutable_applied()->set_lane(lane);
        ack.mutable_applied()->set_epoch(journal->epoch());
        ack.mutable_applied()->set_seq(last);
        ack.set_first_seq(first);
        for (std::uint64_t seq = first; seq <= last; ++seq) ack.add_versions(100 + seq);
        return ack;
    }
    // The same, but that this one waits at the hub for another.
    static protocol::Ack parked(protocol::Ack ack, std::uint64_t seq) {
        auto& exception = *ack.add_exceptions();
        exception.set_seq(seq);
        exception.set_outcome(protocol::PARKED);
        exception.set_reason("waits for another");
        ack.set_versions(static_cast<int>(seq - ack.first_seq()), 0);
        return ack;
    }
    void note(const protocol::Ack& ack) {
        bool done = false;
        journal->note(ack, [&] { done = true; });
        loop.run_until([&] { return done; });
    }
    Status open_epoch(const std::map<protocol::Lane, std::uint64_t>& acknowledged) {
        return begin_epoch(engine::OpenEpoch{"a test", acknowledged});
    }
    Status begin_epoch(const engine::OpenEpoch& wanted) {
        std::optional<Status> answer;
        journal->open_epoch(wanted, [&](Status opened) { answer = std::move(opened); });
        loop.run_until([&] { return answer.has_value(); });
        return *answer;
    }
    std::vector<engine::JournalEntry> read(protocol::Lane lane = protocol::WORK) {
        return journal->read(lane, 0, 100'000, std::size_t{1} << 30U).value();
    }
    // Every hash of the lane is what its operations make it.
    void check_chain(protocol::Lane lane = protocol::WORK) {
        Bytes hash = protocol::chain_start("truck-1", journal->epoch(), lane);
        CHECK(journal->hash_at(lane, 0) == hash);
        std::uint64_t seq = 0;
        for (const auto& entry : read(lane)) {
            CHECK(entry.seq == ++seq);
            hash = protocol::chain_next(hash, entry.operation);
            CHECK(journal->hash_at(lane, seq) == hash);
        }
        CHECK(journal->last_seq(lane) == seq);
        CHECK_FALSE(journal->hash_at(lane, seq + 1).has_value());
    }

    support::TemporaryFolder folder;
    Loop loop;
    std::chrono::steady_clock::time_point steady_now{};
    std::unique_ptr<Journal> journal;
    int made = 0;
};

}  // namespace fieldpost::device::testing

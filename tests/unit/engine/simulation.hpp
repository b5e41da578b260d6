// A small world in one thread and from one seed: a hub and some devices, real engines over stores in memory,
// and a network that loses, repeats, reorders and delays. Programs die at any step; what they had committed
// stays.
//
// Rules that must hold at every step are checked as it runs and collected in problems(); what must hold in
// the end, once the faults have stopped, is checked by settled() and check_end().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sync/engine/device_engine.hpp"
#include "tests/unit/engine/memory_hub.hpp"
#include "tests/unit/engine/memory_journal.hpp"

namespace fieldpost::engine::testing {

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    // 0 <= result < end; the same on every standard library.
    std::uint64_t below(std::uint64_t end) { return engine_() % end; }
    bool chance(double probability) {
        return static_cast<double>(engine_() >> 11U) < probability * static_cast<double>(1ULL << 53U);
    }
    Millis between(Millis from, Millis to) {
        return from + static_cast<Millis>(below(static_cast<std::uint64_t>(to - from + 1)));
    }

  private:
    std::mt19937_64 engine_;
};

// What a run did, so that a test can tell that it was not idle.
struct Tally {
    std::uint64_t operations = 0;
    std::uint64_t lost = 0;
    std::uint64_t repeated = 0;
    std::uint64_t device_restarts = 0;
    std::uint64_t hub_restarts = 0;
    std::uint64_t rounds_rolled_back = 0;
    std::uint64_t journals_restored = 0;
    std::uint64_t epochs_opened = 0;
    std::uint64_t segments_applied = 0;
    std::uint64_t blocks_written = 0;
    std::uint64_t cities_mounted = 0;
    Tally& operator+=(const Tally& other);
};

class Simulation {
  public:
    explicit Simulation(std::uint64_t seed);
    ~Simulation();

    // Everything goes wrong for a while; then nothing does any more.
    void run_with_faults(Millis duration);
    void stop_faults();
    // Runs until all is where it belongs; false when it is not after `limit`.
    bool run_until_settled(Millis limit);
    void check_end();

    const std::vector<std::string>& problems() const { return problems_; }
    // What is still missing, for a person.
    std::string state() const;
    const Tally& tally() const { return tally_; }

  private:
    // What a device's disk holds.
    struct City {
        std::uint64_t generation = 0;  // 0: none
        std::uint64_t hub_generation = 0;
        std::map<records::FeedId, DecodedFeed> feeds;
    };
    struct Draft {
        std::uint64_t generation = 0;
        std::map<std::uint32_t, Bytes> blocks;
    };
    struct Device {
        Device(std::string name, std::uint64_t epoch)
            : id(name), signer(name), journal(std::move(name), epoch) {}

        const std::string id;
        KeySigner signer;
        JournalDisk journal;
        City city;
        Draft draft;
        std::optional<JournalDisk> copy;  // of the journal, made some time ago
        std::uint64_t recorded = 0;

        // The program: gone at a restart.
        std::uint64_t run = 0;  // which one it is
        std::unique_ptr<MemoryJournal> view;
        std::unique_ptr<DeviceEngine> engine;
        Millis journal_free_at = 0;  // its writer threads: one job after another
        Millis city_free_at = 0;
        std::uint64_t connection = 0;  // 0: none
        std::set<records::FeedId> subscribed;
    };
    struct Event {
        Millis at;
        std::uint64_t number;
        bool operator<(const Event& other) const {
            return std::tie(at, number) < std::tie(other.at, other.number);
        }
    };

    void at(Millis when, std::function<void()> what) {
        events_.emplace(Event{when, ++event_}, std::move(what));
    }
    void after(Millis delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
    void run_until(Millis when);
    void problem(const Device* device, const std::string& text);
    Millis delay();
    bool faulty(double probability) { return faults_ && dice_.chance(probability); }

    // Devices.
    void start(Device& device);
    void connect(Device& device);
    void disconnect(Device& device);
    void restart(Device& device);
    void record(Device& device);
    void drive(Device& device, const std::function<void(DeviceEngine&, Actions&)>& call);
    void carry_out(Device& device, Action& action);
    void check_acknowledged(Device& device);
    void check_request(Device& device, BytesView payload);
    // A job of a writer thread: `commit` changes the disk, `told` runs in the program unless it has died
    // meanwhile.
    void job(Device& device, Millis& free_at, std::function<void()> commit,
             std::function<void(Device&)> told);
    MountedCity mounted(const Device& device) const;
    bool apply(Device& device, const ApplySegment& apply);
    bool finish(Device& device, const protocol::Manifest& manifest);

    // The hub.
    void start_hub();
    void hub_receives(const std::string& topic, const Bytes& payload);
    void carry_out(HubActions& actions);
    void publish(const HubPublish& message);
    void publish_feeds(bool heads);
    void change_feeds();

    void one_fault();
    bool settled(const Device& device) const;

    Dice dice_;
    Millis now_ = 0;
    std::uint64_t event_ = 0;
    std::map<Event, std::function<void()>> events_;
    bool faults_ = true;
    double loss_ = 0;
    double repetition_ = 0;
    Millis longest_delay_ = 0;

    KeySigner hub_signer_{"hub"};
    MemoryHub hub_{hub_signer_};
    std::unique_ptr<HubEngine> hub_engine_;  // none while the hub is down
    std::map<std::string, HubPublish> retained_;
    std::vector<records::FeedId> feeds_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::uint64_t connections_ = 0;

    std::vector<std::string> problems_;
    Tally tally_;
};

}  // namespace fieldpost::engine::testing

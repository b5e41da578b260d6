// A hub, its devices and a broker in one thread and from one seed. First everything goes wrong for a while,
// then nothing does any more and all must converge within a bounded number of rounds.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/broker.hpp"
#include "tests/simulation/crash_vfs.hpp"
#include "tests/simulation/device_node.hpp"
#include "tests/simulation/hub_node.hpp"
#include "tests/simulation/stage.hpp"
#include "tests/simulation/weather.hpp"

namespace fieldpost::simulation {

// The true time when a world begins: 2026-03-01, in milliseconds.
constexpr std::int64_t true_start_ms = 1'772'366'400'000;

// A round is the time in which a device that was left without an answer asks again.
constexpr Millis round_millis = 5000;
// Once the faults stop, everything has converged within so many rounds.
constexpr int most_rounds = 30;
// And within so many more each device has said hello again, and with the answer come to know that its city
// holds what became of its work: its screen shows nothing else any more.
constexpr int most_screen_rounds = 15;

struct Plan {
    std::uint64_t seed = 1;
    double hours = 0.02;  // of trouble
    enum class Store { memory, sqlite } store = Store::memory;
    Planted planted = Planted::none;
    std::set<Weather> weather = default_weather();
    bool tracing = false;
};

struct Outcome {
    std::vector<Problem> problems;
    int rounds = 0;         // until all had converged
    int screen_rounds = 0;  // more, until all screens showed it
    std::string state;      // of all, when they did not
    // What the run did, so that one can tell that it was not idle.
    std::map<std::string, std::uint64_t> tally;
};

class World {
  public:
    explicit World(const Plan& plan);
    ~World();

    Outcome run();
    // The last events that touch the subject.
    void print_trace(std::ostream& out, const Subject& about, std::size_t events) const;

  private:
    struct Machine {
        explicit Machine(std::uint64_t seed) : disk(seed) {}
        CrashDisk disk;
    };

    bool may(Weather kind) const { return weather_.contains(kind); }
    std::string folder(const std::string& machine);
    void add_device(std::uint64_t number);
    void go_wrong(Millis duration);
    void one_fault();
    void record();
    void change_city(std::uint64_t most);
    CityChange random_change();
    void stop_faults();
    bool settled();
    bool screens_settled();
    void check_end();
    std::string state();
    DeviceNode& any_device() { return *devices_[stage_.dice.below(devices_.size())]; }
    std::size_t any_device_index() { return stage_.dice.below(devices_.size()); }
    void register_devices();
    void back_up();
    void revoke(std::size_t which);
    bool is_revoked(std::size_t which) const { return revoked_.contains(which); }
    bool only_what_waits_is_open();
    std::uint64_t epochs() const;

    const Plan plan_;
    std::set<Weather> weather_;  // of this seed
    Stage stage_;
    std::string folder_;  // that is really there; "" with stores in memory
    std::unique_ptr<CrashVfs> vfs_;
    Broker broker_{stage_};
    std::vector<std::unique_ptr<Machine>> machines_;  // the first is the hub's
    CrashDisk workshop_disk_{1};
    std::unique_ptr<Workshop> workshop_;
    std::unique_ptr<HubAttachments> hub_attachments_;
    std::unique_ptr<HubStorage> hub_storage_;
    std::unique_ptr<HubNode> hub_;
    std::vector<std::unique_ptr<DeviceNode>> devices_;
    std::vector<std::string> profiles_;    // by device
    std::vector<std::string> registered_;  // at the hub's present store; "" when not yet
    std::set<std::size_t> revoked_;        // by a person, who says it again until the hub has it
    std::map<std::string, std::int64_t> clocks_;
    std::uint64_t shared_ = 0;
    std::uint64_t epochs_at_backup_ = 0;
    std::uint64_t layers_gone_ = 0;  // screens that would show an own edit for ever, did they not know better
    std::size_t gaps_ = 0;           // that the hub names at the end
};

// The first seed, of those that its table allows, in which the planted fault is found.
std::optional<std::uint64_t> seed_that_finds(const PlantedFault& fault, Plan plan);

}  // namespace fieldpost::simulation

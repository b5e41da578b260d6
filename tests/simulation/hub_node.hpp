// The hub's program in a simulated world: what daemon/hub/app/server does with its loop, broker and store.
#pragma once

#include <deque>
#include <memory>

#include "sync/engine/hub_engine.hpp"
#include "tests/simulation/broker.hpp"
#include "tests/simulation/hub_views.hpp"
#include "tests/simulation/key_signer.hpp"

namespace fieldpost::simulation {

class HubNode {
  public:
    HubNode(Stage& stage, Broker& broker, HubStorage& storage, HubAttachments& attachments, CrashDisk& disk);
    ~HubNode();

    // Begins the program; when the store does not open, again after a while.
    void start();
    // The power goes, or the program alone dies; it starts again after `pause`.
    void die(CrashDisk::Loss loss, Millis pause);
    bool running() const { return program_ != nullptr; }
    // To be called when a fault may have cut the power.
    void look_at_power();

    // False: it does not run just now.
    bool keep_backup();
    // The disk as it was at the last backup, with the new generation that the restore procedure begins.
    bool restore_backup(Millis pause);

    // Each in a transaction of its own; dropped when the hub is down. False: it did not happen.
    bool change(const std::vector<CityChange>& changes);
    bool register_device(const std::string& id, const Bytes& public_key, const std::string& profile);
    // A person decides one of the open conflicts.
    void decide();
    bool revoke(const std::string& id);
    // Offers a snapshot of each profile.
    void build_snapshots();

    // Only while it runs.
    engine::HubStore& truth() { return *watched_; }
    HubProgramStore& program() { return *program_; }
    HubAttachments& attachments() { return attachments_; }
    const Bytes& public_key() const { return signer_.public_key(); }

    struct Tally {
        std::uint64_t rounds = 0;
        std::uint64_t rolled_back = 0;
        std::uint64_t deaths = 0;
        std::uint64_t restores = 0;
        std::uint64_t refused_full = 0;
        std::uint64_t decided = 0;
    };
    const Tally& tally() const { return tally_; }

  private:
    using Message = std::pair<std::string, Bytes>;
    void connect();
    void work();
    Status round(const std::vector<Message>& messages, engine::HubActions& actions);
    bool commit(bool may_roll_back, const std::function<Status()>& body);
    void publish_feeds(engine::HubEngine::Heads heads);
    Status deliver();
    void carry_out(engine::HubActions& actions);
    void spoil(engine::HubPublish& publish);
    void watch(const engine::HubPublish& publish);
    void repeat(Millis pace, std::uint64_t run, engine::HubEngine::Heads heads);
    bool planted(Planted fault, double probability = 1) {
        return stage_.planted == fault && stage_.dice.chance(probability);
    }
    void note(const std::string& text);

    Stage& stage_;
    Broker& broker_;
    HubStorage& storage_;
    HubAttachments& attachments_;
    CrashDisk& disk_;
    KeySigner signer_{"hub"};
    Snapshots snapshots_{signer_};
    std::map<records::FeedId, FeedContent> last_snapshot_;
    std::int64_t delivered_ = 0;  // no two deliveries have one time, also over a restore
    bool restored_ = false;

    // The program: gone when it dies.
    std::uint64_t run_ = 0;
    std::unique_ptr<HubProgramStore> program_;
    std::unique_ptr<WatchedStore> watched_;
    std::unique_ptr<PlantedStore> planted_;
    std::unique_ptr<engine::HubEngine> engine_;
    std::uint64_t connection_ = 0;
    std::deque<Message> inbox_;
    bool working_ = false;
    std::uint64_t generation_ = 0;  // that snapshots were last built for
    Tally tally_;
};

}  // namespace fieldpost::simulation

// A device's program in a simulated world: what daemon/device does with its loop, writer threads and broker.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>

#include "daemon/device/record/time_corrections.hpp"
#include "sync/engine/device_engine.hpp"
#include "sync/engine/overlay.hpp"
#include "tests/simulation/attachments.hpp"
#include "tests/simulation/broker.hpp"
#include "tests/simulation/city.hpp"
#include "tests/simulation/hub_node.hpp"
#include "tests/simulation/key_signer.hpp"

namespace fieldpost::simulation {

class DeviceNode {
  public:
    // `city` and `attachments` may be none: then they are models.
    DeviceNode(Stage& stage, Broker& broker, std::string id, Bytes hub_public_key, CrashDisk& disk,
               std::unique_ptr<JournalStore> journal, std::unique_ptr<SqliteCity> city,
               std::unique_ptr<AttachmentFiles> attachments);
    ~DeviceNode();

    const std::string& id() const { return id_; }
    const Bytes& public_key() const { return signer_.public_key(); }
    City& city() { return city_; }
    const DeviceAttachments& attachments() const { return attachments_; }

    void start();
    void die(CrashDisk::Loss loss, Millis pause);
    bool running() const { return engine_ != nullptr; }
    void look_at_power();
    // The link goes for a while.
    void disconnect(Millis pause);

    // What its link may carry from here on.
    void set_rights(engine::SendRights rights);

    // A crew records something: under `shared_id` unless that is empty; perhaps it corrects `observation`.
    void record(const std::string& shared_id, const std::string& observation);
    // An observation that it has recorded; empty without one.
    std::string any_observation();
    // The wall clock is off by so much from here on.
    void set_clock(std::int64_t offset_us) { clock_offset_us_ = offset_us; }

    // The disk loses a row, and nobody is told until the program starts again.
    void lose_row();
    // Its journal makes some room.
    void make_room();
    void reimage();
    void keep_copy();
    void restore_copy();

    // Everything is at the hub and the city is the hub's.
    bool settled(engine::HubStore& hub, const std::vector<records::FeedId>& cleared);
    // Its city says of its sources what the hub tells the profile, and knows of no other.
    bool holds_deliveries(engine::HubStore& hub, const std::string& profile);
    std::string state(engine::HubStore* hub);
    Result<std::vector<KnownOperation>> journal();
    // Where its screen shows something else than its city, though all is settled; empty: nowhere. `in_city`
    // as the overlay takes it.
    std::string wrong_on_screen(std::optional<std::uint64_t> in_city);
    std::optional<std::uint64_t> notes_in_city() const;

    struct Tally {
        std::uint64_t asked = 0;
        std::uint64_t refused = 0;
        std::uint64_t deaths = 0;
        std::uint64_t replaced = 0;  // re-imaged, or an old copy
        std::uint64_t epochs = 0;
        std::uint64_t segments = 0;
        std::uint64_t blocks = 0;
        std::uint64_t mounts = 0;
        std::uint64_t feed_changes = 0;
        std::uint64_t deliveries = 0;  // times some were noted
        std::uint64_t feeds_again = 0;
        std::uint64_t trimmed = 0;
        std::uint64_t edits = 0;
        std::uint64_t visits = 0;
        std::uint64_t statuses = 0;
        std::uint64_t positions = 0;
        std::uint64_t thinned = 0;  // times
        std::uint64_t attachments = 0;
    };
    const Tally& tally() const { return tally_; }

  private:
    struct Request {
        protocol::Lane lane = protocol::WORK;
        protocol::Operation operation;
        std::string needs;     // id of the operation that it names in `after`
        bool is_asked = true;  // by a person, who asks again; else by the program, which knows by itself
    };
    using Call = std::function<void(engine::DeviceEngine&, engine::Actions&)>;

    Millis time() const { return stage_.now() - started_at_ + time_offset_; }
    void connect();
    void tick(std::uint64_t run);
    void drive(const Call& call);
    void carry_out(engine::Action& action);
    void subscribe_to_hub();
    void subscribe(const engine::SubscribeFeeds& wanted);
    void watch(const std::string& topic, BytesView payload);
    void check_acknowledged();
    void check_request(const engine::Publish& publish);
    void check_urgent_first(const protocol::Signed& sealed);
    // On a writer thread: `commit` works on the disk, `told` runs in the loop later, unless the program died.
    void job(Millis& free_at, std::function<void()> commit, std::function<void()> told);
    void ask(Request request);
    void observe(Request& request, const std::string& number);
    void report_status(Request& request);
    void visit(Request& request);
    void drive_about();
    Request position(protocol::Lane lane);
    bool edit(Request& request);
    bool correct(Request& request, const std::string& observation);
    void wait_for_another(Request& request);
    protocol::TimeStamp stamp() const;
    void correct_time();
    // Own edits, oldest first; an Error is the disk's.
    Result<std::vector<engine::OwnOperation>> own_edits();
    std::set<records::LayerKey> layers_held() const;
    // What a crew sees of its own edits that nobody has answered yet.
    void look();
    void tell_of_journal();
    void tell_of_room(const std::vector<KnownOperation>& there);
    void count_epoch();
    void note(Subject about, const std::string& text);

    Stage& stage_;
    Broker& broker_;
    const std::string id_;
    const Bytes hub_public_key_;
    KeySigner signer_;
    CrashDisk& disk_;
    std::unique_ptr<JournalStore> journal_store_;
    DeviceAttachments attachments_;
    City city_;
    std::optional<HeldCity> city_copy_;
    std::uint64_t recorded_ = 0;
    std::set<std::string> shared_ids_;
    std::vector<std::string> observations_;  // that were told to be saved
    std::vector<std::string> visits_;        // that were, and have no end yet
    std::uint64_t recordings_ = 0;
    std::map<std::string, std::uint64_t> order_;  // of recording, by id
    std::int64_t clock_offset_us_ = 0;
    std::deque<Request> unanswered_;  // a person will ask again
    int asking_ = 0;                  // requests on their way to the journal
    engine::SendRights rights_ = engine::SendRights::all();
    // What the journal held when it began to make room, until the checker knows what went.
    std::map<std::string, KnownOperation> before_room_;  // by id
    bool replaced_ = false;                              // the checker does not know the disk yet

    // The program: gone when it dies.
    std::uint64_t run_ = 0;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<engine::DeviceEngine> engine_;
    std::unique_ptr<device::TimeCorrections> corrections_;
    Millis started_at_ = 0;
    Millis time_offset_ = 0;
    Millis journal_free_at_ = 0;
    Millis city_free_at_ = 0;
    std::uint64_t connection_ = 0;
    Millis epochs_since_ = 0;
    int epochs_wanted_ = 0;
    std::pair<std::uint64_t, std::uint64_t> urgent_sent_;  // epoch, through
    std::set<std::string> filters_;
    Tally tally_;
};

}  // namespace fieldpost::simulation

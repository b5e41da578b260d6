#include "tests/simulation/world.hpp"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "tests/simulation/memory_hub.hpp"
#include "tests/simulation/memory_journal.hpp"
#include "tests/simulation/sqlite_hub.hpp"
#include "tests/simulation/sqlite_journal.hpp"

namespace fieldpost::simulation {

namespace {

std::string temporary_folder() {
    const char* memory = "/dev/shm";
    std::error_code ignored;
    const std::filesystem::path base =
        std::filesystem::is_directory(memory, ignored) ? memory : std::filesystem::temp_directory_path();
    std::string name = (base / "fieldpost-sim-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder for the stores");
    return name;
}

}  // namespace

World::World(const Plan& plan) : plan_(plan), stage_(plan.seed, plan.planted, plan.tracing) {
    Dice& dice = stage_.dice;
    // Not everything at once in every world: rare meetings of two faults happen where others keep away.
    for (const Weather kind : plan.weather) {
        if (dice.chance(0.75)) weather_.insert(kind);
    }
    if (may(Weather::loss)) broker_.loss = 0.01 + 0.2 * static_cast<double>(dice.below(100)) / 100;
    if (may(Weather::repetition)) broker_.repetition = 0.15;
    stage_.longest_delay = may(Weather::disorder) ? dice.between(5, 3000) : 20;

    if (plan.store == Plan::Store::sqlite) {
        folder_ = temporary_folder();
        vfs_ = std::make_unique<CrashVfs>(dice.number(), [this](const std::string& root) {
            return true_start_ms + stage_.now() + clocks_[root];
        });
        workshop_ = std::make_unique<Workshop>(Workshop{folder("workshop"), workshop_disk_});
        vfs_->add_machine(workshop_->folder, workshop_disk_);
    }
    machines_.push_back(std::make_unique<Machine>(dice.number()));
    CrashDisk& disk = machines_.front()->disk;
    if (plan.store == Plan::Store::sqlite) {
        const std::string root = folder("hub");
        vfs_->add_machine(root, disk);
        auto files = std::make_unique<HubAttachmentFiles>(root + "/blobs", disk, stage_);
        hub_storage_ = std::make_unique<SqliteHubStorage>(root, disk, files.get(), plan.planted);
        hub_attachments_ = std::move(files);
    } else {
        hub_storage_ = std::make_unique<MemoryHubStorage>(disk, dice, plan.planted);
        hub_attachments_ = std::make_unique<ModelOfHubAttachments>(stage_, disk);
    }
    hub_ = std::make_unique<HubNode>(stage_, broker_, *hub_storage_, *hub_attachments_, disk);
    hub_->start();
    const std::uint64_t size = dice.below(20);
    const std::uint64_t devices = size < 14 || !may(Weather::many_devices) ? 1 + dice.below(3)
                                  : size < 19                              ? 4 + dice.below(7)
                                                                           : 11 + dice.below(40);
    for (std::uint64_t number = 0; number < devices; ++number) add_device(number);
    register_devices();
    for (std::uint64_t i = dice.below(4); i > 0; --i) change_city(20);
    if (dice.chance(0.8)) hub_->build_snapshots();
    hub_->keep_backup();
    for (auto& device : devices_) device->start();
}

World::~World() {
    devices_.clear();
    hub_.reset();
    vfs_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string World::folder(const std::string& machine) {
    const std::string path = folder_ + "/" + machine;
    std::filesystem::create_directories(path);
    return path;
}

void World::add_device(std::uint64_t number) {
    const std::string id = "truck-" + std::to_string(number);
    machines_.push_back(std::make_unique<Machine>(stage_.dice.number()));
    CrashDisk& disk = machines_.back()->disk;
    std::unique_ptr<JournalStore> journal;
    std::unique_ptr<SqliteCity> city;
    std::unique_ptr<AttachmentFiles> attachments;
    if (plan_.store == Plan::Store::sqlite) {
        const std::string root = folder(id);
        vfs_->add_machine(root, disk);
        journal = std::make_unique<SqliteJournalStore>(id, root, disk, stage_.dice);
        city = std::make_unique<SqliteCity>(root, disk, *workshop_);
        attachments = std::make_unique<AttachmentFiles>(root + "/attachments", disk, stage_.dice);
    } else {
        journal = std::make_unique<MemoryJournalStore>(id, disk, stage_.dice, plan_.planted);
    }
    devices_.push_back(std::make_unique<DeviceNode>(stage_, broker_, id, hub_->public_key(), disk,
                                                    std::move(journal), std::move(city),
                                                    std::move(attachments)));
    const auto& profiles = sample_city().profiles;
    profiles_.push_back(profiles[stage_.dice.below(profiles.size())].name);
    registered_.emplace_back();
}

// A person gives each device its profile again until the hub has it.
void World::register_devices() {
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (registered_[i] == profiles_[i]) continue;
        if (hub_->register_device(devices_[i]->id(), devices_[i]->public_key(), profiles_[i]))
            registered_[i] = profiles_[i];
    }
    for (const std::size_t i : revoked_) {
        const bool is_known = !registered_[i].empty();
        if (is_known && !stage_.checker.is_revoked(devices_[i]->id())) hub_->revoke(devices_[i]->id());
    }
}

void World::stop_faults() {
    stage_.faults = false;
    broker_.heal();
    for (auto& device : devices_) device->set_rights(engine::SendRights::all());
    for (auto& machine : machines_) {
        machine->disk.disarm();
        machine->disk.set_size(0);
    }
}

// ------------------------------------------------------------------ the end

bool World::settled() {
    if (!hub_->running()) return false;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (registered_[i] != profiles_[i]) return false;
        if (is_revoked(i)) continue;
        if (!devices_[i]->settled(hub_->truth(), feeds_of_profile(profiles_[i]))) return false;
    }
    return only_what_waits_is_open();
}

bool World::screens_settled() {
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        DeviceNode& device = *devices_[i];
        if (!is_revoked(i) && !device.holds_deliveries(hub_->truth(), profiles_[i])) return false;
        if (!is_revoked(i) && !device.wrong_on_screen(device.notes_in_city()).empty()) return false;
    }
    return true;
}

// What a device does not know the end of has none at the hub either.
bool World::only_what_waits_is_open() {
    const auto operations = hub_->program().operations();
    if (!operations) return false;
    std::set<std::pair<std::string, Bytes>> waiting;
    for (const auto& stored : *operations) {
        if (stored.outcome == protocol::PARKED) waiting.emplace(stored.device, stored.body);
    }
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (is_revoked(i)) continue;
        const auto journal = devices_[i]->journal();
        if (!journal) return false;
        for (const auto& known : *journal) {
            if (known.pending && !waiting.contains({devices_[i]->id(), known.body})) return false;
        }
    }
    return true;
}

std::string World::state() {
    std::string text = hub_->running() ? "hub:" : "the hub does not run";
    if (hub_->running()) {
        if (const auto heads = hub_->truth().feed_heads()) {
            for (const auto& [feed, head] : *heads)
                text += " " + records::feed_text(feed) + " " + std::to_string(head.n);
        }
    }
    for (const auto& device : devices_)
        text += "\n" + device->state(hub_->running() ? &hub_->truth() : nullptr);
    return text;
}

void World::check_end() {
    const auto operations = hub_->program().operations();
    const auto content = hub_->program().content();
    const auto conflicts = hub_->program().conflicts();
    const auto gaps = hub_->program().gaps();
    const auto reports = hub_->program().reports();
    if (!operations || !content || !conflicts || !gaps || !reports) {
        stage_.checker.problem({}, "the hub's store cannot be read at the end");
        return;
    }
    const std::uint64_t generation = hub_->truth().generation();
    for (const auto& [feed, rows] : *content) stage_.checker.hub_has_rows(generation, feed, rows.rows);
    stage_.checker.check_hub(*operations);
    stage_.checker.check_gaps(*operations, *gaps);
    gaps_ = gaps->size();
    const auto whole = hub_->attachments().whole();
    stage_.checker.check_effects(*operations, *conflicts, *content);
    stage_.checker.check_reports(*operations, *reports);
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (is_revoked(i)) continue;
        const auto journal = devices_[i]->journal();
        if (!journal) {
            stage_.checker.problem({devices_[i]->id(), 0, {}, {}}, "its journal cannot be read at the end");
            continue;
        }
        const HeldCity& city = devices_[i]->city().held();
        stage_.checker.check_journal(devices_[i]->id(), *journal, *operations);
        stage_.checker.city_holds(devices_[i]->id(), city, true);
        stage_.checker.check_city(devices_[i]->id(), city, feeds_of_profile(profiles_[i]), *content);
        if (!devices_[i]->holds_deliveries(hub_->truth(), profiles_[i])) {
            stage_.checker.problem({devices_[i]->id(), 0, {}, {}},
                                   "does not know of the hub's last deliveries, and calls late what is not");
        }
        const std::string wrong = devices_[i]->wrong_on_screen(devices_[i]->notes_in_city());
        if (!wrong.empty()) stage_.checker.problem({devices_[i]->id(), 0, {}, {}}, wrong);
        if (!devices_[i]->wrong_on_screen(std::nullopt).empty()) ++layers_gone_;
        stage_.checker.check_attachments(
            *operations, devices_[i]->id(),
            [&](const Bytes& hash) { return devices_[i]->attachments().find(hash); }, whole);
    }
}

Outcome World::run() {
    Outcome outcome;
    go_wrong(static_cast<Millis>(plan_.hours * 3'600'000));
    stop_faults();
    bool converged = false;
    while (stage_.checker.problems().empty() && outcome.rounds < most_rounds) {
        ++outcome.rounds;
        stage_.run_until(stage_.now() + round_millis);
        if (!stage_.checker.problems().empty()) break;
        register_devices();
        // Whoever needs a snapshot gets one: what was offered may be of another generation.
        if (outcome.rounds == 1) hub_->build_snapshots();
        converged = settled();
        if (converged) break;
    }
    if (stage_.checker.problems().empty()) {
        if (converged) {
            for (; !screens_settled() && outcome.screen_rounds < most_screen_rounds; ++outcome.screen_rounds)
                stage_.run_until(stage_.now() + round_millis);
            check_end();
        } else {
            Subject about;
            for (std::size_t i = 0; i < devices_.size() && about.device.empty() && hub_->running(); ++i) {
                if (!is_revoked(i) && !devices_[i]->settled(hub_->truth(), feeds_of_profile(profiles_[i])))
                    about.device = devices_[i]->id();
            }
            outcome.state = state();
            stage_.checker.problem(about, "not everything converged within " + std::to_string(most_rounds) +
                                              " rounds after the faults had stopped");
        }
    }
    outcome.problems = stage_.checker.problems();

    auto& tally = outcome.tally;
    tally["devices"] = devices_.size();
    tally["messages"] = broker_.tally().sent;
    tally["messages lost"] = broker_.tally().lost;
    tally["messages repeated"] = broker_.tally().repeated;
    tally["hub rounds"] = hub_->tally().rounds;
    tally["hub rounds rolled back"] = hub_->tally().rolled_back;
    tally["hub deaths"] = hub_->tally().deaths;
    tally["hub restores"] = hub_->tally().restores;
    tally["hub full"] = hub_->tally().refused_full;
    tally["conflicts decided"] = hub_->tally().decided;
    tally["devices revoked"] = revoked_.size();
    tally["screens with an edit whose layer went"] = layers_gone_;
    tally["gaps with a name"] = gaps_;
    tally["operations saved"] = stage_.checker.saved();
    for (const auto& device : devices_) {
        tally["operations asked"] += device->tally().asked;
        tally["operations refused"] += device->tally().refused;
        tally["device deaths"] += device->tally().deaths;
        tally["device disks replaced"] += device->tally().replaced;
        tally["epochs opened"] += device->tally().epochs;
        tally["segments applied"] += device->tally().segments;
        tally["blocks written"] += device->tally().blocks;
        tally["cities mounted"] += device->tally().mounts;
        tally["times deliveries were noted"] += device->tally().deliveries;
        tally["profiles changed"] += device->tally().feed_changes;
        tally["operations that made room"] += device->tally().trimmed;
        tally["feeds begun again"] += device->tally().feeds_again;
        tally["edits"] += device->tally().edits;
        tally["visits"] += device->tally().visits;
        tally["statuses"] += device->tally().statuses;
        tally["positions"] += device->tally().positions;
        tally["times telemetry was thinned"] += device->tally().thinned;
        tally["attachments"] += device->tally().attachments;
    }
    return outcome;
}

std::optional<std::uint64_t> seed_that_finds(const PlantedFault& fault, Plan plan) {
    plan.planted = fault.fault;
    if (fault.over_production) plan.store = Plan::Store::sqlite;
    for (plan.seed = 1; plan.seed <= static_cast<std::uint64_t>(fault.seeds); ++plan.seed) {
        if (!World(plan).run().problems.empty()) return plan.seed;
    }
    return std::nullopt;
}

void World::print_trace(std::ostream& out, const Subject& about, std::size_t events) const {
    stage_.trace.print(out, about, events);
}

}  // namespace fieldpost::simulation

#include "tests/simulation/device_node.hpp"

#include <algorithm>

#include "tests/simulation/describe.hpp"
#include "tests/simulation/device_views.hpp"

namespace fieldpost::simulation {

namespace {

using engine::Action;
using engine::Actions;
using engine::DeviceEngine;

constexpr Millis tick_pace = 1000;
constexpr Millis start_again_after = 3000;
// Small, so that a few operations fill batches and windows.
constexpr engine::UplinkLimits small_limits{
    .batch_entries = 4, .batch_bytes = 600, .urgent_window = 1500, .ack_timeout = 4000};
constexpr engine::BlobLimits small_blob_limits{.at_once = 2,
                                               .window_bytes = 8000,
                                               .answer_timeout = 4000,
                                               .longest_timeout = 16'000,
                                               .check_pace = 500,
                                               .look_again = 5000};

}  // namespace

DeviceNode::DeviceNode(Stage& stage, Broker& broker, std::string id, Bytes hub_public_key, CrashDisk& disk,
                       std::unique_ptr<JournalStore> journal, std::unique_ptr<SqliteCity> city,
                       std::unique_ptr<AttachmentFiles> attachments)
    : stage_(stage),
      broker_(broker),
      id_(std::move(id)),
      hub_public_key_(std::move(hub_public_key)),
      signer_(id_),
      disk_(disk),
      journal_store_(std::move(journal)),
      attachments_(stage, id_, std::move(attachments)),
      city_(stage, id_, disk, std::move(city)) {}
DeviceNode::~DeviceNode() = default;

void DeviceNode::note(Subject about, const std::string& text) {
    about.device = id_;
    stage_.trace.add(stage_.now(), id_.c_str(), std::move(about), [&] { return text; });
}

// ------------------------------------------------------------------ its life

void DeviceNode::start() {
    if (running()) return;
    const std::uint64_t run = ++run_;
    auto opened = journal_store_->open();
    auto ready = opened ? city_.open() : Status(opened.error());
    if (ready) ready = attachments_.open();
    if (!ready) {
        note({}, "does not start: " + ready.error().message);
        // A cut at the very start: the next one goes on from what is there.
        opened = ready.error();
        disk_.cut();
        city_.close();
        attachments_.close();
        disk_.boot();
        city_.power_cut();
        attachments_.power_cut();
        stage_.after(start_again_after, [this, run] {
            if (run == run_) start();
        });
        return;
    }
    journal_ = stage_.planted == Planted::none ? std::move(*opened)
                                               : std::make_unique<PlantedJournal>(std::move(*opened), stage_);
    tell_of_journal();
    started_at_ = journal_free_at_ = city_free_at_ = stage_.now();
    asking_ = 0;
    time_offset_ = stage_.dice.between(0, 100'000'000);
    engine::DeviceIdentity identity;
    identity.device = id_;
    identity.hub_public_key = hub_public_key_;
    identity.version = "1";
    identity.run = stage_.dice.number() >> 1U;
    engine_ = std::make_unique<DeviceEngine>(std::move(identity), *journal_, attachments_, signer_,
                                             small_limits, small_blob_limits);
    corrections_ = std::make_unique<device::TimeCorrections>(stamp().boot_id());
    corrections_->recall(*journal_);
    if (city_.mounted()) engine_->mounted(city_.view());
    set_rights(rights_);
    note({}, "starts in epoch …" + std::to_string(journal_->epoch() % 10'000));
    stage_.after(stage_.dice.between(1, 200), [this, run] {
        if (run == run_) connect();
    });
    tick(run);
    // Who was not told "saved" asks again.
    std::deque<Request> again;
    std::swap(again, unanswered_);
    for (Request& request : again) {
        if (stage_.dice.chance(0.7)) ask(std::move(request));
    }
}

void DeviceNode::die(CrashDisk::Loss loss, Millis pause) {
    note({}, loss == CrashDisk::Loss::nothing ? "dies" : "loses its power");
    disk_.cut();
    ++run_;
    ++tally_.deaths;
    engine_.reset();
    corrections_.reset();
    journal_.reset();
    city_.close();
    attachments_.close();
    broker_.disconnect(connection_);
    connection_ = 0;
    disk_.boot(loss);
    if (loss == CrashDisk::Loss::what_was_not_synced) {
        city_.power_cut();
        attachments_.power_cut();
        if (stage_.planted == Planted::journal_without_sync) journal_store_->restore_copy();
    }
    stage_.after(pause, [this, run = run_] {
        if (run == run_) start();
    });
}

void DeviceNode::look_at_power() {
    if (running() && disk_.off())
        die(CrashDisk::Loss::what_was_not_synced, stage_.dice.between(50, start_again_after));
}

void DeviceNode::connect() {
    if (!running() || connection_ != 0) return;
    filters_.clear();
    const auto lost = [this, run = run_] {
        if (run != run_ || connection_ == 0) return;
        connection_ = 0;
        engine_->disconnected();
        stage_.after(stage_.dice.between(10, 2000), [this, run] {
            if (run == run_) connect();
        });
    };
    connection_ = broker_.connect(
        id_, {protocol::topic::device_presence(id_), Bytes(protocol::absent), true},
        [this](const std::string& topic, const Bytes& payload) {
            watch(topic, payload);
            drive([&](DeviceEngine& engine, Actions& actions) {
                engine.message(time(), topic, payload, actions);
            });
        },
        lost);
    subscribe_to_hub();
    drive([&](DeviceEngine& engine, Actions& actions) { engine.connected(time(), actions); });
}

void DeviceNode::disconnect(Millis pause) {
    if (!running() || connection_ == 0) return;
    note({}, "loses its link");
    broker_.disconnect(connection_);
    connection_ = 0;
    engine_->disconnected();
    stage_.after(pause, [this, run = run_] {
        if (run == run_) connect();
    });
}

void DeviceNode::set_rights(engine::SendRights rights) {
    rights_ = rights;
    if (stage_.planted == Planted::ignore_link_rights) return;
    drive([&](DeviceEngine& engine, Actions& actions) { engine.set_rights(time(), rights, actions); });
}

void DeviceNode::tick(std::uint64_t run) {
    stage_.after(tick_pace, [this, run] {
        if (run != run_) return;
        drive([&](DeviceEngine& engine, Actions& actions) { engine.tick(time(), actions); });
        if (run != run_) return;
        correct_time();
        if (run == run_) tick(run);
    });
}

// ------------------------------------------------------------------ the engine

void DeviceNode::drive(const Call& call) {
    if (!running()) return;
    const std::uint64_t run = run_;
    Actions actions;
    call(*engine_, actions);
    if (stage_.planted == Planted::urgent_behind_work) {
        std::ranges::stable_partition(actions, [](const Action& action) {
            const auto* publish = std::get_if<engine::Publish>(&action);
            return publish == nullptr || publish->carries != engine::SendClass::urgent;
        });
    }
    for (Action& action : actions) {
        carry_out(action);
        if (run != run_) return;
    }
    check_acknowledged();
}

void DeviceNode::check_acknowledged() {
    if (!engine_->uplink().running()) return;
    for (const protocol::Lane lane : engine::lanes_by_priority) {
        stage_.checker.counts_as_acknowledged(id_, journal_->epoch(), lane,
                                              engine_->uplink().acknowledged(lane));
    }
}

void DeviceNode::check_request(const engine::Publish& publish) {
    const Bytes& payload = publish.payload;
    if (payload.size() > protocol::max_message_bytes)
        stage_.checker.problem({id_, 0, {}, {}}, "sends more than a message may hold");
    protocol::Up up;
    if (!up.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return;
    // A hello goes anyway.
    if (!up.has_hello() && publish.carries != engine::SendClass::urgent && !rights_.allows(publish.carries)) {
        stage_.checker.problem({id_, 0, {}, {}}, "sends " + std::string(engine::to_string(publish.carries)) +
                                                     ", which its link may not carry");
    }
    if (up.has_batch()) check_urgent_first(up.batch());
    if (up.has_blob_chunk() && attachments_.is_sent(up.blob_chunk().sha256()))
        stage_.checker.problem({id_, 0, {}, {}}, "sends an attachment that the hub has");
    for (const std::uint32_t block : up.block_request().blocks()) {
        if (city_.has_block(up.block_request().generation(), block)) {
            stage_.checker.problem({id_, 0, {}, {}},
                                   "asks for block " + std::to_string(block) + ", which it has on disk");
        }
    }
}

// Other lanes wait for the urgent one, until its window is full: then some of it is on its way.
void DeviceNode::check_urgent_first(const protocol::Signed& sealed) {
    const auto read = protocol::open_as<protocol::Batch>(sealed, signer_.public_key(), "batch");
    if (!read || read->epoch() != journal_->epoch()) return;
    const protocol::Batch& batch = *read;
    auto& [epoch, sent] = urgent_sent_;
    if (epoch != batch.epoch()) urgent_sent_ = {batch.epoch(), 0};
    const std::uint64_t acknowledged = engine_->uplink().acknowledged(protocol::URGENT);
    if (batch.lane() == protocol::URGENT) {
        sent = std::max(sent, batch.first_seq() + static_cast<std::uint64_t>(batch.entries_size()) - 1);
    } else if (sent <= acknowledged && acknowledged < journal_->last_seq(protocol::URGENT)) {
        stage_.checker.problem({id_, protocol::URGENT, {}, {}},
                               "sends " + protocol::lane_name(batch.lane()) + " while urgent " +
                                   std::to_string(acknowledged + 1) + " waits");
    }
}

// What the hub wants the device to be counts from the moment it is heard.
void DeviceNode::watch(const std::string& topic, BytesView payload) {
    protocol::Down down;
    protocol::HelloReply reply;
    if (topic == protocol::topic::down(id_) &&
        down.ParseFromArray(payload.data(), static_cast<int>(payload.size())) && down.has_hello_reply() &&
        reply.ParseFromString(payload_of(down.hello_reply())) && reply.has_desired()) {
        stage_.checker.desired_heard(id_, reply.desired());
    }
}

// ------------------------------------------------------------------ other disks

void DeviceNode::lose_row() {
    if (!city_.lose_row()) return;
    note({}, "loses a row of its city");
    die(CrashDisk::Loss::nothing, stage_.dice.between(50, 3000));
}

void DeviceNode::make_room() {
    if (!running()) return;
    auto rewritten = std::make_shared<bool>(false);
    job(
        journal_free_at_,
        [this, rewritten] {
            // Whoever asks again just now is answered with the first, which must be there.
            if (asking_ > 0) return;
            const auto before = journal_->all();
            if (!before) return;
            for (const auto& known : *before) before_room_[operation_id(known.body)] = known;
            const auto made = journal_->make_room(stamp());
            *rewritten = made && *made;
            tally_.thinned += *rewritten ? 1U : 0U;
            if (const auto there = journal_->all()) tell_of_room(*there);
        },
        [this, rewritten] {
            journal_->refresh();
            if (!*rewritten) return;
            drive([&](DeviceEngine& engine, Actions& actions) { engine.epoch_opened(time(), actions); });
        });
}

void DeviceNode::tell_of_room(const std::vector<KnownOperation>& there) {
    for (const auto& known : there) before_room_.erase(operation_id(known.body));
    if (!before_room_.empty()) stage_.checker.made_room(id_, before_room_, there);
    for (const auto& [id, gone] : before_room_) {
        note({{}, gone.lane, {}, id}, "lets go of " + id);
        // Nobody asks again after so long.
        std::erase_if(unanswered_, [&](const Request& waiting) { return waiting.operation.id() == id; });
        ++tally_.trimmed;
    }
    before_room_.clear();
}

void DeviceNode::reimage() {
    die(CrashDisk::Loss::nothing, stage_.dice.between(100, 5000));
    note({}, "is re-imaged");
    journal_store_->wipe();
    city_.wipe();
    attachments_.wipe();
    unanswered_.clear();
    observations_.clear();
    visits_.clear();
    replaced_ = true;
    ++tally_.replaced;
}

void DeviceNode::keep_copy() {
    journal_store_->keep_copy();
    city_copy_ = city_.image();
}

void DeviceNode::restore_copy() {
    if (!city_copy_) return;
    die(CrashDisk::Loss::nothing, stage_.dice.between(100, 5000));
    note({}, "gets an old copy of its disk");
    journal_store_->restore_copy();
    attachments_.table_replaced();
    if (stage_.dice.chance(0.5) || city_.has_file()) city_.restore(*city_copy_);
    unanswered_.clear();
    replaced_ = true;
    ++tally_.replaced;
}

void DeviceNode::tell_of_journal() {
    const auto there = journal_->all();
    if (!there) return;
    if (replaced_) before_room_.clear();
    tell_of_room(*there);
    if (replaced_) {
        stage_.checker.journal_replaced(id_, *there);
    } else {
        stage_.checker.journal_opened(id_, *there);
    }
    replaced_ = false;
}

// ------------------------------------------------------------------ the end

bool DeviceNode::settled(engine::HubStore& hub, const std::vector<records::FeedId>& cleared) {
    if (!running()) return false;
    for (const protocol::Lane lane : engine::lanes_by_priority) {
        const std::uint64_t last = journal_->last_seq(lane);
        const auto at_hub = hub.lane_position(id_, journal_->epoch(), lane);
        if (!at_hub || at_hub->seq() != last || journal_->noted(lane) != last) return false;
    }
    if (!city_.mounted() || engine_->fetcher().fetching() || !attachments_.all_sent()) return false;
    // A row that the disk lost is noticed when the hub says how its own are where both stand.
    if (!engine_->in_contact() || !engine_->feeds().compared() || !engine_->feeds().differing().empty())
        return false;
    const auto heads = hub.feed_heads();
    if (!heads || city_.held().feeds.size() != cleared.size()) return false;
    return std::ranges::all_of(cleared, [&](const records::FeedId& feed) {
        const auto held = city_.held().feeds.find(feed);
        const auto head = heads->find(feed);
        return held != city_.held().feeds.end() &&
               city_.held().hub_generations.at(feed) == hub.generation() &&
               held->second.cursor == (head == heads->end() ? 0 : head->second.n);
    });
}

bool DeviceNode::holds_deliveries(engine::HubStore& hub, const std::string& profile) {
    const auto at_hub = hub.deliveries(profile);
    return at_hub && city_.held().delivered == *at_hub;
}

std::string DeviceNode::state(engine::HubStore* hub) {
    if (!running()) return id_ + " does not run";
    std::string text =
        id_ + (connection_ ? " connected" : " offline") + (engine_->in_contact() ? ", in contact" : "") +
        (engine_->uplink().running() ? ", sending" : ", not sending") + " " + engine_->problem() + ":";
    for (const protocol::Lane lane : engine::lanes_by_priority) {
        text += " " + protocol::lane_name(lane) + " " + std::to_string(journal_->last_seq(lane)) + " noted " +
                std::to_string(journal_->noted(lane));
        if (hub != nullptr) {
            if (const auto at = hub->lane_position(id_, journal_->epoch(), lane))
                text += " hub " + std::to_string(at->seq());
        }
        text += ";";
    }
    if (!attachments_.all_sent()) text += " attachments wait;";
    text += " snapshot " + std::to_string(city_.held().snapshot_generation) +
            (engine_->fetcher().fetching() ? " (fetching)" : "") + ";";
    for (const auto& [feed, content] : city_.held().feeds)
        text += " " + records::feed_text(feed) + " " + std::to_string(content.cursor);
    return text;
}

Result<std::vector<KnownOperation>> DeviceNode::journal() {
    if (!running()) return fail(ErrorCode::unavailable, "it does not run");
    return journal_->all();
}

}  // namespace fieldpost::simulation

#include "tests/simulation/hub_node.hpp"

#include <array>

#include "tests/simulation/describe.hpp"

namespace fieldpost::simulation {

namespace {

constexpr std::size_t round_messages = 64;
constexpr Millis feed_pace = 500;
constexpr Millis hint_pace = 2'000;
constexpr Millis head_pace = 60'000;
constexpr Millis start_again_after = 3000;

}  // namespace

HubNode::HubNode(Stage& stage, Broker& broker, HubStorage& storage, HubAttachments& attachments,
                 CrashDisk& disk)
    : stage_(stage), broker_(broker), storage_(storage), attachments_(attachments), disk_(disk) {}
HubNode::~HubNode() = default;

void HubNode::note(const std::string& text) {
    stage_.trace.add(stage_.now(), "hub", {}, [&] { return text; });
}

// ------------------------------------------------------------------ its life

void HubNode::start() {
    if (running()) return;
    const std::uint64_t run = ++run_;
    auto opened = storage_.open();
    if (!opened) {
        note("does not start: " + opened.error().message);
        disk_.cut();
        die(CrashDisk::Loss::what_was_not_synced, start_again_after);
        return;
    }
    program_ = std::move(*opened);
    attachments_.start();
    watched_ = std::make_unique<WatchedStore>(program_->store(), stage_, snapshots_, attachments_);
    planted_ = std::make_unique<PlantedStore>(*watched_, stage_);
    note("starts");
    const auto there = program_->operations();
    if (restored_) {
        if (there) stage_.checker.hub_replaced(*there, *watched_);
        // A backup has all of itself in a backup.
        const bool begun = commit(false, [&] {
            auto generation = planted_->begin_generation();
            return generation ? program_->note_safe() : generation;
        });
        if (!running()) return;
        if (!there || !begun) {
            disk_.cut();
            die(CrashDisk::Loss::nothing, start_again_after);
            return;
        }
        restored_ = false;
    } else if (there) {
        stage_.checker.hub_started(*there, *watched_);
    }
    engine_ = std::make_unique<engine::HubEngine>(*planted_, signer_);
    if (auto started = engine_->start(); !started) {
        disk_.cut();
        die(CrashDisk::Loss::nothing, start_again_after);
        return;
    }
    connect();
    repeat(feed_pace, run, engine::HubEngine::Heads::none);
    repeat(hint_pace, run, engine::HubEngine::Heads::grown);
    repeat(head_pace, run, engine::HubEngine::Heads::all);
}

void HubNode::die(CrashDisk::Loss loss, Millis pause) {
    note(loss == CrashDisk::Loss::nothing ? "dies" : "loses its power");
    disk_.cut();
    ++run_;
    ++tally_.deaths;
    engine_.reset();
    planted_.reset();
    watched_.reset();
    program_.reset();
    inbox_.clear();
    working_ = false;
    broker_.disconnect(connection_);
    connection_ = 0;
    disk_.boot(loss);
    if (loss == CrashDisk::Loss::what_was_not_synced) attachments_.power_cut();
    stage_.after(pause, [this, run = run_] {
        if (run == run_) start();
    });
}

void HubNode::look_at_power() {
    if (running() && disk_.off())
        die(CrashDisk::Loss::what_was_not_synced, stage_.dice.between(50, start_again_after));
}

bool HubNode::keep_backup() {
    if (!running()) return false;
    const auto operations = program_->operations();
    look_at_power();
    if (!operations || !running()) return false;
    storage_.keep_backup();
    attachments_.keep_backup();
    stage_.checker.backup_kept(*operations);
    (void)commit(false, [&] { return program_->note_safe(); });
    return true;
}

bool HubNode::restore_backup(Millis pause) {
    const auto before = program_->operations();
    look_at_power();
    if (!before || !running()) return false;
    die(CrashDisk::Loss::nothing, pause);
    if (!storage_.restore_backup()) return false;
    attachments_.restore_backup();
    stage_.checker.hub_goes_back(*before);
    note("is restored from a backup");
    ++tally_.restores;
    restored_ = true;
    return true;
}

void HubNode::connect() {
    if (!running() || connection_ != 0) return;
    const auto lost = [this, run = run_] {
        if (run != run_) return;
        connection_ = 0;
        stage_.after(stage_.dice.between(10, 2000), [this, run] {
            if (run == run_) connect();
        });
    };
    connection_ = broker_.connect(
        "hub", {protocol::topic::hub_presence(), Bytes(protocol::absent), true},
        [this](const std::string& topic, const Bytes& payload) {
            inbox_.emplace_back(topic, payload);
            if (working_) return;
            working_ = true;
            stage_.after(1, [this, run = run_] {
                if (run == run_) work();
            });
        },
        lost);
    broker_.subscribe(connection_, protocol::topic::up_filter());
    broker_.publish(connection_, {protocol::topic::hub_presence(), Bytes(protocol::present), true});
    publish_feeds(engine::HubEngine::Heads::all);
}

void HubNode::repeat(Millis pace, std::uint64_t run, engine::HubEngine::Heads heads) {
    stage_.after(pace, [this, pace, run, heads] {
        if (run != run_) return;
        // A broker may have forgotten it.
        if (heads == engine::HubEngine::Heads::all && connection_ != 0)
            broker_.subscribe(connection_, protocol::topic::up_filter());
        publish_feeds(heads);
        if (run == run_) repeat(pace, run, heads);
    });
}

// ------------------------------------------------------------------ rounds

bool HubNode::commit(bool may_roll_back, const std::function<Status()>& body) {
    const bool rolls_back = may_roll_back && stage_.strikes(0.02);
    if (auto begun = program_->begin(may_roll_back); !begun) {
        look_at_power();
        return false;
    }
    watched_->round_begins();
    auto done = body();
    if (done && !rolls_back) {
        ++tally_.rounds;
        done = program_->commit();
        watched_->round_ended(done.has_value());
        if (!done && done.error().code == ErrorCode::full) ++tally_.refused_full;
    } else {
        ++tally_.rolled_back;
        note("rolls a round back" + (done ? std::string() : ": " + done.error().message));
        program_->rollback();
        watched_->round_ended(false);
    }
    look_at_power();
    return running() && done && !rolls_back;
}

Status HubNode::round(const std::vector<Message>& messages, engine::HubActions& actions) {
    const std::uint64_t run = run_;
    const bool committed = commit(true, [&]() -> Status {
        for (const auto& [topic, payload] : messages) {
            if (auto done = engine_->message(topic, payload, actions); !done) return done;
        }
        if (planted(Planted::ack_before_commit, 0.3)) {
            engine::HubActions early;
            std::swap(early, actions);
            carry_out(early);
        }
        if (planted(Planted::publish_before_commit, 0.3)) {
            engine::HubActions early;
            if (auto done = engine_->publish_feeds(engine::HubEngine::Heads::none, early); !done) return done;
            carry_out(early);
        }
        return ok();
    });
    if (committed && run == run_) return ok();
    return fail(ErrorCode::io, "the round did not happen");
}

void HubNode::work() {
    std::vector<Message> messages;
    while (!inbox_.empty() && messages.size() < round_messages) {
        messages.push_back(std::move(inbox_.front()));
        inbox_.pop_front();
    }
    const std::uint64_t run = run_;
    engine::HubActions actions;
    if (round(messages, actions)) {
        carry_out(actions);
    } else {
        for (const Message& message : messages) {
            if (run != run_) return;
            engine::HubActions alone;
            if (round({message}, alone)) carry_out(alone);
        }
    }
    if (run != run_) return;
    if (inbox_.empty()) publish_feeds(engine::HubEngine::Heads::none);
    if (run != run_) return;
    working_ = !inbox_.empty();
    if (working_) {
        stage_.after(1, [this, run] {
            if (run == run_) work();
        });
    }
}

void HubNode::publish_feeds(engine::HubEngine::Heads heads) {
    if (connection_ == 0 || !running()) return;
    engine::HubActions actions;
    (void)engine_->publish_feeds(heads, actions);  // what was made of the others is sent
    look_at_power();
    if (running()) carry_out(actions);
    // A generation without a snapshot is of no use to whoever has none of it.
    if (running() && watched_->generation() != generation_) build_snapshots();
}

void HubNode::carry_out(engine::HubActions& actions) {
    for (const auto& notice : actions.notices) {
        stage_.trace.add(stage_.now(), "hub", {notice.device, 0, {}, {}},
                         [&] { return (notice.alarm ? "ALARM: " : "notes: ") + notice.text; });
    }
    for (auto& publish : actions.publishes) {
        spoil(publish);
        watch(publish);
        if (publish.payload.size() > protocol::max_message_bytes)
            stage_.checker.problem({}, "the hub sends more than a message may hold");
        if (connection_ != 0) broker_.publish(connection_, {publish.topic, publish.payload, publish.retain});
    }
}

void HubNode::spoil(engine::HubPublish& publish) {
    if (stage_.planted != Planted::ack_beyond_applied && stage_.planted != Planted::ack_of_another_lane)
        return;
    protocol::Down down;
    if (publish.topic.find("/down/") == std::string::npos || !down.ParseFromString(publish.payload) ||
        !down.has_ack() || !stage_.dice.chance(0.1)) {
        return;
    }
    auto ack = protocol::open_as<protocol::Ack>(down.ack(), public_key(), "ack").value();
    if (stage_.planted == Planted::ack_beyond_applied) {
        ack.mutable_applied()->set_seq(ack.applied().seq() + 1);
    } else {
        ack.mutable_applied()->set_lane(ack.applied().lane() == protocol::WORK ? protocol::TELEMETRY
                                                                               : protocol::WORK);
    }
    *down.mutable_ack() = protocol::seal(ack, signer_, protocol::plain).value();
    publish.payload = down.SerializeAsString();
}

// What the hub promises to a device must be committed, and a revoked one gets no more than a sentence.
void HubNode::watch(const engine::HubPublish& publish) {
    protocol::Down down;
    const auto at = publish.topic.find("/down/");
    if (at == std::string::npos || !down.ParseFromString(publish.payload)) return;
    if (stage_.checker.is_revoked(publish.topic.substr(at + 6))) {
        protocol::HelloReply reply;
        const bool is_sentence = down.has_hello_reply() &&
                                 reply.ParseFromString(payload_of(down.hello_reply())) &&
                                 !reply.problem().empty() && reply.heads().empty() && !reply.has_desired();
        if (!is_sentence) stage_.checker.problem({}, "the hub answers a revoked device");
    }
    protocol::BlobState blob;
    if (down.has_blob_state() && blob.ParseFromString(payload_of(down.blob_state()))) attachments_.told(blob);
    if (!down.has_ack()) return;
    protocol::Ack ack;
    if (ack.ParseFromString(payload_of(down.ack())))
        stage_.checker.hub_acknowledged(publish.topic.substr(at + 6), ack);
}

void HubNode::decide() {
    if (!running()) return;
    const auto conflicts = program_->conflicts();
    look_at_power();
    if (!conflicts || !running()) return;
    std::vector<std::int64_t> open;
    for (const auto& conflict : *conflicts) {
        if (conflict.state == hub::ConflictState::open) open.push_back(conflict.id);
    }
    if (open.empty()) return;
    static constexpr std::array choices = {"ours", "theirs", "value"};
    const std::int64_t id = open[stage_.dice.below(open.size())];
    const std::string choice = choices[stage_.dice.below(choices.size())];
    note("decides conflict " + std::to_string(id) + ": " + choice);
    if (program_->decide(id, choice, "decided " + std::to_string(id))) ++tally_.decided;
    look_at_power();
}

bool HubNode::revoke(const std::string& id) {
    if (!running() || !commit(false, [&] { return program_->revoke(id); })) return false;
    note("revokes " + id);
    stage_.checker.revoked(id);
    return true;
}

// ------------------------------------------------------------------ what people do at the hub

bool HubNode::change(const std::vector<CityChange>& changes) {
    if (!running()) return false;
    return commit(true, [&]() -> Status {
        for (const CityChange& change : changes) {
            stage_.checker.source_says(change);
            if (auto done = program_->change(change); !done) return done;
        }
        if (auto done = deliver(); !done) return done;
        if (planted(Planted::publish_before_commit, 0.3)) {
            engine::HubActions early;
            if (auto done = engine_->publish_feeds(engine::HubEngine::Heads::none, early); !done) return done;
            carry_out(early);
        }
        return ok();
    });
}

// What a source says comes with its delivery, which may be of nothing new. Not all of its data sets are read
// each time.
Status HubNode::deliver() {
    const std::int64_t at = ++delivered_;
    for (std::size_t i = 0; i < sample_datasets.size(); ++i) {
        if (at % static_cast<std::int64_t>(i + 1) != 0) continue;
        if (auto done = program_->deliver(i, at); !done) return done;
    }
    auto heads = watched_->feed_heads();
    if (!heads) return heads.error();
    stage_.checker.source_delivers(at, watched_->generation(), *heads);
    return ok();
}

bool HubNode::register_device(const std::string& id, const Bytes& public_key, const std::string& profile) {
    if (!running()) return false;
    // From here on the device may hold them: it may be told before we know that the commit was.
    stage_.checker.profile_cleared(id, profile);
    note("gives " + id + " the profile " + profile);
    return commit(false, [&] { return program_->register_device(id, public_key, profile); });
}

void HubNode::build_snapshots() {
    if (!running()) return;
    auto content = program_->content();
    look_at_power();
    if (!content || !running()) return;
    const std::uint64_t generation = watched_->generation();
    for (const auto& [feed, rows] : *content) stage_.checker.hub_has_rows(generation, feed, rows.rows);
    auto offered = *content;
    if (stage_.planted == Planted::snapshot_cursor_too_high) {
        // The rows of the last one with the cursors of now.
        for (auto& [feed, rows] : offered) rows.rows = last_snapshot_[feed].rows;
        last_snapshot_ = *content;
    }
    for (const auto& profile : sample_city().profiles) {
        auto feeds = feeds_of_profile(profile.name);
        if (stage_.planted == Planted::snapshot_of_too_much) {
            for (const auto& [feed, rows] : offered) {
                if (std::find(feeds.begin(), feeds.end(), feed) == feeds.end()) feeds.push_back(feed);
            }
        }
        const auto delivered = watched_->deliveries(profile.name);
        look_at_power();
        if (!delivered || !running()) return;
        snapshots_.build(profile.name, generation, feeds, offered, *delivered);
    }
    generation_ = generation;
    note("builds snapshots");
}

}  // namespace fieldpost::simulation

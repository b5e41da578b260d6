#include "tests/unit/engine/simulation.hpp"

#include <algorithm>

namespace fieldpost::engine::testing {

namespace {

constexpr Millis tick = 1000;
constexpr Millis feed_pace = 500;
constexpr Millis head_pace = 60'000;
constexpr std::uint32_t snapshot_block_bytes = 200;
// Small, so that a few operations fill batches and windows.
constexpr UplinkLimits small_limits{
    .batch_entries = 4, .batch_bytes = 300, .window_bytes = 1500, .ack_timeout = 4000};

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
    operations += other.operations;
    lost += other.lost;
    repeated += other.repeated;
    device_restarts += other.device_restarts;
    hub_restarts += other.hub_restarts;
    rounds_rolled_back += other.rounds_rolled_back;
    journals_restored += other.journals_restored;
    epochs_opened += other.epochs_opened;
    segments_applied += other.segments_applied;
    blocks_written += other.blocks_written;
    cities_mounted += other.cities_mounted;
    return *this;
}

Simulation::Simulation(std::uint64_t seed) : dice_(seed) {
    loss_ = dice_.chance(0.3) ? 0 : 0.02 + 0.2 * static_cast<double>(dice_.below(100)) / 100;
    repetition_ = dice_.chance(0.3) ? 0 : 0.15;
    longest_delay_ = dice_.between(5, 3000);

    feeds_ = {{"city", {records::PUBLIC, "general"}}, {"city", {records::CONFIDENTIAL, "fire"}}};
    for (const auto& feed : feeds_) hub_.state.feeds[feed];
    const std::uint64_t first_records = dice_.below(60);
    for (std::uint64_t i = 0; i < first_records; ++i) change_feeds();
    if (dice_.chance(0.8)) hub_.make_snapshot(snapshot_block_bytes);

    const std::uint64_t count = 1 + dice_.below(2);
    for (std::uint64_t i = 0; i < count; ++i) {
        devices_.push_back(
            std::make_unique<Device>("truck-" + std::to_string(i), 1 + dice_.below(1U << 30U)));
        Device& device = *devices_.back();
        hub_.devices[device.id] = {device.id, device.signer.public_key(), "all", feeds_, 1};
        if (dice_.chance(0.5)) {
            device.city = {dice_.chance(0.5) ? 1U : 0U, hub_.hub_generation, {}};
            if (device.city.generation != 0) device.city.feeds = decode_city(encode_city(hub_.state.feeds));
        }
    }
    start_hub();
    for (auto& device : devices_) start(*device);
    after(feed_pace, [this] { publish_feeds(false); });
    after(head_pace, [this] { publish_feeds(true); });
}

Simulation::~Simulation() = default;

void Simulation::problem(const Device* device, const std::string& text) {
    problems_.push_back("at " + std::to_string(now_) + " ms, " + (device ? device->id : "hub") + ": " + text);
}

Millis Simulation::delay() {
    return faults_ ? dice_.between(1, longest_delay_) : 20;
}

void Simulation::run_until(Millis when) {
    while (!events_.empty() && events_.begin()->first.at <= when && problems_.empty()) {
        auto next = events_.extract(events_.begin());
        now_ = next.key().at;
        next.mapped()();
    }
    now_ = std::max(now_, when);
}

// ------------------------------------------------------------------ devices

void Simulation::start(Device& device) {
    ++device.run;
    device.journal_free_at = device.city_free_at = now_;
    device.view = std::make_unique<MemoryJournal>(device.journal);
    device.engine = std::make_unique<DeviceEngine>(DeviceIdentity{device.id, hub_signer_.public_key(), "1"},
                                                   *device.view, device.signer, small_limits);
    if (device.city.generation != 0) device.engine->mounted(mounted(device));
    after(delay(), [this, &device, run = device.run] {
        if (run == device.run) connect(device);
    });
    // Ticks live as long as the program.
    struct Ticker {
        static void next(Simulation& world, Device& ticking, std::uint64_t run) {
            world.after(tick, [&world, &ticking, run] {
                if (run != ticking.run) return;
                world.drive(ticking, [&](DeviceEngine& engine, Actions& actions) {
                    engine.tick(world.now_, actions);
                });
                next(world, ticking, run);
            });
        }
    };
    Ticker::next(*this, device, device.run);
}

void Simulation::connect(Device& device) {
    if (device.connection != 0) return;
    device.connection = ++connections_;
    device.subscribed.clear();
    drive(device, [&](DeviceEngine& engine, Actions& actions) { engine.connected(now_, actions); });
}

void Simulation::disconnect(Device& device) {
    if (device.connection == 0) return;
    device.connection = 0;
    device.engine->disconnected();
    after(delay() * 3, [this, &device, run = device.run] {
        if (run == device.run) connect(device);
    });
}

void Simulation::restart(Device& device) {
    ++tally_.device_restarts;
    device.connection = 0;
    device.engine.reset();
    device.view.reset();
    start(device);
}

void Simulation::record(Device& device) {
    static constexpr const char* kinds[] = {"note", "note", "note", "note", "bad", "conflict"};
    const protocol::Lane lane = lanes_by_priority[dice_.below(lanes_by_priority.size())];
    const Bytes operation = std::string(kinds[dice_.below(std::size(kinds))]) + " " + device.id + " " +
                            std::to_string(++device.recorded) + " " + Bytes(dice_.below(200), 'x');
    ++tally_.operations;
    job(
        device, device.journal_free_at,
        [&device, lane, operation] { device.journal.append(lane, operation); },
        [this](Device& told) {
            told.view->refresh();
            drive(told, [&](DeviceEngine& engine, Actions& actions) { engine.appended(now_, actions); });
        });
}

void Simulation::job(Device& device, Millis& free_at, std::function<void()> commit,
                     std::function<void(Device&)> told) {
    free_at = std::max(now_, free_at) + (faults_ ? dice_.between(0, 40) : 1);
    const auto run = device.run;
    at(free_at, [this, &device, run, commit = std::move(commit), told = std::move(told)] {
        if (run != device.run) return;
        commit();
        after(faults_ ? dice_.between(0, 20) : 0, [&device, run, told] {
            if (run == device.run) told(device);
        });
    });
}

void Simulation::drive(Device& device, const std::function<void(DeviceEngine&, Actions&)>& call) {
    Actions actions;
    call(*device.engine, actions);
    for (Action& action : actions) carry_out(device, action);
    check_acknowledged(device);
}

void Simulation::check_acknowledged(Device& device) {
    if (!device.engine->uplink().running()) return;
    for (const protocol::Lane lane : lanes_by_priority) {
        const auto acknowledged = device.engine->uplink().acknowledged(lane);
        if (acknowledged > hub_.applied(device.id, device.view->epoch(), lane)) {
            problem(&device, "counts " + protocol::lane_name(lane) + " " + std::to_string(acknowledged) +
                                 " as acknowledged, which the hub does not hold");
        }
    }
}

void Simulation::check_request(Device& device, BytesView payload) {
    const auto up = protocol::parse<protocol::Up>(payload, "own message").value();
    if (payload.size() > protocol::max_message_bytes) problem(&device, "sends more than a message may hold");
    if (!up.has_block_request() || up.block_request().generation() != device.draft.generation) return;
    for (const std::uint32_t block : up.block_request().blocks()) {
        if (device.draft.blocks.contains(block)) {
            problem(&device, "asks for block " + std::to_string(block) + ", which it has on disk");
        }
    }
}

void Simulation::carry_out(Device& device, Action& action) {
    std::visit(
        Overloaded{
            [&](Publish& publish) {
                check_request(device, publish.payload);
                if (device.connection == 0) return;
                const int copies = faulty(loss_) ? 0 : faulty(repetition_) ? 2 : 1;
                tally_.lost += copies == 0 ? 1 : 0;
                tally_.repeated += copies == 2 ? 1 : 0;
                for (int i = 0; i < copies; ++i) {
                    after(delay(), [this, publish] { hub_receives(publish.topic, publish.payload); });
                }
            },
            [&](SubscribeFeeds& wanted) {
                device.subscribed = {wanted.feeds.begin(), wanted.feeds.end()};
                for (const auto& feed : wanted.feeds) {
                    const auto head = retained_.find(protocol::topic::feed_head(feed));
                    if (head != retained_.end()) publish(head->second);
                }
            },
            [&](NoteAck& note) {
                if (faulty(0.05)) return;  // the journal was busy
                job(
                    device, device.journal_free_at, [&device, ack = note.ack] { device.journal.note(ack); },
                    [](Device& told) { told.view->refresh(); });
            },
            [&](OpenEpoch& open) {
                if (faulty(0.1)) return;  // the disk was full
                job(
                    device, device.journal_free_at,
                    [this, &device, from = device.view->epoch(), held = open.held] {
                        device.journal.open_epoch(from, 1 + dice_.below(1U << 30U), held);
                        ++tally_.epochs_opened;
                    },
                    [this](Device& told) {
                        told.view->refresh();
                        drive(told, [&](DeviceEngine& engine, Actions& actions) {
                            engine.epoch_opened(now_, actions);
                        });
                    });
            },
            [&](ApplySegment& segment) {
                auto done = std::make_shared<bool>(false);
                job(
                    device, device.city_free_at,
                    [this, &device, segment, done] { *done = apply(device, segment); },
                    [this, feed = segment.feed, through = segment.segment.through(), done](Device& told) {
                        drive(told, [&](DeviceEngine& engine, Actions& actions) {
                            if (*done) {
                                engine.feed_applied(now_, feed, through, actions);
                            } else {
                                engine.feed_failed(now_, feed);
                            }
                        });
                    });
            },
            [&](PrepareArtifact& prepare) {
                const bool fails = faulty(0.1);
                job(
                    device, device.city_free_at,
                    [&device, fails, generation = prepare.manifest.generation()] {
                        if (!fails && device.draft.generation != generation) device.draft = {generation, {}};
                    },
                    [this, fails, blocks = prepare.manifest.blocks_size()](Device& told) {
                        drive(told, [&](DeviceEngine& engine, Actions& actions) {
                            if (fails) return engine.artifact_failed();
                            std::vector<std::uint32_t> missing;
                            for (std::uint32_t block = 0; block < static_cast<std::uint32_t>(blocks);
                                 ++block) {
                                if (!told.draft.blocks.contains(block)) missing.push_back(block);
                            }
                            engine.artifact_prepared(now_, missing, actions);
                        });
                    });
            },
            [&](WriteBlock& write) {
                const bool fails = faulty(0.02);
                job(
                    device, device.city_free_at,
                    [this, &device, fails, write] {
                        if (fails) return;
                        if (!device.draft.blocks.emplace(write.block, write.content).second) {
                            problem(&device, "writes a block for the second time");
                        }
                        ++tally_.blocks_written;
                    },
                    [this, fails, block = write.block](Device& told) {
                        drive(told, [&](DeviceEngine& engine, Actions& actions) {
                            if (fails) return engine.artifact_failed();
                            engine.block_written(now_, block, actions);
                        });
                    });
            },
            [&](FinishArtifact& artifact) {
                auto done = std::make_shared<bool>(false);
                job(
                    device, device.city_free_at,
                    [this, &device, manifest = artifact.manifest, done] { *done = finish(device, manifest); },
                    [this, done](Device& told) {
                        drive(told, [&](DeviceEngine& engine, Actions& actions) {
                            engine.artifact_finished(now_, *done, mounted(told), actions);
                        });
                    });
            },
            [](Notice&) {},
        },
        action);
}

MountedCity Simulation::mounted(const Device& device) const {
    MountedCity city;
    city.snapshot_generation = device.city.generation;
    for (const auto& [feed, held] : device.city.feeds) {
        city.feeds[feed] = {device.city.hub_generation, held.cursor, held.cursor};
    }
    return city;
}

bool Simulation::apply(Device& device, const ApplySegment& apply) {
    if (faulty(0.05)) return false;
    DecodedFeed& held = device.city.feeds[apply.feed];
    if (apply.segment.after() != held.cursor) {
        problem(&device, "would apply a feed after " + std::to_string(apply.segment.after()) +
                             " to a city at " + std::to_string(held.cursor));
    }
    for (const auto& entry : apply.segment.entries()) {
        const std::uint64_t record = entry.row().record();
        if (entry.remove()) {
            held.rows.erase(record);
        } else if (held.rows[record] <= entry.row().version()) {
            held.rows[record] = entry.row().version();
        } else {
            problem(&device, "an older version came after a newer one");
        }
    }
    held.cursor = apply.segment.through();
    ++tally_.segments_applied;
    return true;
}

bool Simulation::finish(Device& device, const protocol::Manifest& manifest) {
    Bytes file;
    for (const auto& [block, content] : device.draft.blocks) file += content;
    if (sha256(file) != manifest.sha256() || file.size() != manifest.bytes()) {
        problem(&device, "a finished artifact is not what its manifest says");
        return false;
    }
    device.city = {manifest.generation(), manifest.hub_generation(), decode_city(file)};
    device.draft = {};
    ++tally_.cities_mounted;
    return true;
}

// ------------------------------------------------------------------ the hub

void Simulation::start_hub() {
    hub_engine_ = std::make_unique<HubEngine>(hub_, hub_signer_);
    if (auto started = hub_engine_->start(); !started) problem(nullptr, started.error().message);
}

void Simulation::hub_receives(const std::string& topic, const Bytes& payload) {
    if (!hub_engine_) return;
    const bool rolls_back = faulty(0.03);
    const bool dies_after = faulty(0.01);
    std::optional<HubState> before;
    if (rolls_back) before = hub_.state;
    HubActions actions;
    if (auto done = hub_engine_->message(topic, payload, actions); !done)
        problem(nullptr, done.error().message);
    for (const auto& violation : hub_.violations) problem(nullptr, violation);
    if (rolls_back) {
        ++tally_.rounds_rolled_back;
        hub_.state = std::move(*before);
        return;
    }
    if (dies_after) {
        ++tally_.hub_restarts;
        start_hub();
        return;
    }
    carry_out(actions);
}

void Simulation::carry_out(HubActions& actions) {
    for (const HubPublish& message : actions.publishes) {
        if (message.payload.size() > protocol::max_message_bytes)
            problem(nullptr, "sends more than a message may hold");
        if (message.retain) retained_[message.topic] = message;
        publish(message);
    }
}

// The broker: to whoever is connected and subscribed, now and when it arrives.
void Simulation::publish(const HubPublish& message) {
    for (auto& device : devices_) {
        const bool wants = message.topic == protocol::topic::down(device->id) ||
                           std::ranges::any_of(device->subscribed, [&](const records::FeedId& feed) {
                               return message.topic == protocol::topic::feed(feed) ||
                                      message.topic == protocol::topic::feed_head(feed);
                           });
        if (device->connection == 0 || !wants) continue;
        const int copies = faulty(loss_) ? 0 : faulty(repetition_) ? 2 : 1;
        tally_.lost += copies == 0 ? 1 : 0;
        tally_.repeated += copies == 2 ? 1 : 0;
        for (int i = 0; i < copies; ++i) {
            after(delay(), [this, &to = *device, connection = device->connection, message] {
                if (connection != to.connection) return;
                drive(to, [&](DeviceEngine& engine, Actions& out) {
                    engine.message(now_, message.topic, message.payload, out);
                });
            });
        }
    }
}

void Simulation::publish_feeds(bool heads) {
    if (hub_engine_) {
        HubActions actions;
        if (auto done = hub_engine_->publish_feeds(heads, actions); !done)
            problem(nullptr, done.error().message);
        carry_out(actions);
    }
    after(heads ? head_pace : feed_pace, [this, heads] { publish_feeds(heads); });
}

void Simulation::change_feeds() {
    const auto& feed = feeds_[dice_.below(feeds_.size())];
    const std::uint64_t record = 1 + dice_.below(25);
    if (dice_.chance(0.2)) {
        hub_.remove(feed, record);
    } else {
        hub_.put(feed, record);
    }
}

// ------------------------------------------------------------------ runs

void Simulation::one_fault() {
    Device& device = *devices_[dice_.below(devices_.size())];
    switch (dice_.below(8)) {
        case 0:
            disconnect(device);
            break;
        case 1:
            restart(device);
            break;
        case 2:
            device.copy = device.journal;
            break;
        case 3:
            if (!device.copy) break;
            ++tally_.journals_restored;
            device.journal = *device.copy;
            restart(device);
            break;
        case 4:
            ++tally_.hub_restarts;
            start_hub();
            break;
        case 5:
            hub_engine_.reset();
            after(dice_.between(100, 8000), [this] {
                if (!hub_engine_) start_hub();
            });
            break;
        case 6:
            hub_.make_snapshot(snapshot_block_bytes);
            break;
        case 7:
            for (std::uint64_t i = dice_.below(40); i > 0; --i) change_feeds();  // an import
            break;
    }
}

void Simulation::run_with_faults(Millis duration) {
    const Millis end = now_ + duration;
    for (Millis when = now_; when < end; when += dice_.between(1, 4000)) {
        at(when, [this] { record(*devices_[dice_.below(devices_.size())]); });
    }
    for (Millis when = now_; when < end; when += dice_.between(1, 2500)) {
        at(when, [this] { change_feeds(); });
    }
    for (Millis when = now_; when < end; when += dice_.between(500, 9000)) {
        at(when, [this] { one_fault(); });
    }
    run_until(end);
}

void Simulation::stop_faults() {
    faults_ = false;
    if (!hub_engine_) start_hub();
    // Every device needs a city in the end, so one is offered.
    hub_.make_snapshot(snapshot_block_bytes);
}

bool Simulation::settled(const Device& device) const {
    for (const protocol::Lane lane : lanes_by_priority) {
        const std::uint64_t last = device.view->last_seq(lane);
        if (device.view->noted(lane) != last || hub_.applied(device.id, device.view->epoch(), lane) != last) {
            return false;
        }
    }
    if (device.city.generation == 0 || device.engine->fetcher().fetching()) return false;
    return std::ranges::all_of(feeds_, [&](const records::FeedId& feed) {
        const auto held = device.city.feeds.find(feed);
        return held != device.city.feeds.end() && held->second.cursor == hub_.state.feeds.at(feed).head;
    });
}

bool Simulation::run_until_settled(Millis limit) {
    const Millis end = now_ + limit;
    while (now_ < end && problems_.empty()) {
        run_until(now_ + tick);
        if (std::ranges::all_of(devices_, [&](const auto& device) { return settled(*device); })) return true;
    }
    return false;
}

void Simulation::check_end() {
    for (const auto& device : devices_) {
        for (const protocol::Lane lane : lanes_by_priority) {
            // Where the hub has each operation of this lane.
            std::map<Bytes, std::vector<std::size_t>> places;
            for (std::size_t i = 0; i < hub_.state.log.size(); ++i) {
                const Applied& applied = hub_.state.log[i];
                if (applied.device == device->id && applied.lane == lane)
                    places[applied.operation].push_back(i);
            }
            for (const auto& [operation, found] : places) {
                if (found.size() > 1) problem(device.get(), "was applied more than once: " + operation);
            }
            std::size_t before = 0;
            for (const auto* entry : device->journal.all(lane)) {
                const auto found = places.find(entry->operation);
                if (found == places.end()) {
                    problem(device.get(), "was lost: " + entry->operation);
                    continue;
                }
                const std::size_t place = found->second.front() + 1;
                if (place <= before) problem(device.get(), "was applied out of order: " + entry->operation);
                before = place;
                const OperationResult& said = hub_.state.log[place - 1].result;
                if (!entry->result || entry->result->outcome != said.outcome ||
                    entry->result->version != said.version || entry->result->reason != said.reason) {
                    problem(device.get(), "does not know what became of: " + entry->operation);
                }
            }
        }
        for (const auto& feed : feeds_) {
            if (device->city.feeds.at(feed).rows != hub_.rows(feed)) {
                problem(device.get(), "holds other rows than the hub in " + records::feed_text(feed));
            }
        }
    }
}

std::string Simulation::state() const {
    std::string text;
    for (const auto& device : devices_) {
        text += device->id + (device->connection ? " connected" : " offline") +
                (device->engine->uplink().running() ? " running" : " paused") + ":";
        for (const protocol::Lane lane : lanes_by_priority) {
            text += " " + protocol::lane_name(lane) + " last " +
                    std::to_string(device->view->last_seq(lane)) + " noted " +
                    std::to_string(device->view->noted(lane)) + " at the hub " +
                    std::to_string(hub_.applied(device->id, device->view->epoch(), lane)) + ";";
        }
        text += " city " + std::to_string(device->city.generation) +
                (device->engine->fetcher().fetching() ? " (fetching)" : "") + ";";
        for (const auto& feed : feeds_) {
            const auto held = device->city.feeds.find(feed);
            text += " " + records::feed_text(feed) + " " +
                    (held == device->city.feeds.end() ? "none" : std::to_string(held->second.cursor)) +
                    " of " + std::to_string(hub_.state.feeds.at(feed).head) + ";";
        }
        text += "\n";
    }
    return text;
}

}  // namespace fieldpost::engine::testing

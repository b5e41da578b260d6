#include "daemon/device/uplink/hub_link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "daemon/device/link/keep_alive.hpp"

namespace fieldpost::device {

namespace {

constexpr std::chrono::seconds tick{1};
// While nothing is under way: of what the engine does by itself only hellos are left, which may be so late.
constexpr std::chrono::seconds idle_tick{5};
constexpr engine::Millis idle_after = 10'000;
constexpr std::chrono::milliseconds transport_tick{50};
constexpr engine::Millis renew_again_after = 300'000;

std::int64_t unix_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;  // Clang 16 does not deduce it

}  // namespace

std::string_view to_string(LinkState state) {
    switch (state) {
        case LinkState::offline:
            return "offline";
        case LinkState::connecting:
            return "connecting";
        case LinkState::connected:
            return "connected";
    }
    return "offline";
}

HubLink::HubLink(support::EventLoop& loop, engine::DeviceIdentity identity, mqtt::Options broker,
                 Journal& journal, engine::BlobView& blobs, CityCache& city, Readers& readers,
                 protocol::Signer& signer, HubLinkEvents events)
    : loop_(loop),
      identity_(identity),
      journal_(journal),
      cache_(city),
      readers_(readers),
      events_(std::move(events)),
      engine_(identity, journal, blobs, signer),
      client_(std::move(broker),
              {[this] { connected(); }, [this](const std::string& reason) { disconnected(reason); },
               [this](const mqtt::Message& received) { message(received); }},
              [this](std::function<void()> event) { loop_.post(std::move(event)); }),
      since_us_(unix_us()) {
    if (events_.allows_bulk) engine_.ask_before_bulk(events_.allows_bulk);
    if (events_.wall_clock) engine_.stamp_by(events_.wall_clock);
}

engine::Millis HubLink::now() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void HubLink::mount(const Mounted& mounted) {
    mounted_ = mounted.city;
    refused_feeds_.clear();
    engine_.mounted(mounted_);
    readers_.mount(mounted.file);
}

void HubLink::start() {
    set_state(LinkState::connecting);
    client_.start();
    set_pace(tick);
}

void HubLink::look() {
    const bool contact = engine_.in_contact();
    engine::Actions actions;
    engine_.tick(now(), actions);
    carry_out(std::move(actions));
    renew_dead_connection();
    drop_older_city();
    if (contact != engine_.in_contact()) events_.changed();
    set_pace(is_idle() ? idle_tick : tick);
}

void HubLink::set_pace(std::chrono::seconds pace) {
    if (pace == pace_) return;
    pace_ = pace;
    ticking_ = loop_.every(pace, [this] { look(); });
}

bool HubLink::is_idle() const {
    if (now() - acted_at_ < idle_after || engine_.fetcher().fetching()) return false;
    if (state_ != LinkState::connected) return true;
    const bool waits = std::ranges::any_of(
        engine::lanes_by_priority, [this](protocol::Lane lane) { return journal_.waiting(lane).count > 0; });
    return !waits && engine_.in_contact();
}

void HubLink::renew_dead_connection() {
    if (!engine_.is_cut_off()) return;
    if (renewed_at_ != 0 && now() - renewed_at_ < renew_again_after) return;
    renewed_at_ = now();
    client_.renew();
}

// The last good one stays until the mounted one has caught up (PROTOCOL 13).
void HubLink::drop_older_city() {
    const std::uint64_t generation = mounted_.snapshot_generation;
    if (generation == 0 || generation == alone_ || !engine_.feeds().reached_hub()) return;
    alone_ = generation;
    cache_.drop_older([](std::size_t) {});
}

void HubLink::stop() {
    pace_ = std::chrono::seconds::zero();
    ticking_.cancel();
    watching_.cancel();
    client_.stop();
}

void HubLink::set_state(LinkState state) {
    if (state == state_) return;
    state_ = state;
    since_us_ = unix_us();
    events_.changed();
}

void HubLink::connected() {
    spdlog::info("connected to the broker");
    problem_.clear();
    filters_.clear();
    set_state(LinkState::connected);
    listen_to_hub();
    client_.publish({protocol::topic::device_presence(identity_.device), Bytes(protocol::present), true});
    engine::Actions actions;
    engine_.connected(now(), actions);
    carry_out(std::move(actions));
}

void HubLink::disconnected(const std::string& reason) {
    if (state_ == LinkState::connected || problem_ != reason) spdlog::info("not connected: {}", reason);
    problem_ = reason;
    engine_.disconnected();
    watches_ = false;
    watching_.cancel();
    set_state(LinkState::offline);
}

void HubLink::message(const mqtt::Message& message) {
    const bool contact = engine_.in_contact();
    const bool is_feed = message.topic != protocol::topic::down(identity_.device);
    events_.carried(is_feed ? engine::SendClass::feed : engine_.carried(message.payload),
                    message.payload.size());
    engine::Actions actions;
    engine_.message(now(), message.topic, message.payload, actions);
    carry_out(std::move(actions));
    if (contact != engine_.in_contact()) events_.changed();
}

void HubLink::appended() {
    engine::Actions actions;
    engine_.appended(now(), actions);
    carry_out(std::move(actions));
}

void HubLink::nudge() {
    if (state_ != LinkState::connected) {
        client_.retry_now();
        return;
    }
    engine_.disconnected();  // compares everything again
    engine::Actions actions;
    engine_.connected(now(), actions);
    carry_out(std::move(actions));
}

void HubLink::listen_to(const engine::SubscribeFeeds& feeds) {
    std::set<std::string> wanted;
    for (const auto& feed : feeds.feeds) {
        if (feeds.live) wanted.insert(protocol::topic::feed(feed));
        wanted.insert(protocol::topic::feed_head(feed));
    }
    std::vector<std::string> unwanted;
    std::ranges::set_difference(filters_, wanted, std::back_inserter(unwanted));
    const bool left = unwanted.empty() || client_.unsubscribe(unwanted);
    if (!left) spdlog::debug("feeds that are not wanted are left with the next try, or the next connection");
    // Again also to what stands: a broker may have forgotten it.
    if (!wanted.empty() && !client_.subscribe({wanted.begin(), wanted.end()}))
        spdlog::debug("subscribing again at the next connection");
    filters_ = std::move(wanted);
    if (!left) filters_.insert(unwanted.begin(), unwanted.end());
}

void HubLink::listen_to_hub() {
    client_.subscribe({protocol::topic::down(identity_.device), protocol::topic::hub_presence()});
}

void HubLink::blobs_added() {
    engine::Actions actions;
    engine_.blobs_added(now(), actions);
    carry_out(std::move(actions));
}

void HubLink::blobs_offered_again() {
    engine::Actions actions;
    engine_.blobs_offered_again(now(), actions);
    carry_out(std::move(actions));
}

void HubLink::epoch_opened() {
    engine::Actions actions;
    engine_.epoch_opened(now(), actions);
    carry_out(std::move(actions));
}

void HubLink::set_rights(engine::SendRights rights) {
    engine::Actions actions;
    engine_.set_rights(now(), rights, actions);
    carry_out(std::move(actions));
}

void HubLink::set_link(std::optional<engine::LinkKind> kind) {
    if (const auto wanted = keep_alive_over(kind)) client_.set_keep_alive(*wanted);
}

void HubLink::carry_out(engine::Actions actions) {
    if (!actions.empty()) {
        acted_at_ = now();
        if (pace_ != std::chrono::seconds::zero()) set_pace(tick);
    }
    for (auto& action : actions) carry_out(std::move(action));
    if (!watches_ && state_ == LinkState::connected && engine_.credit().room() == 0) watch_transport();
}

// Only while there is no room for more: each look is a wake-up.
void HubLink::watch_transport() {
    watches_ = true;
    watching_ = loop_.every(transport_tick, [this] {
        engine::Actions actions;
        if (const auto transport = client_.transport())
            engine_.on_the_way(now(), transport->on_the_way, transport->round_trip_ms, actions);
        carry_out(std::move(actions));
        if (engine_.credit().room() > 0) {
            watches_ = false;
            watching_.cancel();
        }
    });
}

void HubLink::carry_out(engine::Action action) {
    std::visit(
        Overloaded{
            [this](engine::Publish& publish) {
                events_.carried(publish.carries, publish.payload.size());
                // Refused while offline or beyond the bound: the engine asks or sends again.
                client_.publish({std::move(publish.topic), std::move(publish.payload), publish.retain});
            },
            [this](engine::SubscribeFeeds& wanted) { listen_to(wanted); },
            [this](engine::SubscribeAgain&) { listen_to_hub(); },
            [this](engine::NoteRights& note) { cache_.note_rights(std::move(note.feeds)); },
            [this](engine::ChangeFeeds& change) {
                spdlog::info("the feeds change: {} go, {} come, {} begin again", change.drop.size(),
                             change.add.size(), change.again.size());
                cache_.change_feeds(std::move(change), [this](Result<engine::MountedCity> city) {
                    if (!city) {
                        spdlog::error("changing the feeds: {}", city.error().message);
                        engine_.feeds_not_changed(now());
                        return;
                    }
                    mounted_ = std::move(*city);
                    refused_feeds_.clear();
                    engine::Actions actions;
                    engine_.feeds_changed(now(), mounted_, actions);
                    carry_out(std::move(actions));
                    events_.changed();
                });
            },
            [this](engine::NoteHub& note) { events_.hub_noted(note); },
            [this](engine::NoteBlob& note) {
                events_.blob_noted(note);
                events_.changed();
            },
            [this](engine::NoteAck& note) {
                journal_.note(note.ack, [this] {
                    events_.noted();
                    events_.changed();
                });
            },
            [this](engine::NoteInCity& note) { journal_.note_in_city(std::move(note.known)); },
            [this](engine::NoteDeliveries& note) {
                const auto mark = note.mark;
                const bool is_news = !note.delivered.empty();
                cache_.note_deliveries(std::move(note), [this, mark, is_news](const Status& noted) {
                    if (!noted) {  // told again with the next answer
                        spdlog::info("when sources delivered: {}", noted.error().message);
                        return;
                    }
                    engine_.deliveries_noted(mark);
                    if (is_news) events_.sources_noted();
                });
            },
            [this](engine::NoteSafe& note) { journal_.note_safe(note.position); },
            [this](engine::OpenEpoch& open) {
                journal_.open_epoch(std::move(open), [this](const Status& opened) {
                    if (!opened) return;  // the next hello asks again
                    engine::Actions actions;
                    engine_.epoch_opened(now(), actions);
                    carry_out(std::move(actions));
                });
            },
            [this](engine::ApplySegment& apply) {
                const auto feed = apply.feed;
                cache_.apply(feed, std::move(apply.segment), unix_us() / 1'000'000,
                             [this, feed](const Result<engine::FeedPoint>& reached) {
                                 if (!reached) {
                                     spdlog::error("feed {}: {}", records::feed_text(feed),
                                                   reached.error().message);
                                     refused_feeds_[feed] = reached.error().message;
                                     engine_.feed_failed(now(), feed, reached.error().code);
                                     events_.changed();
                                     return;
                                 }
                                 refused_feeds_.erase(feed);
                                 engine::Actions actions;
                                 engine_.feed_applied(now(), feed, *reached, actions);
                                 carry_out(std::move(actions));
                                 events_.feed_moved(feed, reached->n);
                                 events_.changed();
                             });
            },
            [this](engine::PrepareArtifact& prepare) {
                cache_.prepare(std::move(prepare.manifest),
                               [this](Result<std::vector<std::uint32_t>> missing) {
                                   if (!missing) {
                                       fetch_problem_ = missing.error().message;
                                       spdlog::error("snapshot: {}", fetch_problem_);
                                       engine_.artifact_failed(now());
                                       events_.changed();
                                       return;
                                   }
                                   fetch_problem_.clear();
                                   engine::Actions actions;
                                   engine_.artifact_prepared(now(), std::move(*missing), actions);
                                   carry_out(std::move(actions));
                                   events_.changed();
                               });
            },
            [this](engine::WriteBlock& write) {
                const auto block = write.block;
                cache_.write_block(block, std::move(write.content), [this, block](const Status& written) {
                    if (!written) {
                        fetch_problem_ = written.error().message;
                        spdlog::error("snapshot: {}", fetch_problem_);
                        engine_.artifact_failed(now());
                        return;
                    }
                    engine::Actions actions;
                    engine_.block_written(now(), block, actions);
                    carry_out(std::move(actions));
                    events_.changed();
                });
            },
            [this](engine::FinishArtifact& finish) {
                cache_.finish(std::move(finish.manifest), [this](Result<Mounted> mounted) {
                    engine::Actions actions;
                    if (mounted) {
                        spdlog::info("mounted snapshot {}", mounted->city.snapshot_generation);
                        mounted_ = mounted->city;
                        refused_feeds_.clear();
                        readers_.mount(mounted->file);
                        engine_.artifact_finished(now(), true, mounted_, actions);
                    } else {
                        fetch_problem_ = mounted.error().message;
                        spdlog::error("snapshot: {}", fetch_problem_);
                        const auto code = mounted.error().code;
                        if (code == ErrorCode::conflict || code == ErrorCode::corrupt) {
                            engine_.artifact_finished(now(), false, {}, actions);
                        } else {
                            engine_.artifact_failed(now());
                        }
                    }
                    carry_out(std::move(actions));
                    events_.changed();
                });
            },
            [](engine::Notice& notice) { spdlog::warn("{}", notice.text); },
        },
        action);
}

}  // namespace fieldpost::device

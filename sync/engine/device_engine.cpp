#include "sync/engine/device_engine.hpp"

namespace fieldpost::engine {

namespace {

constexpr Millis hello_again_after = 5'000;
// A live subscription can be lost without a sign (a broker that forgot it): heads are compared this often.
constexpr Millis hello_anyway_after = 60'000;

}  // namespace

DeviceEngine::DeviceEngine(DeviceIdentity identity, JournalView& journal, protocol::Signer& signer,
                           UplinkLimits limits)
    : identity_(std::move(identity)),
      uplink_(identity_.device, journal, signer, limits),
      feeds_(identity_.device, identity_.hub_public_key),
      fetcher_(identity_.device, identity_.hub_public_key) {}

void DeviceEngine::mounted(MountedCity city) {
    city_ = std::move(city);
    feeds_.mount(city_.feeds);
    fetcher_.mounted(city_.snapshot_generation);
}

void DeviceEngine::connected(Millis now, Actions& actions) {
    disconnected();  // nothing of an earlier connection counts
    connected_ = true;
    say_hello(now, actions);
}

void DeviceEngine::disconnected() {
    connected_ = false;
    in_contact_ = false;
    uplink_.pause();
    feeds_.pause();
    fetcher_.pause();
}

void DeviceEngine::say_hello(Millis now, Actions& actions) {
    hello_at_ = now;
    heard_ = false;
    protocol::Up up;
    auto& hello = *up.mutable_hello();
    hello.set_protocol(protocol::version);
    hello.set_device(identity_.device);
    hello.set_version(identity_.version);
    hello.set_snapshot_generation(city_.snapshot_generation);
    uplink_.describe(hello);
    feeds_.describe(hello);
    actions.push_back(Publish{protocol::topic::up(identity_.device), up.SerializeAsString(), false});
}

void DeviceEngine::hello_reply(Millis now, const protocol::HelloReply& reply, Actions& actions) {
    if (!connected_) return;
    in_contact_ = true;
    problem_ = reply.problem();
    if (!problem_.empty()) {
        actions.push_back(Notice{"the hub says: " + problem_});
        return;
    }
    // Subscribed first: what the hub makes of our work comes back by these feeds.
    feeds_.resume(now, reply, actions);
    // Reply to a periodic hello: acknowledged work must not be sent again.
    if (!uplink_.running()) uplink_.resume(now, reply, actions);
    const bool usable = city_.snapshot_generation != 0 && !feeds_.generation_changed();
    fetcher_.resume(now, reply.snapshot_generation(), !usable, actions);
}

void DeviceEngine::message(Millis now, std::string_view topic, BytesView payload, Actions& actions) {
    if (payload.size() > protocol::max_message_bytes) {
        actions.push_back(
            Notice{"a message of " + std::to_string(payload.size()) + " bytes was refused unread"});
        return;
    }
    if (topic == protocol::topic::down(identity_.device)) {
        const auto down = protocol::parse<protocol::Down>(payload, "message from the hub");
        if (!down) {
            actions.push_back(Notice{down.error().message});
            return;
        }
        heard_ = true;
        switch (down->message_case()) {
            case protocol::Down::kHelloReply:
                hello_reply(now, down->hello_reply(), actions);
                break;
            case protocol::Down::kAck:
                uplink_.ack(now, down->ack(), actions);
                break;
            case protocol::Down::kSegment:
                feeds_.segment(now, down->segment(), actions);
                break;
            case protocol::Down::kManifest:
                fetcher_.manifest(now, down->manifest(), actions);
                break;
            case protocol::Down::kBlock:
                fetcher_.block(now, down->block(), actions);
                break;
            case protocol::Down::MESSAGE_NOT_SET:
                break;  // from a newer hub; nothing we asked for
        }
        return;
    }
    if (topic == protocol::topic::hub_presence()) {
        if (payload == protocol::absent) in_contact_ = false;
        // The hub came (back): do not wait for the next hello's turn.
        if (payload == protocol::present && connected_ && !in_contact_) say_hello(now, actions);
        return;
    }
    const auto sealed = protocol::parse<protocol::Signed>(payload, "feed message");
    if (!sealed) return;
    if (topic.find("/feed/") != std::string_view::npos) feeds_.segment(now, *sealed, actions);
    if (topic.find("/head/") != std::string_view::npos) feeds_.head(now, *sealed, actions);
}

void DeviceEngine::tick(Millis now, Actions& actions) {
    if (!connected_) return;
    if (uplink_.stalled(now)) {
        uplink_.pause();
        in_contact_ = false;
        say_hello(now, actions);
        return;
    }
    // Whatever else comes on a slow link shows that the hub is there, though its answer waits behind it.
    if (!heard_ && now - hello_at_ > hello_again_after) in_contact_ = false;
    const bool settled = in_contact_ && problem_.empty() && uplink_.running();
    const Millis patience = settled ? hello_anyway_after : hello_again_after;
    if (now - hello_at_ > patience) say_hello(now, actions);
    feeds_.tick(now, actions);
    fetcher_.tick(now, actions);
}

void DeviceEngine::appended(Millis now, Actions& actions) {
    uplink_.pump(now, actions);
}

void DeviceEngine::epoch_opened(Millis now, Actions& actions) {
    if (connected_) say_hello(now, actions);
}

void DeviceEngine::feed_failed(Millis now, const records::FeedId& feed) {
    feeds_.apply_failed(now, feed);
}

void DeviceEngine::feed_applied(Millis now, const records::FeedId& feed, std::uint64_t n, Actions& actions) {
    feeds_.applied(now, feed, n, actions);
}

void DeviceEngine::artifact_prepared(Millis now, std::vector<std::uint32_t> missing, Actions& actions) {
    fetcher_.prepared(now, std::move(missing), actions);
}

void DeviceEngine::block_written(Millis now, std::uint32_t block, Actions& actions) {
    fetcher_.written(now, block, actions);
}

void DeviceEngine::artifact_finished(Millis now, bool ok, MountedCity city, Actions& actions) {
    fetcher_.finished(ok, actions);
    if (!ok) return;
    mounted(std::move(city));
    if (connected_) say_hello(now, actions);  // asks for what changed since the snapshot was made
}

}  // namespace fieldpost::engine

#include "sync/engine/device_engine.hpp"

#include <algorithm>
#include <utility>

namespace fieldpost::engine {

namespace {

constexpr Millis hello_again_after = 5'000;
// A live subscription can be lost without a sign (a broker that forgot it): heads are compared this often.
constexpr Millis hello_anyway_after = 60'000;
// Where feeds may not go nothing is listened to that could be lost, and each hello is paid for.
constexpr Millis hello_without_feeds_after = 900'000;
constexpr unsigned hellos_of_a_dead_connection = 3;

// The best that both ends have; 0: none.
std::uint32_t common_dictionary(const protocol::HelloReply& reply) {
    for (const std::uint32_t ours : protocol::dictionaries) {
        if (std::ranges::find(reply.dictionaries(), ours) != reply.dictionaries().end()) return ours;
    }
    return 0;
}

FeedPlaces heads_of(const protocol::HelloReply& reply) {
    FeedPlaces heads;
    for (const auto& head : reply.heads()) {
        if (const auto feed = records::parse_feed(head.feed()))
            heads[*feed] = {head.hub_generation(), head.n()};
    }
    return heads;
}

// Whatever brought them about, messages leave in the order of their right of way; but none before or behind
// what is stored or subscribed between them.
void put_in_order(Actions& actions) {
    const auto is_message = [](const Action& action) { return std::holds_alternative<Publish>(action); };
    const auto carries = [](const Action& action) { return std::get<Publish>(action).carries; };
    for (auto first = actions.begin(); first != actions.end();) {
        first = std::find_if(first, actions.end(), is_message);
        const auto last = std::find_if_not(first, actions.end(), is_message);
        std::ranges::stable_sort(first, last, {}, carries);
        first = last;
    }
}

}  // namespace

DeviceEngine::DeviceEngine(DeviceIdentity identity, JournalView& journal, BlobView& blobs,
                           protocol::Signer& signer, UplinkLimits limits, BlobLimits blob_limits)
    : identity_(std::move(identity)),
      journal_(journal),
      signer_(signer),
      uplink_(identity_.device, journal, signer, credit_, limits),
      blobs_(identity_.device, blobs, blob_limits),
      feeds_(identity_.device, identity_.hub_public_key),
      fetcher_(identity_.device, identity_.hub_public_key, [this](std::uint64_t bytes) {
          return rights_.allows(SendClass::bulk) && (!bulk_rule_ || bulk_rule_(bytes));
      }) {}

void DeviceEngine::mounted(MountedCity city) {
    city_ = std::move(city);
    feeds_.mount(city_.snapshot_generation != 0, city_.feeds);
    deliveries_.mounted(hellos_);
    fetcher_.mounted(city_.snapshot_generation);
}

void DeviceEngine::connected(Millis now, Actions& actions) {
    disconnected();  // nothing of an earlier connection counts
    connected_ = true;
    first_of_connection_ = hellos_;
    hellos_in_vain_ = 0;
    say_hello(now, actions);
}

void DeviceEngine::disconnected() {
    connected_ = false;
    in_contact_ = false;
    uplink_.pause();
    blobs_.pause();
    feeds_.pause();
    fetcher_.pause();
    credit_.reset();
}

void DeviceEngine::say_hello(Millis now, Actions& actions) {
    hello_at_ = now;
    heard_ = false;
    notes_before_hello_ = journal_.notes();
    protocol::Hello hello;
    hello.set_protocol(protocol::version);
    hello.set_device(identity_.device);
    hello.set_version(identity_.version);
    hello.set_snapshot_generation(city_.snapshot_generation);
    hello.set_number(identity_.run + ++hellos_);
    hello.set_hub_generation(hub_generation_);
    if (hub_generation_ == 0 && !city_.feeds.empty())
        hello.set_hub_generation(city_.feeds.begin()->second.generation);
    for (const std::uint32_t dictionary : protocol::dictionaries) hello.add_dictionaries(dictionary);
    uplink_.describe(hello);
    feeds_.describe(hello);
    // They are true of what the feeds bring: where those may not go, nobody pays for them.
    if (city_.snapshot_generation != 0 && rights_.allows(SendClass::feed))
        hello.set_deliveries_mark(deliveries_.mark());
    auto sealed = protocol::seal(hello, signer_, protocol::plain);
    if (!sealed) {
        actions.push_back(Notice{"a hello cannot be signed: " + sealed.error().message});
        return;
    }
    protocol::Up up;
    *up.mutable_hello() = std::move(*sealed);
    actions.push_back(Publish{protocol::topic::up(identity_.device), up.SerializeAsString(), false});
}

// Hellos and answers overtake each other on their way. Only a hub that was restored goes back: it does so to
// a hello that was said after the newer state was heard.
bool DeviceEngine::is_overtaken(const protocol::HelloReply& reply, std::uint64_t number) {
    if (reply.desired().generation() < desired_ && number <= hellos_before_desired_) return true;
    if (reply.desired().generation() != desired_) hellos_before_desired_ = hellos_;
    desired_ = reply.desired().generation();
    return false;
}

void DeviceEngine::hello_reply(Millis now, const protocol::HelloReply& reply, Actions& actions) {
    if (!connected_) return;
    // On a slow link the answer to the hello before the last may come; one of another connection says
    // nothing.
    const std::uint64_t number = reply.number() - identity_.run;
    if (number <= first_of_connection_ || number > hellos_) return;
    const bool was_away = !std::exchange(in_contact_, true);
    problem_ = reply.problem();
    if (!problem_.empty()) {
        actions.push_back(Notice{"the hub says: " + problem_});
        return;
    }
    if (is_overtaken(reply, number)) return;
    NoteHub hub{reply.hub_generation(), std::nullopt};
    if (reply.has_attachments_safe()) hub.attachments_safe = reply.attachments_safe();
    if (hub != heard_hub_) {
        heard_hub_ = hub;
        actions.push_back(hub);
    }
    // Lost rights before anything else; then subscribed, because what the hub makes of our work comes back by
    // these feeds.
    note_rights(reply, actions);
    if (auto change = feeds_.reconcile(reply)) actions.push_back(std::move(*change));
    if (number == hellos_ && std::exchange(answered_, number) != number)
        feeds_.answered(now, now - hello_at_);
    feeds_.resume(now, reply, actions);
    if (uplink_.running() && number == hellos_ && uplink_.went_back(reply)) {
        uplink_.pause();
        return say_hello(now, actions);  // its answer is compared from the ground up
    }
    // Reply to a periodic hello: acknowledged work must not be sent again.
    if (!uplink_.running()) {
        uplink_.resume(reply, actions);
        offer_blobs(now);
    } else if (was_away) {
        offer_blobs(now);  // what it was sent meanwhile is lost: not to be waited for
    }
    if (uplink_.running()) {
        hub_generation_ = reply.hub_generation();
        uplink_.note_safe(reply, actions);
        if (number == hellos_) expect_in_city(reply);
    }
    deliveries_.heard(number, reply, heads_of(reply));
    look_at_city(actions);
    uplink_.use_dictionary(common_dictionary(reply));
    const bool usable =
        city_.snapshot_generation != 0 && !feeds_.generation_changed() && !feeds_.needs_snapshot();
    fetcher_.resume(now, reply.snapshot_generation(), !usable, actions);
    pump(now, actions);
}

void DeviceEngine::note_rights(const protocol::HelloReply& reply, Actions& actions) {
    if (!reply.has_desired()) return;
    std::set<records::FeedId> cleared;
    for (const auto& text : reply.desired().feeds()) {
        if (auto id = records::parse_feed(text)) cleared.insert(std::move(*id));
    }
    // With each answer: whoever keeps it may have been too busy, or not done with what it lost.
    actions.push_back(NoteRights{std::move(cleared)});
}

void DeviceEngine::expect_in_city(const protocol::HelloReply& reply) {
    InCity heard{notes_before_hello_, heads_of(reply)};
    // What was heard before is reached before it, also by a city that is always a little behind.
    if (!expected_ || !are_same_feeds(expected_->heads, heard.heads)) expected_ = std::move(heard);
}

void DeviceEngine::look_at_city(Actions& actions) {
    if (!expected_ && !deliveries_.waits()) return;
    const FeedPlaces city = feeds_.places();
    if (auto note = deliveries_.due(city)) actions.push_back(*std::move(note));
    if (!expected_ || !notes_in(city, *expected_)) return;
    const InCity& known = journal_.in_city();
    if (expected_->notes > known.notes || !notes_in(city, known))
        actions.push_back(NoteInCity{*std::move(expected_)});
    expected_.reset();
}

void DeviceEngine::from_hub(Millis now, const protocol::Down& down, Actions& actions) {
    const auto refused = [&](const Error& error) { actions.push_back(Notice{"refused: " + error.message}); };
    switch (down.message_case()) {
        case protocol::Down::kHelloReply: {
            const auto reply = protocol::open_as<protocol::HelloReply>(
                down.hello_reply(), identity_.hub_public_key, "answer to a hello");
            if (!reply) return refused(reply.error());
            heard_ = true;
            hello_reply(now, *reply, actions);
            return;
        }
        case protocol::Down::kAck: {
            const auto ack =
                protocol::open_as<protocol::Ack>(down.ack(), identity_.hub_public_key, "acknowledgement");
            if (!ack) return refused(ack.error());
            heard_ = true;
            uplink_.ack(now, *ack, actions);
            if (const Millis trip = credit_.round_trip(); trip > 0) feeds_.acknowledged(trip, actions);
            pump(now, actions);
            return;
        }
        case protocol::Down::kSegment:
            heard_ = true;
            feeds_.range(now, down.segment(), actions);
            return;
        case protocol::Down::kManifest:
            heard_ = true;
            fetcher_.manifest(now, down.manifest(), actions);
            return;
        case protocol::Down::kBlock:
            heard_ = true;
            fetcher_.block(now, down.block(), actions);
            return;
        case protocol::Down::kResendPlain:
            uplink_.resend_plain();
            pump(now, actions);
            return;
        case protocol::Down::kBlobState: {
            const auto state = protocol::open_as<protocol::BlobState>(
                down.blob_state(), identity_.hub_public_key, "answer about an attachment");
            if (!state) return refused(state.error());
            heard_ = true;
            if (state->hub_generation() != heard_hub_.generation) {
                // Of before a restore, or the first sign of one: what this hub has is heard from it alone.
                if (now - hello_at_ > hello_again_after) say_hello(now, actions);
                return;
            }
            const BlobReceipt receipt = blobs_.state(now, *state, actions);
            if (receipt.confirmed > 0) credit_.confirmed(now, receipt.confirmed, receipt.sent_at);
            credit_.lost(receipt.lost);
            pump(now, actions);
            return;
        }
        case protocol::Down::MESSAGE_NOT_SET:
            return;  // from a newer hub; nothing we asked for
    }
}

SendClass DeviceEngine::carried(BytesView down_payload) {
    protocol::Down down;
    if (!down.ParseFromArray(down_payload.data(), static_cast<int>(down_payload.size())))
        return SendClass::work;
    if (down.has_segment()) return SendClass::feed;
    if (down.has_manifest() || down.has_block()) return SendClass::bulk;
    return down.has_blob_state() ? SendClass::attachments : SendClass::work;
}

void DeviceEngine::on_the_way(Millis now, std::size_t bytes, double round_trip, Actions& actions) {
    credit_.on_the_way(now, bytes, round_trip);
    if (credit_.room() > 0) pump(now, actions);
}

void DeviceEngine::pump(Millis now, Actions& actions) {
    if (!uplink_.running()) {
        feeds_.give_way(false);
        return;
    }
    if (rights_.allows_positions() || !uplink_.sent_by_people()) uplink_.pump(now, protocol::URGENT, actions);
    if (rights_.allows(SendClass::work)) uplink_.pump(now, protocol::WORK, actions);
    const bool work_waits = rights_.allows(SendClass::work) && !uplink_.all_sent(protocol::WORK);
    feeds_.give_way(work_waits);
    if (work_waits) return;
    if (rights_.allows(SendClass::thumbnails)) pump_blobs(now, true, actions);
    if (rights_.allows(SendClass::attachments)) pump_blobs(now, false, actions);
    if (rights_.allows(SendClass::telemetry)) uplink_.pump(now, protocol::TELEMETRY, actions);
}

void DeviceEngine::pump_blobs(Millis now, bool thumbnails, Actions& actions) {
    while (const std::size_t room = credit_.room()) {
        auto message = blobs_.next(now, thumbnails, room);
        if (!message) return;
        message->carries = thumbnails ? SendClass::thumbnails : SendClass::attachments;
        credit_.sent(now, message->payload.size());
        actions.push_back(std::move(*message));
    }
}

void DeviceEngine::offer_blobs(Millis now) {
    credit_.lost(blobs_.outstanding());
    blobs_.resume(now);
}

void DeviceEngine::blobs_offered_again(Millis now, Actions& actions) {
    if (!uplink_.running()) return;  // they are offered with the next answer
    offer_blobs(now);
    pump(now, actions);
}

void DeviceEngine::blobs_added(Millis now, Actions& actions) {
    blobs_.added();
    pump(now, actions);
}

void DeviceEngine::set_rights(Millis now, SendRights rights, Actions& actions) {
    const auto gains = [&](SendClass what) { return rights.allows(what) && !rights_.allows(what); };
    // The hub's heads and its newest snapshot are heard with the answer.
    const bool hello = connected_ && (gains(SendClass::feed) || gains(SendClass::bulk));
    rights_ = rights;
    feeds_.allow(rights_.allows(SendClass::feed), actions);
    if (hello) say_hello(now, actions);
    pump(now, actions);
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
        from_hub(now, *down, actions);
        put_in_order(actions);
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

// For a position alone no connection is given up, and nobody is asked more often.
bool DeviceEngine::urgent_waits() const {
    return journal_.last_by_people() > journal_.noted(protocol::URGENT);
}

Millis DeviceEngine::hello_patience(bool settled) const {
    const bool feeds = rights_.allows(SendClass::feed);
    const Millis longest = feeds ? hello_anyway_after : hello_without_feeds_after;
    if (settled) return longest;
    if (feeds || (urgent_waits() && problem_.empty())) return hello_again_after;
    return std::min(hello_again_after << std::min(hellos_in_vain_, 8U), longest);
}

bool DeviceEngine::is_cut_off() const {
    return connected_ && !in_contact_ && hellos_in_vain_ >= hellos_of_a_dead_connection && urgent_waits();
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
    if (settled) hellos_in_vain_ = 0;
    if (now - hello_at_ > hello_patience(settled)) {
        if (!settled) ++hellos_in_vain_;
        // Answers may go nowhere: before it is asked again.
        if (!heard_) actions.push_back(SubscribeAgain{});
        say_hello(now, actions);
    }
    feeds_.tick(now, actions);
    fetcher_.tick(now, actions);
    if (blobs_.stalled(now)) credit_.lost(blobs_.ask_again(now));
    pump(now, actions);
    put_in_order(actions);
}

void DeviceEngine::appended(Millis now, Actions& actions) {
    pump(now, actions);
}

void DeviceEngine::epoch_opened(Millis now, Actions& actions) {
    uplink_.pause();  // what it knew was said of other numbers
    if (connected_) say_hello(now, actions);
}

void DeviceEngine::feed_failed(Millis now, const records::FeedId& feed, ErrorCode why) {
    feeds_.apply_failed(now, feed, why);
}

void DeviceEngine::feed_applied(Millis now, const records::FeedId& feed, const FeedPoint& reached,
                                Actions& actions) {
    feeds_.applied(now, feed, reached, actions);
    look_at_city(actions);
}

void DeviceEngine::feeds_changed(Millis now, MountedCity city, Actions& actions) {
    mounted(std::move(city));
    if (connected_) say_hello(now, actions);
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

#include "tests/fuzz/device_bench.hpp"

#include <algorithm>

namespace fieldpost::fuzz {

using protocol::Lane;

DeviceBench::DeviceBench(City city)
    : device_({"truck-1", hub_key().public_key(), "1.0", 0}, journal_, blobs_, truck_key()) {
    for (int i = 0; i < 3; ++i) record(protocol::WORK, "note " + std::to_string(i));
    record(protocol::URGENT, "help");
    blobs_.add(5000);
    if (city == City::mounted) {
        city_ = {5, {{general, {hub_generation, 10, 10}}, {fire, {hub_generation, 10, 10}}}};
        device_.mounted(city_);
    }
    reconnect();
}

template <class F>
void DeviceBench::drive(F&& call) {
    engine::Actions actions;
    call(actions);
    for (const auto& action : actions) {
        std::visit([this](const auto& one) { this->carry_out(one); }, action);
    }
    check_state();
}

void DeviceBench::receive(std::string_view topic, BytesView payload) {
    drive([&](engine::Actions& actions) { device_.message(now_, topic, payload, actions); });
}

std::vector<std::uint64_t> DeviceBench::state() {
    std::vector<std::uint64_t> out;
    for (const auto& [feed, known] : device_.feeds().feeds()) {
        out.push_back(known.cursor);
        out.push_back(known.head);
    }
    for (const Lane lane : engine::lanes_by_priority) out.push_back(device_.uplink().acknowledged(lane));
    out.insert(out.end(),
               {device_.feeds().generation_changed() ? 1U : 0U, device_.fetcher().fetching() ? 1U : 0U,
                device_.fetcher().blocks_total(), device_.uplink().running() ? 1U : 0U,
                device_.in_contact() ? 1U : 0U, device_.hub().generation, device_.credit().outstanding(),
                device_.blobs().outstanding(), device_.blobs().sending(), device_.problem().size()});
    return out;
}

void DeviceBench::receive_forged(std::string_view topic, BytesView payload) {
    const auto before = state();
    drive([&](engine::Actions& actions) {
        device_.message(now_, topic, payload, actions);
        for (const auto& action : actions) {
            must(std::holds_alternative<engine::Notice>(action), "what the hub did not sign has no effect");
        }
    });
    must(state() == before, "what the hub did not sign changes nothing");
}

void DeviceBench::receive_raw(unsigned choice, BytesView payload) {
    const std::array<std::string, 6> topics{
        down_topic(),
        protocol::topic::feed(general),
        protocol::topic::feed_head(fire),
        protocol::topic::hub_presence(),
        protocol::topic::up("truck-1"),
        std::string(payload.substr(0, 40)),
    };
    receive(topics[choice % topics.size()], payload);
}

protocol::HelloReply DeviceBench::sound_reply() {
    protocol::HelloReply reply;
    reply.set_protocol(protocol::version);
    reply.set_hub_generation(hub_generation);
    reply.set_number(hello_.number());
    for (const std::uint32_t dictionary : protocol::dictionaries) reply.add_dictionaries(dictionary);
    for (const auto& said : hello_.lanes()) {
        auto& position = *reply.add_lanes();
        position.set_lane(said.lane());
        position.set_epoch(said.epoch());
        position.set_seq(said.noted());
        position.set_noted(said.noted());
        if (said.epoch() == disk_.epoch) position.set_hash(our_hash(said.lane(), said.noted()));
    }
    for (const auto& feed : {general, fire}) {
        reply.mutable_desired()->add_feeds(records::feed_text(feed));
        const auto known = device_.feeds().feeds().find(feed);
        auto& head = *reply.add_heads();
        head.set_feed(records::feed_text(feed));
        head.set_hub_generation(hub_generation);
        head.set_n(known == device_.feeds().feeds().end() ? 10 : known->second.head);
    }
    return reply;
}

Bytes DeviceBench::our_hash(Lane lane, std::uint64_t seq) {
    if (std::ranges::find(engine::lanes_by_priority, lane) == engine::lanes_by_priority.end()) return {};
    if (seq == 0) return protocol::chain_start("truck-1", disk_.epoch, lane);
    const auto& entries = disk_.lane(lane);
    return seq <= entries.size() ? entries[seq - 1].hash : Bytes();
}

void DeviceBench::record(Lane lane, BytesView operation) {
    disk_.append(lane, Bytes(operation));
    ++recorded_;
    journal_.refresh();
    drive([&](engine::Actions& actions) { device_.appended(now_, actions); });
}

void DeviceBench::attach(std::size_t bytes, bool thumbnail) {
    if (blobs_.order.size() >= 100) return;
    blobs_.add(bytes, thumbnail);
    drive([&](engine::Actions& actions) { device_.blobs_added(now_, actions); });
}

void DeviceBench::tick(engine::Millis after) {
    now_ += after;
    drive([&](engine::Actions& actions) { device_.tick(now_, actions); });
}

void DeviceBench::reconnect() {
    drive([&](engine::Actions& actions) { device_.connected(now_, actions); });
    receive(down_of<protocol::HelloReply>(sound_reply().SerializeAsString(), hub_key()));
}

void DeviceBench::set_rights(unsigned which) {
    constexpr std::array all{engine::SendClass::work,       engine::SendClass::feed,
                             engine::SendClass::thumbnails, engine::SendClass::attachments,
                             engine::SendClass::telemetry,  engine::SendClass::bulk};
    auto rights = engine::SendRights::all();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (which >> i & 1U) rights.forbid(all[i]);
    }
    drive([&](engine::Actions& actions) { device_.set_rights(now_, rights, actions); });
}

void DeviceBench::make_room() {
    for (const Lane lane : engine::lanes_by_priority) disk_.trim(lane, safe_[static_cast<std::size_t>(lane)]);
    journal_.refresh();
}

void DeviceBench::end_city_write(bool ok) {
    if (city_writes_.empty()) return;
    const auto oldest = std::move(city_writes_.front());
    city_writes_.pop_front();
    std::visit([&](const auto& write) { end(write, ok); }, oldest);
}

void DeviceBench::end(const Segment& segment, bool ok) {
    const auto feed = city_.feeds.find(segment.feed);
    if (!ok || feed == city_.feeds.end() || feed->second.generation != segment.generation ||
        feed->second.cursor < segment.after) {
        device_.feed_failed(now_, segment.feed, ok ? ErrorCode::conflict : ErrorCode::full);
        return;
    }
    std::uint64_t& cursor = feed->second.cursor;
    cursor = std::max(cursor, segment.through);
    drive([&](engine::Actions& actions) { device_.feed_applied(now_, segment.feed, {cursor, 0}, actions); });
}

void DeviceBench::end(const engine::ChangeFeeds& change, bool ok) {
    if (!ok) {
        device_.feeds_not_changed(now_);
        return;
    }
    for (const auto& feed : change.drop) city_.feeds.erase(feed);
    for (const auto& feed : change.again) city_.feeds.erase(feed);
    for (const auto& list : {change.add, change.again}) {
        for (const auto& feed : list) city_.feeds.try_emplace(feed, engine::FeedState{change.hub_generation});
    }
    cursors_.clear();
    drive([&](engine::Actions& actions) { device_.feeds_changed(now_, city_, actions); });
}

void DeviceBench::end_epoch() {
    if (!epoch_wanted_) return;
    disk_.open_epoch(disk_.epoch, next_epoch_++, epoch_wanted_->held, epoch_wanted_->earlier);
    epoch_wanted_.reset();
    safe_ = {};
    journal_.refresh();
    drive([&](engine::Actions& actions) { device_.epoch_opened(now_, actions); });
}

void DeviceBench::end_prepare(unsigned missing_from, unsigned missing_step) {
    if (!preparing_) return;
    preparing_ = false;
    std::vector<std::uint32_t> missing;
    const auto count = static_cast<std::uint32_t>(manifest_->blocks_size());
    for (std::uint32_t block = missing_from; block < count && missing.size() < 1000;
         block += missing_step + 1) {
        missing.push_back(block);
    }
    missing_ = {missing.begin(), missing.end()};
    writing_.clear();
    drive([&](engine::Actions& actions) { device_.artifact_prepared(now_, std::move(missing), actions); });
}

void DeviceBench::end_write() {
    if (writing_.empty()) return;
    const std::uint32_t block = writing_.back();
    writing_.pop_back();
    drive([&](engine::Actions& actions) { device_.block_written(now_, block, actions); });
}

void DeviceBench::end_artifact(bool ok) {
    if (!finishing_) return;
    finishing_ = false;
    const std::uint64_t generation = manifest_->generation();
    manifest_.reset();
    if (ok) {
        city_ = {generation, {{general, {hub_generation, 3, 3}}}};
        city_writes_.clear();
        cursors_.clear();
    }
    drive([&](engine::Actions& actions) { device_.artifact_finished(now_, ok, city_, actions); });
}

void DeviceBench::carry_out(const engine::Publish& publish) {
    must(publish.topic == protocol::topic::up("truck-1"), "a device writes to its own topic");
    must(publish.payload.size() <= protocol::max_message_bytes, "nothing larger than a message is sent");
    protocol::Up up;
    must(up.ParseFromString(publish.payload), "what a device sends can be read");
    must_reencode(up);
    if (up.has_hello()) check_hello(up.hello());
    if (up.has_batch()) check_batch(up.batch());
    if (up.has_feed_request()) {
        const auto feed = records::parse_feed(up.feed_request().feed());
        must(feed && device_.feeds().feeds().contains(*feed), "a device asks for feeds that it follows");
        must(up.feed_request().after() >= device_.feeds().feeds().at(*feed).cursor,
             "a device asks for what it lacks");
    }
    for (const std::uint32_t block : up.block_request().blocks()) {
        must(manifest_ && missing_.contains(block), "a device asks for blocks that its draft lacks");
    }
    must(up.block_request().blocks_size() <= 32, "no more than 32 blocks are on their way");
    if (up.has_blob_offer()) {
        const auto known = blobs_.blobs.find(up.blob_offer().sha256());
        must(known != blobs_.blobs.end() && known->second.first.size() == up.blob_offer().bytes(),
             "an attachment is offered as it is");
    }
    if (up.has_blob_chunk()) {
        const auto& chunk = up.blob_chunk();
        const auto known = blobs_.blobs.find(chunk.sha256());
        must(known != blobs_.blobs.end() && !chunk.content().empty() &&
                 chunk.content().size() <= engine::max_chunk_bytes &&
                 chunk.offset() < known->second.first.size() &&
                 known->second.first.compare(chunk.offset(), chunk.content().size(), chunk.content()) == 0,
             "an attachment is sent as it is");
    }
}

void DeviceBench::check_hello(const protocol::Signed& sealed) {
    auto hello = protocol::open_as<protocol::Hello>(sealed, truck_key().public_key(), "hello");
    must(hello.has_value() && hello->device() == "truck-1", "a hello is signed by its device");
    must(hello->number() > hello_.number(), "each hello has a number of its own");
    must(hello->lanes_size() >= 3 && hello->lanes_size() <= 32, "a hello lists as much as a hub reads");
    for (const auto& lane : hello->lanes()) {
        must(lane.noted() <= lane.seq() && lane.parked_size() <= 100, "a hello says what the journal knows");
        must(lane.epoch() != disk_.epoch || lane.first() <= lane.noted() || lane.first() == 1,
             "what is not known to be at the hub is held");
    }
    must(hello->feeds_size() == static_cast<int>(device_.feeds().feeds().size()),
         "a hello lists what is followed");
    hello_ = std::move(*hello);
}

void DeviceBench::check_batch(const protocol::Signed& sealed) {
    const auto batch = protocol::open_as<protocol::Batch>(sealed, truck_key().public_key(), "batch");
    must(batch.has_value(), "a batch is signed by its device");
    must(batch->epoch() == disk_.epoch && batch->first_seq() > 0 && batch->entries_size() > 0,
         "a batch is of the open epoch and not empty");
    must(batch->hash_before() == our_hash(batch->lane(), batch->first_seq() - 1), "a batch joins its chain");
    const auto& lane = disk_.state(batch->lane());
    const std::uint64_t before = batch->first_seq() - 1;
    must(before >= lane.trimmed &&
             before + static_cast<std::uint64_t>(batch->entries_size()) <= lane.entries.size(),
         "a batch is taken from what the journal holds");
    for (int i = 0; i < batch->entries_size(); ++i) {
        const auto& entry = lane.entries[before + static_cast<std::size_t>(i)];
        must(entry.operation == batch->entries(i).operation(), "operations are sent as they were recorded");
        must(entry.origin.has_value() == batch->entries(i).has_origin() &&
                 (!entry.origin ||
                  entry.origin->SerializeAsString() == batch->entries(i).origin().SerializeAsString()),
             "an operation keeps its first place");
    }
}

void DeviceBench::carry_out(const engine::SubscribeFeeds& subscribe) {
    for (const auto& feed : subscribe.feeds) {
        must(device_.feeds().feeds().contains(feed), "only feeds of the mounted city are listened to");
    }
}

void DeviceBench::carry_out(const engine::ChangeFeeds& change) {
    const auto& followed = device_.feeds().feeds();
    std::set<records::FeedId> named;
    const auto check = [&](const std::vector<records::FeedId>& list, bool still_followed) {
        for (const auto& feed : list) {
            must(named.insert(feed).second, "a feed changes in one way");
            must(followed.contains(feed) == still_followed, "a feed changes that is not so already");
        }
    };
    check(change.drop, false);
    check(change.add, false);
    check(change.again, true);
    must(!named.empty(), "a change of feeds changes one");
    city_writes_.emplace_back(change);
}

void DeviceBench::carry_out(const engine::NoteHub& note) {
    must(note == device_.hub(), "the hub that answers is noted");
    const bool is_another = known_hub_ != 0 && known_hub_ != note.generation;
    known_hub_ = note.generation;
    if (!is_another) return;
    blobs_.done.clear();
    drive([&](engine::Actions& actions) { device_.blobs_offered_again(now_, actions); });
}

void DeviceBench::carry_out(const engine::NoteBlob& note) {
    must(blobs_.blobs.contains(note.sha256) && !blobs_.done.contains(note.sha256),
         "an attachment that waits is delivered or refused");
    must(note.complete == note.problem.empty(), "what is refused is refused for a reason");
    blobs_.carry_out(note);
}

void DeviceBench::carry_out(const engine::NoteAck& note) {
    const protocol::Ack& ack = note.ack;
    const auto& applied = ack.applied();
    must(applied.epoch() == disk_.epoch && applied.seq() <= disk_.lane(applied.lane()).size() &&
             applied.hash() == our_hash(applied.lane(), applied.seq()),
         "the hub has proved that it holds what we recorded");
    const auto count = static_cast<std::uint64_t>(ack.versions_size());
    must(ack.first_seq() > 0 && count <= applied.seq() && ack.first_seq() - 1 <= applied.seq() - count,
         "results are noted of operations that the hub has applied, and of no others");
    disk_.note(ack);
    journal_.refresh();
}

void DeviceBench::carry_out(const engine::NoteInCity& note) {
    must(note.known.notes <= disk_.notes, "the city holds nothing that was not noted");
    disk_.in_city = note.known;
}

void DeviceBench::carry_out(const engine::NoteDeliveries& note) {
    must(note.mark != 0, "deliveries have a mark");
    device_.deliveries_noted(note.mark);
}

void DeviceBench::carry_out(const engine::NoteSafe& note) {
    const auto& position = note.position;
    must(position.safe() > 0 && position.safe() <= position.seq(), "what is safe is applied");
    if (position.epoch() != disk_.epoch) return;
    must(position.seq() <= disk_.lane(position.lane()).size() &&
             position.hash() == our_hash(position.lane(), position.seq()),
         "what is safe is ours");
    std::uint64_t& safe = safe_[static_cast<std::size_t>(position.lane())];
    safe = std::max(safe, position.safe());
}

void DeviceBench::carry_out(const engine::OpenEpoch& open) {
    for (const auto& [lane, through] : open.held) {
        must(through <= journal_.noted(lane),
             "a new epoch leaves behind only what the hub has proved to hold");
    }
    for (const auto& lost : open.earlier) {
        const auto epoch = disk_.epochs.find(lost.epoch());
        must(epoch != disk_.epochs.end() && lost.epoch() != disk_.epoch &&
                 lost.seq() < epoch->second[static_cast<std::size_t>(lost.lane())].noted,
             "of an earlier epoch comes what the hub held and lost");
    }
    epoch_wanted_ = open;
}

void DeviceBench::carry_out(const engine::ApplySegment& apply) {
    const auto& segment = apply.segment;
    const auto known = device_.feeds().feeds().find(apply.feed);
    must(known != device_.feeds().feeds().end() && segment.feed() == records::feed_text(apply.feed) &&
             segment.hub_generation() == known->second.generation,
         "a segment is applied to its own feed");
    must(segment.after() == known->second.cursor && segment.through() > segment.after(),
         "a segment that is applied joins the cursor and goes beyond it");
    std::uint64_t last = segment.after();
    for (const auto& entry : segment.entries()) {
        must(entry.n() > last, "entries ascend");
        last = entry.n();
        const auto row = protocol::from_wire(entry.row(), apply.feed.layer);
        if (!row) continue;  // what the city cache would refuse
        const auto again = protocol::from_wire(protocol::to_wire(*row), apply.feed.layer);
        must(again.has_value() && *again == *row, "a row that was accepted re-encodes to itself");
        must(row->record > 0 && row->version >= 0 && row->property >= 0 && row->link_confidence <= 100,
             "a row's numbers are in their range");
    }
    must(last <= segment.through(), "entries end where the segment ends");
    must_reencode(segment);
    city_writes_.emplace_back(
        Segment{apply.feed, segment.hub_generation(), segment.after(), segment.through()});
}

void DeviceBench::carry_out(const engine::PrepareArtifact& prepare) {
    const auto& manifest = prepare.manifest;
    must(manifest.kind() == "snapshot" && manifest.block_bytes() > 0 && manifest.bytes() > 0,
         "only what we know how to mount is fetched");
    const auto count = static_cast<std::uint64_t>(manifest.blocks_size());
    must(count > 0 && manifest.bytes() > (count - 1) * manifest.block_bytes() &&
             manifest.bytes() <= count * manifest.block_bytes(),
         "the blocks of a manifest add up to its size");
    protocol::Signed sealed;
    must(sealed.ParseFromString(prepare.signed_manifest), "the manifest is kept as it was signed");
    const auto kept = protocol::open_as<protocol::Manifest>(sealed, hub_key().public_key(), "manifest");
    must(kept.has_value() && kept->SerializeAsString() == manifest.SerializeAsString(),
         "the kept manifest is the one that is fetched");
    must_reencode(manifest);
    manifest_ = manifest;
    preparing_ = true;
    finishing_ = false;
}

void DeviceBench::carry_out(const engine::WriteBlock& write) {
    must(manifest_ && write.block < static_cast<std::uint32_t>(manifest_->blocks_size()),
         "a block has its place in the manifest");
    must(write.content.size() <= manifest_->block_bytes(), "a block is not larger than the manifest says");
    must(sha256(write.content) == manifest_->blocks(static_cast<int>(write.block)).sha256(),
         "a block is what the manifest says");
    must(missing_.erase(write.block) == 1, "a block is written once, and only if the draft lacks it");
    writing_.push_back(write.block);
}

void DeviceBench::carry_out(const engine::FinishArtifact& finish) {
    must(manifest_ && finish.manifest.generation() == manifest_->generation(),
         "the artifact that was begun ends");
    must(missing_.empty() && writing_.empty(), "an artifact is finished when every block is written");
    finishing_ = true;
}

void DeviceBench::check_state() {
    for (const auto& [feed, followed] : device_.feeds().feeds()) {
        const auto known = city_.feeds.find(feed);
        must(known != city_.feeds.end() && followed.cursor <= known->second.cursor,
             "a cursor is where the city is, or behind it");
        std::uint64_t& cursor = cursors_[feed];
        must(followed.cursor >= cursor, "a cursor never goes back");
        cursor = followed.cursor;
    }
    must(device_.fetcher().blocks_done() <= device_.fetcher().blocks_total(),
         "no more blocks are done than there are");
    must(device_.credit().outstanding() >= device_.blobs().outstanding(),
         "what is on its way counts against the credit");
    std::size_t kept = 0;
    for (const Lane lane : engine::lanes_by_priority) {
        kept += disk_.all(lane).size();
        must(!device_.uplink().running() || device_.uplink().acknowledged(lane) <= journal_.last_seq(lane),
             "the hub acknowledges what was recorded");
    }
    must(kept == recorded_, "no recorded operation is lost");
}

}  // namespace fieldpost::fuzz

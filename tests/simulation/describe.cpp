#include "tests/simulation/describe.hpp"

#include <algorithm>
#include <vector>

#include "sync/base/crypto.hpp"
#include "tests/simulation/key_signer.hpp"

namespace fieldpost::simulation {

namespace {

const std::string hub = "hub";

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// Epochs and generations are large random numbers: their last digits tell them apart.
std::string shortly(std::uint64_t value) {
    return "…" + number(value % 10'000);
}

// Keys follow from names: whoever says to have signed it has, or it is empty.
template <class M>
M unsealed(const protocol::Signed& sealed, const std::string& signer) {
    auto message = protocol::open_as<M>(sealed, KeySigner(signer).public_key(), "message");
    return message ? std::move(*message) : M();
}

std::string position_text(const protocol::LanePosition& position) {
    return protocol::lane_name(position.lane()) + " " + number(position.seq()) + " (" +
           to_hex(position.hash().substr(0, 2)) + ")";
}

Described describe_hello(const protocol::Hello& hello) {
    std::string text = "hello " + number(hello.number() % 10'000) + ":";
    if (hello.lanes_size() > 0) text += " epoch " + shortly(hello.lanes(0).epoch());
    for (const auto& lane : hello.lanes())
        text += " " + position_text(lane) + " noted " + number(lane.noted()) + ";";
    text += " snapshot " + number(hello.snapshot_generation());
    for (const auto& feed : hello.feeds()) text += " " + feed.feed() + " " + number(feed.n());
    return {{}, text};
}

Described describe_batch(const protocol::Batch& batch) {
    std::string text = "batch " + protocol::lane_name(batch.lane()) + " epoch " + shortly(batch.epoch()) +
                       " " + number(batch.first_seq()) + ".." +
                       number(batch.first_seq() + static_cast<std::uint64_t>(batch.entries_size()) - 1) + ":";
    for (const auto& entry : batch.entries()) {
        text += " " + operation_id(entry.operation());
        if (entry.has_origin())
            text += "(from " + shortly(entry.origin().epoch()) + " " + number(entry.origin().seq()) + ")";
    }
    return {{{}, batch.lane(), {}, {}}, text};
}

Described describe_segment(const protocol::FeedSegment& segment) {
    std::string text = "segment " + segment.feed() + " " + number(segment.after()) + ".." +
                       number(segment.through()) + " of " + number(segment.head()) + ":";
    for (const auto& entry : segment.entries()) {
        text += " " + number(entry.n()) + (entry.remove() ? "-" : "+") + number(entry.row().record() % 1000) +
                "v" + number(entry.row().version());
    }
    return {{{}, 0, segment.feed(), {}}, text};
}

Described describe_up(const protocol::Up& up, const std::string& device) {
    switch (up.message_case()) {
        case protocol::Up::kHello:
            return describe_hello(unsealed<protocol::Hello>(up.hello(), device));
        case protocol::Up::kBatch:
            return describe_batch(unsealed<protocol::Batch>(up.batch(), device));
        case protocol::Up::kFeedRequest:
            return {{{}, 0, up.feed_request().feed(), {}},
                    "asks for " + up.feed_request().feed() + " after " + number(up.feed_request().after())};
        case protocol::Up::kManifestRequest:
            return {{{}, 0, "snapshot", {}}, "asks for a manifest"};
        case protocol::Up::kBlockRequest:
            return {{},
                    "asks for " + number(static_cast<std::uint64_t>(up.block_request().blocks_size())) +
                        " blocks"};
        default:
            return {{}, "another message"};
    }
}

Described describe_down(const protocol::Down& down) {
    switch (down.message_case()) {
        case protocol::Down::kHelloReply: {
            const auto reply = unsealed<protocol::HelloReply>(down.hello_reply(), hub);
            std::string text = "reply to " + number(reply.number() % 10'000) + ":";
            for (const auto& lane : reply.lanes()) text += " " + position_text(lane) + ";";
            text += " snapshot " + number(reply.snapshot_generation()) + " desired " +
                    number(reply.desired().generation()) + " " + reply.problem();
            for (const auto& head : reply.heads()) text += " " + head.feed() + " " + number(head.n());
            return {{}, text};
        }
        case protocol::Down::kAck: {
            const auto ack = unsealed<protocol::Ack>(down.ack(), hub);
            std::string text = "ack " + position_text(ack.applied()) + " epoch " +
                               shortly(ack.applied().epoch()) + ", results from " + number(ack.first_seq()) +
                               ": " + number(static_cast<std::uint64_t>(ack.versions_size()));
            for (const auto& exception : ack.exceptions())
                text += " " + number(exception.seq()) + " " + outcome_text(exception.outcome());
            return {{{}, ack.applied().lane(), {}, {}}, text};
        }
        case protocol::Down::kSegment:
            return describe_segment(unsealed<protocol::FeedSegment>(down.segment(), hub));
        case protocol::Down::kManifest:
            return {{{}, 0, "snapshot", {}},
                    "manifest " + number(unsealed<protocol::Manifest>(down.manifest(), hub).generation())};
        case protocol::Down::kBlock:
            return {{{}, 0, "snapshot", {}},
                    "block " + number(down.block().block()) + " " + down.block().problem()};
        default:
            return {{}, "another message"};
    }
}

}  // namespace

std::string operation_id(BytesView body) {
    protocol::Operation operation;
    if (operation.ParseFromArray(body.data(), static_cast<int>(body.size())) && !operation.id().empty())
        return operation.id();
    return "unreadable " + to_hex(sha256(body).substr(0, 4));
}

std::string outcome_text(protocol::Outcome outcome) {
    std::string text = protocol::Outcome_Name(outcome);
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string difference(const Rows& held, const Rows& right) {
    const auto text = [](const Rows& rows, std::uint64_t record) {
        const auto row = rows.find(record);
        return row == rows.end() ? std::string("none") : "version " + number(row->second.version);
    };
    std::vector<std::uint64_t> all;
    for (const auto& [record, row] : held) all.push_back(record);
    for (const auto& [record, row] : right) all.push_back(record);
    for (const std::uint64_t record : all) {
        const auto one = held.find(record);
        const auto other = right.find(record);
        if (one != held.end() && other != right.end() && one->second == other->second) continue;
        return "record " + number(record) + " " + text(held, record) + ", at the hub " + text(right, record);
    }
    return "nothing";
}

Bytes payload_of(const protocol::Signed& sealed) {
    if (!sealed.zstd()) return sealed.payload();
    auto unfolded = protocol::unfold(sealed.payload());
    return unfolded ? std::move(*unfolded) : Bytes();
}

Described describe(const std::string& topic, BytesView payload) {
    const auto read = [&](auto& message) {
        return message.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
    };
    if (topic.find("/up/") != std::string::npos) {
        protocol::Up up;
        if (!read(up)) return {{}, "a damaged message"};
        const std::string device = protocol::topic::device_of_up(topic);
        Described out = describe_up(up, device);
        out.about.device = device;
        return out;
    }
    if (const auto at = topic.find("/down/"); at != std::string::npos) {
        protocol::Down down;
        if (!read(down)) return {{}, "a damaged message"};
        Described out = describe_down(down);
        out.about.device = topic.substr(at + 6);
        return out;
    }
    protocol::Signed sealed;
    if (topic.find("/feed/") != std::string::npos && read(sealed))
        return describe_segment(unsealed<protocol::FeedSegment>(sealed, hub));
    if (topic.find("/head/") != std::string::npos && read(sealed)) {
        const auto head = unsealed<protocol::FeedHead>(sealed, hub);
        return {{{}, 0, head.head().feed(), {}},
                "head of " + head.head().feed() + " " + number(head.head().n())};
    }
    return {{}, topic.substr(topic.rfind('/') + 1) + " is " + std::string(payload)};
}

}  // namespace fieldpost::simulation

// Encoding, signing and bounds of the messages in wire.proto and journal.proto. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "sync/base/bytes.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/result.hpp"
#include "sync/protocol/dictionary.hpp"
#include "sync/protocol/journal.pb.h"
#include "sync/protocol/wire.pb.h"
#include "sync/records/layer.hpp"

namespace fieldpost::protocol {

inline constexpr std::uint32_t version = 1;

// Nothing larger is sent, and anything larger that is received is refused unread.
inline constexpr std::size_t max_message_bytes = 1U << 20U;
// What a signed payload may unfold to.
inline constexpr std::size_t max_payload_bytes = 8U << 20U;
// A batch comes from a device, and an entry of two bytes takes many times that in memory.
inline constexpr std::size_t max_batch_bytes = 1U << 20U;
// A hello comes from a device, too: the lanes and feeds that it lists are many times larger in memory.
inline constexpr std::size_t max_hello_bytes = 256U << 10U;
inline constexpr std::size_t max_operation_bytes = 64U << 10U;
inline constexpr std::uint32_t block_bytes = 256U << 10U;

// Retained on the presence topics; the broker publishes the second when a program vanishes.
inline constexpr std::string_view present = "present";
inline constexpr std::string_view absent = "absent";

namespace topic {
// "fieldpost/1/up/{partition}/{device}"; the partition spreads devices over hub workers.
std::string up(std::string_view device);
std::string up_filter();
std::string down(std::string_view device);
std::string feed(const records::FeedId& feed);
std::string feed_head(const records::FeedId& feed);
std::string hub_presence();
std::string device_presence(std::string_view device);
// The device in an up topic; empty when it is not one.
std::string device_of_up(std::string_view topic);
}  // namespace topic

// 1 to 64 characters of a-z 0-9 - : safe in topics, file names and URLs.
bool is_device_id(std::string_view text);

// Who can sign with a key it does not show: a device's or the hub's keystore.
class Signer {
  public:
    virtual ~Signer() = default;
    // Fails when the keystore does not answer.
    virtual Result<Bytes> sign(BytesView message) = 0;
};

// How a payload is made small.
struct Packing {
    bool zstd = false;
    std::uint32_t dictionary = 0;  // instead of plain zstd; 0: none. An unknown one is no dictionary.
    Effort effort = Effort::quick;
};
inline constexpr Packing plain{};
inline constexpr Packing packed{true};

Result<Signed> seal(const google::protobuf::Message& message, Signer& signer, Packing packing);
// Checks that `public_key` signed this payload as a message of that type (its protobuf full name), then
// unfolds it within max_payload_bytes, a batch within max_batch_bytes, a hello within max_hello_bytes.
// refused: the signature does not hold; corrupt, full: the payload does not unfold; unavailable: a dictionary
// that this program does not have.
Result<Bytes> open(const Signed& sealed, BytesView public_key, std::string_view type);

// The payload of a Signed that is trusted for another reason, unfolded within max_payload_bytes.
Result<Bytes> unfold(BytesView zstd_payload);

template <class M>
Result<M> parse(BytesView bytes, std::string_view what) {
    M message;
    if (bytes.size() > max_payload_bytes ||
        !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(ErrorCode::corrupt, "damaged " + std::string(what));
    }
    return message;
}

// open() and parse().
template <class M>
Result<M> open_as(const Signed& sealed, BytesView public_key, std::string_view what) {
    auto payload = open(sealed, public_key, M::descriptor()->full_name());
    if (!payload) return payload.error();
    return parse<M>(*payload, what);
}

// Start of an epoch's chain, and each step: SHA-256(hash before || operation).
Bytes chain_start(std::string_view device, std::uint64_t epoch, Lane lane);
Bytes chain_next(BytesView hash_before, BytesView operation);

LayerRow to_wire(const records::LayerRow& row);
// The layer comes from the feed. corrupt when a number is out of its range.
Result<records::LayerRow> from_wire(const LayerRow& row, const records::LayerKey& layer);

std::string lane_name(Lane lane);

}  // namespace fieldpost::protocol

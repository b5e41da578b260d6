#include "sync/protocol/codec.hpp"

#include <algorithm>

#include "sync/base/compress.hpp"

namespace fieldpost::protocol {

namespace {

constexpr std::string_view root = "fieldpost/1/";
constexpr unsigned partitions = 64;

std::string under(std::string_view rest) {
    return std::string(root) + std::string(rest);
}

// What a signature covers. Type and packing are part of it: a payload signed as one thing is never taken as
// another.
Bytes signed_text(std::string_view type, bool zstd, std::uint32_t dictionary, BytesView payload) {
    Bytes text = "fieldpost signed 1";
    text.push_back('\0');
    text.append(type);
    text.push_back('\0');
    text.push_back(zstd ? '\1' : '\0');
    if (dictionary != 0) append_u32(text, dictionary);
    text.append(payload);
    return text;
}

// What a payload of that type may unfold to.
std::size_t most_of(std::string_view type) {
    if (type == Batch::descriptor()->full_name()) return max_batch_bytes;
    return type == Hello::descriptor()->full_name() ? max_hello_bytes : max_payload_bytes;
}

}  // namespace

namespace topic {

std::string up(std::string_view device) {
    const auto partition = static_cast<unsigned char>(sha256(device)[0]) % partitions;
    return under("up/" + std::to_string(partition) + "/" + std::string(device));
}
std::string up_filter() {
    return under("up/+/+");
}
std::string down(std::string_view device) {
    return under("down/" + std::string(device));
}
std::string feed(const records::FeedId& feed) {
    return under("feed/" + records::feed_text(feed));
}
std::string feed_head(const records::FeedId& feed) {
    return under("head/" + records::feed_text(feed));
}
std::string hub_presence() {
    return under("hub");
}
std::string device_presence(std::string_view device) {
    return under("presence/" + std::string(device));
}

std::string device_of_up(std::string_view topic) {
    const std::string prefix = under("up/");
    if (!topic.starts_with(prefix)) return {};
    const auto slash = topic.find('/', prefix.size());
    return slash == std::string_view::npos ? std::string() : std::string(topic.substr(slash + 1));
}

}  // namespace topic

bool is_device_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<Signed> seal(const google::protobuf::Message& message, Signer& signer, Packing packing) {
    Signed sealed;
    Bytes payload = message.SerializeAsString();
    if (packing.dictionary != 0) {
        if (auto small = pack(packing.dictionary, payload, *message.GetDescriptor(), packing.effort)) {
            payload = std::move(*small);
        } else {
            packing = packed;
        }
    }
    if (packing.dictionary == 0 && packing.zstd) payload = compress(payload);
    auto signature =
        signer.sign(signed_text(message.GetDescriptor()->full_name(), packing.zstd && packing.dictionary == 0,
                                packing.dictionary, payload));
    if (!signature) return signature.error();
    sealed.set_signature(std::move(*signature));
    sealed.set_payload(std::move(payload));
    sealed.set_zstd(packing.zstd && packing.dictionary == 0);
    sealed.set_dictionary(packing.dictionary);
    return sealed;
}

Result<Bytes> open(const Signed& sealed, BytesView public_key, std::string_view type) {
    const Bytes text = signed_text(type, sealed.zstd(), sealed.dictionary(), sealed.payload());
    if (!ed25519_verify(public_key, text, sealed.signature())) {
        return fail(ErrorCode::refused, "the signature does not hold");
    }
    const std::size_t most = most_of(type);
    if (sealed.dictionary() != 0) return unpack(sealed.dictionary(), sealed.payload(), most);
    if (sealed.zstd()) return decompress(sealed.payload(), most);
    if (sealed.payload().size() > most) return fail(ErrorCode::full, "the payload is too large");
    return sealed.payload();
}

Result<Bytes> unfold(BytesView zstd_payload) {
    return decompress(zstd_payload, max_payload_bytes);
}

Bytes chain_start(std::string_view device, std::uint64_t epoch, Lane lane) {
    Bytes seed = "fieldpost journal 1";
    seed.push_back('\0');
    seed.append(device);
    seed.push_back('\0');
    append_u64(seed, epoch);
    append_u64(seed, static_cast<std::uint64_t>(lane));
    return sha256(seed);
}

Bytes chain_next(BytesView hash_before, BytesView operation) {
    Sha256 hash;
    hash.update(hash_before);
    hash.update(operation);
    return hash.finish();
}

LayerRow to_wire(const records::LayerRow& row) {
    LayerRow out;
    out.set_record(static_cast<std::uint64_t>(row.record));
    out.set_kind(static_cast<std::uint32_t>(row.kind));
    out.set_version(static_cast<std::uint64_t>(row.version));
    out.set_source(row.source);
    out.set_as_of(row.as_of);
    out.set_property(static_cast<std::uint64_t>(row.property));
    out.set_link_method(static_cast<std::uint32_t>(row.link_method));
    out.set_link_confidence(static_cast<std::uint32_t>(row.link_confidence));
    out.set_body(row.body);
    return out;
}

Result<records::LayerRow> from_wire(const LayerRow& row, const records::LayerKey& layer) {
    constexpr std::uint64_t top_bit = 1ULL << 63U;
    if (row.record() == 0 || row.record() >= top_bit || row.property() >= top_bit ||
        row.version() >= top_bit || row.kind() > 0xffff || row.link_confidence() > 100) {
        return fail(ErrorCode::corrupt, "a record in the feed has a number out of range");
    }
    records::LayerRow out;
    out.kind = static_cast<records::Kind>(row.kind());
    out.record = static_cast<records::RecordId>(row.record());
    out.layer = layer;
    out.version = static_cast<std::int64_t>(row.version());
    out.source = row.source();
    out.as_of = row.as_of();
    out.property = static_cast<records::RecordId>(row.property());
    out.link_method = row.link_method() <= static_cast<std::uint32_t>(records::LinkMethod::position)
                          ? static_cast<records::LinkMethod>(row.link_method())
                          : records::LinkMethod::none;
    out.link_confidence = static_cast<int>(row.link_confidence());
    out.body = row.body();
    return out;
}

std::string lane_name(Lane lane) {
    switch (lane) {
        case URGENT:
            return "urgent";
        case WORK:
            return "work";
        case TELEMETRY:
            return "telemetry";
        default:
            return "unknown";
    }
}

}  // namespace fieldpost::protocol

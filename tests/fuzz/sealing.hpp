// Signs bytes that a fuzzer made, so that it gets behind the signature; written from wire.proto's own words,
// beside codec.cpp. And makes messages as large as the protocol lets them be.
#pragma once

#include <google/protobuf/message.h>

#include "sync/base/compress.hpp"
#include "sync/protocol/codec.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/quiet.hpp"
#include "tests/unit/engine/key_signer.hpp"

namespace fieldpost::fuzz {

using engine::testing::KeySigner;

enum class Packing {
    plain,
    zstd,
    dictionary,
    claims_zstd,        // the bytes go out as they are, and it is for the receiver to unfold them
    claims_dictionary,  // the same
    unknown,            // of a dictionary that nobody has
};
// Three bits of a step's choice.
inline Packing packing_of(unsigned choice) {
    return static_cast<Packing>((choice >> 4U & 7U) % 6);
}

template <class M>
protocol::Signed seal_bytes(BytesView payload, KeySigner& signer, Packing packing) {
    constexpr std::uint32_t number = protocol::dictionaries[0];
    protocol::Signed sealed;
    sealed.set_payload(Bytes(payload));
    sealed.set_zstd(packing == Packing::zstd || packing == Packing::claims_zstd);
    if (packing == Packing::zstd) sealed.set_payload(compress(payload, 1));
    if (packing == Packing::dictionary) {
        sealed.set_payload(
            protocol::pack(number, payload, *M::descriptor(), protocol::Effort::quick).value());
    }
    if (packing == Packing::dictionary || packing == Packing::claims_dictionary)
        sealed.set_dictionary(number);
    if (packing == Packing::unknown) sealed.set_dictionary(number + 1000);
    Bytes text = "fieldpost signed 1";
    text.append(1, '\0').append(M::descriptor()->full_name()).append(1, '\0');
    text.append(1, sealed.zstd() ? '\1' : '\0');
    if (sealed.dictionary() != 0) append_u32(text, sealed.dictionary());
    text.append(sealed.payload());
    sealed.set_signature(signer.sign(text).value());
    return sealed;
}

// What the hub signs, on its way to a device.
template <class M>
protocol::Down down_of(BytesView payload, KeySigner& signer, Packing packing = Packing::plain) {
    protocol::Down down;
    protocol::Signed sealed = seal_bytes<M>(payload, signer, packing);
    if constexpr (std::is_same_v<M, protocol::HelloReply>) *down.mutable_hello_reply() = std::move(sealed);
    if constexpr (std::is_same_v<M, protocol::Ack>) *down.mutable_ack() = std::move(sealed);
    if constexpr (std::is_same_v<M, protocol::BlobState>) *down.mutable_blob_state() = std::move(sealed);
    if constexpr (std::is_same_v<M, protocol::FeedSegment>) *down.mutable_segment() = std::move(sealed);
    if constexpr (std::is_same_v<M, protocol::Manifest>) *down.mutable_manifest() = std::move(sealed);
    return down;
}

// What was read once can be written and read again, and is the same.
template <class M>
void must_reencode(const M& message) {
    const Bytes bytes = message.SerializeAsString();
    M again;
    must(again.ParseFromString(bytes), "a message that was accepted can be read again");
    must(again.SerializeAsString() == bytes, "a message that was accepted re-encodes to itself");
}

// Repeats the elements of each list of messages, also of those inside the message, `times` over, as long as
// the whole stays within what may be sent.
inline void swell(google::protobuf::Message& message, std::size_t times) {
    using google::protobuf::FieldDescriptor;
    std::vector<const FieldDescriptor*> fields;
    const auto& reflection = *message.GetReflection();
    reflection.ListFields(message, &fields);
    for (const auto* field : fields) {
        if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
        if (!field->is_repeated()) {
            swell(*reflection.MutableMessage(&message, field), times);
            continue;
        }
        const std::unique_ptr<google::protobuf::Message> one(message.New());
        one->CopyFrom(message);
        const int count = reflection.FieldSize(message, field);
        const std::size_t without = [&] {
            reflection.ClearField(&message, field);
            return message.ByteSizeLong();
        }();
        const std::size_t list = one->ByteSizeLong() - without;
        const std::size_t most = protocol::max_message_bytes - 1024;
        const std::size_t room = list == 0 || without >= most ? 1 : (most - without) / list;
        for (std::size_t round = 0; round < std::max<std::size_t>(std::min(times, room), 1); ++round) {
            for (int i = 0; i < count; ++i) {
                reflection.AddMessage(&message, field)
                    ->CopyFrom(reflection.GetRepeatedMessage(*one, field, i));
            }
        }
    }
}

}  // namespace fieldpost::fuzz

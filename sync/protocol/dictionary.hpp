// How batches are made small: a message in columns (dictionary_columns.hpp), compressed by zstd with a
// dictionary that ships with the protocol. A number stands for all of it, dictionary and form, for ever: what
// another number brings is another file, and a number that was ever shipped is never given to anything else.
//
//     packed = zstd with dictionary N of: a byte 1 and the columns, or a byte 0 and the message as it is
//
// tools/dictionary trains them. Any thread, at the same time.
#pragma once

#include <google/protobuf/descriptor.h>

#include <array>
#include <optional>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::protocol {

// Numbers of those that this program has, best first: for hello and its reply.
inline constexpr std::array<std::uint32_t, 1> dictionaries = {1};

// The dictionary itself, as zstd's trainer wrote it; nullopt for a number that this program does not have.
std::optional<BytesView> dictionary_content(std::uint32_t number);

enum class Effort {
    quick,  // some microseconds an observation: where the link is faster than the processor
    small,  // some ten times that
};

// The serialised message of that type, packed; nullopt for a number that this program does not have.
std::optional<Bytes> pack(std::uint32_t number, BytesView message, const google::protobuf::Descriptor& type,
                          Effort effort);

// The message again. unavailable for a number that this program does not have (ask for it plain), corrupt
// when it is damaged, full when the message is larger than `limit` bytes. Memory stays within a few times
// `limit`.
Result<Bytes> unpack(std::uint32_t number, BytesView packed, std::size_t limit);

}  // namespace fieldpost::protocol

// Trains the dictionary that batches are compressed with (sync/protocol/dictionary.hpp).
#pragma once

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::dictionary {

// Twice as much gained 1 % in single observations and nothing in bulk, half lost as much.
inline constexpr std::size_t max_dictionary_bytes = 32U << 10U;

// The same bytes on every machine with the same zstd; another version of it may train another dictionary, as
// good.
Result<Bytes> train();
// The version that trained the committed file: 1.5.4 is 10504.
inline constexpr unsigned trained_with = 10504;

}  // namespace fieldpost::dictionary

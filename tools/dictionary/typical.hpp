// Operations as crews record them, invented from a seed: what the dictionary of the batches is trained with.
// Forms, wording and numbers are this folder's own; the benchmark's stand in tools/bench/peers and are not
// used here.
#pragma once

#include <vector>

#include "sync/protocol/journal.pb.h"

namespace fieldpost::dictionary {

// One vehicle's work, in order: visits begun and ended, checklists, notes with and without files, positions,
// status. The same seed and count give the same operations on every machine.
std::vector<protocol::Operation> typical_operations(std::uint64_t seed, std::size_t count);

}  // namespace fieldpost::dictionary

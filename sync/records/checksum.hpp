// The feed checksum (PROTOCOL 12): an order-free sum over the rows that a feed has, kept by the hub and by
// each device beside the rows. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "sync/records/layer.hpp"

namespace fieldpost::records {

// What one row adds to the checksum of its feed, modulo 2^64: the first 8 bytes, big endian, of
// SHA-256("fieldpost row 1" NUL, feed, NUL, record, version), the numbers as 8 bytes, big endian.
// `feed` is feed_text().
std::uint64_t row_hash(std::string_view feed, RecordId record, std::int64_t version);

}  // namespace fieldpost::records

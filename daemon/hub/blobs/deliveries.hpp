// Which device delivered which attachment whole. A table, not files: a backup holds it, and a row counts only
// when the round in which the device is told that its attachment is complete is committed.
//
// PROTOCOL: effects 18. "Have you this one?" is a question about what others recorded, too: whoever knows a
// hash would learn that somebody has the file. So only who sent the bytes is told. An operation that names
// the hash proves nothing, since any hash can be named.
//
// Numbered in the order of delivery, so that a backup is one number for a device: those through it are safe.
// Each device's by themselves: one count of all would tell each how much the others record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/hub/store/store.hpp"
#include "sync/base/bytes.hpp"

namespace fieldpost::hub {

// The thread of the hub's store. Calls that write work inside the caller's transaction.
class Deliveries {
  public:
    explicit Deliveries(Store& store);

    // Its number among the device's; nullopt: the device has not delivered it. 0: it has, and no backup is
    // known to hold it.
    Result<std::optional<std::uint64_t>> number(const std::string& device, BytesView sha256);
    // The attachment is in its place, on disk. Its number: 1 more than the last of the device, which is
    // registered and has not delivered it.
    Result<std::uint64_t> add(const std::string& device, BytesView sha256);
    // The hub has lost it: delivered anew it gets another number, since a backup may lack it.
    Status forget(const std::string& device, BytesView sha256);

  private:
    SQLite::Statement number_;
    SQLite::Statement count_;
    SQLite::Statement add_;
    SQLite::Statement forget_;
};

}  // namespace fieldpost::hub

// The devices of the fleet: who they are, by which key, and which profile they have. Until Trust brings
// enrolment, an operator registers a device by its public key. Calls that write work inside the caller's
// transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/base/bytes.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

struct Device {
    std::string id;
    Bytes public_key;  // Ed25519, 32 bytes
    std::string profile;
    std::uint64_t desired_generation = 1;
    std::int64_t added_at = 0;           // unix seconds
    std::int64_t seen_at = 0;            // unix seconds of the last hello; 0: never
    std::int64_t revoked_at = 0;         // unix seconds; 0: it is not revoked
    std::uint64_t attachments_safe = 0;  // of those that it delivered, through this number backups hold them
};

class Registry {
  public:
    explicit Registry(Store& store) : store_(store) {}

    // Adds the device, or gives a known one its profile. conflict when it is known with another key: two
    // boxes under one name must not be; or it was revoked in a store that a restore has taken the place of.
    // invalid_argument for an id or key that is none, not_found for an unknown profile. The profile is on
    // disk beside the store before it takes effect, so that a restore does not take it back.
    Status add(const std::string& id, BytesView public_key, const std::string& profile);
    Result<std::optional<Device>> find(std::string_view id);
    // The same with the feeds that its profile clears, as the engine knows it: none when the city does not
    // have the profile any more.
    Result<std::optional<engine::RegisteredDevice>> registered(std::string_view id);
    Result<std::vector<Device>> all();
    // The device gets nothing from here on, and nothing that it sends is taken. It stays so, whatever profile
    // it is given, and when the store is restored from an older backup: a box that was lost and found gets
    // another id. It is on disk beside the store when this returns. not_found for one that is not registered.
    Status revoke(const std::string& id);
    Status seen(std::string_view id);
    // Remembers that this epoch of the device's journal advanced. True when another one did since it last
    // did.
    Result<bool> epoch_advanced(std::string_view id, std::uint64_t epoch);

  private:
    Store& store_;
};

}  // namespace fieldpost::hub

// Attachments as they come from devices, chunk by chunk, until they are whole and their hash is verified.
//
// What devices are told:
//   have      bytes that are on disk: synced every `sync_every` bytes and at the end
//   received  bytes that are written, perhaps not synced
//   complete  whole, the hash is right, and the name is on disk
// A power cut may leave a file whose tail holds less than its size says. So after a start the hub stands a
// little further back than it said: `sync_every` and one chunk are sent again.
//
// Calls are short: what an earlier run left is hashed in steps, one with each message. Only the device that
// sends has to know that: it asks again until the answer is complete.
//
// What others delivered is as good as not here: a device that did not deliver an attachment itself sends all
// of it, and its bytes are thrown away once they have the right hash (Deliveries says why).
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "daemon/hub/blobs/blob_folders.hpp"
#include "sync/base/crypto.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

struct BlobStoreLimits {
    std::uint64_t keep_free = 1U << 30U;      // bytes of the disk that are left to the records
    std::size_t partials = 32;                // of one device; more: the one written least lately begins anew
    std::uint64_t sync_every = 256U << 10U;   // bytes
    std::uint64_t hash_at_once = 16U << 20U;  // bytes of an earlier run, with one message
    unsigned damaged = 3;  // so often a device may send one with another hash: then it is refused
    MostDamaged most_damaged = {};
    std::int64_t keep_unfinished_s = 30 * 86'400;
};

struct StoredBlob {
    std::filesystem::path file;
    std::uint64_t bytes = 0;
};

// The thread of the hub's store.
class BlobStore {
  public:
    // `folder` is the hub's own; made when it is missing.
    static Result<std::unique_ptr<BlobStore>> open(const std::filesystem::path& folder,
                                                   BlobStoreLimits limits = {});

    // Where the hub stands with an attachment; what HubStore's functions of these names answer. `delivered`:
    // this device delivered it before; what is answered with complete, it has delivered. An Error is the
    // disk's: nothing is answered, and the device asks again. A chunk of what was not offered in this run is
    // not taken.
    Result<protocol::BlobState> blob_offered(const engine::RegisteredDevice& device,
                                             const protocol::BlobOffer& offer, bool delivered);
    Result<protocol::BlobState> blob_chunk(const engine::RegisteredDevice& device,
                                           const protocol::BlobChunk& chunk, bool delivered);

    // nullopt when the hub does not have it whole.
    std::optional<StoredBlob> find(BytesView sha256);

    // Removes partial and damaged files that nobody has written to for a month; once a day will do.
    std::size_t remove_old(std::int64_t now_unix_s);

  private:
    struct Partial {
        std::uint64_t total = 0;
        std::uint64_t received = 0;
        std::uint64_t durable = 0;
        std::uint64_t hashed = 0;
        Sha256 hash;
    };
    using Key = std::pair<std::string, Bytes>;  // device, hash

    BlobStore(BlobFolders folders, BlobStoreLimits limits) : folders_(std::move(folders)), limits_(limits) {}
    // The state when the device has delivered it and it is here; what came of it since is not needed then.
    Result<std::optional<protocol::BlobState>> if_here(const Key& key, bool delivered);
    // Empty when there is room for so many bytes.
    std::string no_room(std::uint64_t bytes) const;
    Result<Partial*> begin(const Key& key, std::uint64_t total);
    Status take(const Key& key, Partial& partial, BytesView content);
    Result<protocol::BlobState> state_of(const Key& key, Partial& partial);
    Status hash_more(const std::filesystem::path& file, Partial& partial);
    Result<protocol::BlobState> finish(const Key& key, Partial& partial);

    BlobFolders folders_;
    const BlobStoreLimits limits_;
    std::map<Key, Partial> partials_;  // offered in this run and not whole
};

}  // namespace fieldpost::hub

// The big things that the hub offers: built, cut into blocks, signed, kept by generation.
//
// Layout under the store's folder:  artifacts/<profile>/<generation>/{manifest.pb, blocks.zst}
// A generation is offered once its manifest is there: it is written last. The two newest are kept: a device
// in the middle of a fetch can finish while no more than one further generation is built, and starts over
// otherwise.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/hub/store/store.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::hub {

struct SnapshotReport {
    std::uint64_t generation = 0;
    std::uint64_t rows = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t packed_bytes = 0;
    double seconds = 0;
};

// Builds a snapshot of what the profile clears, from one read transaction over the store in `folder`, and
// offers it. not_found for an unknown profile, invalid_argument for a name that is no safe one for a folder.
// conflict when another program builds for the profile just now, unavailable when `stop` ended it. Then, and
// after a crash, what was offered before is offered still.
Result<SnapshotReport> build_snapshot(const std::filesystem::path& folder, const std::string& profile,
                                      protocol::Signer& signer,
                                      const std::function<void(std::string)>& progress,
                                      const std::stop_token& stop = {});

// Reads what is offered. One thread.
class Artifacts {
  public:
    explicit Artifacts(std::filesystem::path store_folder) : folder_(std::move(store_folder) / "artifacts") {}

    // Newest generation that is kept; 0: none.
    Result<std::uint64_t> newest(std::string_view profile) const;
    // Newest that devices can follow on from: its cursors are of this hub generation. 0: none.
    Result<std::uint64_t> offered(std::string_view profile, std::uint64_t hub_generation);
    // The signed manifest as it is sent. not_found when nothing is kept.
    Result<Bytes> manifest(std::string_view profile) const;
    // A block as it is sent, zstd. not_found when the generation is no longer kept or the block is none of
    // its.
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block);

  private:
    struct Pack {
        std::uint64_t hub_generation = 0;
        std::vector<std::uint64_t> offsets;  // one more than there are blocks
    };
    Result<const Pack*> pack(std::string_view profile, std::uint64_t generation);
    std::filesystem::path folder_;
    std::map<std::pair<std::string, std::uint64_t>, Pack> packs_;
};

}  // namespace fieldpost::hub

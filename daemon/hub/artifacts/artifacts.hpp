// The big things that the hub offers: built, cut into blocks, signed, kept by generation.
//
// Layout under the store's folder:  artifacts/<profile>/<generation>/{manifest.pb, blocks.zst}
// A generation is offered once its manifest is there: it is written last. The two newest are kept: a device
// in the middle of a fetch can finish while no more than one further generation is built, and starts over
// otherwise. Of one that was withdrawn or set aside the empty folder stays as long, so that its number is not
// used again. What is damaged becomes artifacts/<profile>/<generation>.damaged, and is left to people;
// further ones of the profile are removed as long as it is there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/protocol/codec.hpp"
#include "sync/snapshot/writer.hpp"

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
// after a crash, what was offered before is offered still. With keys, layers at confidential and above are
// sealed with them; unavailable when the profile clears such a layer that has rows, and no key for it is
// there.
Result<SnapshotReport> build_snapshot(const std::filesystem::path& folder, const std::string& profile,
                                      protocol::Signer& signer,
                                      const std::function<void(std::string)>& progress,
                                      const std::stop_token& stop = {},
                                      const snapshot::Sealing& sealing = {});

// The next snapshot's generation: above those of all profiles, and `now` at least. Devices know a snapshot by
// this number alone, and their profile may change: two profiles never have the same one. Kept in
// artifacts/last. Any thread, any process. conflict when others hold the folder for seconds.
Result<std::uint64_t> next_generation(const std::filesystem::path& store_folder, std::int64_t now_unix_s);

// In what blocks a file of this size is cut: its manifest, and each block, is one message. full: it is too
// large for that.
Result<std::uint32_t> block_bytes_for(std::uint64_t file_bytes);

// What a snapshot of a profile may hold, as the store says now.
struct Offerable {
    std::set<records::FeedId> feeds;                  // that the profile clears
    std::map<records::FeedId, std::uint64_t> purged;  // Feeds::purged()
    std::uint64_t hub_generation = 0;
};

// A profile that the city does not have clears nothing.
Result<Offerable> offerable(Store& store, const std::string& profile);

// Reads what is offered. One thread.
class Artifacts {
  public:
    explicit Artifacts(std::filesystem::path store_folder) : folder_(std::move(store_folder) / "artifacts") {}

    // Profiles for which something was built, also those that the city does not have any more.
    std::vector<std::string> profiles() const;
    // All that were built and not yet forgotten, newest first, withdrawn ones among them.
    std::vector<std::uint64_t> generations(std::string_view profile) const;
    // Until the next call nothing is handed out of the profile's snapshots that have a feed which it does not
    // clear any more, or were built before something was purged from one of their feeds. Touches no file:
    // what `offerable` was read from may yet be rolled back.
    void withdraw(std::string_view profile, const Offerable& offerable);
    // Whether something was withdrawn, or found damaged, since the last tidy().
    bool is_to_tidy() const { return !to_tidy_.empty(); }
    // Removes the files of the profile's withdrawn snapshots, and sets a damaged one aside, as
    // <generation>.damaged; while one lies there, those of further ones are removed. To be called behind a
    // withdraw() with what is committed, outside of a transaction. Killed before or within it, the next call
    // finds what is left. A sentence for each that was damaged: someone should look at the disk.
    std::vector<std::string> tidy(std::string_view profile);
    // The newest that was built turned out to be damaged: another should be built.
    bool is_newest_damaged(std::string_view profile);

    // Newest generation that can be handed out; 0: none.
    std::uint64_t newest(std::string_view profile);
    // Newest that devices can follow on from: its cursors are of this hub generation. 0: none.
    std::uint64_t offered(std::string_view profile, std::uint64_t hub_generation);
    // The signed manifest as it is sent. not_found when nothing is kept.
    Result<Bytes> manifest(std::string_view profile);
    // A block as it is sent, zstd, and what its manifest says. not_found when the generation is no longer
    // kept or the block is none of its; corrupt when it is damaged on this disk: then nothing more is handed
    // out of the generation.
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block);

  private:
    struct Pack {
        std::uint64_t hub_generation = 0;
        std::vector<std::uint64_t> offsets;  // one more than there are blocks
        std::vector<Bytes> sha256;           // of each block's content
        // Of each block as it lay on the disk when its content was compared with that, a quick sum.
        std::vector<std::optional<std::size_t>> compared;
        std::size_t block_bytes = 0;
        std::map<records::FeedId, std::uint64_t> cursors;
    };
    static bool may_be_offered(const Pack& pack, const Offerable& offerable);
    // not_found when it is not to be handed out, for whatever reason.
    Result<Pack*> pack(std::string_view profile, std::uint64_t generation);
    static Status compare(Pack& pack, std::uint32_t block, BytesView packed);
    Error found_damaged(std::string_view profile, std::uint64_t generation, const std::string& what);
    std::string set_aside(std::string_view profile, std::uint64_t generation);
    std::filesystem::path folder_;
    std::map<std::pair<std::string, std::uint64_t>, Pack> packs_;
    std::set<std::pair<std::string, std::uint64_t>> withdrawn_;
    std::map<std::pair<std::string, std::uint64_t>, std::string> damaged_;  // what of it
    std::set<std::string> to_tidy_;                                         // profiles
};

}  // namespace fieldpost::hub

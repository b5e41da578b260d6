// Where the hub keeps attachments, and which of them may go. No table: the files are the truth.
//
//   blobs/<first two digits>/<sha256>   whole, its hash verified, on disk
//   blobs/partial/<device>/<sha256>     what has come so far of it from this device
//   blobs/damaged/<device>-<sha256>-<n> came whole from this device and had another hash: for a person
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hub {

// Of what came damaged and is kept for a person.
struct MostDamaged {
    std::uint64_t bytes = 1U << 30U;
    std::size_t files = 1'000;
    std::size_t files_of_device = 100;
};

// One thread.
class BlobFolders {
  public:
    // Makes what is missing of the folder.
    static Result<BlobFolders> open(std::filesystem::path folder);

    std::filesystem::path whole(BytesView sha256) const;
    std::filesystem::path partial(std::string_view device, BytesView sha256) const;
    const std::filesystem::path& root() const { return folder_; }

    // Size of the whole one; nullopt when it is not there. Its name is on disk when this says that it is
    // there.
    Result<std::optional<std::uint64_t>> whole_bytes(BytesView sha256);
    // The partial file is whole and on disk: it takes its place.
    Status put(const std::filesystem::path& partial, BytesView sha256);

    // How often this attachment came damaged from this device; of those only that are still kept.
    unsigned damaged(std::string_view device, BytesView sha256) const;
    // Out of the way, to be begun anew. Of all that are kept so, the oldest go when they are more than `most`
    // allows.
    Status set_aside(const std::filesystem::path& partial, std::string_view device, BytesView sha256,
                     const MostDamaged& most);

    // Makes the device's folder, and room in it for one more partial file: the one that was written least
    // lately goes. Its hash then, that it can be forgotten.
    Result<std::optional<Bytes>> make_room(std::string_view device, std::size_t most_partials);

    // Removes what was last written before `unix_s`, but whole ones; how many they were.
    std::size_t remove_unfinished_before(std::int64_t unix_s);

  private:
    explicit BlobFolders(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::filesystem::path folder_;
    std::set<std::filesystem::path> made_;  // in this run, and so their names are on disk
};

}  // namespace fieldpost::hub

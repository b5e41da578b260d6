// Attachments on disk: <folder>/<sha256 in hexadecimal>, and beside them blobs.db with what became of each.
// The files are the truth about what is here, and blobs.db only about what is known of it; the journal is
// another database, which nothing here touches.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "daemon/device/blobs/blob_draft.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/engine/device_actions.hpp"

namespace fieldpost::device {

struct KeptBlob {
    std::int64_t added = 0;  // their order
    Bytes sha256;
    std::uint64_t bytes = 0;
    bool thumbnail = false;
    bool delivered = false;    // the hub has it whole
    std::uint64_t number = 0;  // engine::NoteBlob::number
};

// One thread at a time. Every call is done when it returns, whatever kills the program then.
class BlobFiles {
  public:
    // Makes folder and table when they are missing, removes drafts that were never finished, and brings the
    // table to what files there are. A damaged table is set aside.
    static Result<std::unique_ptr<BlobFiles>> open(const std::filesystem::path& folder);

    // What is here, in order.
    Result<std::vector<KeptBlob>> all();
    // The draft as an attachment: file and name are on disk. One that is here already stays as it is, but
    // becomes a thumbnail if it is now said to be one.
    Result<KeptBlob> keep(BlobDraft& draft, bool thumbnail);
    // The hub has it, under this number. Lost on a power cut, and then learnt again.
    Status set_delivered(BytesView sha256, std::uint64_t number);
    // The hub that was last heard; generation 0: none was.
    Result<engine::NoteHub> hub();
    // This hub is heard. If the one that was noted before had another generation, it may have lost what was
    // delivered to that: nothing counts as delivered any more, in the same transaction.
    Status set_hub(const engine::NoteHub& hub);
    // Removes file and entry.
    Status remove(BytesView sha256);

    std::filesystem::path path_of(BytesView sha256) const { return folder_ / to_hex(sha256); }
    const std::filesystem::path& folder() const { return folder_; }

  private:
    BlobFiles(std::filesystem::path folder, std::unique_ptr<Database> database)
        : folder_(std::move(folder)), database_(std::move(database)) {}
    Status compare();

    std::filesystem::path folder_;
    std::unique_ptr<Database> database_;
};

}  // namespace fieldpost::device

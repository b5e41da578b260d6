// A device's attachments on its disk, kept by the production code (daemon/device/blobs): the table on the
// simulated disk, the files really there. DeviceAttachments (attachments.hpp) says what must be in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/device/blobs/blob_files.hpp"
#include "tests/simulation/crash_disk.hpp"

namespace fieldpost::simulation {

class AttachmentFiles {
  public:
    // `folder` lies below the root of the machine at the VFS. All outlive it.
    AttachmentFiles(std::string folder, CrashDisk& disk, Dice& dice)
        : folder_(std::move(folder)), disk_(disk), dice_(dice) {}

    Status open();
    // The program is gone.
    void close() { files_.reset(); }
    bool is_open() const { return files_ != nullptr; }

    // Cut by the power, it leaves what a program leaves that was killed on the way.
    Status add(BytesView content, bool thumbnail);
    Status set_delivered(const engine::NoteBlob& note) {
        return files_->set_delivered(note.sha256, note.number);
    }
    Status set_hub(const engine::NoteHub& hub) { return files_->set_hub(hub); }
    // The disk is a new one.
    void wipe();

    Result<std::vector<device::KeptBlob>> all() { return files_->all(); }
    Result<engine::NoteHub> hub() { return files_->hub(); }
    Result<Bytes> content(BytesView sha256) const;

  private:
    const std::string folder_;
    CrashDisk& disk_;
    Dice& dice_;
    std::unique_ptr<device::BlobFiles> files_;
    std::uint64_t drafts_ = 0;
};

}  // namespace fieldpost::simulation

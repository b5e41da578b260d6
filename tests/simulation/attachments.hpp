// Attachments at both ends, as a model: what daemon/device/blobs and daemon/hub/blobs keep, chunk by chunk,
// on disks that lose what was not synced.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sync/engine/blobs.hpp"
#include "sync/engine/hub_store.hpp"
#include "tests/simulation/attachment_files.hpp"
#include "tests/simulation/crash_disk.hpp"
#include "tests/simulation/stage.hpp"

namespace fieldpost::simulation {

class DeviceAttachments final : public engine::BlobView {
  public:
    // `files` may be none: then it is a model alone.
    DeviceAttachments(Stage& stage, std::string device, std::unique_ptr<AttachmentFiles> files)
        : stage_(stage), device_(std::move(device)), files_(std::move(files)) {}

    // The program starts. What is on its disk must be what the model has.
    Status open();
    // The program is gone.
    void close() {
        if (files_) files_->close();
    }
    // Synced when it returns: before the operation that names it.
    Result<Bytes> add(Bytes content, bool thumbnail);
    void note(const engine::NoteBlob& note);
    // This hub is heard. True: of another generation than before, and all are offered again.
    bool hub_is(const engine::NoteHub& hub);
    // What the hub said of them may be forgotten.
    void power_cut();
    // The table is an older one; the files are what they were.
    void table_replaced() { uncertain_ = true; }
    void wipe();
    bool all_sent() const;
    const Bytes* find(const Bytes& sha256) const;
    bool is_sent(const Bytes& sha256) const;

    std::vector<engine::WaitingBlob> waiting(std::size_t limit) override;
    Result<Bytes> read(BytesView sha256, std::uint64_t offset, std::size_t bytes) override;

  private:
    struct Kept {
        std::uint64_t number = 0;  // in the order of arrival
        Bytes content;
        bool thumbnail = false;
        bool sent = false;
        Millis not_before = 0;  // the hub refused it
    };
    void adopt(const std::vector<device::KeptBlob>& held);
    void problem(const Bytes& sha256, const std::string& text);

    Stage& stage_;
    const std::string device_;
    std::unique_ptr<AttachmentFiles> files_;
    std::map<Bytes, Kept> kept_;  // by hash
    std::uint64_t hub_generation_ = 0;
    std::set<Bytes> once_sent_;
    bool uncertain_ = false;  // what the table says of them may be older than what the model does
};

// The hub's: a model (below), or the production files (hub_attachment_files.hpp).
class HubAttachments {
  public:
    using Whole = std::map<Bytes, Bytes>;  // by hash
    virtual ~HubAttachments() = default;
    // As HubStore::blob_offered() and blob_chunk() answer; `store` is the one beneath.
    virtual Result<protocol::BlobState> offered(engine::HubStore& store,
                                                const engine::RegisteredDevice& device,
                                                const protocol::BlobOffer& offer) = 0;
    virtual Result<protocol::BlobState> chunk(engine::HubStore& store, const engine::RegisteredDevice& device,
                                              const protocol::BlobChunk& chunk) = 0;
    // This goes to a device, committed.
    virtual void told(const protocol::BlobState& state) = 0;
    // The program starts.
    virtual void start() = 0;
    virtual void power_cut() = 0;
    virtual Whole whole() = 0;
    virtual void keep_backup() = 0;
    virtual void restore_backup() = 0;
};

class ModelOfHubAttachments final : public HubAttachments {
  public:
    ModelOfHubAttachments(Stage& stage, CrashDisk& disk) : stage_(stage), disk_(disk) {}

    Result<protocol::BlobState> offered(engine::HubStore& store, const engine::RegisteredDevice& device,
                                        const protocol::BlobOffer& offer) override;
    Result<protocol::BlobState> chunk(engine::HubStore& store, const engine::RegisteredDevice& device,
                                      const protocol::BlobChunk& chunk) override;
    void told(const protocol::BlobState&) override {}
    void start() override { offered_.clear(); }
    void power_cut() override;
    Whole whole() override { return content_.whole; }
    void keep_backup() override { backup_ = content_; }
    void restore_backup() override;

  private:
    using Key = std::pair<std::string, Bytes>;  // device, hash
    // What a backup holds of them.
    struct Content {
        Whole whole;
        std::set<Key> delivered;  // only this device is told that it is there
    };
    struct Partial {
        std::uint64_t total = 0;
        Bytes content;
        std::uint64_t durable = 0;
    };
    // nullptr: it is not there, or the device has not delivered it.
    const Bytes* delivered(const Key& key) const;
    protocol::BlobState state_of(const Key& key);
    bool planted(Planted fault) const { return stage_.planted == fault; }

    Stage& stage_;
    CrashDisk& disk_;
    Content content_;
    Content backup_;
    std::set<Bytes> unsafe_;  // told to be complete, and not synced: when that is planted
    std::map<Key, Partial> partials_;
    std::set<Key> offered_;  // in this run
};

}  // namespace fieldpost::simulation

// The hub's attachments as the production code keeps them (daemon/hub/blobs): who delivered what in the store
// on the simulated disk, the files really there. Says what is wrong with what the hub answers.
//
// A power cut falls before or behind a call, or leaves what a program leaves that was killed on the way; it
// takes what was not said to be synced.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "daemon/hub/blobs/blob_store.hpp"
#include "tests/simulation/attachments.hpp"

namespace fieldpost::simulation {

class HubAttachmentFiles final : public HubAttachments {
  public:
    HubAttachmentFiles(std::string folder, CrashDisk& disk, Stage& stage)
        : folder_(std::move(folder)), disk_(disk), stage_(stage) {}

    // Each time that the hub's store is opened. For that store, until the next call.
    Result<hub::BlobStore*> open();

    Result<protocol::BlobState> offered(engine::HubStore& store, const engine::RegisteredDevice& device,
                                        const protocol::BlobOffer& offer) override;
    Result<protocol::BlobState> chunk(engine::HubStore& store, const engine::RegisteredDevice& device,
                                      const protocol::BlobChunk& chunk) override;
    void told(const protocol::BlobState& state) override;
    void start() override;
    void power_cut() override;
    Whole whole() override;
    void keep_backup() override { backup_ = whole(); }
    void restore_backup() override;

  private:
    using Key = std::pair<std::string, Bytes>;  // device, hash
    // What the hub knows of an attachment of a device.
    struct Known {
        std::uint64_t total = 0;
        std::uint64_t sent = 0;     // through here the device sent it, ever
        std::uint64_t durable = 0;  // as the hub said
    };
    void check(const Key& key, const protocol::BlobState& state);
    void leave(const Key& key, const protocol::BlobChunk& chunk);
    Result<Bytes> content(const Bytes& sha256);
    void problem(const std::string& device, const Bytes& sha256, const std::string& text);

    const std::string folder_;
    CrashDisk& disk_;
    Stage& stage_;
    std::unique_ptr<hub::BlobFolders> folders_;
    std::unique_ptr<hub::BlobStore> blobs_;
    std::map<Key, Known> known_;
    std::set<Bytes> told_;  // to be whole
    Whole backup_;
};

}  // namespace fieldpost::simulation

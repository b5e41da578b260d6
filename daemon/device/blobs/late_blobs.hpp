// The attachments' store for those who need it before it can be opened: until then there are none.
#pragma once

#include <chrono>
#include <memory>

#include "daemon/device/blobs/blob_store.hpp"

namespace fieldpost::device {

// Loop thread.
class LateBlobs final : public KeptBlobs, public engine::BlobView {
  public:
    void opened(std::unique_ptr<BlobStore> store) { store_ = std::move(store); }
    // Null until it is opened.
    BlobStore* store() const { return store_.get(); }
    std::chrono::steady_clock::duration busy_for() const {
        return store_ ? store_->busy_for() : std::chrono::steady_clock::duration();
    }

    std::optional<std::uint64_t> bytes_of(BytesView sha256) const override {
        return store_ ? store_->bytes_of(sha256) : std::nullopt;
    }
    std::vector<engine::WaitingBlob> waiting(std::size_t limit) override {
        return store_ ? store_->waiting(limit) : std::vector<engine::WaitingBlob>();
    }
    Result<Bytes> read(BytesView sha256, std::uint64_t offset, std::size_t bytes) override {
        if (store_) return store_->read(sha256, offset, bytes);
        return fail(ErrorCode::not_found, "the attachments cannot be opened");
    }

  private:
    std::unique_ptr<BlobStore> store_;
};

}  // namespace fieldpost::device

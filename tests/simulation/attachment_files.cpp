#include "tests/simulation/attachment_files.hpp"

#include <fstream>

#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::simulation {

namespace {

constexpr std::size_t max_bytes = 1U << 20U;

void leave(const std::filesystem::path& path, BytesView content) {
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

Status AttachmentFiles::open() {
    auto opened = device::BlobFiles::open(folder_);
    if (!opened) return opened.error();
    files_ = std::move(*opened);
    return ok();
}

Status AttachmentFiles::add(BytesView content, bool thumbnail) {
    const auto path = files_->folder() / ("draft-" + std::to_string(++drafts_));
    Status kept = [&]() -> Status {
        auto draft = device::BlobDraft::begin(path);
        if (!draft) return draft.error();
        if (auto appended = (*draft)->append(content, 0); !appended) return appended;
        auto added = files_->keep(**draft, thumbnail);
        return added ? ok() : Status(added.error());
    }();
    if (!kept && disk_.off()) {
        if (dice_.chance(0.4)) leave(path, content.substr(0, dice_.below(content.size() + 1)));
        if (dice_.chance(0.4)) leave(files_->path_of(sha256(content)), content);
    }
    return kept;
}

void AttachmentFiles::wipe() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

Result<Bytes> AttachmentFiles::content(BytesView sha256) const {
    return read_file(files_->path_of(sha256), max_bytes);
}

}  // namespace fieldpost::simulation

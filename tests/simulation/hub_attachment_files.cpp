#include "tests/simulation/hub_attachment_files.hpp"

#include <algorithm>
#include <fstream>

#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::simulation {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_bytes = 1U << 20U;
// Small, so that a few attachments reach them; damaged ones are sent anew for ever.
constexpr hub::BlobStoreLimits small_limits{
    .keep_free = 0, .partials = 5, .sync_every = 1500, .hash_at_once = 1000, .damaged = 1'000'000};

Error off() {
    return fail(ErrorCode::io, "the power is gone");
}

protocol::BlobState full(const Bytes& sha256) {
    protocol::BlobState state;
    state.set_sha256(sha256);
    state.set_problem("the hub's disk is full");
    return state;
}

void write(const fs::path& path, BytesView content) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

void HubAttachmentFiles::problem(const std::string& device, const Bytes& sha256, const std::string& text) {
    stage_.checker.problem({device, 0, {}, {}},
                           "the hub's attachment " + to_hex(sha256).substr(0, 8) + " " + text);
}

Result<hub::BlobStore*> HubAttachmentFiles::open() {
    auto folders = hub::BlobFolders::open(folder_);
    if (!folders) return folders.error();
    folders_ = std::make_unique<hub::BlobFolders>(std::move(*folders));
    auto blobs = hub::BlobStore::open(folder_, small_limits);
    if (!blobs) return blobs.error();
    blobs_ = std::move(*blobs);
    return blobs_.get();
}

Result<Bytes> HubAttachmentFiles::content(const Bytes& sha256) {
    return read_file(folders_->whole(sha256), max_bytes);
}

// ------------------------------------------------------------------ what devices ask

Result<protocol::BlobState> HubAttachmentFiles::offered(engine::HubStore& store,
                                                        const engine::RegisteredDevice& device,
                                                        const protocol::BlobOffer& offer) {
    const Key key(device.id, offer.sha256());
    if (disk_.off()) return off();
    if (disk_.limited()) return full(offer.sha256());
    known_[key].total = offer.bytes();
    const auto turn = disk_.step();
    if (!turn.happens) return off();
    auto state = store.blob_offered(device, offer);
    if (!turn.goes_on) return off();
    if (state && stage_.planted == Planted::tell_of_others && content(offer.sha256())) {
        state->set_have(offer.bytes());
        state->set_received(offer.bytes());
        state->set_complete(true);
    }
    if (state) check(key, *state);
    return state;
}

Result<protocol::BlobState> HubAttachmentFiles::chunk(engine::HubStore& store,
                                                      const engine::RegisteredDevice& device,
                                                      const protocol::BlobChunk& chunk) {
    const Key key(device.id, chunk.sha256());
    if (disk_.off()) return off();
    if (disk_.limited()) return full(chunk.sha256());
    const auto turn = disk_.step();
    if (!turn.happens) {
        leave(key, chunk);
        return off();
    }
    Known& known = known_[key];
    if (chunk.offset() <= known.sent)
        known.sent = std::max(known.sent, chunk.offset() + chunk.content().size());
    protocol::BlobChunk came = chunk;
    // What comes is not always what was sent.
    if (!came.content().empty() && stage_.strikes(0.01))
        came.mutable_content()->back() = static_cast<char>(came.content().back() ^ 1);
    auto state = store.blob_chunk(device, came);
    if (!turn.goes_on) return off();
    if (state) check(key, *state);
    return state;
}

void HubAttachmentFiles::check(const Key& key, const protocol::BlobState& state) {
    const auto& [device, hash] = key;
    Known& known = known_[key];
    if (!state.problem().empty()) return;
    if (!state.complete()) {
        known.durable = state.have();
        if (state.have() > state.received() || (known.total != 0 && state.received() > known.total))
            problem(device, hash, "is said to stand further than it can");
        std::error_code error;
        const auto bytes = fs::file_size(folders_->partial(device, hash), error);
        if (state.have() > 0 && (error || bytes < state.have()))
            problem(device, hash, "is said to be on disk and is not");
        return;
    }
    known.durable = 0;
    const auto there = content(hash);
    if (!there || sha256(*there) != hash) problem(device, hash, "is said to be whole and is not");
    // Else anybody could learn who recorded what.
    if (known.total == 0 || known.sent < known.total)
        problem(device, hash, "is said to be there to " + device + ", which never sent it");
}

void HubAttachmentFiles::told(const protocol::BlobState& state) {
    if (state.complete()) told_.insert(state.sha256());
}

// ------------------------------------------------------------------ its disk

// What a program leaves that is killed while it takes a chunk.
void HubAttachmentFiles::leave(const Key& key, const protocol::BlobChunk& chunk) {
    const auto partial = folders_->partial(key.first, key.second);
    auto there = read_file(partial, max_bytes);
    if (!there || there->size() != chunk.offset()) return;
    const Bytes& added = chunk.content();
    const Bytes now =
        *there + (stage_.dice.chance(0.5) ? added : added.substr(0, stage_.dice.below(added.size() + 1)));
    write(partial, now);
    if (sha256(now) != key.second || !stage_.dice.chance(0.5)) return;
    const auto target = folders_->whole(key.second);
    std::error_code ignored;
    fs::create_directories(target.parent_path(), ignored);
    fs::rename(partial, target, ignored);
}

void HubAttachmentFiles::power_cut() {
    if (!folders_) return;
    for (auto& [key, known] : known_) {
        const auto path = folders_->partial(key.first, key.second);
        auto there = read_file(path, max_bytes);
        if (!there || there->size() <= known.durable) continue;
        const std::uint64_t way = stage_.dice.below(3);
        if (way == 0) continue;
        const auto from = known.durable + stage_.dice.below(there->size() - known.durable);
        if (way == 1) there->resize(from);
        if (way == 2) std::fill(there->begin() + static_cast<std::ptrdiff_t>(from), there->end(), '\0');
        write(path, *there);
    }
    if (stage_.planted != Planted::name_without_sync || told_.empty()) return;
    std::error_code ignored;
    fs::remove(folders_->whole(*told_.begin()), ignored);
}

void HubAttachmentFiles::start() {
    for (const Bytes& hash : told_) {
        const auto there = content(hash);
        if (!there || sha256(*there) != hash)
            problem({}, hash, "was said to be whole, and is not behind a start");
    }
}

HubAttachments::Whole HubAttachmentFiles::whole() {
    Whole out;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder_, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto hash = from_hex(entry->path().filename().string());
        if (!entry->is_regular_file() || !hash || entry->path() != folders_->whole(*hash)) continue;
        auto there = content(*hash);
        if (!there || sha256(*there) != *hash) problem({}, *hash, "is damaged");
        if (there) out.emplace(*hash, std::move(*there));
    }
    return out;
}

void HubAttachmentFiles::restore_backup() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    told_.clear();
    for (auto& [key, known] : known_) known.durable = 0;
    for (const auto& [hash, there] : backup_) {
        write(folders_->whole(hash), there);
        told_.insert(hash);
    }
}

}  // namespace fieldpost::simulation

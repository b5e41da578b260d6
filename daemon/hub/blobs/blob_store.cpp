#include "daemon/hub/blobs/blob_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "sync/base/file.hpp"
#include "sync/base/open_file.hpp"
#include "sync/engine/blobs.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::hub {

namespace {

constexpr std::size_t hash_bytes = 32;
constexpr std::size_t piece = 256U << 10U;
constexpr std::size_t most_partials = 20'000;  // remembered, of all devices

protocol::BlobState state_for(BytesView sha256) {
    protocol::BlobState state;
    state.set_sha256(Bytes(sha256));
    return state;
}

protocol::BlobState refused(BytesView sha256, std::string why) {
    auto state = state_for(sha256);
    state.set_problem(std::move(why));
    return state;
}

protocol::BlobState complete(BytesView sha256, std::uint64_t bytes) {
    auto state = state_for(sha256);
    state.set_have(bytes);
    state.set_received(bytes);
    state.set_complete(true);
    return state;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> BlobStore::open(const std::filesystem::path& folder,
                                                   BlobStoreLimits limits) {
    auto folders = BlobFolders::open(folder);
    if (!folders) return folders.error().with("attachments");
    return std::unique_ptr<BlobStore>(new BlobStore(std::move(*folders), limits));
}

Result<std::optional<protocol::BlobState>> BlobStore::if_here(const Key& key, bool delivered) {
    if (!delivered) return std::optional<protocol::BlobState>();
    auto bytes = folders_.whole_bytes(key.second);
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<protocol::BlobState>();
    partials_.erase(key);
    std::error_code ignored;  // it goes after a month at the latest
    std::filesystem::remove(folders_.partial(key.first, key.second), ignored);
    return std::optional(complete(key.second, **bytes));
}

std::string BlobStore::no_room(std::uint64_t bytes) const {
    if (free_bytes(folders_.root()) >= limits_.keep_free + bytes) return {};
    return "the hub's disk is nearly full: free some space there";
}

Result<protocol::BlobState> BlobStore::blob_offered(const engine::RegisteredDevice& device,
                                                    const protocol::BlobOffer& offer, bool delivered) {
    const Bytes& sha256 = offer.sha256();
    if (sha256.size() != hash_bytes || !protocol::is_device_id(device.id)) {
        return refused(sha256, "this is not the SHA-256 of an attachment");
    }
    if (offer.bytes() == 0 || offer.bytes() > engine::max_blob_bytes) {
        return refused(sha256, "an attachment has 1 to " + std::to_string(engine::max_blob_bytes) + " bytes");
    }
    const Key key(device.id, sha256);
    auto here = if_here(key, delivered);
    if (!here) return here.error();
    if (*here) return std::move(**here);
    auto partial = partials_.find(key);
    if (partial == partials_.end() || partial->second.total != offer.bytes()) {
        if (folders_.damaged(device.id, sha256) >= limits_.damaged) {
            return refused(sha256, "this attachment came " + std::to_string(limits_.damaged) +
                                       " times with another hash than its own: the device's file is damaged");
        }
        if (auto why = no_room(offer.bytes()); !why.empty()) return refused(sha256, std::move(why));
        auto begun = begin(key, offer.bytes());
        if (!begun) return begun.error();
        return state_of(key, **begun);
    }
    return state_of(key, partial->second);
}

Result<BlobStore::Partial*> BlobStore::begin(const Key& key, std::uint64_t total) {
    partials_.erase(key);
    const auto path = folders_.partial(key.first, key.second);
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
        auto removed = folders_.make_room(key.first, limits_.partials);
        if (!removed) return removed.error();
        if (*removed) partials_.erase({key.first, **removed});
    }
    auto file = OpenFile::open_or_create(path);
    if (!file) return file.error();
    auto size = file->size();
    if (!size) return size.error();
    const std::uint64_t unsure = limits_.sync_every + engine::max_chunk_bytes;
    const std::uint64_t sure = *size > total || *size <= unsure ? 0 : *size - unsure;
    if (auto cut = file->truncate(sure); !cut) return cut.error();
    if (auto synced = file->sync(); !synced) return synced.error();
    if (auto named = fsync_folder(path.parent_path()); !named) return named.error();
    // Those that are forgotten are offered again.
    if (partials_.size() >= most_partials) partials_.erase(partials_.begin());
    Partial partial;
    partial.total = total;
    partial.received = partial.durable = sure;
    return &partials_.emplace(key, std::move(partial)).first->second;
}

Result<protocol::BlobState> BlobStore::blob_chunk(const engine::RegisteredDevice& device,
                                                  const protocol::BlobChunk& chunk, bool delivered) {
    const Bytes& sha256 = chunk.sha256();
    if (sha256.size() != hash_bytes) return refused(sha256, "this is not the SHA-256 of an attachment");
    const Key key(device.id, sha256);
    const auto found = partials_.find(key);
    if (found == partials_.end()) {
        auto here = if_here(key, delivered);
        if (!here) return here.error();
        return *here ? std::move(**here) : state_for(sha256);
    }
    Partial& partial = found->second;
    const std::uint64_t offset = chunk.offset();
    const std::uint64_t size = chunk.content().size();
    if (size > engine::max_chunk_bytes || offset > partial.total || size > partial.total - offset) {
        return refused(sha256, "a chunk is too long, or ends behind the attachment");
    }
    // One that comes early is sent again, of one that comes again only the rest is new.
    if (offset <= partial.received && offset + size > partial.received) {
        if (auto why = no_room(size); !why.empty()) return refused(sha256, std::move(why));
        const BytesView content = BytesView(chunk.content()).substr(partial.received - offset);
        if (auto taken = take(key, partial, content); !taken) {
            // What was not synced is uncertain now: the next offer begins behind what certainly is.
            partials_.erase(found);
            if (taken.error().code != ErrorCode::full) return taken.error();
            return refused(sha256, "the hub's disk is full: free some space there");
        }
    }
    return state_of(key, partial);
}

Status BlobStore::take(const Key& key, Partial& partial, BytesView content) {
    const auto path = folders_.partial(key.first, key.second);
    auto file = OpenFile::open_or_create(path);
    if (!file) return file.error();
    const auto size = file->size();
    if (!size) return size.error();
    if (*size < partial.received) {
        return fail(ErrorCode::corrupt, path.string() + " is shorter than what was written to it");
    }
    if (auto written = file->write_at(partial.received, content); !written) return written;
    if (partial.hashed == partial.received) {
        partial.hash.update(content);
        partial.hashed += content.size();
    }
    partial.received += content.size();
    if (partial.received - partial.durable >= limits_.sync_every || partial.received == partial.total) {
        if (auto synced = file->sync(); !synced) {
            // The system may have let go of what it could not write, and will say so only once.
            std::error_code ignored;
            std::filesystem::remove(path, ignored);
            return synced;
        }
        partial.durable = partial.received;
    }
    return ok();
}

Result<protocol::BlobState> BlobStore::state_of(const Key& key, Partial& partial) {
    if (auto hashed = hash_more(folders_.partial(key.first, key.second), partial); !hashed) {
        partials_.erase(key);
        return hashed.error();
    }
    if (partial.durable == partial.total && partial.hashed == partial.total) return finish(key, partial);
    auto state = state_for(key.second);
    state.set_have(partial.durable);
    state.set_received(partial.received);
    return state;
}

Status BlobStore::hash_more(const std::filesystem::path& file, Partial& partial) {
    if (partial.hashed == partial.received) return ok();
    auto opened = OpenFile::open_to_read(file);
    if (!opened) return opened.error();
    const std::uint64_t end = std::min(partial.received, partial.hashed + limits_.hash_at_once);
    while (partial.hashed < end) {
        const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(piece, end - partial.hashed));
        auto content = opened->read_at(partial.hashed, bytes);
        if (!content) return content.error();
        partial.hash.update(*content);
        partial.hashed += bytes;
    }
    return ok();
}

Result<protocol::BlobState> BlobStore::finish(const Key& key, Partial& partial) {
    const auto path = folders_.partial(key.first, key.second);
    const std::uint64_t total = partial.total;
    const bool right = partial.hash.finish() == key.second;
    partials_.erase(key);
    if (right) {
        auto there = folders_.whole_bytes(key.second);
        if (!there) return there.error();
        if (*there) {
            std::error_code ignored;  // it goes after a month at the latest
            std::filesystem::remove(path, ignored);
        } else if (auto put = folders_.put(path, key.second); !put) {
            return put.error();
        }
        return complete(key.second, total);
    }
    spdlog::warn("an attachment of device {} has another hash than its own, {}: set aside, it is sent anew",
                 key.first, to_hex(key.second));
    if (auto aside = folders_.set_aside(path, key.first, key.second, limits_.most_damaged); !aside)
        return aside.error();
    return state_for(key.second);
}

std::optional<StoredBlob> BlobStore::find(BytesView sha256) {
    if (sha256.size() != hash_bytes) return std::nullopt;
    const auto bytes = folders_.whole_bytes(sha256);
    if (!bytes || !*bytes) return std::nullopt;
    return StoredBlob{folders_.whole(sha256), **bytes};
}

std::size_t BlobStore::remove_old(std::int64_t now_unix_s) {
    const std::size_t count = folders_.remove_unfinished_before(now_unix_s - limits_.keep_unfinished_s);
    std::erase_if(partials_, [&](const auto& entry) {
        std::error_code error;
        return !std::filesystem::exists(folders_.partial(entry.first.first, entry.first.second), error);
    });
    return count;
}

}  // namespace fieldpost::hub

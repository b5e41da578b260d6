#include "daemon/hub/artifacts/artifacts.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>

#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hub {

namespace {

Result<protocol::Manifest> read_manifest(const std::filesystem::path& folder, std::uint64_t generation) {
    auto bytes = read_file(folder / std::to_string(generation) / "manifest.pb");
    if (!bytes) return bytes.error();
    auto sealed = protocol::parse<protocol::Signed>(*bytes, "manifest");
    if (!sealed) return sealed.error();
    // Our own file: what matters is that devices can check it.
    Result<Bytes> payload =
        sealed->zstd() ? protocol::unfold(sealed->payload()) : Result<Bytes>(sealed->payload());
    if (!payload) return payload.error();
    return protocol::parse<protocol::Manifest>(*payload, "manifest");
}

}  // namespace

Result<Offerable> offerable(Store& store, const std::string& profile) {
    Offerable out;
    out.hub_generation = static_cast<std::uint64_t>(store.generation());
    auto known = Catalog(store).profile(profile);
    if (!known && known.error().code != ErrorCode::not_found) return known.error();
    if (known) out.feeds = feeds_of(*known);
    auto purged = Feeds(store).purged();
    if (!purged) return purged.error();
    out.purged = std::move(*purged);
    return out;
}

bool Artifacts::may_be_offered(const Pack& pack, const Offerable& offerable) {
    return std::ranges::all_of(pack.cursors, [&](const auto& cursor) {
        const auto& [feed, n] = cursor;
        if (!offerable.feeds.contains(feed)) return false;
        const auto purged = offerable.purged.find(feed);
        if (purged == offerable.purged.end()) return true;
        // Another generation's numbers say nothing.
        return pack.hub_generation == offerable.hub_generation && n >= purged->second;
    });
}

std::vector<std::uint64_t> Artifacts::generations(std::string_view profile) const {
    std::vector<std::uint64_t> out;
    const auto there = list_folder(folder_ / profile);
    if (!there) {
        if (there.error().code != ErrorCode::not_found) spdlog::error("snapshots: {}", there.error().message);
        return out;
    }
    for (const auto& path : *there) {
        const std::string name = path.filename().string();
        if (name.empty() || name.size() > 18 || name.find_first_not_of("0123456789") != std::string::npos)
            continue;
        out.push_back(std::stoull(name));
    }
    std::sort(out.rbegin(), out.rend());
    return out;
}

void Artifacts::withdraw(std::string_view profile, const Offerable& offerable) {
    for (const std::uint64_t generation : generations(profile)) {
        const auto key = std::pair(std::string(profile), generation);
        if (!withdrawn_.contains(key)) {
            const auto kept = pack(profile, generation);
            if (!kept || may_be_offered(**kept, offerable)) continue;
            withdrawn_.insert(key);
            packs_.erase(key);
            spdlog::info(
                "profile {}: snapshot {} is withdrawn: it holds what the profile does not clear any more",
                profile, generation);
        }
        // The manifest last: killed in between, the next look finds it and goes on.
        for (const char* name : {"blocks.zst", "manifest.pb"}) {
            std::error_code error;
            std::filesystem::remove(folder_ / profile / std::to_string(generation) / name, error);
            if (error) {
                spdlog::error("profile {}: a withdrawn snapshot cannot be removed: {}", profile,
                              error.message());
                break;
            }
        }
    }
}

Result<std::uint64_t> Artifacts::newest(std::string_view profile) const {
    for (const std::uint64_t generation : generations(profile)) {
        std::error_code error;
        if (withdrawn_.contains(std::pair(std::string(profile), generation))) continue;
        if (std::filesystem::exists(folder_ / profile / std::to_string(generation) / "manifest.pb", error))
            return generation;
    }
    return 0;
}

Result<Bytes> Artifacts::manifest(std::string_view profile) const {
    auto generation = newest(profile);
    if (!generation) return generation.error();
    if (*generation == 0) {
        return fail(ErrorCode::not_found, "no snapshot is offered for profile '" + std::string(profile) +
                                              "': run 'fieldpost-hub snapshot'");
    }
    return read_file(folder_ / profile / std::to_string(*generation) / "manifest.pb");
}

Result<std::uint64_t> Artifacts::offered(std::string_view profile, std::uint64_t hub_generation) {
    auto generation = newest(profile);
    if (!generation || *generation == 0) return generation;
    auto kept = pack(profile, *generation);
    if (!kept) return kept.error();
    return (*kept)->hub_generation == hub_generation ? *generation : 0;
}

Result<const Artifacts::Pack*> Artifacts::pack(std::string_view profile, std::uint64_t generation) {
    const auto key = std::pair(std::string(profile), generation);
    if (withdrawn_.contains(key)) return fail(ErrorCode::not_found, "this snapshot is no longer kept");
    auto pack = packs_.find(key);
    if (pack == packs_.end()) {
        auto manifest = read_manifest(folder_ / profile, generation);
        if (!manifest) return fail(ErrorCode::not_found, "this snapshot is no longer kept");
        Pack added;
        added.hub_generation = manifest->hub_generation();
        added.offsets.push_back(0);
        for (const auto& entry : manifest->blocks())
            added.offsets.push_back(added.offsets.back() + entry.packed_bytes());
        std::erase_if(packs_, [&](const auto& known) {  // of generations that are gone
            const auto& [name, number] = known.first;
            std::error_code error;
            return !std::filesystem::exists(folder_ / name / std::to_string(number), error);
        });
        for (const auto& cursor : manifest->cursors()) {
            if (auto feed = records::parse_feed(cursor.feed())) added.cursors[std::move(*feed)] = cursor.n();
        }
        pack = packs_.emplace(key, std::move(added)).first;
    }
    return &pack->second;
}

Result<Bytes> Artifacts::block(std::string_view profile, std::uint64_t generation, std::uint32_t block) {
    const auto folder = folder_ / profile;
    auto kept = pack(profile, generation);
    if (!kept) return kept.error();
    const auto& offsets = (*kept)->offsets;
    if (block + std::size_t{1} >= offsets.size())
        return fail(ErrorCode::not_found, "the snapshot has no such block");
    std::ifstream in(folder / std::to_string(generation) / "blocks.zst", std::ios::binary);
    Bytes packed(offsets[block + 1] - offsets[block], '\0');
    in.seekg(static_cast<std::streamoff>(offsets[block]));
    in.read(packed.data(), static_cast<std::streamsize>(packed.size()));
    if (!in) return fail(ErrorCode::not_found, "this snapshot is no longer kept");
    return packed;
}

}  // namespace fieldpost::hub

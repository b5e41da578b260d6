#include "daemon/hub/artifacts/artifacts.hpp"

#include <algorithm>
#include <fstream>

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

Result<std::uint64_t> Artifacts::newest(std::string_view profile) const {
    std::uint64_t newest = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / profile, error)) {
        const std::string name = entry.path().filename().string();
        if (name.empty() || name.size() > 18 || name.find_first_not_of("0123456789") != std::string::npos)
            continue;
        if (!std::filesystem::exists(entry.path() / "manifest.pb", error)) continue;
        newest = std::max<std::uint64_t>(newest, std::stoull(name));
    }
    return newest;
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
    auto pack = packs_.find(key);
    if (pack == packs_.end()) {
        auto manifest = read_manifest(folder_ / profile, generation);
        if (!manifest) return fail(ErrorCode::not_found, "this snapshot is no longer kept");
        Pack added;
        added.hub_generation = manifest->hub_generation();
        added.offsets.push_back(0);
        for (const auto& entry : manifest->blocks())
            added.offsets.push_back(added.offsets.back() + entry.packed_bytes());
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

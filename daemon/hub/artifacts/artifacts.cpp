#include "daemon/hub/artifacts/artifacts.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "sync/base/compress.hpp"
#include "sync/base/crypto.hpp"
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

constexpr std::string_view damaged_suffix = ".damaged";
constexpr const char* damage_mark = "damaged";  // a file in a generation's folder

constexpr std::size_t max_generation_digits = 18;
constexpr int most_tries_for_lock = 250;
constexpr std::chrono::milliseconds between_tries_for_lock{20};

std::optional<std::uint64_t> generation_of(const std::string& name) {
    if (name.empty() || name.size() > max_generation_digits ||
        name.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    return std::stoull(name);
}

// Nothing, where there is no such folder yet.
std::vector<std::filesystem::path> listed(const std::filesystem::path& folder) {
    auto there = list_folder(folder);
    if (there) return *std::move(there);
    if (there.error().code != ErrorCode::not_found) spdlog::error("snapshots: {}", there.error().message);
    return {};
}

// Others hold it no longer than that.
Result<FolderLock> lock_for_a_moment(const std::filesystem::path& folder) {
    for (int tries = 1;; ++tries) {
        auto alone = FolderLock::take(folder);
        if (alone || alone.error().code != ErrorCode::conflict || tries == most_tries_for_lock) return alone;
        std::this_thread::sleep_for(between_tries_for_lock);
    }
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

Result<std::uint64_t> next_generation(const std::filesystem::path& store_folder, std::int64_t now_unix_s) {
    const auto folder = store_folder / "artifacts";
    if (auto made = make_folder(folder); !made) return made.error();
    const auto alone = lock_for_a_moment(folder);
    if (!alone) return alone.error();
    std::uint64_t last = 0;
    auto said = read_file(folder / "last", max_generation_digits + 1);
    if (said) {
        if (said->ends_with('\n')) said->pop_back();
        last = generation_of(*said).value_or(0);
    }
    const Artifacts built(store_folder);
    for (const std::string& profile : built.profiles()) {
        const auto generations = built.generations(profile);
        if (!generations.empty()) last = std::max(last, generations.front());
    }
    const auto next = std::max(last + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(now_unix_s, 1)));
    if (auto kept = write_file_atomic(folder / "last", std::to_string(next) + "\n"); !kept)
        return kept.error();
    return next;
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

std::vector<std::string> Artifacts::profiles() const {
    std::vector<std::string> out;
    for (const auto& path : listed(folder_)) {
        std::error_code error;
        if (std::filesystem::is_directory(path, error)) out.push_back(path.filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::uint64_t> Artifacts::generations(std::string_view profile) const {
    std::vector<std::uint64_t> out;
    for (const auto& path : listed(folder_ / profile)) {
        const std::string name = path.filename().string();
        if (const auto generation = generation_of(name)) out.push_back(*generation);
    }
    std::sort(out.rbegin(), out.rend());
    return out;
}

void Artifacts::withdraw(std::string_view profile, const Offerable& offerable) {
    const auto before = withdrawn_;
    std::erase_if(withdrawn_, [&](const auto& key) { return key.first == profile; });
    for (const std::uint64_t generation : generations(profile)) {
        const auto key = std::pair(std::string(profile), generation);
        const auto kept = pack(profile, generation);
        if (!kept || may_be_offered(**kept, offerable)) continue;
        withdrawn_.insert(key);
        if (before.contains(key)) continue;
        to_tidy_.insert(key.first);
        spdlog::info(
            "profile {}: snapshot {} is withdrawn: it holds what the profile does not clear any more",
            profile, generation);
    }
}

std::vector<std::string> Artifacts::tidy(std::string_view profile) {
    to_tidy_.erase(std::string(profile));
    std::vector<std::string> set_aside_now;
    for (const std::uint64_t generation : generations(profile)) {
        const auto key = std::pair(std::string(profile), generation);
        if (damaged_.contains(key)) {
            set_aside_now.push_back(set_aside(profile, generation));
            continue;
        }
        const auto folder = folder_ / profile / std::to_string(generation);
        std::error_code error;
        // A generation gets its name whole: without a manifest it is one whose removal was broken off.
        const bool is_remainder = !std::filesystem::exists(folder / "manifest.pb", error) && !error;
        if (!withdrawn_.contains(key) && !is_remainder) continue;
        // The manifest first: without it nothing is offered again, whatever the profile clears tomorrow.
        for (const char* name : {"manifest.pb", "blocks.zst"}) {
            std::filesystem::remove(folder / name, error);
            if (!error) continue;
            spdlog::error("profile {}: a withdrawn snapshot cannot be removed: {}", profile, error.message());
            break;
        }
        if (error) continue;
        withdrawn_.erase(key);
        packs_.erase(key);
    }
    return set_aside_now;
}

// It stays out of use where its disk refuses that. One is kept for people to look at: a disk that damages
// each must not be filled by them.
std::string Artifacts::set_aside(std::string_view profile, std::uint64_t generation) {
    const auto key = std::pair(std::string(profile), generation);
    const auto folder = folder_ / profile / std::to_string(generation);
    const std::filesystem::path aside = folder.string() + std::string(damaged_suffix);
    std::string said = "snapshot " + std::to_string(generation) + " of profile '" + key.first +
                       "' is damaged on this hub's disk, " + damaged_.at(key) + ": ";
    const auto there = listed(folder_ / profile);
    const auto kept = std::ranges::find_if(
        there, [](const auto& path) { return path.filename().string().ends_with(damaged_suffix); });
    std::error_code error;
    if (kept == there.end()) {
        std::filesystem::rename(folder, aside, error);
    } else {
        std::filesystem::remove_all(folder, error);
    }
    if (error) return said + "it is not offered any more, but cannot be moved away: " + error.message();
    std::filesystem::create_directory(folder, error);
    std::ofstream(folder / damage_mark).flush();
    damaged_.erase(key);
    const auto became = kept == there.end() ? "it is set aside as " + aside.string()
                                            : "it is removed, since " + kept->string() + " is kept";
    return said + became + ", and another is built";
}

bool Artifacts::is_newest_damaged(std::string_view profile) {
    std::uint64_t good = newest(profile);
    for (const std::uint64_t generation : generations(profile)) {  // withdrawn since: it was sound
        const auto folder = folder_ / profile / std::to_string(generation);
        std::error_code error;
        if (damaged_.contains(std::pair(std::string(profile), generation)) ||
            std::filesystem::exists(folder.string() + std::string(damaged_suffix), error) ||
            std::filesystem::exists(folder / damage_mark, error))
            continue;
        good = std::max(good, generation);
        break;
    }
    for (const auto& path : listed(folder_ / profile)) {
        std::string name = path.filename().string();
        const bool is_aside = name.ends_with(damaged_suffix);
        if (is_aside) name.resize(name.size() - damaged_suffix.size());
        const auto generation = generation_of(name);
        std::error_code error;
        if (generation && *generation > good &&
            (is_aside || std::filesystem::exists(path / damage_mark, error)))
            return true;
    }
    return std::ranges::any_of(damaged_, [&](const auto& found) {
        return found.first.first == profile && found.first.second > good;
    });
}

std::uint64_t Artifacts::newest(std::string_view profile) {
    for (const std::uint64_t generation : generations(profile)) {
        if (pack(profile, generation)) return generation;
    }
    return 0;
}

Result<Bytes> Artifacts::manifest(std::string_view profile) {
    const std::uint64_t generation = newest(profile);
    if (generation == 0) {
        return fail(ErrorCode::not_found, "no snapshot is offered for profile '" + std::string(profile) +
                                              "': run 'fieldpost-hub snapshot'");
    }
    return read_file(folder_ / profile / std::to_string(generation) / "manifest.pb");
}

std::uint64_t Artifacts::offered(std::string_view profile, std::uint64_t hub_generation) {
    for (const std::uint64_t generation : generations(profile)) {
        const auto kept = pack(profile, generation);
        if (kept) return (*kept)->hub_generation == hub_generation ? generation : 0;
    }
    return 0;
}

Error Artifacts::found_damaged(std::string_view profile, std::uint64_t generation, const std::string& what) {
    const auto key = std::pair(std::string(profile), generation);
    damaged_.emplace(key, what);
    to_tidy_.insert(key.first);
    packs_.erase(key);
    return fail(ErrorCode::corrupt, "this snapshot is damaged at the hub: " + what);
}

Result<Artifacts::Pack*> Artifacts::pack(std::string_view profile, std::uint64_t generation) {
    const auto key = std::pair(std::string(profile), generation);
    if (withdrawn_.contains(key) || damaged_.contains(key))
        return fail(ErrorCode::not_found, "this snapshot is no longer kept");
    auto pack = packs_.find(key);
    if (pack == packs_.end()) {
        auto manifest = read_manifest(folder_ / profile, generation);
        if (!manifest && manifest.error().code == ErrorCode::corrupt)
            return found_damaged(profile, generation, "its manifest cannot be read");
        if (!manifest) return fail(ErrorCode::not_found, "this snapshot is no longer kept");
        Pack added;
        added.hub_generation = manifest->hub_generation();
        added.block_bytes = std::min<std::size_t>(manifest->block_bytes(), protocol::max_payload_bytes);
        added.offsets.push_back(0);
        for (const auto& entry : manifest->blocks()) {
            added.offsets.push_back(added.offsets.back() + entry.packed_bytes());
            added.sha256.push_back(entry.sha256());
        }
        added.compared.resize(added.sha256.size());
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

// Unfolding and hashing costs as much as all else of an answer, and a fleet asks for the same blocks: the
// quick sum tells that a block is still the one that was compared. Disks, not people, are what it guards
// against.
Status Artifacts::compare(Pack& pack, std::uint32_t block, BytesView packed) {
    const std::size_t sum = std::hash<BytesView>{}(packed);
    if (pack.compared[block] == sum) return ok();
    const auto content = decompress(packed, pack.block_bytes);
    if (!content || sha256(*content) != pack.sha256[block])
        return fail(ErrorCode::corrupt, "block " + std::to_string(block) + " is not what its manifest says");
    pack.compared[block] = sum;
    return ok();
}

Result<Bytes> Artifacts::block(std::string_view profile, std::uint64_t generation, std::uint32_t block) {
    auto kept = pack(profile, generation);
    if (!kept) return kept.error();
    const auto& offsets = (*kept)->offsets;
    if (block + std::size_t{1} >= offsets.size())
        return fail(ErrorCode::not_found, "the snapshot has no such block");
    std::ifstream in(folder_ / profile / std::to_string(generation) / "blocks.zst", std::ios::binary);
    if (!in) return fail(ErrorCode::not_found, "this snapshot is no longer kept");
    Bytes packed(offsets[block + 1] - offsets[block], '\0');
    in.seekg(static_cast<std::streamoff>(offsets[block]));
    in.read(packed.data(), static_cast<std::streamsize>(packed.size()));
    if (!in) return found_damaged(profile, generation, "block " + std::to_string(block) + " cannot be read");
    if (auto same = compare(**kept, block, packed); !same)
        return found_damaged(profile, generation, same.error().message);
    return packed;
}

}  // namespace fieldpost::hub

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <future>
#include <thread>
#include <vector>

#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "sync/base/compress.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"
#include "sync/snapshot/writer.hpp"

namespace fieldpost::hub {

namespace {

constexpr int packing_level = 9;
constexpr std::size_t kept_generations = 2;
constexpr std::uint64_t most_blocks = 24'000;  // a manifest has 40 bytes of each
constexpr std::uint32_t block_step = 64U << 10U;
constexpr std::uint32_t largest_block = 15 * block_step;  // also when it cannot be packed any smaller
constexpr std::uint64_t progress_rows = 100'000;

std::int64_t unix_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Status go_on(const std::stop_token& stop) {
    return stop.stop_requested() ? Status(fail(ErrorCode::unavailable, "the build was stopped")) : ok();
}

// The file's rows and cursors from one read transaction of the store.
Result<std::uint64_t> write_city(Store& store, const Profile& profile, std::uint64_t generation,
                                 const std::filesystem::path& file, protocol::Manifest& manifest,
                                 const std::function<void(std::string)>& progress,
                                 const std::stop_token& stop, const snapshot::Sealing& sealing) {
    Catalog catalog(store);
    Feeds feeds(store);
    auto city = catalog.city();
    if (!city) return city.error();
    auto sources = catalog.sources_of(profile);
    if (!sources) return sources.error();
    auto heads = feeds.heads();
    if (!heads) return heads.error();
    const auto cleared = feeds_of(profile);

    snapshot::Meta meta;
    meta.city = city->id;
    meta.city_name = city->name;
    meta.time_zone = city->time_zone;
    meta.profile = profile.name;
    meta.hub_generation = store.generation();
    meta.artifact_generation = static_cast<std::int64_t>(generation);
    meta.built_at = unix_now();
    auto writer = snapshot::Writer::create(file, meta, sealing);
    if (!writer) return writer.error();
    if (auto begun = (*writer)->begin(); !begun) return begun.error();
    for (const auto& [source, delivered_at] : *sources) {
        auto put =
            (*writer)->set_source({source.id, source.title, source.steward, source.refresh_s, delivered_at});
        if (!put) return put.error();
    }
    std::uint64_t rows = 0;
    auto walked =
        feeds.for_each_row(cleared, [&](const records::FeedId& feed, const records::LayerRow& row) -> Status {
            meta.as_of = std::max(meta.as_of, row.as_of);
            if (++rows % progress_rows == 0) progress("snapshot: " + std::to_string(rows) + " rows");
            if (auto goes_on = go_on(stop); !goes_on) return goes_on;
            return (*writer)->put(feed, row);
        });
    if (!walked) return walked.error();
    meta.as_of = std::min(meta.as_of, meta.built_at);
    if (auto put = (*writer)->set_meta(meta); !put) return put.error();
    for (const records::FeedId& feed : cleared) {
        const auto head = heads->find(feed);
        const auto cursor = head == heads->end() ? engine::FeedPoint() : head->second;
        auto put = (*writer)->set_feed_cursor(feed, store.generation(), static_cast<std::int64_t>(cursor.n));
        if (!put) return put.error();
        auto& said = *manifest.add_cursors();
        said.set_feed(records::feed_text(feed));
        said.set_hub_generation(static_cast<std::uint64_t>(store.generation()));
        said.set_n(cursor.n);
        said.set_checksum(cursor.checksum);
    }
    if (auto done = (*writer)->commit(); !done) return done.error();
    progress("snapshot: building the indexes");
    if (auto done = (*writer)->finish(); !done) return done.error();
    return rows;
}

struct Packed {
    Bytes hash;  // of the content
    Bytes content;
};

// Cuts the file into blocks, packs each, and writes them one behind the other. Reading, hashing the whole and
// writing go on while other threads pack.
Status pack(const std::filesystem::path& file, const std::filesystem::path& packed_file,
            protocol::Manifest& manifest, std::uint64_t& packed_bytes, const std::stop_token& stop) {
    std::error_code error;
    const auto block_bytes = block_bytes_for(std::filesystem::file_size(file, error));
    if (!block_bytes) return block_bytes.error();
    std::ifstream in(file, std::ios::binary);
    std::ofstream out(packed_file, std::ios::binary | std::ios::trunc);
    Sha256 whole;
    std::uint64_t size = 0;
    std::deque<std::future<Packed>> packing;
    const auto write_first = [&] {
        const Packed packed = packing.front().get();
        packing.pop_front();
        auto& entry = *manifest.add_blocks();
        entry.set_sha256(packed.hash);
        entry.set_packed_bytes(static_cast<std::uint32_t>(packed.content.size()));
        packed_bytes += packed.content.size();
        out.write(packed.content.data(), static_cast<std::streamsize>(packed.content.size()));
    };
    const std::size_t at_once = std::max(2U, std::thread::hardware_concurrency());
    while (in) {
        if (auto goes_on = go_on(stop); !goes_on) return goes_on;
        Bytes block(*block_bytes, '\0');
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        block.resize(static_cast<std::size_t>(in.gcount()));
        if (block.empty()) break;
        whole.update(block);
        size += block.size();
        packing.push_back(std::async(std::launch::async, [content = std::move(block)] {
            return Packed{sha256(content), compress(content, packing_level)};
        }));
        if (packing.size() == at_once) write_first();
    }
    while (!packing.empty()) write_first();
    out.close();
    if (in.bad() || !out)
        return fail(ErrorCode::io, "cannot write " + packed_file.string() + ": is the disk full?");
    manifest.set_bytes(size);
    manifest.set_sha256(whole.finish());
    manifest.set_block_bytes(*block_bytes);
    return fsync_file(packed_file);
}

// `generations`: newest first.
void remove_older(const std::filesystem::path& folder, const std::vector<std::uint64_t>& generations) {
    for (std::size_t i = kept_generations; i < generations.size(); ++i) {
        std::error_code error;
        std::filesystem::remove_all(folder / std::to_string(generations[i]), error);
    }
}

}  // namespace

Result<std::uint32_t> block_bytes_for(std::uint64_t file_bytes) {
    const std::uint64_t steps = file_bytes / (most_blocks * block_step) + 1;
    if (steps * block_step > largest_block) {
        return fail(ErrorCode::full, "the city's file of " + std::to_string(file_bytes >> 30U) +
                                         " GiB is too large to be offered: give the vehicles profiles "
                                         "that clear fewer areas or compartments");
    }
    return std::max(protocol::block_bytes, static_cast<std::uint32_t>(steps) * block_step);
}

Result<SnapshotReport> build_snapshot(const std::filesystem::path& folder, const std::string& profile_name,
                                      protocol::Signer& signer,
                                      const std::function<void(std::string)>& progress,
                                      const std::stop_token& stop, const snapshot::Sealing& sealing) {
    if (!records::parse_feed(profile_name + "/public/general")) {
        return fail(ErrorCode::invalid_argument,
                    "'" + profile_name + "' cannot be a profile: it has 1 to 64 characters of a-z 0-9 _ -");
    }
    const auto began = std::chrono::steady_clock::now();
    auto store = Store::open_reader(folder);
    if (!store) return store.error();
    auto profile = Catalog(**store).profile(profile_name);
    if (!profile) return profile.error();
    const Artifacts artifacts(folder);

    SnapshotReport report;
    const auto offered = folder / "artifacts" / profile_name;
    const auto draft = offered / "draft";
    if (auto made = make_folder(offered); !made) return made.error();
    auto alone = FolderLock::take(offered);
    if (!alone) return alone.error().with("another program builds this profile's snapshot");
    auto generation = next_generation(folder, unix_now());
    if (!generation) return generation.error();
    report.generation = *generation;
    const auto target = offered / std::to_string(report.generation);
    std::error_code ignored;
    std::filesystem::remove_all(draft, ignored);  // of a build that was killed
    if (auto made = make_folder(draft); !made) return made.error();

    protocol::Manifest manifest;
    manifest.set_kind("snapshot");
    manifest.set_profile(profile_name);
    manifest.set_generation(report.generation);
    manifest.set_hub_generation(static_cast<std::uint64_t>((*store)->generation()));
    manifest.set_built_at(unix_now());
    const auto city_file = draft / "city.db";
    auto rows = sql([&]() -> Result<std::uint64_t> {
        SQLite::Transaction one_moment((*store)->database());
        return write_city(**store, *profile, report.generation, city_file, manifest, progress, stop, sealing);
    });
    if (!rows) return rows.error().with("building the snapshot");
    report.rows = *rows;
    progress("snapshot: packing");
    auto packed = pack(city_file, draft / "blocks.zst", manifest, report.packed_bytes, stop);
    if (!packed) return packed.error();
    report.file_bytes = manifest.bytes();
    std::filesystem::remove(city_file, ignored);
    auto sealed = protocol::seal(manifest, signer, protocol::packed);
    if (!sealed) return sealed.error();
    if (auto written = write_file_atomic(draft / "manifest.pb", sealed->SerializeAsString()); !written) {
        return written.error();
    }
    if (auto placed = rename_durably(draft, target); !placed) return placed.error();
    remove_older(offered, artifacts.generations(profile_name));
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return report;
}

}  // namespace fieldpost::hub

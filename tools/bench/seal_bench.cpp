// fieldpost-bench-seal: a snapshot with sealed layers, built by the hub's own builder from its store, and
// unpacked as a device would. Prints JSON. Usually run by tools/bench/run.
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fstream>

#include "batches.hpp"
#include "daemon/hub/artifacts/artifacts.hpp"
#include "sync/base/compress.hpp"
#include "sync/snapshot/writer.hpp"
#include "tools/bench/bench_keys.hpp"

namespace {

using namespace fieldpost;

// The blocks of the newest generation, as one file.
Status unpack(const std::filesystem::path& store, const std::string& profile,
              const hub::SnapshotReport& built, const std::filesystem::path& city) {
    const auto block_bytes = hub::block_bytes_for(built.file_bytes);
    if (!block_bytes) return block_bytes.error();
    hub::Artifacts artifacts(store);
    std::ofstream out(city, std::ios::binary | std::ios::trunc);
    for (std::uint32_t block = 0; std::uint64_t{block} * *block_bytes < built.file_bytes; ++block) {
        const auto packed = artifacts.block(profile, built.generation, block);
        if (!packed) return packed.error();
        const auto content = decompress(*packed, *block_bytes);
        if (!content) return content.error();
        out.write(content->data(), static_cast<std::streamsize>(content->size()));
    }
    out.close();
    return out ? ok() : Status(fail(ErrorCode::io, "cannot write " + city.string()));
}

Result<boost::json::object> measure(const std::filesystem::path& store, const std::filesystem::path& city,
                                    const std::string& profile, const snapshot::Sealing& sealing) {
    bench::KeySigner signer;
    const auto built = hub::build_snapshot(
        store, profile, signer, [](const std::string&) {}, {}, sealing);
    if (!built) return built.error();
    if (auto unpacked = unpack(store, profile, *built, city); !unpacked) return unpacked.error();
    return boost::json::object{{"rows", built->rows},
                               {"file_bytes", built->file_bytes},
                               {"wire_bytes", built->packed_bytes},
                               {"build_s", built->seconds}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"fieldpost-bench-seal: a snapshot with sealed layers: bytes, and seconds to build it"};
    std::filesystem::path store;
    std::filesystem::path city;
    std::string profile = "sealed";
    bool aes = false;
    bool in_the_open = false;
    app.add_option("store", store, "Folder of a hub's store; a generation of the profile is added to it")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("city", city, "The city file to write")->required();
    app.add_option("--profile", profile)->capture_default_str();
    app.add_flag("--aes", aes, "AES-256-GCM in place of XChaCha20-Poly1305");
    app.add_flag("--open", in_the_open, "The same layers, not sealed: to compare");
    CLI11_PARSE(app, argc, argv);
    snapshot::Sealing sealing;
    if (!in_the_open) sealing.keys = bench::bench_keys();
    if (aes) sealing.algorithm = seal::Algorithm::aes_256_gcm;
    const auto figures = measure(store, city, profile, sealing);
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench-seal: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}

#include "tests/simulation/snapshots.hpp"

#include "sync/base/compress.hpp"
#include "sync/records/checksum.hpp"

namespace fieldpost::simulation {

std::uint64_t checksum_of(const records::FeedId& feed, const Rows& rows) {
    const std::string text = records::feed_text(feed);
    std::uint64_t checksum = 0;
    for (const auto& [record, row] : rows) {
        checksum += records::row_hash(text, static_cast<records::RecordId>(record),
                                      static_cast<std::int64_t>(row.version));
    }
    return checksum;
}

Bytes encode_city(const std::vector<records::FeedId>& feeds,
                  const std::map<records::FeedId, FeedContent>& content,
                  const engine::Deliveries& delivered) {
    Bytes file;
    const auto append_text = [&file](const std::string& text) {
        append_u64(file, text.size());
        file += text;
    };
    append_u64(file, delivered.size());
    for (const auto& [source, told] : delivered) {
        for (const std::string* text : {&source, &told.title, &told.steward}) append_text(*text);
        append_u64(file, static_cast<std::uint64_t>(told.refresh_s));
        append_u64(file, static_cast<std::uint64_t>(told.at));
    }
    for (const auto& id : feeds) {
        const auto found = content.find(id);
        const FeedContent feed = found == content.end() ? FeedContent() : found->second;
        append_text(records::feed_text(id));
        append_u64(file, feed.cursor);
        append_u64(file, feed.rows.size());
        for (const auto& [record, row] : feed.rows) {
            append_u64(file, record);
            append_u64(file, row.version);
            append_u64(file, static_cast<std::uint64_t>(row.kind));
            append_text(row.source);
            append_text(*row.body);
        }
    }
    return file;
}

HeldCity decode_city(BytesView file) {
    const auto number = [&] {
        const std::uint64_t value = read_u64(file.substr(0, 8));
        file.remove_prefix(8);
        return value;
    };
    const auto text = [&] {
        const std::uint64_t size = number();
        const std::string value(file.substr(0, size));
        file.remove_prefix(size);
        return value;
    };
    HeldCity out;
    for (std::uint64_t count = number(); count > 0; --count) {
        engine::Delivery& told = out.delivered[text()];
        told.title = text();
        told.steward = text();
        told.refresh_s = static_cast<std::int64_t>(number());
        told.at = static_cast<std::int64_t>(number());
    }
    while (!file.empty()) {
        FeedContent& feed = out.feeds[records::parse_feed(text()).value()];
        feed.cursor = number();
        for (std::uint64_t count = number(); count > 0; --count) {
            const std::uint64_t record = number();
            Row row;
            row.version = number();
            row.kind = static_cast<records::Kind>(number());
            row.source = text();
            row.body = std::make_shared<const Bytes>(text());
            feed.rows[record] = std::move(row);
        }
    }
    return out;
}

void Snapshots::build(const std::string& profile, std::uint64_t hub_generation,
                      const std::vector<records::FeedId>& feeds,
                      const std::map<records::FeedId, FeedContent>& content,
                      const engine::Deliveries& delivered) {
    const Bytes file = encode_city(feeds, content, delivered);
    Snapshot snapshot;
    snapshot.hub_generation = hub_generation;
    protocol::Manifest manifest;
    manifest.set_kind("snapshot");
    manifest.set_profile(profile);
    manifest.set_generation(++generation_);
    manifest.set_hub_generation(hub_generation);
    manifest.set_bytes(file.size());
    manifest.set_sha256(sha256(file));
    manifest.set_block_bytes(block_bytes);
    for (std::size_t at = 0; at < file.size(); at += block_bytes) {
        const BytesView part = BytesView(file).substr(at, block_bytes);
        snapshot.blocks.push_back(compress(part));
        auto& block = *manifest.add_blocks();
        block.set_sha256(sha256(part));
        block.set_packed_bytes(static_cast<std::uint32_t>(snapshot.blocks.back().size()));
    }
    snapshot.manifest = protocol::seal(manifest, signer_, protocol::packed).value().SerializeAsString();
    Offered& offered = offered_[profile];
    offered[generation_] = std::move(snapshot);
    while (offered.size() > 2) offered.erase(offered.begin());
}

std::uint64_t Snapshots::newest(std::string_view profile, std::uint64_t hub_generation) const {
    const auto offered = offered_.find(profile);
    if (offered == offered_.end() || offered->second.empty()) return 0;
    const auto& [generation, snapshot] = *offered->second.rbegin();
    return snapshot.hub_generation == hub_generation ? generation : 0;
}

Result<Bytes> Snapshots::manifest(std::string_view profile, std::uint64_t hub_generation) const {
    if (newest(profile, hub_generation) == 0) return fail(ErrorCode::not_found, "no snapshot is offered");
    return offered_.find(profile)->second.rbegin()->second.manifest;
}

Result<Bytes> Snapshots::block(std::string_view profile, std::uint64_t generation,
                               std::uint32_t block) const {
    const auto offered = offered_.find(profile);
    if (offered != offered_.end()) {
        const auto snapshot = offered->second.find(generation);
        if (snapshot != offered->second.end() && block < snapshot->second.blocks.size())
            return snapshot->second.blocks[block];
    }
    return fail(ErrorCode::not_found, "this snapshot is no longer kept");
}

}  // namespace fieldpost::simulation

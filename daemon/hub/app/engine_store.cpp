#include "daemon/hub/app/engine_store.hpp"

namespace fieldpost::hub {

namespace {

constexpr std::size_t max_range_rows = 5000;

}  // namespace

EngineStore::EngineStore(Store& store)
    : store_(store),
      operations_(store),
      registry_(store),
      catalog_(store),
      feeds_(store),
      artifacts_(store.folder()) {}

std::string EngineStore::city() {
    auto city = catalog_.city();
    return city ? city->id : std::string();
}

Result<std::optional<engine::RegisteredDevice>> EngineStore::device(std::string_view id) {
    auto device = registry_.find(id);
    if (!device) return device.error();
    if (!*device) return std::optional<engine::RegisteredDevice>();
    engine::RegisteredDevice out{
        (*device)->id, (*device)->public_key, (*device)->profile, {}, (*device)->desired_generation};
    auto profile = catalog_.profile(out.profile);
    if (!profile) return profile.error();
    for (const auto& feed : feeds_of(*profile)) out.feeds.push_back(feed);
    return std::optional(std::move(out));
}

Result<std::map<records::FeedId, std::uint64_t>> EngineStore::feed_heads() {
    auto heads = feeds_.heads();
    if (!heads) return heads.error();
    std::map<records::FeedId, std::uint64_t> out;
    for (const auto& [feed, n] : *heads) out[feed] = static_cast<std::uint64_t>(n);
    return out;
}

Result<engine::FeedRange> EngineStore::feed_range(const records::FeedId& feed, std::uint64_t after,
                                                  std::size_t max_bytes) {
    auto range = feeds_.range(feed, static_cast<std::int64_t>(after), max_range_rows, max_bytes);
    if (!range) return range.error();
    engine::FeedRange out;
    out.through = static_cast<std::uint64_t>(range->through);
    for (const FeedChange& change : range->changes) {
        protocol::FeedEntry entry;
        entry.set_n(static_cast<std::uint64_t>(change.n));
        entry.set_remove(change.remove);
        *entry.mutable_row() = protocol::to_wire(change.row);
        out.entries.push_back(std::move(entry));
    }
    return out;
}

}  // namespace fieldpost::hub

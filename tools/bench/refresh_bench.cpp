// fieldpost-bench-refresh: what a device that comes back after a week fetches, and how long it takes to apply
// it. A share of the store's records is taken for changed; their rows go into the segments that the hub would
// answer with. Prints JSON. Usually run by tools/bench/run.
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <map>

#include "batches.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "sync/protocol/codec.hpp"
#include "sync/snapshot/writer.hpp"

namespace {

using namespace fieldpost;

constexpr std::size_t segment_bytes = 256U << 10U;  // what a fast link asks for
constexpr std::uint64_t shuffled = 0x9e3779b97f4a7c15U;

// Of a record all layers change or none, and everywhere in the city.
bool is_changed(records::RecordId record, double share) {
    const auto spread = static_cast<std::uint64_t>(record) * shuffled >> 32U;
    return static_cast<double>(spread) < share * 4294967296.0;
}

struct Refresh {
    std::size_t records = 0;
    std::size_t rows = 0;
    std::size_t wire_bytes = 0;
    std::vector<protocol::FeedSegment> segments;
};

struct Feed {
    protocol::FeedSegment open;
    std::size_t bytes = 0;
    std::uint64_t n = 0;
};

Status close_segment(Feed& feed, protocol::Signer& signer, Refresh& refresh) {
    if (feed.open.entries().empty()) return ok();
    feed.open.set_through(feed.n);
    feed.open.set_head(feed.n);
    const auto sealed = protocol::seal(feed.open, signer, protocol::packed);
    if (!sealed) return sealed.error();
    refresh.wire_bytes += sealed->SerializeAsString().size();
    refresh.segments.push_back(feed.open);
    feed.open.clear_entries();
    feed.open.set_after(feed.n);
    feed.bytes = 0;
    return ok();
}

Result<Refresh> make_refresh(hub::Store& store, const std::string& profile_name, double share) {
    auto profile = hub::Catalog(store).profile(profile_name);
    if (!profile) return profile.error();
    auto heads = hub::Feeds(store).heads();
    if (!heads) return heads.error();
    bench::KeySigner signer;
    std::map<records::FeedId, Feed> feeds;
    Refresh refresh;
    records::RecordId last = 0;
    auto walked = hub::Feeds(store).for_each_row(
        hub::feeds_of(*profile), [&](const records::FeedId& id, const records::LayerRow& row) -> Status {
            if (!is_changed(row.record, share)) return ok();
            Feed& feed = feeds[id];
            if (feed.n == 0) {
                feed.n = (*heads)[id].n;
                feed.open.set_feed(records::feed_text(id));
                feed.open.set_hub_generation(static_cast<std::uint64_t>(store.generation()));
                feed.open.set_after(feed.n);
            }
            refresh.records += row.record != last ? 1U : 0U;
            last = row.record;
            ++refresh.rows;
            auto& entry = *feed.open.add_entries();
            entry.set_n(++feed.n);
            *entry.mutable_row() = protocol::to_wire(row);
            entry.mutable_row()->set_version(static_cast<std::uint64_t>(row.version + 1));
            feed.bytes += row.body.size();
            return feed.bytes < segment_bytes ? ok() : close_segment(feed, signer, refresh);
        });
    if (!walked) return walked.error();
    for (auto& [id, feed] : feeds) {
        if (auto closed = close_segment(feed, signer, refresh); !closed) return closed.error();
    }
    return refresh;
}

Status apply(const std::filesystem::path& city, const Refresh& refresh) {
    auto writer = snapshot::Writer::open(city);
    if (!writer) return writer.error();
    for (const auto& segment : refresh.segments) {
        const auto feed = records::parse_feed(segment.feed());
        if (!feed) return fail(ErrorCode::internal, "a segment of no feed");
        if (auto begun = (*writer)->begin(); !begun) return begun;
        for (const auto& entry : segment.entries()) {
            auto row = protocol::from_wire(entry.row(), feed->layer);
            if (!row) return row.error();
            if (auto put = (*writer)->put(*feed, *row); !put) return put;
        }
        const auto through = static_cast<std::int64_t>(segment.through());
        if (auto set = (*writer)->set_feed_cursor(*feed, static_cast<std::int64_t>(segment.hub_generation()),
                                                  through);
            !set) {
            return set;
        }
        if (auto committed = (*writer)->commit(); !committed) return committed;
    }
    return (*writer)->empty_log();
}

Result<boost::json::object> measure(const std::filesystem::path& folder, const std::filesystem::path& city,
                                    const std::string& profile, double share) {
    auto store = hub::Store::open_reader(folder);
    if (!store) return store.error();
    auto refresh = make_refresh(**store, profile, share);
    if (!refresh) return refresh.error();
    const auto began = std::chrono::steady_clock::now();
    if (auto applied = apply(city, *refresh); !applied) return applied.error();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return boost::json::object{{"records", refresh->records},
                               {"rows", refresh->rows},
                               {"wire_bytes", refresh->wire_bytes},
                               {"apply_s", seconds}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"fieldpost-bench-refresh: a week's changes as segments: bytes, and seconds to apply them"};
    std::filesystem::path folder;
    std::filesystem::path city;
    std::string profile = "inspector";
    double share = 0.01;
    app.add_option("store", folder, "Folder of a hub's store; it is only read")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("city", city, "A city file built from it; it is changed")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--profile", profile)->capture_default_str();
    app.add_option("--share", share, "Of the records that changed")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const auto figures = measure(folder, city, profile, share);
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench-refresh: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}

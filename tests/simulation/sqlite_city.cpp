#include "tests/simulation/sqlite_city.hpp"

#include <algorithm>
#include <fstream>

#include "daemon/device/city/city_changes.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::simulation {

namespace {

using snapshot::Writer;

// The writer asks the real file system whether a file is there, and syncs it there: all else is SQLite's.
class RealName {
  public:
    explicit RealName(std::string path) : path_(std::move(path)) { std::ofstream file(path_); }
    ~RealName() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    RealName(const RealName&) = delete;
    RealName& operator=(const RealName&) = delete;

  private:
    const std::string path_;
};

Status status_of(CrashDisk::Outcome outcome) {
    switch (outcome) {
        case CrashDisk::Outcome::done:
            return ok();
        case CrashDisk::Outcome::full:
            return fail(ErrorCode::full, "the disk is full");
        default:
            return fail(ErrorCode::io, "the power is gone");
    }
}

Bytes blob(const SQLite::Column& column) {
    const auto* bytes = static_cast<const char*>(column.getBlob());
    return bytes == nullptr ? Bytes() : Bytes(bytes, static_cast<std::size_t>(column.getBytes()));
}

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

std::string SqliteCity::file(std::uint64_t generation) const {
    return folder_ + "/city-" + std::to_string(generation) + ".db";
}

std::vector<std::uint64_t> SqliteCity::generations() const {
    const std::string begin = folder_ + "/city-";
    std::vector<std::uint64_t> found;
    for (const std::string& name : disk_.names()) {
        if (name.starts_with(begin) && name.ends_with(".db"))
            found.push_back(std::stoull(name.substr(begin.size())));
    }
    std::sort(found.rbegin(), found.rend());
    return found;
}

Status SqliteCity::open(std::uint64_t generation) {
    const RealName real(file(generation));
    auto writer = Writer::open(file(generation));
    if (!writer) return writer.error();
    auto reader = snapshot::Reader::open(file(generation));
    if (!reader) return reader.error();
    auto meta = (*reader)->meta();
    if (!meta) return meta.error();
    writer_ = std::move(*writer);
    meta_ = std::move(*meta);
    return ok();
}

Status SqliteCity::open() {
    meta_ = {};
    const auto there = generations();
    return there.empty() ? ok() : open(there.front());
}

Result<engine::FeedPoint> SqliteCity::apply(const engine::ApplySegment& apply) {
    return device::apply_segment(*writer_, meta_, apply.feed, apply.segment, 0);
}

Status SqliteCity::note_deliveries(const engine::NoteDeliveries& note) {
    return device::note_deliveries(*writer_, note);
}

Status SqliteCity::change_feeds(const engine::ChangeFeeds& change) {
    return device::change_feeds(*writer_, change);
}

Status SqliteCity::lose_row(const records::FeedId& feed, std::uint64_t record, std::uint64_t version) {
    if (auto begun = writer_->begin(); !begun) return begun;
    auto lost = writer_->remove(feed, static_cast<records::RecordId>(record), integer(version));
    if (lost) lost = writer_->commit();
    if (!lost) (void)writer_->rollback();
    return lost;
}

// As a hub makes it, in few steps.
Result<Bytes> SqliteCity::make(const HeldCity& city) {
    const std::string path = workshop_.folder + "/city.db";
    workshop_.disk.replace({});
    snapshot::Meta meta;
    meta.city = "testville";
    meta.profile = "any";
    meta.artifact_generation = integer(city.snapshot_generation);
    auto writer = Writer::create(path, meta);
    if (!writer) return writer.error();
    if (auto begun = (*writer)->begin(); !begun) return begun.error();
    for (const auto& [source, told] : city.delivered) {
        auto set = (*writer)->set_source({source, told.title, told.steward, told.refresh_s, told.at});
        if (!set) return set.error();
    }
    for (const auto& [feed, content] : city.feeds) {
        const auto generation = integer(city.hub_generations.at(feed));
        if (auto set = (*writer)->set_feed_cursor(feed, generation, integer(content.cursor)); !set)
            return set.error();
        for (const auto& [record, row] : content.rows) {
            records::LayerRow layer;
            layer.kind = row.kind;
            layer.record = static_cast<records::RecordId>(record);
            layer.layer = feed.layer;
            layer.version = integer(row.version);
            layer.source = row.source;
            layer.body = *row.body;
            if (auto put = (*writer)->put(feed, layer); !put) return put.error();
        }
    }
    if (auto done = (*writer)->commit(); !done) return done.error();
    const RealName real(path);
    if (auto finished = (*writer)->finish(); !finished) return finished.error();
    return workshop_.disk.find(path)->content();
}

Status SqliteCity::place(const std::string& name, const Bytes& content) {
    const auto draft = disk_.nameless();
    if (auto written = status_of(disk_.write(*draft, 0, content)); !written) return written;
    if (auto synced = status_of(disk_.sync(*draft)); !synced) return synced;
    if (auto named = status_of(disk_.name(name, draft)); !named) return named;
    return status_of(disk_.sync_names());
}

Status SqliteCity::mount(const HeldCity& city) {
    const auto content = make(city);
    if (!content) return content.error();
    if (auto placed = place(file(city.snapshot_generation), *content); !placed) return placed;
    if (auto opened = open(city.snapshot_generation); !opened) return opened;
    // The one before stays as the last good one.
    const auto there = generations();
    for (std::size_t i = 2; i < there.size(); ++i) {
        for (const char* suffix : {"", "-wal"}) (void)disk_.remove(file(there[i]) + suffix);
    }
    return ok();
}

Result<HeldCity> SqliteCity::read() const {
    HeldCity city;
    if (!writer_) return city;
    city.snapshot_generation = static_cast<std::uint64_t>(meta_.artifact_generation);
    return sql([&]() -> Result<HeldCity> {
        auto database = open_database(file(city.snapshot_generation), Durability::read_only);
        if (!database) return database.error();
        std::map<records::FeedId, std::uint64_t> checksums;
        SQLite::Statement feeds(**database, "SELECT id, generation, cursor, checksum FROM feed");
        while (feeds.executeStep()) {
            const auto feed = records::parse_feed(feeds.getColumn(0).getString()).value();
            city.hub_generations[feed] = static_cast<std::uint64_t>(feeds.getColumn(1).getInt64());
            city.feeds[feed].cursor = static_cast<std::uint64_t>(feeds.getColumn(2).getInt64());
            checksums[feed] = static_cast<std::uint64_t>(feeds.getColumn(3).getInt64());
        }
        // But for those that a row alone has brought.
        SQLite::Statement sources(**database,
                                  "SELECT id, delivered_at, title, steward, refresh_s FROM source "
                                  "WHERE title <> id OR delivered_at > 0");
        while (sources.executeStep()) {
            city.delivered[sources.getColumn(0).getString()] = {
                sources.getColumn(1).getInt64(), sources.getColumn(2).getString(),
                sources.getColumn(3).getString(), sources.getColumn(4).getInt64()};
        }
        SQLite::Statement rows(**database,
                               "SELECT feed.id, record, version, kind, body, source.id FROM layer "
                               "JOIN feed USING (feed) JOIN source USING (source)");
        while (rows.executeStep()) {
            const auto feed = records::parse_feed(rows.getColumn(0).getString()).value();
            Row& row = city.feeds[feed].rows[static_cast<std::uint64_t>(rows.getColumn(1).getInt64())];
            row.version = static_cast<std::uint64_t>(rows.getColumn(2).getInt64());
            row.kind = static_cast<records::Kind>(rows.getColumn(3).getInt());
            row.source = rows.getColumn(5).getString();
            row.body = std::make_shared<const Bytes>(blob(rows.getColumn(4)));
        }
        for (const auto& [feed, content] : city.feeds) {
            if (checksum_of(feed, content.rows) == checksums[feed]) continue;
            return fail(ErrorCode::corrupt, "the checksum of feed " + records::feed_text(feed) +
                                                " in it is not that of its rows");
        }
        return city;
    });
}

}  // namespace fieldpost::simulation

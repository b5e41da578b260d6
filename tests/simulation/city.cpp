#include "tests/simulation/city.hpp"

#include <algorithm>
#include <set>

#include "sync/base/crypto.hpp"
#include "tests/simulation/snapshots.hpp"

namespace fieldpost::simulation {

namespace {

constexpr std::size_t most_unsynced = 8;  // commits: then the log is folded into the file

void forget_unused_sources(HeldCity& city) {
    std::set<std::string> used;
    for (const auto& [feed, content] : city.feeds) {
        for (const auto& [record, row] : content.rows) used.insert(row.source);
    }
    std::erase_if(city.delivered, [&](const auto& one) { return !used.contains(one.first); });
}

}  // namespace

engine::MountedCity City::view() const {
    engine::MountedCity city;
    city.snapshot_generation = now_.snapshot_generation;
    for (const auto& [feed, content] : now_.feeds)
        city.feeds[feed] = {now_.hub_generations.at(feed), content.cursor, content.cursor,
                            checksum(feed, content.rows)};
    return city;
}

std::uint64_t City::checksum(const records::FeedId& feed, const Rows& rows) const {
    const auto unnoticed = unnoticed_.find(feed);
    return checksum_of(feed, rows) + (unnoticed == unnoticed_.end() ? 0 : unnoticed->second);
}

bool City::lose_row() {
    std::vector<records::FeedId> feeds;
    for (const auto& [feed, content] : now_.feeds) {
        if (!content.rows.empty()) feeds.push_back(feed);
    }
    if (feeds.empty()) return false;
    const auto& feed = feeds[stage_.dice.below(feeds.size())];
    HeldCity next = now_;
    Rows& rows = next.feeds.at(feed).rows;
    const auto row = std::next(rows.begin(), static_cast<std::ptrdiff_t>(stage_.dice.below(rows.size())));
    const auto [record, lost] = *row;
    rows.erase(row);
    lost_rows_.insert(feed);
    if (file_) {
        under_way_ = next;
        const auto done = file_->lose_row(feed, record, lost.version);
        if (!disk_.off()) under_way_.reset();
        if (!done) return false;
        earlier_.push_back(now_);
    }
    if (stage_.planted == Planted::ignore_checksum) unnoticed_[feed] += checksum_of(feed, {{record, lost}});
    now_ = std::move(next);
    return true;
}

void City::problem(const std::string& text) {
    stage_.checker.problem({device_, 0, {}, {}}, text);
}

Status City::open() {
    if (!file_) return ok();
    const auto opened = file_->open();
    auto held = opened ? file_->read() : Result<HeldCity>(opened.error());
    if (!held) return unreadable(held.error());
    std::vector<HeldCity> possible{now_};
    if (under_way_) possible.push_back(*under_way_);
    if (power_was_cut_) possible.insert(possible.end(), earlier_.begin(), earlier_.end());
    if (std::ranges::find(possible, *held) == possible.end())
        problem("its city file holds what it never held");
    if (power_was_cut_) earlier_.clear();
    now_ = std::move(*held);
    under_way_.reset();
    power_was_cut_ = false;
    return ok();
}

Error City::unreadable(const Error& error) {
    if (!disk_.off() && error.code != ErrorCode::full)
        problem("its city file cannot be read: " + error.message);
    return error;
}

void City::close() {
    if (file_) file_->close();
}

Status City::change_file(const HeldCity& next, const Change& change) {
    const auto done = change(*file_);
    const auto held =
        disk_.off() ? Result<HeldCity>(fail(ErrorCode::io, "the power is gone")) : file_->read();
    if (!held) {
        under_way_ = next;
        return unreadable(held.error());
    }
    if (*held != (done ? next : now_))
        problem(done ? "its city file holds something else than was written"
                     : "its city file changed, though that failed: " + done.error().message);
    return done;
}

Status City::commit(HeldCity next, const Change& change) {
    if (!file_ && disk_.limited()) return fail(ErrorCode::full, "the disk is full");
    for (const auto& [feed, content] : next.feeds) {
        if (!now_.feeds.contains(feed)) stage_.checker.feed_gained(device_, feed);
    }
    CrashDisk::Turn turn;
    if (file_) {
        if (auto done = change_file(next, change); !done) return done;
    } else {
        turn = disk_.step();
    }
    if (turn.happens) {
        earlier_.push_back(std::move(now_));
        now_ = std::move(next);
        if (!file_ && earlier_.size() > most_unsynced) earlier_.clear();
    }
    if (!turn.goes_on) return fail(ErrorCode::io, "the power is gone");
    stage_.checker.city_holds(device_, now_, false);
    return ok();
}

Result<engine::FeedPoint> City::apply(const engine::ApplySegment& apply) {
    HeldCity next = now_;
    FeedContent& feed = next.feeds[apply.feed];
    // What was on its way when the city was changed under it.
    if (apply.segment.after() > feed.cursor) return fail(ErrorCode::conflict, "it does not join");
    if (apply.segment.through() <= feed.cursor)
        return engine::FeedPoint{feed.cursor, checksum(apply.feed, feed.rows)};
    protocol::FeedSegment segment = apply.segment;
    if (planted(Planted::apply_with_gap) && segment.entries_size() > 1)
        segment.mutable_entries()->DeleteSubrange(0, 1);
    const bool without_rows = planted(Planted::city_cursor_without_rows);
    const bool without_cursor = planted(Planted::city_rows_without_cursor);
    stage_.checker.segment_applied(device_, segment, feed.cursor);
    for (const auto& entry : segment.entries()) {
        if (without_rows) break;
        if (entry.n() <= feed.cursor) continue;
        const std::uint64_t record = entry.row().record();
        const auto held = feed.rows.find(record);
        // As Writer: neither a put nor a removal goes back behind a higher version.
        const bool newer = held != feed.rows.end() && held->second.version > entry.row().version();
        if (newer) continue;
        if (!entry.remove()) {
            feed.rows[record] = {entry.row().version(), static_cast<records::Kind>(entry.row().kind()),
                                 entry.row().source(), std::make_shared<const Bytes>(entry.row().body())};
        } else if (held != feed.rows.end() && stage_.planted != Planted::ignore_older_removal_rule) {
            feed.rows.erase(held);
        }
    }
    if (!without_cursor) feed.cursor = segment.through();
    next.hub_generations[apply.feed] = segment.hub_generation();
    const engine::FeedPoint reached{segment.through(), checksum(apply.feed, feed.rows)};
    auto done = commit(std::move(next), [&](SqliteCity& file) -> Status {
        const auto there = file.apply({apply.feed, segment});
        if (!there) return there.error();
        if (*there != reached) problem("its city file stands elsewhere than it should");
        return ok();
    });
    if (!done) return done.error();
    return reached;
}

Status City::note_deliveries(const engine::NoteDeliveries& note) {
    for (const auto& [feed, head] : note.heads) {
        const auto held = now_.feeds.find(feed);
        const bool is_there = held != now_.feeds.end() &&
                              now_.hub_generations.at(feed) == head.hub_generation &&
                              held->second.cursor >= head.n;
        // A feed that begins again, or another city, came before it.
        if (!is_there && stage_.planted != Planted::deliveries_before_rows)
            return fail(ErrorCode::conflict, "the city is not there yet");
    }
    const bool forgets = planted(Planted::forget_deliveries);
    HeldCity next = now_;
    for (const auto& [source, told] : note.delivered) {
        if (forgets) break;
        const auto held = next.delivered.find(source);
        if (!told.title.empty()) {
            next.delivered[source] = told;
        } else if (held != next.delivered.end()) {
            held->second.at = told.at;
        }
    }
    auto done = commit(std::move(next), [&](SqliteCity& file) { return file.note_deliveries(note); });
    if (done) stage_.checker.deliveries_noted(device_, note.delivered, now_);
    return done;
}

Status City::change_feeds(const engine::ChangeFeeds& change) {
    HeldCity next = now_;
    if (stage_.planted != Planted::keep_lost_feed) {
        for (const auto& feed : change.drop) {
            next.feeds.erase(feed);
            next.hub_generations.erase(feed);
        }
    }
    for (const auto* feeds : {&change.add, &change.again}) {
        for (const auto& feed : *feeds) {
            next.feeds[feed] = {};
            next.hub_generations[feed] = change.hub_generation;
        }
    }
    if (!change.drop.empty()) forget_unused_sources(next);
    auto done = commit(std::move(next), [&](SqliteCity& file) { return file.change_feeds(change); });
    if (done) stage_.checker.feeds_dropped(device_, change.drop, now_);
    return done;
}

std::vector<records::LayerRow> City::layers(std::uint64_t record) const {
    std::map<records::LayerKey, records::LayerRow> newest;
    for (const auto& [feed, content] : now_.feeds) {
        const auto row = content.rows.find(record);
        if (row == content.rows.end()) continue;
        auto& layer = newest[feed.layer];
        if (layer.version > static_cast<std::int64_t>(row->second.version)) continue;
        layer.kind = row->second.kind;
        layer.record = static_cast<records::RecordId>(record);
        layer.layer = feed.layer;
        layer.version = static_cast<std::int64_t>(row->second.version);
        layer.body = *row->second.body;
    }
    std::vector<records::LayerRow> out;
    for (auto& [key, layer] : newest) out.push_back(std::move(layer));
    return out;
}

std::vector<std::uint32_t> City::prepare(const protocol::Manifest& manifest) {
    if (draft_.generation != manifest.generation()) draft_ = {manifest.generation(), {}};
    std::vector<std::uint32_t> missing;
    for (std::uint32_t block = 0; block < static_cast<std::uint32_t>(manifest.blocks_size()); ++block) {
        if (!draft_.blocks.contains(block)) missing.push_back(block);
    }
    return missing;
}

Status City::write_block(std::uint32_t block, const Bytes& content) {
    if (disk_.limited()) return fail(ErrorCode::full, "the disk is full");
    const auto turn = disk_.step();
    if (turn.happens) draft_.blocks[block] = content;
    return turn.goes_on ? ok() : Status(fail(ErrorCode::io, "the power is gone"));
}

bool City::has_block(std::uint64_t generation, std::uint32_t block) const {
    return draft_.generation == generation && draft_.blocks.contains(block);
}

Result<bool> City::finish(const protocol::Manifest& manifest) {
    Bytes file;
    for (const auto& [block, content] : draft_.blocks) file += content;
    if (sha256(file) != manifest.sha256() || file.size() != manifest.bytes()) {
        stage_.checker.problem({device_, 0, {}, {}}, "a finished snapshot is not what its manifest says");
        return false;
    }
    HeldCity next = decode_city(file);
    next.snapshot_generation = manifest.generation();
    for (const auto& [feed, content] : next.feeds) next.hub_generations[feed] = manifest.hub_generation();
    auto done = commit(next, [&](SqliteCity& file_below) { return file_below.mount(next); });
    if (!done) return done.error();
    earlier_.clear();  // a new file, synced before it took the old one's name
    stage_.checker.city_holds(device_, now_, true);
    draft_ = {};
    return true;
}

void City::power_cut() {
    power_was_cut_ = true;
    if (!file_ && !earlier_.empty()) {
        const std::uint64_t left = stage_.dice.below(earlier_.size() + 1);
        if (left < earlier_.size()) now_ = earlier_[left];
        earlier_.clear();
    }
    // Blocks are synced at the end only; what is there is hashed again before it is used.
    std::erase_if(draft_.blocks, [&](const auto&) { return stage_.dice.chance(0.3); });
}

void City::wipe() {
    now_ = {};
    earlier_.clear();
    under_way_.reset();
    draft_ = {};
    unnoticed_.clear();
}

void City::restore(HeldCity image) {
    wipe();
    now_ = std::move(image);
}

}  // namespace fieldpost::simulation

#include "daemon/device/city/city_changes.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>

#include "sync/protocol/codec.hpp"

namespace fieldpost::device {

namespace {

Status in_transaction(snapshot::Writer& writer, const std::function<Status()>& write) {
    if (auto begun = writer.begin(); !begun) return begun;
    auto written = write();
    if (written) written = writer.commit();
    if (written) return ok();
    if (auto undone = writer.rollback(); !undone) spdlog::error("city: {}", undone.error().message);
    return written;
}

}  // namespace

Result<engine::FeedPoint> apply_segment(snapshot::Writer& writer, snapshot::Meta& meta,
                                        const records::FeedId& feed, const protocol::FeedSegment& segment,
                                        std::int64_t now_s) {
    auto held = writer.feed_cursor(feed);
    if (!held) return held.error();
    // What was on its way here when the city was changed under it.
    if (!*held || (*held)->generation != static_cast<std::int64_t>(segment.hub_generation()) ||
        segment.after() > static_cast<std::uint64_t>((*held)->cursor)) {
        return fail(ErrorCode::conflict, "a segment after " + std::to_string(segment.after()) +
                                             " does not join what the city has");
    }
    const auto cursor = static_cast<std::uint64_t>((*held)->cursor);
    if (segment.through() <= cursor) return engine::FeedPoint{cursor, (*held)->checksum};
    snapshot::Meta moved = meta;
    auto written = in_transaction(writer, [&]() -> Status {
        for (const auto& entry : segment.entries()) {
            if (entry.n() <= cursor) continue;
            auto row = protocol::from_wire(entry.row(), feed.layer);
            if (!row) return row.error();
            Status done =
                entry.remove() ? writer.remove(feed, row->record, row->version) : writer.put(feed, *row);
            if (!done) return done;
            if (!entry.remove()) moved.as_of = std::max(moved.as_of, std::min(row->as_of, now_s));
        }
        if (moved.as_of != meta.as_of) {
            if (auto set = writer.set_meta(moved); !set) return set;
        }
        return writer.set_feed_cursor(feed, static_cast<std::int64_t>(segment.hub_generation()),
                                      static_cast<std::int64_t>(segment.through()));
    });
    if (!written) return written.error();
    meta = std::move(moved);
    held = writer.feed_cursor(feed);
    if (!held) return held.error();
    return engine::FeedPoint{segment.through(), (*held)->checksum};
}

Status note_deliveries(snapshot::Writer& writer, const engine::NoteDeliveries& note) {
    return in_transaction(writer, [&]() -> Status {
        // A feed that begins again, or another city, may have come before it.
        for (const auto& [feed, head] : note.heads) {
            auto held = writer.feed_cursor(feed);
            if (!held) return held.error();
            if (!*held || (*held)->generation != static_cast<std::int64_t>(head.hub_generation) ||
                (*held)->cursor < static_cast<std::int64_t>(head.n))
                return fail(ErrorCode::conflict, "the city does not hold yet what came of the deliveries");
        }
        for (const auto& [source, delivery] : note.delivered) {
            auto noted = delivery.title.empty() ? writer.note_delivery(source, delivery.at)
                                                : writer.set_source({source, delivery.title, delivery.steward,
                                                                     delivery.refresh_s, delivery.at});
            if (!noted) return noted;
        }
        return ok();
    });
}

Status change_feeds(snapshot::Writer& writer, const engine::ChangeFeeds& change) {
    return in_transaction(writer, [&]() -> Status {
        for (const auto* feeds : {&change.drop, &change.again}) {
            for (const auto& feed : *feeds) {
                if (auto gone = writer.remove_feed(feed); !gone) return gone;
            }
        }
        // Of those that are still cleared the hub tells again.
        if (!change.drop.empty()) {
            if (auto gone = writer.remove_unused_sources(); !gone) return gone;
        }
        for (const auto* feeds : {&change.add, &change.again}) {
            for (const auto& feed : *feeds) {
                const auto generation = static_cast<std::int64_t>(change.hub_generation);
                if (auto made = writer.set_feed_cursor(feed, generation, 0); !made) return made;
            }
        }
        return ok();
    });
}

}  // namespace fieldpost::device

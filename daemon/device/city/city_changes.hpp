// What feeds change in a mounted city file: each call is one transaction, so rows and cursor go together, and
// after an Error the file is as it was.
#pragma once

#include "sync/engine/device_actions.hpp"
#include "sync/engine/feed_point.hpp"
#include "sync/snapshot/writer.hpp"

namespace fieldpost::device {

// CityCache::apply() of the file behind `writer`; `meta` is what the file says of itself, now and afterwards.
Result<engine::FeedPoint> apply_segment(snapshot::Writer& writer, snapshot::Meta& meta,
                                        const records::FeedId& feed, const protocol::FeedSegment& segment,
                                        std::int64_t now_s);

// CityCache::note_deliveries() of it.
Status note_deliveries(snapshot::Writer& writer, const engine::NoteDeliveries& note);

// CityCache::change_feeds() of it.
Status change_feeds(snapshot::Writer& writer, const engine::ChangeFeeds& change);

}  // namespace fieldpost::device

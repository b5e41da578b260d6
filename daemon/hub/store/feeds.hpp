// Reading the feeds: their heads, a range after a cursor, and all rows of some feeds for a snapshot.
//
// Works on any Store, also a reader. To take a snapshot and its cursors of one moment, hold a transaction
// around heads() and for_each_row(). One Feeds belongs to one Store and its thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/engine/feed_point.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::hub {

struct FeedChange {
    std::int64_t n = 0;
    bool remove = false;
    records::LayerRow row;  // of a removal: kind, record, layer and version only
};

// What a feed brings after a cursor. Superseded changes are left out: their numbers are missing, and
// `through` says how far the range reaches all the same.
struct FeedRange {
    std::vector<FeedChange> changes;  // n ascending
    std::int64_t through = 0;         // the cursor of a device that has applied them
    bool more = false;                // the head is beyond `through`
};

class Feeds {
  public:
    explicit Feeds(Store& store) : store_(store) {}

    // The cursor of every feed that ever had a change, with the checksum of its rows.
    Result<std::map<records::FeedId, engine::FeedPoint>> heads();
    // By feed: its last change that took away what not everyone may see any more who receives the feed. What
    // was built of it before must not be handed out (PROTOCOL 9). Feeds without such a change are not named.
    Result<std::map<records::FeedId, std::uint64_t>> purged();
    // 0 for a feed that had none.
    Result<std::int64_t> head(const records::FeedId& feed);

    // Changes with n > after, oldest first: at most `limit`, and stopping once their bodies pass `byte_limit`
    // (at least one is given). An unknown feed is an empty one. conflict when `after` is beyond the head.
    Result<FeedRange> range(const records::FeedId& feed, std::int64_t after, std::size_t limit,
                            std::size_t byte_limit);

    // Every row of the feeds, ordered by property, kind, record. A failure of `row` ends the walk and is
    // returned.
    using RowCallback = std::function<Status(const records::FeedId&, const records::LayerRow&)>;
    Status for_each_row(const std::set<records::FeedId>& feeds, const RowCallback& row);

    // The rows of one record in all feeds, whatever their label.
    Result<std::vector<std::pair<records::FeedId, records::LayerRow>>> rows_of(records::RecordId record);

  private:
    Store& store_;
};

}  // namespace fieldpost::hub

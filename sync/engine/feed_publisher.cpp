#include "sync/engine/feed_publisher.hpp"

namespace fieldpost::engine {

namespace {

constexpr std::size_t live_segment_bytes = 64U << 10U;

}  // namespace

FeedPublisher::FeedPublisher(HubStore& store, protocol::Signer& signer) : store_(store), signer_(signer) {}

Status FeedPublisher::start() {
    auto heads = store_.feed_heads();
    if (!heads) return heads.error();
    for (const auto& [feed, head] : *heads) published_[feed] = hinted_[feed] = head.n;
    return ok();
}

Result<protocol::Signed> FeedPublisher::segment(const records::FeedId& feed, std::uint64_t after,
                                                std::uint64_t head, std::size_t max_bytes) {
    auto range = store_.feed_range(feed, after, max_bytes);
    if (!range) return range.error();
    protocol::FeedSegment segment;
    segment.set_feed(records::feed_text(feed));
    segment.set_hub_generation(store_.generation());
    segment.set_after(after);
    segment.set_head(head);
    segment.set_through(range->through);
    for (auto& entry : range->entries) *segment.add_entries() = std::move(entry);
    return protocol::seal(segment, signer_, protocol::packed);
}

protocol::FeedCursor FeedPublisher::head_of(const records::FeedId& feed, const FeedPoint& head) {
    protocol::FeedCursor out;
    out.set_feed(records::feed_text(feed));
    out.set_hub_generation(store_.generation());
    out.set_n(head.n);
    out.set_checksum(head.checksum);
    return out;
}

Status FeedPublisher::publish_head(const records::FeedId& feed, const FeedPoint& head, HubActions& actions) {
    protocol::FeedHead hint;
    *hint.mutable_head() = head_of(feed, head);
    const auto sealed = protocol::seal(hint, signer_, protocol::plain);
    if (!sealed) return sealed.error();
    actions.publishes.push_back({protocol::topic::feed_head(feed), sealed->SerializeAsString(), true, false});
    return ok();
}

Status FeedPublisher::publish(Heads heads, HubActions& actions) {
    auto newest = store_.feed_heads();
    if (!newest) return newest.error();
    Status first_error = ok();
    for (const auto& [feed, head] : *newest) {
        auto done = publish_feed(feed, head, heads, actions);
        if (!done && first_error) first_error = done.error().with("feed " + records::feed_text(feed));
    }
    return first_error;
}

Status FeedPublisher::publish_feed(const records::FeedId& feed, const FeedPoint& head, Heads heads,
                                   HubActions& actions) {
    std::uint64_t& published = published_[feed];
    if (published < head.n) {
        // One segment a round and feed: the rest of a large import is asked for by range, at each device's
        // own pace.
        auto made = segment(feed, published, head.n, live_segment_bytes);
        if (!made) return made.error();
        actions.publishes.push_back({protocol::topic::feed(feed), made->SerializeAsString(), false});
        published = head.n;
    }
    // Behind the segments and retained: whoever subscribes only now, or to heads only, learns of them so.
    std::uint64_t& hinted = hinted_[feed];
    if (heads == Heads::all || (heads == Heads::grown && hinted < head.n)) {
        if (auto done = publish_head(feed, head, actions); !done) return done;
        hinted = head.n;
    }
    return ok();
}

}  // namespace fieldpost::engine

-- Which fields the row had that was removed: bit number of the field; those above 61 share bit 62. When the record is made
-- again with one of them at a label that not everyone has who receives the feed, what was built of the feed before the
-- removal is not handed out any more. NULL: not known; every field may have been there.
ALTER TABLE removal ADD COLUMN fields INTEGER;

-- Of what was reclassified before 014 nothing tells. So what was built of a feed before its last change is not handed out
-- any more; the hub builds it anew.
UPDATE feed SET purged = max(purged,
    ifnull((SELECT max(n) FROM layer WHERE layer.feed = feed.feed), 0),
    ifnull((SELECT max(n) FROM removal WHERE removal.feed = feed.feed), 0));

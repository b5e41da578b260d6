-- Which fields a record's row of a feed lost with change n, the row itself staying or not: bit number of the field; those
-- above 61 share bit 62. A later put takes no entry away: when the record has one of these fields again at a label that not
-- everyone has who receives the feed, what was built of the feed before n is not handed out any more. An entry
-- goes when that is done, and a field goes from it that is lost again: a record has no more of a feed than fields.
CREATE TABLE lost_fields (
    record INTEGER NOT NULL,
    feed   INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    fields INTEGER NOT NULL,
    PRIMARY KEY (record, feed, n)
) WITHOUT ROWID, STRICT;

-- Of what was reclassified before 014, and lost before this table, nothing tells. So what was built of a feed before its
-- last change is not handed out any more; the hub builds it anew.
UPDATE feed SET purged = max(purged,
    ifnull((SELECT max(n) FROM layer WHERE layer.feed = feed.feed), 0),
    ifnull((SELECT max(n) FROM removal WHERE removal.feed = feed.feed), 0));

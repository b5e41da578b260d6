-- Why each vehicle's box started last: the newest health record that tells of a start, whole. The newest of all health records
-- is in device_report; most of them tell of none.
CREATE TABLE device_start (
    device TEXT PRIMARY KEY,
    body   BLOB NOT NULL          -- protocol.Operation
) WITHOUT ROWID, STRICT;

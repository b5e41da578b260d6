-- What backups hold, and what nobody has any more.

-- safe: through here a completed backup of this hub holds the lane. Written after the backup is complete, so a store
-- that is restored from one says of itself what that one holds, and nothing of what came later.
ALTER TABLE device_lane ADD COLUMN safe INTEGER NOT NULL DEFAULT 0;

-- Operations that this hub acknowledged before it was restored from a backup, and that their device does not hold any
-- more. Never awaited; found again, they count as there.
CREATE TABLE gap (
    device   TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    lane     INTEGER NOT NULL,         -- protocol.Lane
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    named_at INTEGER NOT NULL,         -- unix seconds
    PRIMARY KEY (device, epoch, lane, first)
) WITHOUT ROWID, STRICT;

-- Operations that waited and are settled, until the round's end, which tells their devices. A device that does not hear
-- of it asks.
DROP TABLE settled;
CREATE TABLE settled (operation INTEGER PRIMARY KEY) STRICT;

-- Records that crews and people change, what came of operations that had to wait, and where vehicles are.

-- The last change of each field that changed since its record was made: its version tells whether an editor saw it.
CREATE TABLE field_change (
    record         INTEGER NOT NULL,
    field          INTEGER NOT NULL,   -- number in the record's message; 0: the record was made again in this version
    version        INTEGER NOT NULL,   -- of the record, that this change made
    before         BLOB NOT NULL,      -- the field alone, as it was; empty: not set
    before_version INTEGER NOT NULL,   -- of the change before; 0: none
    role           INTEGER NOT NULL,   -- hub::Author::Role
    name           TEXT NOT NULL,      -- id of the source or device, or a person's name
    operation      TEXT NOT NULL,      -- id of the operation whose value it is; '': a source's
    at_us          INTEGER NOT NULL,   -- unix microseconds; 0: not known
    lat_e7         INTEGER,
    lon_e7         INTEGER,
    saw_version    INTEGER NOT NULL,
    PRIMARY KEY (record, field)
) WITHOUT ROWID, STRICT;

-- A crew's or a person's value that stands over what the source says: an import compares with what the source said,
-- never with what is shown, and outlives the record's removal.
CREATE TABLE field_edit (
    record   INTEGER NOT NULL,
    field    INTEGER NOT NULL,
    imported BLOB NOT NULL,            -- what the source said last
    value    BLOB NOT NULL,
    PRIMARY KEY (record, field)
) WITHOUT ROWID, STRICT;

-- Two values for one field. The first is shown until a person decides; a row is kept for ever.
CREATE TABLE conflict (
    conflict          INTEGER PRIMARY KEY AUTOINCREMENT,
    record            INTEGER NOT NULL,
    kind              INTEGER NOT NULL,
    field             INTEGER NOT NULL,
    opened_at         INTEGER NOT NULL,    -- unix seconds
    state             INTEGER NOT NULL DEFAULT 0,  -- 0 open, 1 decided, 2 superseded by a later value of the same side
    shown             BLOB NOT NULL,       -- both: the field alone; empty: not set
    shown_version     INTEGER NOT NULL,
    shown_role        INTEGER NOT NULL,    -- these as in field_change
    shown_name        TEXT NOT NULL,
    shown_operation   TEXT NOT NULL,
    shown_at_us       INTEGER NOT NULL,
    shown_lat_e7      INTEGER,
    shown_lon_e7      INTEGER,
    shown_saw_version INTEGER NOT NULL,
    shown_saw         BLOB,                -- the value that its author saw; NULL: not known
    other             BLOB NOT NULL,
    other_role        INTEGER NOT NULL,
    other_name        TEXT NOT NULL,
    other_operation   TEXT NOT NULL,
    other_at_us       INTEGER NOT NULL,
    other_lat_e7      INTEGER,
    other_lon_e7      INTEGER,
    other_saw_version INTEGER NOT NULL,
    other_saw         BLOB,
    choice            TEXT,                -- ours, theirs, value
    decided_by        TEXT,
    decided_at        INTEGER,             -- unix seconds
    decided_value     BLOB,
    decided_version   INTEGER              -- of the record
) STRICT;
CREATE INDEX conflict_open ON conflict (record, field) WHERE state = 0;

-- What a mapping made of its dataset's labels: "field=classification/compartment", joined by a space. NULL: not known
-- until the next import; a field that an edit sets first is then restricted.
ALTER TABLE dataset ADD COLUMN labels TEXT;

-- An operation that waits for another, in the order in which they came; `operation` has its bytes.
CREATE TABLE parked (
    operation INTEGER PRIMARY KEY,
    device    TEXT NOT NULL,
    waits_for TEXT NOT NULL            -- "EPOCH LANE SEQ" of the same device, or "observation ID" of any
) STRICT;
CREATE INDEX parked_by_cause ON parked (waits_for);
CREATE INDEX parked_by_device ON parked (device);
CREATE INDEX operation_again_of ON operation_again (operation);

-- What became of an operation that waited, until its device knows.
CREATE TABLE settled (
    operation  INTEGER PRIMARY KEY,
    device     TEXT NOT NULL,
    settled_at INTEGER NOT NULL        -- unix seconds
) STRICT;
CREATE INDEX settled_by_device ON settled (device, settled_at);

-- The boot in which a crew's record was made, when its time may yet become better known.
ALTER TABLE operation ADD COLUMN boot BLOB;
CREATE INDEX operation_boot ON operation (device, boot) WHERE boot IS NOT NULL;

-- engine::KnownCorrection: what the stamps of a boot are known to mean.
CREATE TABLE time_correction (
    device       TEXT NOT NULL,
    boot         BLOB NOT NULL,
    operation    TEXT NOT NULL,        -- id
    quality      INTEGER NOT NULL,
    offset_us    INTEGER NOT NULL,
    same_boot    INTEGER NOT NULL,
    booted_at_us INTEGER NOT NULL,
    boottime_us  INTEGER NOT NULL,
    PRIMARY KEY (device, boot, operation)
) WITHOUT ROWID, STRICT;

-- Where each vehicle was last, and what its crew said last: the newest report of each, whole.
CREATE TABLE device_report (
    device TEXT NOT NULL,
    effect INTEGER NOT NULL,           -- field number in Operation.effect: position_reported or status_reported
    body   BLOB NOT NULL,              -- protocol.Operation
    PRIMARY KEY (device, effect)
) WITHOUT ROWID, STRICT;

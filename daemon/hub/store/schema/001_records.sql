-- What the hub knows of the city, and the feeds that carry it to devices.

-- Single facts: 'generation' is the first half of every feed cursor; a store restored from a backup gets a new one.
CREATE TABLE hub (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO hub VALUES ('generation', (random() & 0x3fffffffffffffff) | 1);

CREATE TABLE source (
    source    INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    title     TEXT NOT NULL,
    steward   TEXT NOT NULL,
    meaning   TEXT NOT NULL,
    refresh_s INTEGER NOT NULL             -- how often the source should be read again; 0 unknown
) STRICT;

-- A part of a source that fills one kind of record: one file or layer.
CREATE TABLE dataset (
    dataset INTEGER PRIMARY KEY,
    source  INTEGER NOT NULL REFERENCES source,
    name    TEXT NOT NULL,
    kind    INTEGER NOT NULL,              -- records.Kind
    imported INTEGER NOT NULL DEFAULT 0,   -- run that last read it to the end
    UNIQUE (source, name)
) STRICT;

-- A jurisdiction's areas and what a device of a profile receives, as city.toml had them at the last import.
CREATE TABLE area (
    area  TEXT PRIMARY KEY,
    title TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE profile (
    profile   TEXT PRIMARY KEY,
    title     TEXT NOT NULL,
    areas     TEXT NOT NULL,               -- joined by a space
    clearance TEXT NOT NULL                -- "internal/general confidential/fire"
) WITHOUT ROWID, STRICT;

-- A record outlives its deletion here, so that its version never restarts.
CREATE TABLE record (
    record   INTEGER PRIMARY KEY,          -- records::record_id
    kind     INTEGER NOT NULL,
    source   INTEGER NOT NULL,
    key      TEXT NOT NULL,                -- in the source
    version  INTEGER NOT NULL,
    deleted  INTEGER NOT NULL,
    property INTEGER NOT NULL,             -- where its layers stand; 0 unlinked
    link_method INTEGER NOT NULL           -- records::LinkMethod
) STRICT;

-- The row of a source that a record was last imported from: what the next import compares with.
CREATE TABLE source_row (
    dataset INTEGER NOT NULL,
    record  INTEGER NOT NULL,
    hash    INTEGER NOT NULL,              -- of the row's cells and of the mapping that read them
    PRIMARY KEY (dataset, record)
) WITHOUT ROWID, STRICT;

CREATE TABLE feed (
    feed           INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,   -- "area/classification/compartment"
    area           TEXT NOT NULL,
    classification INTEGER NOT NULL,
    compartment    TEXT NOT NULL
) STRICT;

-- The layers of all records as devices hold them, clustered by property for snapshots. At the same time the feeds' log:
-- n is the cursor of the layer's last change, so the log is compacted by nature and holds no superseded payload. The
-- head of a feed is the highest n here and in removal: what supersedes an entry is itself a newer entry of the feed.
CREATE TABLE layer (
    property        INTEGER NOT NULL,
    kind            INTEGER NOT NULL,
    record          INTEGER NOT NULL,
    feed            INTEGER NOT NULL,
    n               INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    source          INTEGER NOT NULL,
    as_of           INTEGER NOT NULL,
    link_method     INTEGER NOT NULL,      -- records::LinkMethod
    link_confidence INTEGER NOT NULL,      -- percent
    body            BLOB NOT NULL,
    PRIMARY KEY (property, kind, record, feed)
) WITHOUT ROWID, STRICT;
CREATE INDEX layer_by_feed ON layer (feed, n);

-- The removals of a feed. A later put of the same layer takes its entry away.
CREATE TABLE removal (
    feed    INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    record  INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (feed, n)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX removal_by_record ON removal (record, feed);

CREATE TABLE import_run (
    run         INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                   -- NULL: runs, or was interrupted
    report      TEXT                       -- JSON
) STRICT;

-- Rows that the last import of their dataset refused.
CREATE TABLE quarantine (
    quarantine INTEGER PRIMARY KEY,
    dataset    INTEGER NOT NULL REFERENCES dataset,
    run        INTEGER NOT NULL REFERENCES import_run,
    file       TEXT NOT NULL,
    line       INTEGER NOT NULL,           -- 1 is the first; of a GeoJSON file the number of the feature
    key        TEXT NOT NULL,
    reason     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    raw        TEXT NOT NULL               -- at most 4 KiB of the row
) STRICT;
CREATE INDEX quarantine_by_dataset ON quarantine (dataset);

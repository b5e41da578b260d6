-- A city file: what a hub builds for a profile, and a device mounts and then changes with its feeds.
-- README.md in this folder explains the layout. indexes.sql follows, after a bulk load.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY
) WITHOUT ROWID, STRICT;

CREATE TABLE feed (
    feed INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: readers remember it
    id TEXT NOT NULL UNIQUE,             -- "area/classification/compartment"
    generation INTEGER NOT NULL,         -- of the hub
    cursor INTEGER NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0  -- over the feed's rows (sync/records/checksum.hpp), its bits as a signed number
) STRICT;

CREATE TABLE source (
    source INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    steward TEXT NOT NULL,
    refresh_s INTEGER NOT NULL
) STRICT;

-- A property that any row is linked to, or (property NULL) a block of rows that are linked to none.
CREATE TABLE place (
    place INTEGER PRIMARY KEY,
    property INTEGER                     -- record id
) STRICT;

-- One layer of one record as one feed carries it. row = place * 1048576 + slot: what belongs to a property lies
-- together, a view is one range scan, and search entries name a row in six bytes or less.
CREATE TABLE layer (
    row INTEGER PRIMARY KEY,
    record INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    version INTEGER NOT NULL,
    source INTEGER NOT NULL,
    as_of INTEGER NOT NULL,              -- unix seconds, 0 unknown
    link_method INTEGER NOT NULL,
    link_confidence INTEGER NOT NULL,    -- percent
    body BLOB NOT NULL                   -- the kind's protobuf message with this layer's fields
) STRICT;

-- Records held by kind, each once however many rows it has.
CREATE TABLE tally (
    kind INTEGER PRIMARY KEY,
    records INTEGER NOT NULL
) STRICT;

-- Search entries. Each belongs to a layer row, is derived from its body alone, and goes with it.

-- The street dictionary. Numbers are never used again: readers keep it in memory and add what is new.
CREATE TABLE street (
    street INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    direction TEXT NOT NULL
) STRICT;

CREATE TABLE address (
    street INTEGER NOT NULL,
    high INTEGER NOT NULL,               -- last number of a range; 0 for a single number
    number INTEGER NOT NULL,             -- 0: none
    part TEXT NOT NULL,                  -- letter, fraction or unit: "A", "1/2", "3B"; "=": a course of the street
    row INTEGER NOT NULL,
    PRIMARY KEY (street, high, number, part, row)
) WITHOUT ROWID, STRICT;

-- Parcel numbers, asset tags, permit, case and licence numbers, letters and digits only; and whole names by a short key.
CREATE TABLE term (
    key TEXT NOT NULL,
    kind INTEGER NOT NULL,               -- lookup::TermKind: 1 parcel, 2 tag, 3 number, 4 whole name, 5 telephone
    row INTEGER NOT NULL,
    PRIMARY KEY (key, kind, row)
) WITHOUT ROWID, STRICT;

-- Names of parties, businesses, projects and places, by word; rowid is the layer row.
CREATE VIRTUAL TABLE name USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');

-- Each word of a name and how many rows have it: half-typed words are completed here, as full text would have to gather
-- every row of every word that begins so.
CREATE TABLE name_word (
    word TEXT PRIMARY KEY,
    rows INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE spot_class (
    class INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Where things stand, 1e-7 degree. The third axis is class * 2097152 (0.2 degrees), so that the tree keeps classes apart.
CREATE VIRTUAL TABLE spot USING rtree_i32(row, south, north, west, east, class_low, class_high);

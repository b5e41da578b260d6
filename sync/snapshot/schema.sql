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
    refresh_s INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL DEFAULT 0  -- unix seconds: when the hub last read it to its end; 0 unknown
) STRICT;

-- Rows are in places: each stands for a property that they are linked to, or (property NULL) for none. Most places begin
-- with a row of their property, which says so; only the others are here.
CREATE TABLE other_place (
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
    body BLOB NOT NULL                   -- the kind's protobuf message with this layer's fields; of a sealed layer its cell
) STRICT;

-- Rows by record, packed as the search entries are: the first of each run of rows of one record; and of each place with
-- a property its first row number by that property's id.
CREATE TABLE record (block INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE TABLE record_first (key BLOB NOT NULL, row INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, row))
    WITHOUT ROWID, STRICT;

-- Every place: for people, and for tests. The kind is PROPERTY.
CREATE VIEW place AS
    SELECT row >> 20 AS place, record AS property FROM layer WHERE row & 1048575 = 0 AND kind = 1
    UNION ALL SELECT place, property FROM other_place;

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

-- Search entries are packed in blocks (posting_block.hpp), in order of a key and a row; NAME_first has the first entry
-- of each block. What the keys are made of: entry_keys.hpp.

-- Where addresses are: street, last number of a range or 0, number, part ("A", "1/2", "3B"; "=": a course of the street).
CREATE TABLE address (block INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE TABLE address_first (key BLOB NOT NULL, row INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, row))
    WITHOUT ROWID, STRICT;

-- Parcel numbers, asset tags, permit, case and licence numbers, letters and digits only; and whole names by a short key; telephones from their end.
CREATE TABLE term (block INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE TABLE term_first (key BLOB NOT NULL, row INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, row))
    WITHOUT ROWID, STRICT;

-- Names of parties, businesses, projects and places, by word.
CREATE TABLE name (block INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE TABLE name_first (key BLOB NOT NULL, row INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, row))
    WITHOUT ROWID, STRICT;

-- Each word of a name and how many rows have it: half-typed words are completed here, and the rarest of several is
-- looked at first.
CREATE TABLE name_word (
    word TEXT PRIMARY KEY,
    rows INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE spot_class (
    class INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Where things stand, 1e-7 degree: boxes around a few dozen neighbours of one class. The third axis is class * 2097152
-- (0.2 degrees), so that the tree keeps classes apart.
CREATE VIRTUAL TABLE spot USING rtree_i32(cell, south, north, west, east, class_low, class_high);

-- What is in each box: rows and where they stand (spot_cell.hpp).
CREATE TABLE spot_cell (
    cell INTEGER PRIMARY KEY,
    things BLOB NOT NULL
) STRICT;

-- Sealed layers (README.md): their bodies are cells, and their search entries are here and in no table above.

CREATE TABLE sealed_layer (
    layer INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,             -- "confidential/health"
    dictionary BLOB NOT NULL,            -- that bodies are packed with, as a cell
    stale INTEGER NOT NULL DEFAULT 0     -- 1: entries went while the key was not held, and are to be made anew
) STRICT;

-- Every key that something of the layer was sealed with.
CREATE TABLE sealed_key (
    layer INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    mark BLOB NOT NULL,                  -- tells whether a key is this one
    PRIMARY KEY (layer, epoch)
) WITHOUT ROWID, STRICT;

-- Blocks of entries as cells, and their first entries as cells. A block's number says its layer and its list
-- (sealed_blocks.hpp).
CREATE TABLE sealed_block (block INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE TABLE sealed_first (block INTEGER PRIMARY KEY, first BLOB NOT NULL) STRICT;

-- Grows when the first entries of a list change: readers keep them in memory.
CREATE TABLE sealed_list (list INTEGER PRIMARY KEY, changes INTEGER NOT NULL) STRICT;

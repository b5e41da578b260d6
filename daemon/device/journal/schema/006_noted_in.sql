-- Number of the note of the hub's word, counted over all (key `notes` in journal); 0: none was counted.
ALTER TABLE operation ADD COLUMN noted_in INTEGER NOT NULL DEFAULT 0;

-- A city of these feeds that stands there or beyond holds what the notes through `in_city` (a key in journal) told.
CREATE TABLE city_head (
    feed TEXT PRIMARY KEY,
    hub_generation INTEGER NOT NULL,
    n INTEGER NOT NULL
) WITHOUT ROWID;

-- What a link is decided from, so that it can be decided anew without the file that the record came from.

-- What the row said of its record's place. All empty: nothing.
ALTER TABLE source_row ADD COLUMN parcel  TEXT;
ALTER TABLE source_row ADD COLUMN address BLOB;     -- records.Address
ALTER TABLE source_row ADD COLUMN lat_e7  INTEGER;
ALTER TABLE source_row ADD COLUMN lon_e7  INTEGER;
ALTER TABLE source_row ADD COLUMN target  INTEGER;  -- the record whose property it shares

-- A dataset's links are decided anew when properties, or the records that it refers to, moved after they were decided.
ALTER TABLE dataset ADD COLUMN moved  INTEGER NOT NULL DEFAULT 0;  -- run that last changed where a record of it stands
ALTER TABLE dataset ADD COLUMN linked INTEGER NOT NULL DEFAULT 0;  -- run that last decided all of its links
DELETE FROM hub WHERE key = 'properties_changed';

-- 1: a row that cannot be read and may be the one of a record that is missing since.
ALTER TABLE quarantine ADD COLUMN hides INTEGER NOT NULL DEFAULT 0;

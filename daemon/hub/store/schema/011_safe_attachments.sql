-- Which of a device's attachments backups hold: it is told, and keeps the others longer.

-- 1, 2, … of each device; 0: it was delivered before this was counted, and no backup is known to hold it. The file is in
-- its place before the row is: a backup that holds the row, and copies the files after the store, holds both.
ALTER TABLE delivery ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;       -- the last number
-- As device_lane.safe: through this number a completed backup of this hub holds them.
ALTER TABLE device ADD COLUMN delivered_safe INTEGER NOT NULL DEFAULT 0;

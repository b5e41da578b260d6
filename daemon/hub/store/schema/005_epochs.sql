-- In which order the epochs of a device advanced: one that advances after a later one tells of two journals that write
-- under one name.
CREATE TABLE device_epoch (
    device TEXT NOT NULL,
    epoch  INTEGER NOT NULL,
    turn   INTEGER NOT NULL,   -- the highest is the epoch that advanced last
    PRIMARY KEY (device, epoch)
) WITHOUT ROWID, STRICT;

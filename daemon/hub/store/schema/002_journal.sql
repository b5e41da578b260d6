-- What devices are known, and what they have sent.

CREATE TABLE device (
    device             TEXT PRIMARY KEY,
    public_key         BLOB NOT NULL,             -- Ed25519, 32 bytes: its batches are signed with it
    profile            TEXT NOT NULL,
    desired_generation INTEGER NOT NULL DEFAULT 1,  -- grows with every change of what the device should be
    added_at           INTEGER NOT NULL,            -- unix seconds
    seen_at            INTEGER NOT NULL DEFAULT 0   -- last hello, unix seconds
) WITHOUT ROWID, STRICT;

-- How far each lane of each epoch of a device is applied: moved in the transaction that applies.
CREATE TABLE device_lane (
    device     TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    lane       INTEGER NOT NULL,                    -- protocol.Lane
    applied    INTEGER NOT NULL,
    hash       BLOB NOT NULL,                       -- chain hash there
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, lane)
) WITHOUT ROWID, STRICT;

-- Every operation, byte for byte, under its first identity: unique, so that nothing is applied twice even when a
-- device sends it again in a later epoch.
CREATE TABLE operation (
    operation    INTEGER PRIMARY KEY,               -- order of application
    device       TEXT NOT NULL,
    epoch        INTEGER NOT NULL,                  -- these three and the hash: where it was first written
    lane         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    hash         BLOB NOT NULL,
    in_place     INTEGER NOT NULL,                  -- 1: it arrived there; 0: a later epoch brought it
    id           TEXT NOT NULL,                     -- UUID from the recorder; '' when it cannot be read
    effect       INTEGER NOT NULL,                  -- field number in Operation.effect; 0 when it cannot be read
    visit        TEXT NOT NULL,
    property     INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,                  -- unix microseconds, by the device's clock
    received_at  INTEGER NOT NULL,                  -- unix microseconds, by the hub's
    outcome      INTEGER NOT NULL,                  -- protocol.Outcome
    version      INTEGER NOT NULL,                  -- of the record it made; 0: none
    reason       TEXT NOT NULL,
    body         BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX operation_identity ON operation (device, epoch, lane, seq, hash);
CREATE INDEX operation_property ON operation (property, recorded_at) WHERE property <> 0;

-- Where an operation came that was not, or not only, its first place: a later epoch.
CREATE TABLE operation_again (
    device    TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    lane      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, lane, seq)
) WITHOUT ROWID, STRICT;

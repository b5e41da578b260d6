-- journal.db: what crews recorded, until the hub has it and beyond. Irreplaceable.

-- device: whose journal this is (a copied file is refused); epoch: the one that is written now.
CREATE TABLE journal (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Every epoch there was. A new one begins when hub and journal turned out to differ (PROTOCOL, journal 3).
CREATE TABLE epoch (
    epoch INTEGER PRIMARY KEY,
    opened_at INTEGER NOT NULL,  -- unix microseconds, as the clock showed
    predecessor INTEGER,
    why TEXT NOT NULL
);

-- noted: through here it is known what became of each operation at the hub.
CREATE TABLE lane (
    epoch INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    noted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (epoch, lane)
) WITHOUT ROWID;

CREATE TABLE operation (
    epoch INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL,          -- 1, 2, 3, … within (epoch, lane)
    id TEXT NOT NULL,              -- UUID from the recorder: a repeated request finds its operation
    effect INTEGER NOT NULL,       -- field number in Operation.effect
    visit TEXT NOT NULL,           -- '' without
    property INTEGER NOT NULL,     -- 0 without
    recorded_at INTEGER NOT NULL,  -- unix microseconds, as the clock showed
    body BLOB NOT NULL,            -- serialised Operation; what is hashed and sent, never re-encoded
    hash BLOB NOT NULL,            -- chain hash after this operation
    origin_epoch INTEGER,          -- where it was first written, if that was another epoch
    origin_seq INTEGER,
    origin_hash BLOB,
    state INTEGER NOT NULL DEFAULT 0,    -- 0 pending, 1 accepted, 2 conflict, 3 quarantined
    version INTEGER NOT NULL DEFAULT 0,  -- of the record it made at the hub
    reason TEXT NOT NULL DEFAULT '',     -- why it was not simply accepted
    PRIMARY KEY (epoch, lane, seq)
) WITHOUT ROWID;

CREATE UNIQUE INDEX operation_id ON operation (id);
CREATE INDEX operation_visit ON operation (visit, recorded_at) WHERE visit <> '';
CREATE INDEX operation_property ON operation (property, recorded_at) WHERE property <> 0;

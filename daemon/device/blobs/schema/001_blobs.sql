-- blobs.db: what became of the attachments whose files lie beside it. Replaceable: without it every file counts as not
-- delivered and is offered again, and the hub says at once which ones it has.
CREATE TABLE blob (
    added INTEGER PRIMARY KEY AUTOINCREMENT,  -- their order
    sha256 BLOB NOT NULL UNIQUE,              -- the file's name, in hexadecimal
    bytes INTEGER NOT NULL,
    thumbnail INTEGER NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0      -- the hub has it whole
);

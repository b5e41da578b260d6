-- Attachments that a device delivered whole, hash and all: it is told that the hub has them, and no other device is
-- (PROTOCOL: effects 18).
CREATE TABLE delivery (
    device TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (device, sha256)
) WITHOUT ROWID, STRICT;

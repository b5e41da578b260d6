-- A device that is lost or stolen: unix seconds; 0: it is not revoked.
ALTER TABLE device ADD COLUMN revoked_at INTEGER NOT NULL DEFAULT 0;

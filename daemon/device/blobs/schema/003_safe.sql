-- What the hub says of its backups.
ALTER TABLE blob ADD COLUMN number INTEGER NOT NULL DEFAULT 0;  -- which of this device's deliveries it was; 0: not known
ALTER TABLE hub ADD COLUMN safe INTEGER;  -- through this number a backup holds them; NULL: the hub does not say

-- safe: through here a completed backup of the hub holds the lane (PROTOCOL, journal 5).
ALTER TABLE lane ADD COLUMN safe INTEGER NOT NULL DEFAULT 0;

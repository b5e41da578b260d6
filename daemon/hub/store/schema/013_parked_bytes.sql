-- How much of a device waits for other operations: that is bounded, in bytes too.
ALTER TABLE parked ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;  -- of the operation's body
UPDATE parked SET bytes = coalesce((SELECT length(o.body) FROM operation o WHERE o.operation = parked.operation), 0);
DROP INDEX parked_by_device;
CREATE INDEX parked_by_device ON parked (device, bytes);

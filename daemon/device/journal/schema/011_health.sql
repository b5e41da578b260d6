-- Health records, too, come all day long: they are neither walked for the lists of what people did nor written in their indexes.
DROP INDEX operation_recorded;
CREATE INDEX operation_recorded ON operation (recorded_at, seq)
    WHERE effect <> 16 AND effect <> 19;  -- position_reported, health_reported
DROP INDEX operation_pending;
CREATE INDEX operation_pending ON operation (state, recorded_at, seq) WHERE state = 0 AND effect <> 16 AND effect <> 19;

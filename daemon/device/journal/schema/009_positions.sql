-- Lists are of what people did. Positions, which come all day long, are neither walked for them nor written here.
DROP INDEX operation_recorded;
CREATE INDEX operation_recorded ON operation (recorded_at, seq) WHERE effect <> 16;  -- position_reported

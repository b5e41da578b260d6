-- The newest operations, whatever they belong to: without it each list walks and sorts all there ever were.
CREATE INDEX operation_recorded ON operation (recorded_at, seq);

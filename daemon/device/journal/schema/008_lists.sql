-- What the hub did not simply accept (conflict, quarantined), and visits: few among all, and asked for by themselves. Without
-- these each such list walks all operations there ever were. Nothing else costs a write in them.
CREATE INDEX operation_judged ON operation (state, recorded_at, seq) WHERE state > 1;
CREATE INDEX operation_visiting ON operation (recorded_at, seq) WHERE effect IN (10,11);  -- visit_started, visit_finished

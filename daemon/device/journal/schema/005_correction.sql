-- Corrections are few, and each list of observations asks for them: without it that walks all there ever were. Nothing
-- else costs a write in it.
CREATE INDEX operation_correction ON operation (recorded_at, seq) WHERE effect = 13;  -- observation_corrected

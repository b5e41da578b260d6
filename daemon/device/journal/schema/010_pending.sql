-- What the hub has said nothing of yet is asked for by itself, and is little among all that people did: without it that list
-- walks all of it. One entry more to write with each record, and to take out when the hub has settled it.
CREATE INDEX operation_pending ON operation (state, recorded_at, seq) WHERE state = 0 AND effect <> 16;  -- position_reported

-- trimmed: the last entry that made room; behind it all are held, here or, when they waited at the hub, in a later epoch.
ALTER TABLE lane ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;
UPDATE lane SET trimmed = coalesce((
    SELECT min(seq) FROM operation o
    WHERE o.epoch = lane.epoch AND o.lane = lane.lane AND NOT (o.state = 0 AND o.reason <> '')
), noted + 1) - 1;

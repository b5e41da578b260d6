-- Where each vehicle was last, and what its crew said last: the newest report of each lane, whole. A lane brings its
-- reports in the order in which they were recorded; between lanes their stamps decide.
DROP TABLE device_report;
CREATE TABLE device_report (
    device      TEXT NOT NULL,
    effect      INTEGER NOT NULL,      -- field number in Operation.effect: position_reported or status_reported
    lane        INTEGER NOT NULL,      -- protocol.Lane
    received_at INTEGER NOT NULL,      -- unix microseconds, by the hub's clock
    body        BLOB NOT NULL,         -- protocol.Operation
    PRIMARY KEY (device, effect, lane)
) WITHOUT ROWID, STRICT;

-- A bare column beside one max() is that of the row which has it.
INSERT INTO device_report (device, effect, lane, received_at, body)
    SELECT device, effect, lane, received_at, body FROM
        (SELECT device, effect, lane, received_at, body, max(operation) FROM operation
         WHERE effect IN (16, 17) AND outcome = 0 GROUP BY device, effect, lane);

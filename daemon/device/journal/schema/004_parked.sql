-- What waits at the hub for another operation: pending, with the hub's reason. The hello asks what became of it.
CREATE INDEX operation_parked ON operation (epoch, lane, seq) WHERE state = 0 AND reason <> '';

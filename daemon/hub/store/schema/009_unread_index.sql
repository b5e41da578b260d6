-- Nothing reads it, and each operation changed a page of its own in it: what was recorded at a property is found by its
-- records, which stand there.
DROP INDEX operation_property;

-- The sum over the feed's rows that devices compare with theirs (sync/records/checksum.hpp), moved with each change of a
-- row. NULL: of a program that kept none; Store::open counts it.
ALTER TABLE feed ADD COLUMN checksum INTEGER;

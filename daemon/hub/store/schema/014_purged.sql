-- The last change that took a value out of the feed because it got a label which not everyone has who receives the feed:
-- what was built of the feed before it is not handed out any more (PROTOCOL 9). 0: none.
ALTER TABLE feed ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;

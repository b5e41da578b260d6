-- The hub generation that was last heard: another one may have lost what was delivered. No row: none was heard yet.
CREATE TABLE hub (
    generation INTEGER NOT NULL
);

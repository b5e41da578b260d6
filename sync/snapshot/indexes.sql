CREATE INDEX other_place_unlinked ON other_place (place) WHERE property IS NULL;
CREATE UNIQUE INDEX street_by_name ON street (name, type, direction);

CREATE UNIQUE INDEX place_by_property ON place (property);
CREATE UNIQUE INDEX layer_by_record ON layer (record, feed);
CREATE UNIQUE INDEX street_by_name ON street (name, type, direction);

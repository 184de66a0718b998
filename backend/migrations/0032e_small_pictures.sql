-- A picture a second time, small enough for a list on a phone. Made when the picture is kept, or when an older one is first asked for.

CREATE TABLE file_variants (
  school_id      bigint NOT NULL,
  file_id        uuid NOT NULL,
  edge           smallint NOT NULL CHECK (edge > 0),
  media_type     text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
  width          integer NOT NULL,
  height         integer NOT NULL,
  content        bytea NOT NULL,
  PRIMARY KEY (school_id, file_id, edge),
  FOREIGN KEY (school_id, file_id) REFERENCES files
);

ALTER TABLE file_variants ALTER COLUMN content SET STORAGE EXTERNAL;

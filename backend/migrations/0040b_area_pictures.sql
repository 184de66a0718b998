-- Pictures on an area's letters a second time, small, as those of schools are (file_variants).

CREATE TABLE area_file_variants (
  file_id        uuid NOT NULL,
  edge           smallint NOT NULL CHECK (edge > 0),
  media_type     text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
  width          integer NOT NULL,
  height         integer NOT NULL,
  content        bytea NOT NULL,
  PRIMARY KEY (file_id, edge)
);

ALTER TABLE area_file_variants ALTER COLUMN content SET STORAGE EXTERNAL;

-- What hangs on an area's letters, kept once for all its schools; and by which school's copy a person was told of one.

CREATE TABLE area_files (
  file_id        uuid PRIMARY KEY,
  name           text NOT NULL CHECK (name <> ''),
  media_type     text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'application/pdf')),
  size           integer NOT NULL CHECK (size > 0),
  width          integer,
  height         integer,
  source_hash    bytea NOT NULL,
  content        bytea NOT NULL,
  uploaded_by    uuid NOT NULL,
  uploaded_at    timestamptz NOT NULL,
  hung_at        timestamptz
);

ALTER TABLE area_files ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE INDEX area_files_hanging_nowhere ON area_files (uploaded_at) WHERE hung_at IS NULL;

ALTER TABLE area_letters ADD COLUMN file_ids uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(file_ids) <= 5);

-- `person_hash` is of the account, or of the telephone of somebody without one: children in two schools, told once.
CREATE TABLE area_tellings (
  person_hash    bytea NOT NULL,
  letter_id      uuid NOT NULL,
  school_id      bigint NOT NULL,
  told_at        timestamptz NOT NULL,
  PRIMARY KEY (person_hash, letter_id)
);

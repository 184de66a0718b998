-- Pictures and papers that people attach: read by their content, pictures made small and without what a camera writes beside them.

-- `hung_at`: since when a letter, a message, a form … carries it. What hangs nowhere is forgotten after a few days.
-- `source_hash` is of the bytes as they came, so that the same request again is the same file whatever made it small.
CREATE TABLE files (
  school_id      bigint NOT NULL REFERENCES schools,
  file_id        uuid NOT NULL,
  name           text NOT NULL CHECK (name <> ''),
  media_type     text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'application/pdf')),
  size           integer NOT NULL CHECK (size > 0),
  width          integer,
  height         integer,
  source_hash    bytea NOT NULL,
  content        bytea NOT NULL,
  uploaded_by    uuid NOT NULL,
  uploaded_at    timestamptz NOT NULL,
  hung_at        timestamptz,
  PRIMARY KEY (school_id, file_id)
);

-- Pictures and PDF are compressed already: trying again at every write costs and wins nothing.
ALTER TABLE files ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE INDEX files_hanging_nowhere ON files (school_id, uploaded_at) WHERE hung_at IS NULL;

-- What was decided stays decided: a withdrawal stands beside it, and every later decision is a row more.

-- A request that a family takes back after it was decided keeps by whom and when.
ALTER TABLE message_requests ADD COLUMN withdrawn_by uuid;

ALTER TABLE message_requests ADD COLUMN withdrawn_at timestamptz;

ALTER TABLE message_requests DROP CONSTRAINT message_requests_check1;

ALTER TABLE message_requests ADD CHECK (state = 'withdrawn' OR (state = 'waiting') = (decided_at IS NULL));

ALTER TABLE message_blocks ADD COLUMN ended_by uuid;

ALTER TABLE message_blocks ADD COLUMN ended_at timestamptz;

ALTER TABLE feed_comments ADD COLUMN withdrawn_at timestamptz;

-- Every decision on what was reported, in order. Those of a feed go with its post when its time is over.
CREATE TABLE message_report_decisions (
  school_id      bigint NOT NULL,
  report_id      uuid NOT NULL,
  number         integer NOT NULL CHECK (number > 0),
  state          text NOT NULL CHECK (state IN ('kept', 'hidden')),
  decided_by     uuid NOT NULL,
  decided_at     timestamptz NOT NULL,
  note           text,
  PRIMARY KEY (school_id, report_id, number),
  FOREIGN KEY (school_id, report_id) REFERENCES message_reports
);

CREATE TABLE feed_report_decisions (
  school_id      bigint NOT NULL,
  report_id      uuid NOT NULL,
  number         integer NOT NULL CHECK (number > 0),
  state          text NOT NULL CHECK (state IN ('kept', 'hidden')),
  decided_by     uuid NOT NULL,
  decided_at     timestamptz NOT NULL,
  note           text,
  PRIMARY KEY (school_id, report_id, number),
  FOREIGN KEY (school_id, report_id) REFERENCES feed_reports
);

-- A teacher read in quiet hours: the families' version moves when that may be told, not before, so that the number tells nothing.
CREATE TABLE late_reads (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  tell_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, pupil_id, tell_at),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE INDEX late_reads_due ON late_reads (tell_at, school_id);

-- Homework: what a class, or some of its pupils, is to do and to bring, until when, and who has looked at it.

ALTER TABLE notices DROP CONSTRAINT notices_kind_check;

ALTER TABLE notices ADD CONSTRAINT notices_kind_check
  CHECK (kind IN ('absence', 'mark', 'announcement', 'invoice', 'payment',
                  'message', 'form', 'feed', 'reminder', 'digest', 'event', 'homework'));

-- Without a subject it is a word to the whole class (dặn dò). Without due_on it is for the next lesson, whenever that is.
CREATE TABLE homework (
  school_id      bigint NOT NULL,
  homework_id    uuid NOT NULL,
  class_id       uuid NOT NULL,
  subject_code   text REFERENCES subjects,
  -- Then homework_pupils names them.
  for_some       boolean NOT NULL,
  given_on       date NOT NULL,
  due_on         date,
  body           text NOT NULL,
  bring          text NOT NULL,
  file_ids       uuid[] NOT NULL,
  revision       integer NOT NULL CHECK (revision > 0),
  staff_id       uuid NOT NULL,
  written_by     uuid NOT NULL,
  written_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  withdrawn_at   timestamptz,
  PRIMARY KEY (school_id, homework_id),
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  CHECK (body <> '' OR bring <> '' OR file_ids <> '{}'),
  CHECK (due_on >= given_on)
);

CREATE INDEX homework_by_class ON homework (school_id, class_id, given_on);

-- What the parent's home looks for at every visit.
CREATE INDEX homework_to_bring ON homework (school_id, class_id, due_on) WHERE bring <> '' AND withdrawn_at IS NULL;

CREATE TABLE homework_pupils (
  school_id      bigint NOT NULL,
  homework_id    uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  PRIMARY KEY (school_id, homework_id, pupil_id),
  FOREIGN KEY (school_id, homework_id) REFERENCES homework,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

-- Everything that it ever said, the first wording too. Append-only.
CREATE TABLE homework_versions (
  school_id      bigint NOT NULL,
  homework_id    uuid NOT NULL,
  revision       integer NOT NULL,
  due_on         date,
  body           text NOT NULL,
  bring          text NOT NULL,
  file_ids       uuid[] NOT NULL,
  withdrawn      boolean NOT NULL,
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, homework_id, revision),
  FOREIGN KEY (school_id, homework_id) REFERENCES homework
);

-- "Đã xong": the family's own tick for a child.
CREATE TABLE homework_done (
  school_id      bigint NOT NULL,
  homework_id    uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  done_by        uuid NOT NULL,
  done_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, homework_id, pupil_id),
  FOREIGN KEY (school_id, homework_id) REFERENCES homework,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

-- When a guardian last looked at a child's homework: what was changed before that has been seen. One row, however much is written.
CREATE TABLE homework_looks (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  looked_at      timestamptz NOT NULL,
  PRIMARY KEY (school_id, pupil_id, guardian_id),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- Whose family was told today that there is homework: one bell a child and day. Rows of past days are swept by the next one.
CREATE TABLE homework_rings (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  rung_on        date NOT NULL,
  pupil_id       uuid NOT NULL,
  PRIMARY KEY (school_id, class_id, rung_on, pupil_id),
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

-- A school day: the roll, marks, announcements.

CREATE TABLE roll_calls (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  held_on        date NOT NULL,
  session        text NOT NULL CHECK (session IN ('morning', 'afternoon')),
  taken_by       uuid NOT NULL,
  taken_at       timestamptz NOT NULL,
  revision       integer NOT NULL DEFAULT 1,
  PRIMARY KEY (school_id, class_id, held_on, session),
  FOREIGN KEY (school_id, class_id) REFERENCES classes
);

CREATE TABLE roll_marks (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  held_on        date NOT NULL,
  session        text NOT NULL CHECK (session IN ('morning', 'afternoon')),
  class_id       uuid NOT NULL,
  mark           text NOT NULL CHECK (mark IN ('present', 'late', 'excused', 'unexcused', 'left_early')),
  note           text,
  marked_by      uuid NOT NULL,
  marked_at      timestamptz NOT NULL,
  PRIMARY KEY (school_id, pupil_id, held_on, session),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, class_id) REFERENCES classes
);

CREATE INDEX roll_marks_by_class ON roll_marks (school_id, class_id, held_on);

CREATE TABLE roll_history (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  held_on        date NOT NULL,
  session        text NOT NULL,
  changed_at     timestamptz NOT NULL,
  old_mark       text,
  new_mark       text NOT NULL,
  changed_by     uuid NOT NULL,
  PRIMARY KEY (school_id, pupil_id, held_on, session, changed_at),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE TABLE marks (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  school_year    text NOT NULL,
  term           smallint NOT NULL,
  subject_code   text NOT NULL REFERENCES subjects,
  kind           text NOT NULL CHECK (kind IN ('regular', 'midterm', 'final')),
  ordinal        smallint NOT NULL CHECK (ordinal BETWEEN 1 AND 5),
  class_id       uuid NOT NULL,
  score          numeric(3, 1) CHECK (score BETWEEN 0 AND 10),
  passed         boolean,
  remark         text,
  entered_by     uuid NOT NULL,
  entered_at     timestamptz NOT NULL,
  published_at   timestamptz,
  revision       integer NOT NULL DEFAULT 1,
  PRIMARY KEY (school_id, pupil_id, school_year, term, subject_code, kind, ordinal),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, school_year, term) REFERENCES terms,
  CHECK (score IS NULL OR passed IS NULL),
  CHECK (kind = 'regular' OR ordinal = 1)
);

CREATE INDEX marks_by_class ON marks (school_id, class_id, school_year, term, subject_code);

-- The newest marks a family may see.
CREATE INDEX marks_published ON marks (school_id, pupil_id, published_at) WHERE published_at IS NOT NULL;

CREATE TABLE mark_history (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  school_year    text NOT NULL,
  term           smallint NOT NULL,
  subject_code   text NOT NULL,
  kind           text NOT NULL,
  ordinal        smallint NOT NULL,
  changed_at     timestamptz NOT NULL,
  old_score      numeric(3, 1),
  new_score      numeric(3, 1),
  old_passed     boolean,
  new_passed     boolean,
  reason         text,
  changed_by     uuid NOT NULL,
  PRIMARY KEY (school_id, pupil_id, school_year, term, subject_code, kind, ordinal, changed_at),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE TABLE announcements (
  school_id      bigint NOT NULL REFERENCES schools,
  announcement_id uuid NOT NULL,
  title          text NOT NULL CHECK (title <> ''),
  body           text NOT NULL CHECK (body <> ''),
  audience_kind  text NOT NULL CHECK (audience_kind IN ('school', 'grade', 'class', 'pupils')),
  audience       jsonb NOT NULL,
  needs_acknowledgement boolean NOT NULL DEFAULT false,
  urgent         boolean NOT NULL DEFAULT false,
  author_staff_id uuid NOT NULL,
  published_at   timestamptz NOT NULL,
  recalled_at    timestamptz,
  notice_id      uuid NOT NULL,
  PRIMARY KEY (school_id, announcement_id),
  FOREIGN KEY (school_id, author_staff_id) REFERENCES staff
);

CREATE INDEX announcements_by_time ON announcements (school_id, published_at);

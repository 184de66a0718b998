-- The timetable: when the periods are, which lesson a class has when, and what is different on one day.

-- The hours of the periods from a day on. level '' is the whole school; a level of its own goes before it (a school of several levels).
-- All rows of one level and day are one set, replaced as a whole: winter hours are another set from another day on.
CREATE TABLE bell_times (
  school_id      bigint NOT NULL REFERENCES schools,
  level          text NOT NULL CHECK (level IN ('', 'preschool', 'primary', 'lower_secondary', 'upper_secondary')),
  valid_from     date NOT NULL,
  session        text NOT NULL CHECK (session IN ('morning', 'afternoon')),
  period         smallint NOT NULL CHECK (period BETWEEN 1 AND 10),
  starts_at      time NOT NULL,
  ends_at        time NOT NULL,
  set_by         uuid NOT NULL,
  set_at         timestamptz NOT NULL,
  PRIMARY KEY (school_id, level, valid_from, session, period),
  CHECK (starts_at < ends_at)
);

-- A class's week from a day on, until the next one begins. The older ones stay: they say what was true on earlier days.
CREATE TABLE timetables (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  valid_from     date NOT NULL,
  source         text NOT NULL CHECK (source IN ('hand', 'file')),
  published_by   uuid NOT NULL,
  published_at   timestamptz NOT NULL,
  PRIMARY KEY (school_id, class_id, valid_from),
  FOREIGN KEY (school_id, class_id) REFERENCES classes
);

-- A lesson is a subject of the gradebook or free words (Chào cờ). A teacher whom the roll does not know stays in words.
CREATE TABLE timetable_lessons (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  valid_from     date NOT NULL,
  weekday        smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  session        text NOT NULL CHECK (session IN ('morning', 'afternoon')),
  period         smallint NOT NULL CHECK (period BETWEEN 1 AND 10),
  subject_code   text REFERENCES subjects,
  title          text CHECK (title <> ''),
  staff_id       uuid,
  teacher        text CHECK (teacher <> ''),
  room           text CHECK (room <> ''),
  PRIMARY KEY (school_id, class_id, valid_from, weekday, session, period),
  FOREIGN KEY (school_id, class_id, valid_from) REFERENCES timetables,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  CHECK ((subject_code IS NULL) <> (title IS NULL)),
  CHECK (staff_id IS NULL OR teacher IS NULL)
);

CREATE INDEX timetable_lessons_by_teacher ON timetable_lessons (school_id, staff_id) WHERE staff_id IS NOT NULL;

-- What one day's lesson is instead; the newest word on a slot. other_*: the other end of a lesson that moved.
-- on_day_off: entered knowing that the school is closed, so it is held all the same (học bù).
CREATE TABLE lesson_changes (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  held_on        date NOT NULL,
  session        text NOT NULL CHECK (session IN ('morning', 'afternoon')),
  period         smallint NOT NULL CHECK (period BETWEEN 1 AND 10),
  kind           text NOT NULL CHECK (kind IN ('cancelled', 'replaced', 'added')),
  subject_code   text REFERENCES subjects,
  title          text CHECK (title <> ''),
  staff_id       uuid,
  teacher        text CHECK (teacher <> ''),
  room           text CHECK (room <> ''),
  note           text CHECK (note <> ''),
  other_on       date,
  other_session  text CHECK (other_session IN ('morning', 'afternoon')),
  other_period   smallint CHECK (other_period BETWEEN 1 AND 10),
  on_day_off     boolean NOT NULL DEFAULT false,
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, class_id, held_on, session, period),
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  CHECK (CASE WHEN kind = 'cancelled' THEN subject_code IS NULL AND title IS NULL ELSE (subject_code IS NULL) <> (title IS NULL) END),
  CHECK (staff_id IS NULL OR teacher IS NULL),
  CHECK ((other_on IS NULL) = (other_session IS NULL) AND (other_on IS NULL) = (other_period IS NULL))
);

CREATE INDEX lesson_changes_by_teacher ON lesson_changes (school_id, staff_id, held_on) WHERE staff_id IS NOT NULL;

-- An uploaded sheet between the look and the confirmation.
CREATE TABLE timetable_imports (
  school_id      bigint NOT NULL REFERENCES schools,
  import_id      uuid NOT NULL,
  file_name      text NOT NULL,
  file_bytes     bytea NOT NULL,
  valid_from     date NOT NULL,
  state          text NOT NULL CHECK (state IN ('read', 'applied')),
  summary        jsonb NOT NULL,
  uploaded_by    uuid NOT NULL,
  uploaded_at    timestamptz NOT NULL,
  applied_by     uuid,
  applied_at     timestamptz,
  PRIMARY KEY (school_id, import_id)
);

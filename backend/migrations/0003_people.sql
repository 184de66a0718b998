-- The roll: years, classes, pupils, guardians, staff.

CREATE TABLE school_years (
  school_id      bigint NOT NULL REFERENCES schools,
  school_year    text NOT NULL CHECK (school_year ~ '^[0-9]{4}-[0-9]{4}$'),
  starts_on      date NOT NULL,
  ends_on        date NOT NULL,
  is_current     boolean NOT NULL DEFAULT false,
  PRIMARY KEY (school_id, school_year),
  CHECK (starts_on < ends_on)
);

CREATE UNIQUE INDEX school_years_current ON school_years (school_id) WHERE is_current;

CREATE TABLE terms (
  school_id      bigint NOT NULL,
  school_year    text NOT NULL,
  term           smallint NOT NULL CHECK (term IN (1, 2)),
  starts_on      date NOT NULL,
  ends_on        date NOT NULL,
  PRIMARY KEY (school_id, school_year, term),
  FOREIGN KEY (school_id, school_year) REFERENCES school_years
);

-- Days this school is closed: the province's Tết break, a storm, a local festival.
CREATE TABLE closed_days (
  school_id      bigint NOT NULL REFERENCES schools,
  closed_on      date NOT NULL,
  reason         text NOT NULL CHECK (reason <> ''),
  decided_by     uuid NOT NULL,
  decided_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, closed_on)
);

CREATE TABLE classes (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  school_year    text NOT NULL,
  name           text NOT NULL,
  name_fold      text NOT NULL,
  grade          smallint NOT NULL CHECK (grade BETWEEN 0 AND 12),
  sessions       text[] NOT NULL DEFAULT '{morning}',
  created_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, class_id),
  FOREIGN KEY (school_id, school_year) REFERENCES school_years,
  UNIQUE (school_id, school_year, name_fold)
);

CREATE TABLE class_subjects (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  subject_code   text NOT NULL REFERENCES subjects,
  PRIMARY KEY (school_id, class_id, subject_code),
  FOREIGN KEY (school_id, class_id) REFERENCES classes
);

CREATE TABLE pupils (
  school_id      bigint NOT NULL REFERENCES schools,
  pupil_id       uuid NOT NULL,
  full_name      text NOT NULL CHECK (full_name <> ''),
  name_fold      text NOT NULL,
  sort_key       text COLLATE "C" NOT NULL,
  born_on        date,
  sex            text CHECK (sex IN ('male', 'female')),
  personal_id_sealed bytea,
  personal_id_index  bytea,
  moedu_id       text,
  school_code    text,
  status         text NOT NULL DEFAULT 'enrolled' CHECK (status IN ('enrolled', 'left', 'transferred', 'graduated', 'on_leave')),
  source         text NOT NULL CHECK (source IN ('sector', 'file', 'hand')),
  source_ref     text,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, pupil_id),
  UNIQUE (school_id, personal_id_index),
  UNIQUE (school_id, moedu_id),
  UNIQUE (school_id, school_code)
);

CREATE INDEX pupils_by_name ON pupils (school_id, name_fold);

CREATE TABLE enrolments (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  school_year    text NOT NULL,
  class_id       uuid NOT NULL,
  from_on        date NOT NULL,
  to_on          date,
  PRIMARY KEY (school_id, pupil_id, school_year, from_on),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  CHECK (to_on IS NULL OR to_on >= from_on)
);

CREATE UNIQUE INDEX enrolments_open ON enrolments (school_id, pupil_id, school_year) WHERE to_on IS NULL;

CREATE INDEX enrolments_by_class ON enrolments (school_id, class_id) WHERE to_on IS NULL;

CREATE TABLE guardians (
  school_id      bigint NOT NULL REFERENCES schools,
  guardian_id    uuid NOT NULL,
  full_name      text,
  name_fold      text NOT NULL DEFAULT '',
  phone_e164     text,
  account_id     uuid,
  language       text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
  source         text NOT NULL CHECK (source IN ('sector', 'file', 'hand')),
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, guardian_id),
  CHECK (full_name IS NOT NULL OR phone_e164 IS NOT NULL)
);

CREATE INDEX guardians_by_phone ON guardians (school_id, phone_e164);

CREATE INDEX guardians_by_account ON guardians (school_id, account_id);

-- The relationship that carries every right of a family. Dates and flags come from custody papers.
CREATE TABLE guardianships (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('father', 'mother', 'guardian')),
  can_view       boolean NOT NULL DEFAULT true,
  can_act        boolean NOT NULL DEFAULT true,
  gets_notices   boolean NOT NULL DEFAULT true,
  may_collect    boolean NOT NULL DEFAULT true,
  valid_from     date NOT NULL,
  valid_to       date,
  source         text NOT NULL CHECK (source IN ('sector', 'file', 'hand')),
  PRIMARY KEY (school_id, pupil_id, guardian_id),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

CREATE INDEX guardianships_by_guardian ON guardianships (school_id, guardian_id);

-- One number per family and school; every write that a family can see raises it. It is the ETag of the parent's screens.
CREATE TABLE family_versions (
  school_id      bigint NOT NULL,
  guardian_id    uuid NOT NULL,
  version        bigint NOT NULL,
  PRIMARY KEY (school_id, guardian_id),
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

CREATE TABLE staff (
  school_id      bigint NOT NULL REFERENCES schools,
  staff_id       uuid NOT NULL,
  full_name      text NOT NULL,
  name_fold      text NOT NULL,
  sort_key       text COLLATE "C" NOT NULL,
  phone_e164     text NOT NULL,
  email          text,
  account_id     uuid,
  status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'left')),
  source         text NOT NULL CHECK (source IN ('sector', 'file', 'hand')),
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, staff_id)
);

CREATE INDEX staff_by_account ON staff (school_id, account_id);

CREATE TABLE staff_roles (
  school_id      bigint NOT NULL,
  staff_id       uuid NOT NULL,
  role           text NOT NULL CHECK (role IN ('teacher', 'accountant', 'school_admin')),
  granted_at     timestamptz NOT NULL,
  granted_by     uuid,
  PRIMARY KEY (school_id, staff_id, role),
  FOREIGN KEY (school_id, staff_id) REFERENCES staff
);

-- A teacher's relationship to a class: homeroom, or one subject.
CREATE TABLE assignments (
  school_id      bigint NOT NULL,
  class_id       uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('homeroom', 'subject')),
  subject_code   text NOT NULL DEFAULT '',
  staff_id       uuid NOT NULL,
  from_on        date NOT NULL,
  to_on          date,
  PRIMARY KEY (school_id, class_id, kind, subject_code, staff_id),
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  CHECK ((kind = 'homeroom') = (subject_code = ''))
);

CREATE INDEX assignments_by_staff ON assignments (school_id, staff_id);

CREATE TABLE roster_imports (
  school_id      bigint NOT NULL REFERENCES schools,
  import_id      uuid NOT NULL,
  file_name      text NOT NULL,
  file_hash      bytea NOT NULL,
  file_bytes     bytea NOT NULL,
  school_year    text NOT NULL,
  state          text NOT NULL CHECK (state IN ('read', 'applied', 'failed')),
  summary        jsonb NOT NULL,
  uploaded_by    uuid,
  uploaded_at    timestamptz NOT NULL,
  applied_by     uuid,
  applied_at     timestamptz,
  PRIMARY KEY (school_id, import_id)
);

-- After a whole school has arrived the planner still believes the roll to be empty, and reads a parent's home in 5 ms instead of 0.4
-- until autovacuum looks, a minute later or more. The application's role owns no table, so it may only ask for this.
CREATE OR REPLACE FUNCTION app.refresh_roll_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE pupils, enrolments, classes, guardians, guardianships, family_versions, school_years, staff, assignments;
END
$$;

REVOKE ALL ON FUNCTION app.refresh_roll_statistics() FROM PUBLIC;

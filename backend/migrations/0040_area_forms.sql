-- A questionnaire or slip of a commune or province: written once, asked in each of its schools, where the answers stay.

-- `per`: asked about every pupil, or answered once for all children that a guardian has in the area's schools.
CREATE TABLE area_forms (
  form_id        uuid PRIMARY KEY,
  area_code      text NOT NULL,
  area_name      text NOT NULL,
  level          text,
  per            text NOT NULL CHECK (per IN ('pupil', 'family')),
  signature      text NOT NULL CHECK (signature IN ('one', 'both', 'answer')),
  version        integer NOT NULL CHECK (version > 0),
  title          text NOT NULL CHECK (title <> ''),
  body           text NOT NULL,
  questions      jsonb NOT NULL,
  text_sha256    bytea NOT NULL,
  due_on         date NOT NULL,
  remind_days    integer[] NOT NULL DEFAULT '{}',
  created_by     uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  changed_by     uuid NOT NULL,
  due_at         timestamptz NOT NULL,
  taken_back_at  timestamptz,
  closed_at      timestamptz,
  remind_asked_at timestamptz
);

CREATE INDEX area_forms_by_area ON area_forms (area_code, created_at);

-- What each school has of it. `due`: the area's form is other than the school's copy, which a worker brings to it. Counts are numbers only.
CREATE TABLE area_form_askings (
  form_id        uuid NOT NULL,
  school_id      bigint NOT NULL,
  state          text NOT NULL CHECK (state IN ('due', 'done', 'stopped')),
  due_at         timestamptz NOT NULL,
  opened_at      timestamptz,
  guardians      integer,
  reminded_at    timestamptz,
  count_at       timestamptz,
  counted_at     timestamptz,
  counts         jsonb,
  PRIMARY KEY (form_id, school_id)
);

CREATE INDEX area_form_askings_due ON area_form_askings (due_at, school_id) WHERE state = 'due';
CREATE INDEX area_form_askings_to_count ON area_form_askings (count_at, school_id) WHERE count_at IS NOT NULL;

ALTER TABLE forms ALTER COLUMN author_staff_id DROP NOT NULL;
ALTER TABLE forms ADD COLUMN from_area text;
ALTER TABLE forms ADD COLUMN per text NOT NULL DEFAULT 'pupil' CHECK (per IN ('pupil', 'family'));
ALTER TABLE forms ADD CONSTRAINT forms_have_an_author CHECK ((author_staff_id IS NULL) <> (from_area IS NULL));

-- Signed in another school of the area for all children of a guardian, and standing here too.
ALTER TABLE form_signatures ADD COLUMN copied boolean NOT NULL DEFAULT false;

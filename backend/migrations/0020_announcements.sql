-- Writing to families: drafts with versions, approval, a moment before anything leaves, groups, an area's letters, what follows from a letter.

-- The published letter. It is never changed: only its end (recalled_at) is added. Drafts live in tables of their own,
-- so that whoever reads published letters cannot meet a half-written one.
ALTER TABLE announcements DROP CONSTRAINT announcements_audience_kind_check;

ALTER TABLE announcements ADD CONSTRAINT announcements_audience_kind_check
  CHECK (audience_kind IN ('school', 'grade', 'class', 'pupils', 'group', 'absent', 'unpaid', 'unacknowledged', 'unanswered'));

ALTER TABLE announcements ADD COLUMN expires_at timestamptz;

ALTER TABLE announcements ADD COLUMN file_ids uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(file_ids) <= 5);

-- A correction is a new letter that points at the one it corrects.
ALTER TABLE announcements ADD COLUMN corrects uuid;

ALTER TABLE announcements ADD FOREIGN KEY (school_id, corrects) REFERENCES announcements;

CREATE INDEX announcements_by_corrected ON announcements (school_id, corrects) WHERE corrects IS NOT NULL;

-- A letter of the commune or province: no member of the school wrote it.
ALTER TABLE announcements ADD COLUMN from_area text;

ALTER TABLE announcements ALTER COLUMN author_staff_id DROP NOT NULL;

ALTER TABLE announcements ADD CHECK (author_staff_id IS NOT NULL OR from_area IS NOT NULL);

ALTER TABLE announcements ADD COLUMN approved_by uuid;

-- After this a notice is not delivered any more, and asks nothing.
ALTER TABLE notices ADD COLUMN expires_at timestamptz;

ALTER TABLE notices ADD COLUMN expired_at timestamptz;

CREATE INDEX notices_expiring ON notices (expires_at, school_id) WHERE expires_at IS NOT NULL AND expired_at IS NULL;

-- How a school writes. Without a row: no approval, half a minute to think again, reminders at seven in the evening.
CREATE TABLE announcement_rules (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  approval       text NOT NULL CHECK (approval IN ('none', 'teachers', 'everything')),
  undo_seconds   integer NOT NULL CHECK (undo_seconds BETWEEN 0 AND 3600),
  reminder_hour  smallint NOT NULL CHECK (reminder_hour BETWEEN 6 AND 21),
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL
);

-- draft → (waiting) → scheduled → published, and back to draft by undo, return or trouble; a draft may be discarded.
CREATE TABLE announcement_drafts (
  school_id      bigint NOT NULL REFERENCES schools,
  announcement_id uuid NOT NULL,
  state          text NOT NULL CHECK (state IN ('draft', 'waiting', 'scheduled', 'published', 'discarded')),
  version        integer NOT NULL CHECK (version > 0),
  author_staff_id uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  undo_seconds   integer NOT NULL DEFAULT 0,
  due_at         timestamptz,
  failures       smallint NOT NULL DEFAULT 0,
  approved_by    uuid,
  approved_at    timestamptz,
  returned_by    uuid,
  returned_at    timestamptz,
  returned_reason text,
  PRIMARY KEY (school_id, announcement_id),
  FOREIGN KEY (school_id, author_staff_id) REFERENCES staff,
  CHECK ((state = 'scheduled') = (due_at IS NOT NULL))
);

CREATE INDEX announcement_drafts_due ON announcement_drafts (due_at, school_id) WHERE state = 'scheduled';

CREATE INDEX announcement_drafts_open ON announcement_drafts (school_id, changed_at) WHERE state IN ('draft', 'waiting', 'scheduled');

-- What was written, each time it was saved. Append-only; an approval is of one version.
CREATE TABLE announcement_versions (
  school_id      bigint NOT NULL,
  announcement_id uuid NOT NULL,
  version        integer NOT NULL,
  letter         jsonb NOT NULL,
  written_by     uuid NOT NULL,
  written_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, announcement_id, version),
  FOREIGN KEY (school_id, announcement_id) REFERENCES announcement_drafts
);

-- Clubs, bus lines, the choir: pupils whom staff write to together.
CREATE TABLE pupil_groups (
  school_id      bigint NOT NULL REFERENCES schools,
  group_id       uuid NOT NULL,
  name           text NOT NULL CHECK (name <> ''),
  name_fold      text NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('club', 'bus', 'choir', 'team', 'boarding', 'other')),
  owner_staff_id uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, group_id),
  FOREIGN KEY (school_id, owner_staff_id) REFERENCES staff
);

CREATE UNIQUE INDEX pupil_groups_by_name ON pupil_groups (school_id, name_fold) WHERE closed_at IS NULL;

CREATE TABLE pupil_group_members (
  school_id      bigint NOT NULL,
  group_id       uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  added_by       uuid NOT NULL,
  added_at       timestamptz NOT NULL,
  PRIMARY KEY (school_id, group_id, pupil_id),
  FOREIGN KEY (school_id, group_id) REFERENCES pupil_groups,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

-- The school's own models; those that come with the house are data beside the code.
CREATE TABLE announcement_templates (
  school_id      bigint NOT NULL REFERENCES schools,
  template_id    uuid NOT NULL,
  name           text NOT NULL CHECK (name <> ''),
  title          text NOT NULL,
  body           text NOT NULL CHECK (body <> ''),
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, template_id)
);

-- A date found in a letter, put on the calendar of those who got it.
CREATE TABLE announcement_events (
  school_id      bigint NOT NULL,
  event_id       uuid NOT NULL,
  announcement_id uuid NOT NULL,
  title          text NOT NULL CHECK (title <> ''),
  held_on        date NOT NULL,
  starts_at      time,
  ends_at        time,
  place          text,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  cancelled_at   timestamptz,
  PRIMARY KEY (school_id, event_id),
  FOREIGN KEY (school_id, announcement_id) REFERENCES announcements,
  CHECK (ends_at IS NULL OR starts_at IS NOT NULL)
);

CREATE INDEX announcement_events_by_day ON announcement_events (school_id, held_on) WHERE cancelled_at IS NULL;

CREATE INDEX announcement_events_by_announcement ON announcement_events (school_id, announcement_id);

-- A promise to say it once more, the evening before, to those who got the letter.
CREATE TABLE announcement_reminders (
  school_id      bigint NOT NULL,
  announcement_id uuid NOT NULL,
  about_on       date NOT NULL,
  remind_at      timestamptz NOT NULL,
  state          text NOT NULL CHECK (state IN ('due', 'sent', 'dropped')),
  notice_id      uuid,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  ended_at       timestamptz,
  PRIMARY KEY (school_id, announcement_id, about_on),
  FOREIGN KEY (school_id, announcement_id) REFERENCES announcements
);

CREATE INDEX announcement_reminders_due ON announcement_reminders (remind_at, school_id) WHERE state = 'due';

-- A letter of a commune or province, and the promise of it to each of its schools.
CREATE TABLE area_letters (
  letter_id      uuid PRIMARY KEY,
  area_code      text NOT NULL,
  area_name      text NOT NULL,
  level          text,
  title          text NOT NULL CHECK (title <> ''),
  body           text NOT NULL CHECK (body <> ''),
  needs_acknowledgement boolean NOT NULL,
  urgent         boolean NOT NULL,
  expires_at     timestamptz,
  created_by     uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  due_at         timestamptz NOT NULL,
  taken_back_at  timestamptz,
  recalled_at    timestamptz
);

CREATE INDEX area_letters_by_area ON area_letters (area_code, created_at);

CREATE TABLE area_sendings (
  letter_id      uuid NOT NULL,
  school_id      bigint NOT NULL,
  state          text NOT NULL CHECK (state IN ('due', 'published', 'stopped', 'to_recall', 'recalled')),
  due_at         timestamptz NOT NULL,
  guardians      integer,
  published_at   timestamptz,
  PRIMARY KEY (letter_id, school_id)
);

CREATE INDEX area_sendings_due ON area_sendings (due_at, school_id) WHERE state IN ('due', 'to_recall');

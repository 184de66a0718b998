-- Two-way: threads between families and a school's people, the shield of a teacher's evening, and the order that is kept there.

-- Without a row: quiet from 17:30 to 06:30 and at weekends, answers before 17:00, nothing translated.
CREATE TABLE message_settings (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  quiet_from     time NOT NULL,
  quiet_to       time NOT NULL,
  quiet_weekdays smallint[] NOT NULL CHECK (quiet_weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6]::smallint[]),
  answer_by      time NOT NULL,
  translation    boolean NOT NULL,
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL
);

-- Where a teacher keeps other hours than the school.
CREATE TABLE quiet_hours (
  school_id      bigint NOT NULL,
  staff_id       uuid NOT NULL,
  quiet_from     time NOT NULL,
  quiet_to       time NOT NULL,
  quiet_weekdays smallint[] NOT NULL CHECK (quiet_weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6]::smallint[]),
  answer_by      time NOT NULL,
  changed_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, staff_id),
  FOREIGN KEY (school_id, staff_id) REFERENCES staff
);

-- Who is called when it cannot wait. Minutes of the school's day, the end excluded. A roster that was replaced stays readable.
CREATE TABLE duty_turns (
  school_id      bigint NOT NULL,
  turn_id        uuid NOT NULL,
  staff_id       uuid NOT NULL,
  weekday        smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  from_minute    smallint NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
  to_minute      smallint NOT NULL CHECK (to_minute BETWEEN 1 AND 1440),
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  ended_at       timestamptz,
  PRIMARY KEY (school_id, turn_id),
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  CHECK (from_minute < to_minute)
);

CREATE INDEX duty_turns_open ON duty_turns (school_id, weekday) WHERE ended_at IS NULL;

-- One conversation for one pupil and one counterpart. A desk is whoever sits there today: the homeroom teacher, the office, the person
-- on duty. With only_guardian_id it is between that guardian and the school's side; otherwise all guardians who may see the pupil read.
CREATE TABLE threads (
  school_id      bigint NOT NULL,
  thread_id      uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  desk           text NOT NULL CHECK (desk IN ('homeroom', 'teacher', 'office', 'duty')),
  staff_id       uuid,
  only_guardian_id uuid,
  opened_by      uuid NOT NULL,
  opened_at      timestamptz NOT NULL,
  -- The newest state, told once more so that an inbox is one index scan; messages are the truth.
  last_message_id uuid,
  last_at        timestamptz,
  waiting_since  timestamptz,
  PRIMARY KEY (school_id, thread_id),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  FOREIGN KEY (school_id, only_guardian_id) REFERENCES guardians,
  UNIQUE NULLS NOT DISTINCT (school_id, pupil_id, desk, staff_id, only_guardian_id),
  CHECK ((desk = 'teacher') = (staff_id IS NOT NULL))
);

CREATE INDEX threads_by_time ON threads (school_id, last_at);

-- What a teacher writes to many; each family's copy is a message in its own thread.
CREATE TABLE group_messages (
  school_id      bigint NOT NULL,
  group_message_id uuid NOT NULL,
  class_id       uuid NOT NULL,
  staff_id       uuid NOT NULL,
  body           text NOT NULL CHECK (body <> ''),
  pupils         integer NOT NULL,
  sent_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, group_message_id),
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff
);

CREATE TABLE messages (
  school_id      bigint NOT NULL,
  message_id     uuid NOT NULL,
  thread_id      uuid NOT NULL,
  side           text NOT NULL CHECK (side IN ('family', 'school')),
  guardian_id    uuid,
  staff_id       uuid,
  account_id     uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('text', 'absent', 'late', 'pickup', 'medicine')),
  -- A nod or thanks: shown small, wakes nobody.
  folded         boolean NOT NULL,
  urgent_reason  text,
  urgent_to      uuid,
  group_message_id uuid,
  file_ids       uuid[] NOT NULL DEFAULT '{}',
  sent_at        timestamptz NOT NULL,
  -- What the family was promised when it wrote.
  promised_at    timestamptz,
  PRIMARY KEY (school_id, message_id),
  FOREIGN KEY (school_id, thread_id) REFERENCES threads,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  FOREIGN KEY (school_id, group_message_id) REFERENCES group_messages,
  CHECK ((side = 'family') = (guardian_id IS NOT NULL)),
  CHECK ((side = 'school') = (staff_id IS NOT NULL)),
  CHECK ((urgent_reason IS NULL) = (urgent_to IS NULL))
);

CREATE INDEX messages_by_thread ON messages (school_id, thread_id, sent_at, message_id);

CREATE INDEX messages_urgent ON messages (school_id, sent_at) WHERE urgent_reason IS NOT NULL;

CREATE INDEX messages_by_group ON messages (school_id, group_message_id) WHERE group_message_id IS NOT NULL;

-- What a message says, version by version. The newest is shown; none is ever changed or removed.
CREATE TABLE message_texts (
  school_id      bigint NOT NULL,
  message_id     uuid NOT NULL,
  version        smallint NOT NULL CHECK (version > 0),
  thread_id      uuid NOT NULL,
  state          text NOT NULL CHECK (state IN ('written', 'edited', 'withdrawn', 'hidden', 'restored')),
  body           text,
  folded_line    text NOT NULL,
  marked_line    text NOT NULL,
  terms          tsvector NOT NULL,
  written_by     uuid NOT NULL,
  written_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, message_id, version),
  FOREIGN KEY (school_id, message_id) REFERENCES messages,
  CHECK ((body IS NULL) = (state IN ('withdrawn', 'hidden')))
);

CREATE INDEX message_texts_by_term ON message_texts USING gin (terms);

-- Who has read what. shown_at is when the other side may know: a teacher's reading in quiet hours is told when they are over.
CREATE TABLE message_reads (
  school_id      bigint NOT NULL,
  message_id     uuid NOT NULL,
  reader_kind    text NOT NULL CHECK (reader_kind IN ('guardian', 'staff')),
  reader_id      uuid NOT NULL,
  read_at        timestamptz NOT NULL,
  shown_at       timestamptz NOT NULL,
  PRIMARY KEY (school_id, message_id, reader_kind, reader_id),
  FOREIGN KEY (school_id, message_id) REFERENCES messages,
  CHECK (shown_at >= read_at)
);

-- What a typed message asks for: an absence to be known, a child to be handed over, a medicine to be given.
CREATE TABLE message_requests (
  school_id      bigint NOT NULL,
  message_id     uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('absent', 'late', 'pickup', 'medicine')),
  from_on        date NOT NULL,
  to_on          date NOT NULL,
  detail         jsonb NOT NULL,
  state          text NOT NULL CHECK (state IN ('waiting', 'confirmed', 'declined', 'withdrawn')),
  decided_by     uuid,
  decided_at     timestamptz,
  note           text,
  PRIMARY KEY (school_id, message_id),
  FOREIGN KEY (school_id, message_id) REFERENCES messages,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  CHECK (from_on <= to_on),
  CHECK ((state = 'waiting') = (decided_at IS NULL))
);

CREATE INDEX message_requests_by_day ON message_requests (school_id, pupil_id, to_on);

CREATE TABLE message_reports (
  school_id      bigint NOT NULL,
  report_id      uuid NOT NULL,
  message_id     uuid NOT NULL,
  reported_by    uuid NOT NULL,
  side           text NOT NULL CHECK (side IN ('family', 'school')),
  reason         text NOT NULL,
  note           text,
  reported_at    timestamptz NOT NULL,
  state          text NOT NULL CHECK (state IN ('waiting', 'kept', 'hidden')),
  decided_by     uuid,
  decided_at     timestamptz,
  decision_note  text,
  PRIMARY KEY (school_id, report_id),
  FOREIGN KEY (school_id, message_id) REFERENCES messages,
  CHECK ((state = 'waiting') = (decided_at IS NULL))
);

CREATE INDEX message_reports_waiting ON message_reports (school_id, reported_at) WHERE state = 'waiting';

-- A guardian who wants no push from a thread. What is written is still there to be read.
CREATE TABLE thread_mutes (
  school_id      bigint NOT NULL,
  thread_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  muted_at       timestamptz NOT NULL,
  PRIMARY KEY (school_id, thread_id, guardian_id),
  FOREIGN KEY (school_id, thread_id) REFERENCES threads,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- Staff ask, an administrator decides: until then, and after `until_on`, nobody is blocked.
CREATE TABLE message_blocks (
  school_id      bigint NOT NULL,
  block_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  staff_id       uuid NOT NULL,
  reason         text NOT NULL CHECK (reason <> ''),
  asked_at       timestamptz NOT NULL,
  state          text NOT NULL CHECK (state IN ('waiting', 'granted', 'refused', 'ended')),
  until_on       date,
  decided_by     uuid,
  decided_at     timestamptz,
  PRIMARY KEY (school_id, block_id),
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  CHECK ((state = 'waiting') = (decided_at IS NULL)),
  CHECK (state <> 'granted' OR until_on IS NOT NULL)
);

CREATE INDEX message_blocks_by_guardian ON message_blocks (school_id, guardian_id);

CREATE TABLE message_rules_accepted (
  school_id      bigint NOT NULL,
  account_id     uuid NOT NULL,
  version        smallint NOT NULL,
  accepted_at    timestamptz NOT NULL,
  PRIMARY KEY (school_id, account_id, version)
);

-- Questions that were offered an answer before they reached anybody. The question itself is not kept.
CREATE TABLE question_offers (
  school_id      bigint NOT NULL,
  offer_id       uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  asked_at       timestamptz NOT NULL,
  offered        smallint NOT NULL,
  answered_at    timestamptz,
  answered_by    text,
  PRIMARY KEY (school_id, offer_id),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- What wakes a member of staff. Everything that comes in quiet hours is one alert when they end; what is urgent does not wait.
CREATE TABLE staff_alerts (
  school_id      bigint NOT NULL,
  staff_id       uuid NOT NULL,
  due_at         timestamptz NOT NULL,
  urgent         boolean NOT NULL,
  thread_id      uuid NOT NULL,
  messages       integer NOT NULL,
  state          text NOT NULL CHECK (state IN ('due', 'sent', 'failed', 'read')),
  attempts       smallint NOT NULL DEFAULT 0,
  send_after     timestamptz NOT NULL,
  sent_at        timestamptz,
  outcome        text,
  PRIMARY KEY (school_id, staff_id, due_at, urgent),
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  FOREIGN KEY (school_id, thread_id) REFERENCES threads
);

CREATE INDEX staff_alerts_due ON staff_alerts (school_id, send_after) WHERE state = 'due';

CREATE TABLE message_translations (
  school_id      bigint NOT NULL,
  message_id     uuid NOT NULL,
  version        smallint NOT NULL,
  language       text NOT NULL CHECK (language IN ('vi', 'en')),
  body           text NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, message_id, version, language),
  FOREIGN KEY (school_id, message_id, version) REFERENCES message_texts
);

-- Requests of families to the school: what is asked, how far it has come, and every step of it.

-- What a school takes of the kinds that are shipped, and in how many working days it promises an answer. The newest version counts.
CREATE TABLE dossier_kind_versions (
  school_id      bigint NOT NULL REFERENCES schools,
  kind           text NOT NULL,
  version        integer NOT NULL CHECK (version > 0),
  open           boolean NOT NULL,
  working_days   smallint NOT NULL CHECK (working_days BETWEEN 1 AND 60),
  homeroom       boolean NOT NULL,
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, kind, version)
);

-- The number for people runs without gaps within a school and year.
CREATE TABLE dossier_counters (
  school_id      bigint NOT NULL REFERENCES schools,
  year           integer NOT NULL,
  last_number    integer NOT NULL CHECK (last_number >= 0),
  PRIMARY KEY (school_id, year)
);

-- Where a request stands now. `promised_on` is empty while the family's papers are waited for: the days left then stand in `days_left`.
CREATE TABLE dossiers (
  school_id      bigint NOT NULL REFERENCES schools,
  dossier_id     uuid NOT NULL,
  number         text NOT NULL,
  kind           text NOT NULL,
  title_vi       text NOT NULL,
  title_en       text NOT NULL,
  sensitive      boolean NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  via            text NOT NULL CHECK (via IN ('app', 'counter')),
  details        text NOT NULL,
  papers         text[] NOT NULL DEFAULT '{}',
  state          text NOT NULL
    CHECK (state IN ('received', 'needs_papers', 'answered', 'in_work', 'granted', 'refused', 'ready', 'sent', 'collected', 'withdrawn')),
  steps          integer NOT NULL CHECK (steps > 0),
  working_days   smallint NOT NULL,
  promised_on    date,
  days_left      smallint,
  received_at    timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, dossier_id),
  UNIQUE (school_id, number),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  CHECK ((closed_at IS NOT NULL) = (state IN ('refused', 'sent', 'collected', 'withdrawn'))),
  CHECK ((days_left IS NOT NULL) = (state = 'needs_papers')),
  CHECK ((promised_on IS NULL) = (state = 'needs_papers'))
);

CREATE INDEX dossiers_open ON dossiers (school_id, promised_on) WHERE closed_at IS NULL;

CREATE INDEX dossiers_of_pupil ON dossiers (school_id, pupil_id, dossier_id);

-- Every step there ever was, in order. Append-only. `guardian_id` is set on what a guardian wrote or attached, whoever entered it.
CREATE TABLE dossier_steps (
  school_id      bigint NOT NULL,
  dossier_id     uuid NOT NULL,
  number         integer NOT NULL CHECK (number > 0),
  step_id        uuid NOT NULL,
  step           text NOT NULL
    CHECK (step IN ('file', 'add', 'withdraw', 'ask', 'start', 'postpone', 'grant', 'refuse', 'ready', 'send', 'collect')),
  state          text NOT NULL,
  note           text NOT NULL,
  file_ids       uuid[] NOT NULL DEFAULT '{}',
  promised_on    date,
  guardian_id    uuid,
  staff_id       uuid,
  account_id     uuid NOT NULL,
  happened_at    timestamptz NOT NULL,
  PRIMARY KEY (school_id, dossier_id, number),
  UNIQUE (school_id, dossier_id, step_id),
  FOREIGN KEY (school_id, dossier_id) REFERENCES dossiers,
  CHECK (guardian_id IS NOT NULL OR staff_id IS NOT NULL)
);

-- As the rooms name their kinds (notifications/outbox.py).
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;

ALTER TABLE notices ADD CONSTRAINT notices_kind_check
  CHECK (kind IN ('absence', 'mark', 'announcement', 'invoice', 'payment', 'message', 'form', 'feed', 'reminder', 'digest', 'event',
                  'homework', 'dossier'));

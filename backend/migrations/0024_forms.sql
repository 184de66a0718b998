-- Slips and questionnaires that families sign on the phone, and who of a family takes which thing on.

-- `due_on` is the last day on which families may sign, the whole of it.
CREATE TABLE forms (
  school_id      bigint NOT NULL REFERENCES schools,
  form_id        uuid NOT NULL,
  version        integer NOT NULL CHECK (version > 0),
  signature      text NOT NULL CHECK (signature IN ('one', 'both', 'answer')),
  audience_kind  text NOT NULL,
  audience       jsonb NOT NULL,
  due_on         date NOT NULL,
  remind_days    integer[] NOT NULL DEFAULT '{}',
  author_staff_id uuid NOT NULL,
  notice_id      uuid NOT NULL,
  opened_at      timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, form_id),
  FOREIGN KEY (school_id, author_staff_id) REFERENCES staff
);

CREATE INDEX forms_open ON forms (school_id, due_on) WHERE closed_at IS NULL;

-- Every wording there ever was. Signatures name the one they are under, so nobody's signature moves to other words.
CREATE TABLE form_versions (
  school_id      bigint NOT NULL,
  form_id        uuid NOT NULL,
  version        integer NOT NULL,
  title          text NOT NULL CHECK (title <> ''),
  body           text NOT NULL,
  questions      jsonb NOT NULL,
  text_sha256    bytea NOT NULL,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, form_id, version),
  FOREIGN KEY (school_id, form_id) REFERENCES forms
);

-- The pupils it asks about. `open` repeats that the form is open, so that a parent's home reads only what still waits.
CREATE TABLE form_pupils (
  school_id      bigint NOT NULL,
  form_id        uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  open           boolean NOT NULL,
  asked_at       timestamptz NOT NULL,
  PRIMARY KEY (school_id, form_id, pupil_id),
  FOREIGN KEY (school_id, form_id) REFERENCES forms,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE INDEX form_pupils_waiting ON form_pupils (school_id, pupil_id) WHERE open;

-- Everything that was ever signed and withdrawn, in order. Append-only; `slip` is the very text, and its SHA-256 stands beside it.
CREATE TABLE form_signatures (
  school_id      bigint NOT NULL,
  form_id        uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  number         integer NOT NULL CHECK (number > 0),
  signature_id   uuid NOT NULL,
  deed           text NOT NULL CHECK (deed IN ('signed', 'withdrawn')),
  via            text NOT NULL CHECK (via IN ('app', 'paper')),
  version        integer NOT NULL,
  answers        jsonb NOT NULL DEFAULT '{}',
  signer_name    text NOT NULL CHECK (signer_name <> ''),
  drawing        bytea,
  slip           text NOT NULL,
  slip_sha256    bytea NOT NULL,
  account_id     uuid NOT NULL,
  device         text NOT NULL,
  happened_at    timestamptz NOT NULL,
  PRIMARY KEY (school_id, form_id, pupil_id, guardian_id, number),
  UNIQUE (school_id, signature_id, pupil_id, guardian_id),
  FOREIGN KEY (school_id, form_id, version) REFERENCES form_versions,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- The newest of them for each guardian and pupil, so that what is missing is found without reading histories.
CREATE TABLE form_answers (
  school_id      bigint NOT NULL,
  form_id        uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  number         integer NOT NULL,
  deed           text NOT NULL CHECK (deed IN ('signed', 'withdrawn')),
  version        integer NOT NULL,
  PRIMARY KEY (school_id, form_id, pupil_id, guardian_id),
  FOREIGN KEY (school_id, form_id, pupil_id, guardian_id, number) REFERENCES form_signatures
);

-- Who was asked again and when. A guardian hears of a form once a day at most, whoever presses the button.
CREATE TABLE form_reminders (
  school_id      bigint NOT NULL,
  form_id        uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  run_on         date NOT NULL,
  notice_id      uuid NOT NULL,
  by_hand        boolean NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, form_id, guardian_id, run_on),
  FOREIGN KEY (school_id, form_id) REFERENCES forms,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- At what hour of the school's day reminders leave.
CREATE TABLE form_rules (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  remind_hour    smallint NOT NULL CHECK (remind_hour BETWEEN 6 AND 20),
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL
);

-- "I take this one": of a child's things to do, which guardian has said so. `line_key` names the thing as the family's list does.
CREATE TABLE family_claims (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  line_key       text NOT NULL CHECK (length(line_key) BETWEEN 1 AND 200),
  guardian_id    uuid NOT NULL,
  claimed_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, pupil_id, line_key),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- What a family is asked for and reminded of, and how anybody learns whether it is really the school that asks.

-- Telephone numbers from which the school really calls. Reference, since strangers ask by number before they know a school.
CREATE TABLE official_contacts (
  school_id      bigint NOT NULL REFERENCES schools,
  phone          text NOT NULL CHECK (phone ~ '^[0-9]{3,15}$'),
  label          text NOT NULL CHECK (label <> ''),
  added_by       uuid NOT NULL,
  added_at       timestamptz NOT NULL,
  removed_at     timestamptz,
  PRIMARY KEY (school_id, phone)
);

CREATE INDEX official_contacts_by_phone ON official_contacts (phone) WHERE removed_at IS NULL;

CREATE INDEX bank_accounts_by_number ON bank_accounts (account_number);

-- A virtual account leads to its school, as an account does in bank_accounts; one number belongs to one school.
CREATE TABLE virtual_account_owners (
  virtual_account text NOT NULL,
  bank_bin       text NOT NULL,
  school_id      bigint NOT NULL,
  bank_account_id bigint NOT NULL,
  PRIMARY KEY (virtual_account, bank_bin)
);

-- How a school asks. Without a row: no standing code per pupil, reminders on, three days before, on, three and ten days after the due day.
CREATE TABLE asking_rules (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  pupil_codes    boolean NOT NULL,
  reminders      boolean NOT NULL,
  reminder_days  smallint[] NOT NULL CHECK (cardinality(reminder_days) <= 10),
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL
);

-- Each message that reminded a family on a day; the key makes a second run of that day say nothing.
CREATE TABLE reminders (
  school_id      bigint NOT NULL REFERENCES schools,
  run_on         date NOT NULL,
  family         text NOT NULL,
  notice_id      uuid NOT NULL,
  invoice_ids    uuid[] NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, run_on, family)
);

-- The same account, number, link or text is one case however many people report it.
CREATE TABLE fraud_cases (
  school_id      bigint NOT NULL REFERENCES schools,
  case_id        uuid NOT NULL,
  fingerprint    text NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('account', 'phone', 'link', 'message')),
  subject        text NOT NULL CHECK (subject <> ''),
  state          text NOT NULL CHECK (state IN ('reported', 'confirmed', 'dismissed')),
  opened_at      timestamptz NOT NULL,
  decided_by     uuid,
  decided_at     timestamptz,
  announcement_id uuid,
  PRIMARY KEY (school_id, case_id),
  UNIQUE (school_id, fingerprint),
  CHECK ((state = 'reported') = (decided_at IS NULL))
);

CREATE TABLE fraud_reports (
  school_id      bigint NOT NULL,
  report_id      uuid NOT NULL,
  case_id        uuid NOT NULL,
  content        text NOT NULL,
  reported_by    uuid,
  reported_at    timestamptz NOT NULL,
  PRIMARY KEY (school_id, report_id),
  FOREIGN KEY (school_id, case_id) REFERENCES fraud_cases
);

CREATE INDEX fraud_reports_by_case ON fraud_reports (school_id, case_id);

-- A family is a guardian with the children it may see: parents apart, or with a child of their own each, hear different things.
DROP TABLE reminders;

CREATE TABLE reminders (
  school_id      bigint NOT NULL,
  run_on         date NOT NULL,
  guardian_id    uuid NOT NULL,
  notice_id      uuid NOT NULL,
  invoice_ids    uuid[] NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, run_on, guardian_id),
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

CREATE INDEX reminders_by_guardian ON reminders (school_id, guardian_id, run_on);

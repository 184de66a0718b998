-- Account numbers of the school's accounting software, where they differ from the house's (payments/reports/account_numbers.toml).

CREATE TABLE accounting_numbers (
  school_id      bigint NOT NULL REFERENCES schools,
  subject        text NOT NULL CHECK (subject <> ''),
  number         text NOT NULL CHECK (number ~ '^[0-9]{3,10}$'),
  set_by         uuid NOT NULL,
  set_at         timestamptz NOT NULL,
  PRIMARY KEY (school_id, subject)
);

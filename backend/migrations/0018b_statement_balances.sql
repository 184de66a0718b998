-- What a bank's statement says an account held at the end of each of these days.
CREATE TABLE statement_balances (
  school_id      bigint NOT NULL,
  statement_id   uuid NOT NULL,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  from_on        date NOT NULL,
  to_on          date NOT NULL,
  balance        bigint NOT NULL,
  kept_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, statement_id, bank_account_id, from_on),
  FOREIGN KEY (school_id, statement_id) REFERENCES statement_files,
  CHECK (from_on <= to_on)
);

CREATE INDEX statement_balances_by_day ON statement_balances (school_id, bank_account_id, from_on);

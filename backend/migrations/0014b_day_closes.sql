-- A day of an account is closed by a person who says what the bank or the box holds. Closing again adds a revision.

-- What an account held on the morning of its first day in these books.
CREATE TABLE account_openings (
  school_id      bigint NOT NULL REFERENCES schools,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  opening_on     date NOT NULL,
  amount         bigint NOT NULL,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, bank_account_id)
);

CREATE TABLE day_closes (
  school_id      bigint NOT NULL REFERENCES schools,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  closed_on      date NOT NULL,
  revision       smallint NOT NULL CHECK (revision > 0),
  opening        bigint NOT NULL,
  received       bigint NOT NULL CHECK (received >= 0),
  spent          bigint NOT NULL CHECK (spent >= 0),
  closing        bigint NOT NULL,
  stated         bigint NOT NULL,
  stated_by      text NOT NULL CHECK (stated_by IN ('statement', 'person', 'count')),
  note           text,
  lines          text[] NOT NULL,
  lines_hash     bytea NOT NULL,
  seal           bytea NOT NULL,
  closed_by      uuid NOT NULL,
  closed_at      timestamptz NOT NULL,
  PRIMARY KEY (school_id, bank_account_id, closed_on, revision),
  CHECK (closing = opening + received - spent),
  CHECK (stated = closing OR note IS NOT NULL)
);

-- Bank statements: each file kept as it came, each of its lines with its raw cells and the movement that it tells.

CREATE TABLE statement_files (
  school_id      bigint NOT NULL REFERENCES schools,
  statement_id   uuid NOT NULL,
  bank_account_id bigint REFERENCES bank_accounts,
  file_name      text NOT NULL CHECK (file_name <> ''),
  file_hash      bytea NOT NULL,
  file_bytes     bytea NOT NULL,
  state          text NOT NULL CHECK (state IN ('read', 'applied')),
  summary        jsonb NOT NULL,
  uploaded_by    uuid,
  uploaded_at    timestamptz NOT NULL,
  applied_by     uuid,
  applied_at     timestamptz,
  PRIMARY KEY (school_id, statement_id),
  UNIQUE (school_id, file_hash),
  CHECK ((state = 'applied') = (applied_at IS NOT NULL))
);

CREATE INDEX statement_files_by_upload ON statement_files (school_id, uploaded_at);

-- The bank's booking day, the day and time of the transfer and the value day are kept apart; when we heard of it stands with the movement.
CREATE TABLE statement_lines (
  school_id      bigint NOT NULL,
  statement_id   uuid NOT NULL,
  line_number    integer NOT NULL,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  layout         text NOT NULL,
  sheet          text NOT NULL,
  row_number     integer NOT NULL,
  part           text NOT NULL CHECK (part IN ('', 'fee', 'tax')),
  cells          jsonb NOT NULL,
  posted_on      date NOT NULL,
  made_on        date,
  made_at        time,
  value_on       date,
  direction      text NOT NULL CHECK (direction IN ('in', 'out')),
  amount         bigint NOT NULL CHECK (amount > 0),
  balance        bigint,
  memo           text NOT NULL,
  bank_reference text,
  event_key      text NOT NULL,
  transaction_id uuid NOT NULL,
  fresh          boolean NOT NULL,
  PRIMARY KEY (school_id, statement_id, line_number),
  FOREIGN KEY (school_id, statement_id) REFERENCES statement_files,
  FOREIGN KEY (school_id, transaction_id) REFERENCES bank_transactions
);

CREATE INDEX statement_lines_by_day ON statement_lines (school_id, bank_account_id, posted_on);

CREATE INDEX statement_lines_by_transaction ON statement_lines (school_id, transaction_id);

-- What the columns under a heading mean, as a person has said it for an account.
CREATE TABLE statement_mappings (
  school_id      bigint NOT NULL REFERENCES schools,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  signature      text NOT NULL CHECK (signature <> ''),
  titles         text[] NOT NULL,
  roles          text[] NOT NULL,
  made_by        uuid,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, bank_account_id, signature)
);

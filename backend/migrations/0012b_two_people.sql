-- What takes two people: money that goes back, and periods that close or open again. And how much one person may write off.

CREATE TABLE refunds (
  school_id      bigint NOT NULL REFERENCES schools,
  refund_id      uuid NOT NULL,
  code           text NOT NULL,
  transaction_id uuid NOT NULL,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  credit_pupil_id uuid,
  amount         bigint NOT NULL CHECK (amount > 0),
  payee_bin      text NOT NULL CHECK (payee_bin ~ '^[0-9]{6}$'),
  payee_account  text NOT NULL CHECK (payee_account <> ''),
  payee_name     text NOT NULL CHECK (payee_name <> ''),
  reason         text NOT NULL CHECK (reason <> ''),
  proposed_by    uuid NOT NULL,
  proposed_at    timestamptz NOT NULL,
  decision       text CHECK (decision IN ('approved', 'rejected')),
  decided_by     uuid,
  decided_at     timestamptz,
  exported_by    uuid,
  exported_at    timestamptz,
  outgoing_id    uuid,
  paid_at        timestamptz,
  PRIMARY KEY (school_id, refund_id),
  FOREIGN KEY (school_id, transaction_id) REFERENCES bank_transactions,
  FOREIGN KEY (school_id, outgoing_id) REFERENCES bank_transactions (school_id, transaction_id),
  UNIQUE (school_id, code),
  UNIQUE (school_id, outgoing_id),
  CHECK ((decision IS NULL) = (decided_by IS NULL)),
  CHECK (decision IS DISTINCT FROM 'approved' OR decided_by <> proposed_by),
  CHECK (exported_at IS NULL OR decision = 'approved'),
  CHECK (outgoing_id IS NULL OR decision = 'approved')
);

CREATE INDEX refunds_by_transaction ON refunds (school_id, transaction_id);

CREATE TABLE period_changes (
  school_id      bigint NOT NULL REFERENCES schools,
  change_id      uuid NOT NULL,
  action         text NOT NULL CHECK (action IN ('close', 'reopen')),
  through_on     date NOT NULL,
  reason         text NOT NULL CHECK (reason <> ''),
  proposed_by    uuid NOT NULL,
  proposed_at    timestamptz NOT NULL,
  confirmed_by   uuid,
  confirmed_at   timestamptz,
  PRIMARY KEY (school_id, change_id),
  CHECK (confirmed_by <> proposed_by),
  CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);

CREATE TABLE write_off_limits (
  school_id      bigint NOT NULL REFERENCES schools,
  accountant_amount bigint NOT NULL CHECK (accountant_amount >= 0),
  school_admin_amount bigint NOT NULL CHECK (school_admin_amount >= accountant_amount),
  set_by         uuid NOT NULL,
  set_at         timestamptz NOT NULL,
  PRIMARY KEY (school_id)
);

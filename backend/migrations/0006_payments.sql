-- Flow: webhook or statement → transaction → match → ledger → receipt → notice. All money is integer đồng.

CREATE TABLE fees (
  school_id      bigint NOT NULL REFERENCES schools,
  fee_id         uuid NOT NULL,
  title          text NOT NULL CHECK (title <> ''),
  category       text NOT NULL CHECK (category IN ('tuition', 'service', 'collected_on_behalf', 'agreed', 'voluntary')),
  mandatory      boolean NOT NULL,
  legal_basis    text,
  class_id       uuid NOT NULL,
  school_year    text NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  due_on         date NOT NULL,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  created_by     uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  cancelled_at   timestamptz,
  cancelled_by   uuid,
  PRIMARY KEY (school_id, fee_id),
  FOREIGN KEY (school_id, class_id) REFERENCES classes
);

CREATE TABLE invoices (
  school_id      bigint NOT NULL,
  invoice_id     uuid NOT NULL,
  fee_id         uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  reference      text NOT NULL,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  amount         bigint NOT NULL CHECK (amount > 0),
  due_on         date NOT NULL,
  created_at     timestamptz NOT NULL,
  cancelled_at   timestamptz,
  PRIMARY KEY (school_id, invoice_id),
  FOREIGN KEY (school_id, fee_id) REFERENCES fees,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  UNIQUE (school_id, fee_id, pupil_id),
  UNIQUE (school_id, reference)
);

CREATE INDEX invoices_by_pupil ON invoices (school_id, pupil_id);

-- What arrived, as it arrived, before it is understood. Unique by provider, account and the provider's own id.
CREATE TABLE bank_events (
  provider       text NOT NULL,
  hook_key       text NOT NULL,
  event_key      text NOT NULL,
  school_id      bigint NOT NULL,
  bank_account_id bigint NOT NULL,
  headers        jsonb NOT NULL,
  body           bytea NOT NULL,
  received_at    timestamptz NOT NULL,
  repeats        integer NOT NULL DEFAULT 0,
  understood_at  timestamptz,
  outcome        text,
  attempts       smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (provider, hook_key, event_key)
);

CREATE INDEX bank_events_waiting ON bank_events (received_at) WHERE understood_at IS NULL;

CREATE TABLE bank_transactions (
  school_id      bigint NOT NULL REFERENCES schools,
  transaction_id uuid NOT NULL,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  source         text NOT NULL,
  event_key      text NOT NULL,
  bank_reference text,
  direction      text NOT NULL CHECK (direction IN ('in', 'out')),
  amount         bigint NOT NULL,
  memo           text NOT NULL,
  virtual_account text,
  payer_account  text,
  payer_name     text,
  booked_at      timestamptz NOT NULL,
  received_at    timestamptz NOT NULL,
  state          text NOT NULL CHECK (state IN ('settled', 'part', 'over', 'ambiguous', 'unmatched', 'duplicate',
                                                'unreadable', 'ignored', 'refunded')),
  reasons        text[] NOT NULL,
  suggestions    jsonb NOT NULL DEFAULT '[]',
  duplicate_of   uuid,
  refund_of      uuid,
  note           text,
  decided_by     uuid,
  decided_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, transaction_id),
  UNIQUE (school_id, bank_account_id, source, event_key),
  UNIQUE (school_id, refund_of),
  CHECK (amount > 0 OR (amount = 0 AND state IN ('unreadable', 'ignored'))),
  CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL))
);

CREATE INDEX bank_transactions_by_reference ON bank_transactions (school_id, bank_account_id, bank_reference, amount);

CREATE INDEX bank_transactions_waiting ON bank_transactions (school_id, received_at) WHERE state IN ('ambiguous', 'unmatched', 'over', 'unreadable');

-- Money of a transaction laid on an invoice. A reversal is a row of its own with a negative amount.
CREATE TABLE allocations (
  school_id      bigint NOT NULL,
  allocation_id  uuid NOT NULL,
  transaction_id uuid NOT NULL,
  invoice_id     uuid NOT NULL,
  amount         bigint NOT NULL CHECK (amount <> 0),
  reverses       uuid,
  reason         text NOT NULL,
  made_by        uuid,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, allocation_id),
  FOREIGN KEY (school_id, transaction_id) REFERENCES bank_transactions,
  FOREIGN KEY (school_id, invoice_id) REFERENCES invoices,
  UNIQUE (school_id, reverses)
);

CREATE INDEX allocations_by_invoice ON allocations (school_id, invoice_id);

CREATE INDEX allocations_by_transaction ON allocations (school_id, transaction_id);

-- Double entry: one transfer debits one account and credits one. Append-only: UPDATE and DELETE are revoked.
-- Accounts: receivable and family_credit (by pupil), bank, unallocated and outgoing (by bank account), income (by fee).
CREATE TABLE ledger_transfers (
  school_id      bigint NOT NULL REFERENCES schools,
  transfer_id    uuid NOT NULL,
  debit_account  text NOT NULL,
  debit_ref      text NOT NULL,
  credit_account text NOT NULL,
  credit_ref     text NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  kind           text NOT NULL,
  transaction_id uuid,
  invoice_id     uuid,
  booked_at      timestamptz NOT NULL,
  made_by        uuid,
  PRIMARY KEY (school_id, transfer_id),
  CHECK ((debit_account, debit_ref) <> (credit_account, credit_ref))
);

CREATE INDEX ledger_by_debit ON ledger_transfers (school_id, debit_account, debit_ref);

CREATE INDEX ledger_by_credit ON ledger_transfers (school_id, credit_account, credit_ref);

-- One row a school. Whoever moves its money holds this row, so that two settlements of one school never overlap.
CREATE TABLE tills (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  held_at        timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE receipt_counters (
  school_id      bigint NOT NULL REFERENCES schools,
  receipt_year   smallint NOT NULL,
  last_number    integer NOT NULL,
  PRIMARY KEY (school_id, receipt_year)
);

CREATE TABLE payment_receipts (
  school_id      bigint NOT NULL,
  receipt_id     uuid NOT NULL,
  receipt_year   smallint NOT NULL,
  number         integer NOT NULL,
  transaction_id uuid NOT NULL,
  invoice_id     uuid NOT NULL,
  allocation_id  uuid NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  issued_at      timestamptz NOT NULL,
  cancelled_at   timestamptz,
  PRIMARY KEY (school_id, receipt_id),
  FOREIGN KEY (school_id, invoice_id) REFERENCES invoices,
  UNIQUE (school_id, receipt_year, number),
  UNIQUE (school_id, allocation_id)
);

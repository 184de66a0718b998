-- The books prove themselves: what a bill asks for, codes over several bills, who told a movement, and a chain over the ledger.

-- What was added to or taken off a bill after it was made. A bill asks for its amount and the sum of these.
CREATE TABLE invoice_adjustments (
  school_id      bigint NOT NULL,
  adjustment_id  uuid NOT NULL,
  invoice_id     uuid NOT NULL,
  amount         bigint NOT NULL CHECK (amount <> 0),
  kind           text NOT NULL CHECK (kind IN ('write_off', 'lunch_credit', 'exemption', 'support', 'pro_rata', 'correction')),
  reason         text NOT NULL CHECK (reason <> ''),
  document       text,
  made_by        uuid,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, adjustment_id),
  FOREIGN KEY (school_id, invoice_id) REFERENCES invoices
);

CREATE INDEX invoice_adjustments_by_invoice ON invoice_adjustments (school_id, invoice_id);

-- A code that brings money to several bills: a request of a family, or all bills of a pupil. Its shape and its space are
-- those of invoices.reference, so whoever draws one looks into both.
CREATE TABLE payment_codes (
  school_id      bigint NOT NULL REFERENCES schools,
  code           text NOT NULL CHECK (code <> ''),
  kind           text NOT NULL CHECK (kind IN ('request', 'pupil')),
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  pupil_id       uuid,
  created_by     uuid,
  created_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, code),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  CHECK (kind = 'request' OR pupil_id IS NOT NULL)
);

CREATE INDEX payment_codes_by_pupil ON payment_codes (school_id, pupil_id);

-- The bills of a request. A pupil's code has none: it means whatever that pupil has to pay.
CREATE TABLE payment_code_bills (
  school_id      bigint NOT NULL,
  code           text NOT NULL,
  invoice_id     uuid NOT NULL,
  position       smallint NOT NULL,
  PRIMARY KEY (school_id, code, invoice_id),
  FOREIGN KEY (school_id, code) REFERENCES payment_codes,
  FOREIGN KEY (school_id, invoice_id) REFERENCES invoices
);

CREATE INDEX payment_code_bills_by_invoice ON payment_code_bills (school_id, invoice_id);

CREATE TABLE virtual_accounts (
  school_id      bigint NOT NULL REFERENCES schools,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  virtual_account text NOT NULL CHECK (virtual_account <> ''),
  pupil_id       uuid NOT NULL,
  created_by     uuid,
  created_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, bank_account_id, virtual_account),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE INDEX virtual_accounts_by_pupil ON virtual_accounts (school_id, pupil_id);

-- Which codes a movement carried, known or not, so that a bill finds its money whenever one of the two changes.
CREATE TABLE transaction_codes (
  school_id      bigint NOT NULL,
  code           text NOT NULL,
  how            text NOT NULL CHECK (how IN ('word', 'run_together', 'virtual')),
  transaction_id uuid NOT NULL,
  PRIMARY KEY (school_id, code, how, transaction_id),
  FOREIGN KEY (school_id, transaction_id) REFERENCES bank_transactions
);

CREATE INDEX transaction_codes_by_transaction ON transaction_codes (school_id, transaction_id);

-- A person has decided something about it: no machine lays or moves it any more.
ALTER TABLE bank_transactions ADD COLUMN pinned boolean NOT NULL DEFAULT false;

UPDATE bank_transactions
   SET pinned = true
 WHERE decided_by IS NOT NULL
    OR 'undone' = ANY (reasons)
    OR 'not_a_duplicate' = ANY (reasons);

CREATE INDEX bank_transactions_by_original ON bank_transactions (school_id, duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE INDEX bank_transactions_by_amount ON bank_transactions (school_id, bank_account_id, amount, booked_at);

-- On whose word it lies there: the bill's own reference, a code over several bills (which steps aside), or a person.
ALTER TABLE allocations ADD COLUMN basis text NOT NULL DEFAULT 'named' CHECK (basis IN ('named', 'flexible', 'person'));

UPDATE allocations
   SET basis = 'person'
 WHERE made_by IS NOT NULL;

-- Every entry seals the one before it. The till, which every writer of a school holds, keeps the end of the chain.
ALTER TABLE tills ADD COLUMN last_seq bigint NOT NULL DEFAULT 0;

ALTER TABLE tills ADD COLUMN last_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex');

-- Nothing is booked on a day up to this one.
ALTER TABLE tills ADD COLUMN closed_through date;

ALTER TABLE ledger_transfers ADD COLUMN seq bigint;

ALTER TABLE ledger_transfers ADD COLUMN booked_on date;

ALTER TABLE ledger_transfers ADD COLUMN prev_hash bytea;

ALTER TABLE ledger_transfers ADD COLUMN hash bytea;

UPDATE ledger_transfers
   SET booked_on = (booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;

UPDATE ledger_transfers AS l
   SET seq = n.seq
  FROM (SELECT school_id, transfer_id, row_number() OVER (PARTITION BY school_id ORDER BY booked_at, transfer_id) AS seq
          FROM ledger_transfers) n
 WHERE l.school_id = n.school_id
   AND l.transfer_id = n.transfer_id;

-- The text is that of payments/chain.py, to the letter.
DO $$
DECLARE
  entry record;
  school bigint := -1;
  last bytea;
  sealed bytea;
BEGIN
  FOR entry IN SELECT * FROM ledger_transfers ORDER BY school_id, seq LOOP
    IF entry.school_id <> school THEN
      school := entry.school_id;
      last := decode(repeat('00', 32), 'hex');
    END IF;
    sealed := sha256(convert_to(concat_ws('|',
      encode(last, 'hex'), entry.school_id, entry.seq, entry.transfer_id,
      entry.debit_account, entry.debit_ref, entry.credit_account, entry.credit_ref, entry.amount, entry.kind,
      coalesce(entry.transaction_id::text, ''), coalesce(entry.invoice_id::text, ''),
      to_char(entry.booked_on, 'YYYY-MM-DD'), (extract(epoch FROM entry.booked_at) * 1000000)::bigint,
      coalesce(entry.made_by::text, '')), 'UTF8'));
    UPDATE ledger_transfers
       SET prev_hash = last,
           hash = sealed
     WHERE school_id = entry.school_id
       AND transfer_id = entry.transfer_id;
    last := sealed;
    INSERT INTO tills AS t (school_id, held_at, last_seq, last_hash)
    VALUES (entry.school_id, entry.booked_at, entry.seq, sealed)
        ON CONFLICT (school_id)
        DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash;
  END LOOP;
END
$$;

ALTER TABLE ledger_transfers ALTER COLUMN seq SET NOT NULL;

ALTER TABLE ledger_transfers ALTER COLUMN booked_on SET NOT NULL;

ALTER TABLE ledger_transfers ALTER COLUMN prev_hash SET NOT NULL;

ALTER TABLE ledger_transfers ALTER COLUMN hash SET NOT NULL;

ALTER TABLE ledger_transfers ADD UNIQUE (school_id, seq);

CREATE INDEX ledger_by_day ON ledger_transfers (school_id, booked_on);

CREATE INDEX ledger_by_transaction ON ledger_transfers (school_id, transaction_id);

-- Receipts are numbered by kind and never changed: what cancels one is a numbered paper of its own.

ALTER TABLE receipt_counters ADD COLUMN kind text NOT NULL DEFAULT 'transfer'
  CHECK (kind IN ('transfer', 'cash', 'card', 'cancellation'));

ALTER TABLE receipt_counters DROP CONSTRAINT receipt_counters_pkey;

-- A settlement of the code before this one fails here and is done again from the kept event by the code that follows.
ALTER TABLE receipt_counters ADD PRIMARY KEY (school_id, kind, receipt_year);

ALTER TABLE payment_receipts ADD COLUMN kind text NOT NULL DEFAULT 'transfer'
  CHECK (kind IN ('transfer', 'cash', 'card'));

ALTER TABLE payment_receipts DROP CONSTRAINT payment_receipts_school_id_receipt_year_number_key;

ALTER TABLE payment_receipts ADD UNIQUE (school_id, kind, receipt_year, number);

CREATE INDEX receipts_by_transaction ON payment_receipts (school_id, transaction_id);

CREATE TABLE receipt_cancellations (
  school_id      bigint NOT NULL,
  receipt_id     uuid NOT NULL,
  cancellation_year smallint NOT NULL,
  number         integer NOT NULL,
  reason         text NOT NULL,
  cancelled_by   uuid,
  cancelled_at   timestamptz NOT NULL,
  PRIMARY KEY (school_id, receipt_id),
  FOREIGN KEY (school_id, receipt_id) REFERENCES payment_receipts,
  UNIQUE (school_id, cancellation_year, number)
);

-- What was cancelled before papers were numbered gets its paper now. The column itself is no longer written or read.
INSERT INTO receipt_cancellations (school_id, receipt_id, cancellation_year, number, reason, cancelled_at)
SELECT school_id, receipt_id, extract(year FROM cancelled_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::smallint,
       row_number() OVER (PARTITION BY school_id, extract(year FROM cancelled_at AT TIME ZONE 'Asia/Ho_Chi_Minh')
                              ORDER BY cancelled_at, receipt_id),
       'undone', cancelled_at
  FROM payment_receipts
 WHERE cancelled_at IS NOT NULL;

INSERT INTO receipt_counters (school_id, kind, receipt_year, last_number)
SELECT school_id, 'cancellation', cancellation_year, max(number)
  FROM receipt_cancellations
 GROUP BY school_id, cancellation_year;

-- E-invoices and e-receipts of a provider: the school's account there, and an outbox of documents to issue and to cancel.

-- What an item needs beside our own receipt. NULL: what the school's account says for the item's category.
ALTER TABLE fees ADD COLUMN IF NOT EXISTS document_type text CHECK (document_type IN ('internal', 'e_invoice', 'e_receipt'));

CREATE TABLE document_accounts (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  provider       text NOT NULL CHECK (provider IN ('meinvoice')),
  tax_code       text NOT NULL CHECK (tax_code ~ '^[0-9]{10}(-[0-9]{3})?$'),
  user_name      text NOT NULL CHECK (user_name <> ''),
  password_sealed bytea NOT NULL,
  invoice_series text,
  receipt_series text,
  types          jsonb NOT NULL DEFAULT '{}',
  opened_by      uuid NOT NULL,
  opened_at      timestamptz NOT NULL,
  closed_at      timestamptz
);

-- `document_id` of the issue is the key that the provider is told, too. `asked_at`: from then on the provider may have it.
CREATE TABLE tax_documents (
  school_id      bigint NOT NULL,
  document_id    uuid NOT NULL,
  receipt_id     uuid NOT NULL,
  deed           text NOT NULL CHECK (deed IN ('issue', 'cancel')),
  document_type  text NOT NULL CHECK (document_type IN ('e_invoice', 'e_receipt')),
  state          text NOT NULL CHECK (state IN ('due', 'leased', 'done', 'refused', 'given_up', 'withdrawn')),
  attempts       smallint NOT NULL DEFAULT 0,
  due_at         timestamptz NOT NULL,
  lease_until    timestamptz,
  asked_at       timestamptz,
  series         text,
  number         text,
  lookup_code    text,
  issued_at      timestamptz,
  outcome        text,
  created_at     timestamptz NOT NULL,
  ended_at       timestamptz,
  PRIMARY KEY (school_id, document_id),
  FOREIGN KEY (school_id, receipt_id) REFERENCES payment_receipts,
  UNIQUE (school_id, receipt_id, deed),
  CHECK (deed <> 'issue' OR state <> 'done' OR (series IS NOT NULL AND number IS NOT NULL AND lookup_code IS NOT NULL))
);

CREATE INDEX tax_documents_due ON tax_documents (due_at) WHERE state IN ('due', 'leased');

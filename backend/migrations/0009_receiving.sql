-- Money comes in through several doors: hooks of several gateways on one account, what they gave up and we pulled, orders at gateways.

-- A bank account, the clearing account of a gateway (its payout is an own transfer), or the cash box.
ALTER TABLE bank_accounts ADD COLUMN kind text NOT NULL DEFAULT 'bank' CHECK (kind IN ('bank', 'gateway', 'cash'));

ALTER TABLE bank_accounts DROP CONSTRAINT bank_accounts_bank_bin_check;

ALTER TABLE bank_accounts DROP CONSTRAINT bank_accounts_account_number_check;

ALTER TABLE bank_accounts ADD CONSTRAINT bank_accounts_bin_of_kind
  CHECK (CASE kind WHEN 'bank' THEN bank_bin ~ '^[0-9]{6}$' WHEN 'cash' THEN bank_bin = 'CASH' ELSE bank_bin ~ '^[A-Z]{3,12}$' END);

ALTER TABLE bank_accounts ADD CONSTRAINT bank_accounts_number_of_kind
  CHECK (account_number ~ CASE kind WHEN 'bank' THEN '^[0-9A-Za-z]{1,19}$' ELSE '^[0-9A-Za-z_-]{1,40}$' END);

-- Where gateways call for an account. `secret_sealed` proves the caller, `keys_sealed` holds what else the gateway gave (JSON).
-- The hook_* columns of bank_accounts are read no more; a later migration takes them away.
CREATE TABLE bank_hooks (
  hook_key       text PRIMARY KEY,
  provider       text NOT NULL,
  school_id      bigint NOT NULL REFERENCES schools,
  bank_account_id bigint NOT NULL REFERENCES bank_accounts,
  auth           text NOT NULL,
  secret_sealed  bytea,
  keys_sealed    bytea,
  created_by     uuid,
  created_at     timestamptz NOT NULL,
  rotated_at     timestamptz,
  closed_at      timestamptz
);

CREATE INDEX bank_hooks_by_school ON bank_hooks (school_id, bank_account_id);

INSERT INTO bank_hooks (hook_key, provider, school_id, bank_account_id, auth, secret_sealed, created_at, closed_at)
SELECT hook_key, coalesce(hook_provider, 'sepay'), school_id, bank_account_id, coalesce(hook_auth, 'hmac'), hook_secret_sealed,
       created_at, closed_at
  FROM bank_accounts
 WHERE hook_key IS NOT NULL;

-- The same movement told by a hook and by a pull is one row: `door` says whose body is kept, the two instants who told it when.
ALTER TABLE bank_events ADD COLUMN door text NOT NULL DEFAULT 'hook' CHECK (door IN ('hook', 'pull'));

ALTER TABLE bank_events ADD COLUMN hook_told_at timestamptz;

ALTER TABLE bank_events ADD COLUMN pull_told_at timestamptz;

-- What it was understood to be, so that pushed and pulled can be compared by account and day.
ALTER TABLE bank_events ADD COLUMN account_number text;

ALTER TABLE bank_events ADD COLUMN direction text;

ALTER TABLE bank_events ADD COLUMN amount bigint;

ALTER TABLE bank_events ADD COLUMN booked_at timestamptz;

UPDATE bank_events
   SET hook_told_at = received_at;

CREATE INDEX bank_events_by_hook ON bank_events (hook_key, received_at);

-- How far the pulling of a hook's gateway has come, and how it fares.
CREATE TABLE gateway_pulls (
  hook_key       text PRIMARY KEY,
  school_id      bigint NOT NULL,
  cursor         text,
  tried_at       timestamptz NOT NULL,
  succeeded_at   timestamptz,
  failures       integer NOT NULL DEFAULT 0,
  error          text,
  next_at        timestamptz NOT NULL
);

-- What a family was sent to a gateway for: the gateway's order code leads back to exactly one bill.
CREATE TABLE gateway_orders (
  hook_key       text NOT NULL,
  order_code     text NOT NULL,
  school_id      bigint NOT NULL,
  invoice_id     uuid NOT NULL,
  reference      text NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  pay_url        text,
  asked_by       uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  checked_at     timestamptz,
  closed_at      timestamptz,
  PRIMARY KEY (hook_key, order_code)
);

CREATE INDEX gateway_orders_by_invoice ON gateway_orders (hook_key, invoice_id, created_at);

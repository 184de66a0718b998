-- What a person wants to hear when and where, over all schools. Absent: everything at once, quiet at the usual hours.
CREATE TABLE notice_preferences (
  account_id     uuid PRIMARY KEY,
  kinds          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(kinds) = 'object'),
  digest_minute  smallint NOT NULL CHECK (digest_minute BETWEEN 0 AND 1439),
  quiet_from     smallint CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_until    smallint CHECK (quiet_until BETWEEN 0 AND 1439),
  preferred_channel text CHECK (preferred_channel IN ('push', 'webpush', 'zalo', 'zalo_bot', 'telegram', 'email')),
  language       text CHECK (language IN ('vi', 'en')),
  changed_at     timestamptz NOT NULL,
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- What waits for a person's next digest, from whichever school.
CREATE TABLE digest_items (
  account_id     uuid NOT NULL,
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  due_at         timestamptz NOT NULL,
  held_at        timestamptz NOT NULL,
  PRIMARY KEY (account_id, school_id, notice_id, guardian_id)
);

-- One message to one person at one hour, over all children and schools. digest_id is its msg_id on the phone.
CREATE TABLE digests (
  account_id     uuid NOT NULL,
  due_at         timestamptz NOT NULL,
  digest_id      uuid NOT NULL,
  state          text NOT NULL CHECK (state IN ('due', 'leased', 'sent', 'refused', 'dead', 'skipped')),
  channel        text NOT NULL DEFAULT 'push',
  again_at       timestamptz NOT NULL,
  lease_token    uuid,
  lease_until    timestamptz,
  attempts       smallint NOT NULL DEFAULT 0,
  failures       smallint NOT NULL DEFAULT 0,
  done_with      bytea[] NOT NULL DEFAULT '{}',
  reason         text,
  finished_at    timestamptz,
  PRIMARY KEY (account_id, due_at)
);

CREATE INDEX digests_due ON digests (again_at) WHERE state = 'due';

CREATE INDEX digests_leased ON digests (lease_until) WHERE state = 'leased';

-- A message that costs money: written before the wire is touched, settled by the answer. What was never answered stays `reserved`
-- until somebody may ask the provider again by the same key, or is called `uncertain`.
CREATE TABLE paid_sends (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  channel        text NOT NULL,
  state          text NOT NULL CHECK (state IN ('reserved', 'sent', 'released', 'uncertain')),
  price          bigint NOT NULL CHECK (price >= 0),
  spent_month    date NOT NULL,
  lease_token    uuid NOT NULL,
  reserved_at    timestamptz NOT NULL,
  settled_at     timestamptz,
  code           text,
  provider_id    text,
  PRIMARY KEY (school_id, notice_id, guardian_id, channel),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

-- What a school may spend on a channel in a month, in đồng. Without a row nothing may be spent.
CREATE TABLE channel_budgets (
  school_id      bigint NOT NULL REFERENCES schools,
  channel        text NOT NULL,
  month_cap      bigint NOT NULL CHECK (month_cap >= 0),
  set_by         uuid NOT NULL,
  set_at         timestamptz NOT NULL,
  PRIMARY KEY (school_id, channel)
);

-- The running sum of what is reserved and spent; it equals the sum over paid_sends that were not released.
CREATE TABLE channel_spendings (
  school_id      bigint NOT NULL REFERENCES schools,
  channel        text NOT NULL,
  spent_month    date NOT NULL,
  spent          bigint NOT NULL CHECK (spent >= 0),
  PRIMARY KEY (school_id, channel, spent_month)
);

-- Families whom nothing reached: the homeroom teacher rings them up.
CREATE TABLE call_list (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  listed_at      timestamptz NOT NULL,
  result         text CHECK (result IN ('reached', 'not_reached')),
  calls_count    smallint NOT NULL DEFAULT 0,
  called_by      uuid,
  called_at      timestamptz,
  PRIMARY KEY (school_id, notice_id, guardian_id),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  CHECK ((result IS NULL) = (called_at IS NULL))
);

CREATE INDEX call_list_open ON call_list (school_id, listed_at) WHERE result IS DISTINCT FROM 'reached';

-- Pupils whom a notice was for and about whom nobody gets notices: part of the remainder from the first moment.
CREATE TABLE notice_orphans (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  PRIMARY KEY (school_id, notice_id, pupil_id),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

-- Who declared the emergency, when and why.
ALTER TABLE notices ADD COLUMN emergency_by uuid;

ALTER TABLE notices ADD COLUMN emergency_at timestamptz;

ALTER TABLE notices ADD COLUMN emergency_reason text;

-- Flow: audience → outbox → delivery → channel → receipt. A delivery row is the promise; the job in Redis is only the bell.

CREATE TABLE notices (
  school_id      bigint NOT NULL REFERENCES schools,
  notice_id      uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('absence', 'mark', 'announcement', 'invoice', 'payment')),
  source_kind    text NOT NULL,
  source_id      text NOT NULL,
  title          text,
  body           text,
  params         jsonb NOT NULL DEFAULT '{}',
  urgent         boolean NOT NULL DEFAULT false,
  needs_acknowledgement boolean NOT NULL DEFAULT false,
  created_by     uuid,
  created_at     timestamptz NOT NULL,
  recalled_at    timestamptz,
  PRIMARY KEY (school_id, notice_id)
);

CREATE INDEX notices_by_source ON notices (school_id, source_kind, source_id);

-- One row a family member and notice, however many children it is about.
CREATE TABLE notice_recipients (
  school_id      bigint NOT NULL,
  guardian_id    uuid NOT NULL,
  notice_id      uuid NOT NULL,
  pupil_ids      uuid[] NOT NULL,
  created_at     timestamptz NOT NULL,
  delivered_at   timestamptz,
  opened_at      timestamptz,
  acknowledged_at timestamptz,
  awaits_acknowledgement boolean NOT NULL DEFAULT false,
  PRIMARY KEY (school_id, guardian_id, notice_id),
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  FOREIGN KEY (school_id, notice_id) REFERENCES notices
);

CREATE INDEX notice_recipients_by_notice ON notice_recipients (school_id, notice_id);

-- What waits for a family: the parent's home looks here at every visit, so it holds only the little that is open.
CREATE INDEX notice_recipients_waiting ON notice_recipients (school_id, guardian_id)
 WHERE opened_at IS NULL OR awaits_acknowledgement;

CREATE TABLE deliveries (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  channel        text NOT NULL CHECK (channel IN ('push', 'telegram', 'zalo', 'sms', 'email')),
  state          text NOT NULL CHECK (state IN ('due', 'leased', 'sent', 'refused', 'dead', 'skipped')),
  priority       smallint NOT NULL DEFAULT 5,
  due_at         timestamptz NOT NULL,
  attempts       smallint NOT NULL DEFAULT 0,
  failures       smallint NOT NULL DEFAULT 0,
  lease_token    uuid,
  lease_until    timestamptz,
  reason         text,
  finished_at    timestamptz,
  PRIMARY KEY (school_id, notice_id, guardian_id, channel),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX deliveries_due ON deliveries (school_id, priority, due_at) WHERE state = 'due';

CREATE INDEX deliveries_leased ON deliveries (school_id, lease_until) WHERE state = 'leased';

-- What the school's office looks at: whom a notice could not reach.
CREATE INDEX deliveries_failed ON deliveries (school_id, finished_at) WHERE state IN ('refused', 'dead');

-- What each address answered. Append-only; the token itself is not kept here, only its hash.
CREATE TABLE delivery_attempts (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  channel        text NOT NULL,
  address_hash   bytea NOT NULL,
  attempt        smallint NOT NULL,
  attempted_at   timestamptz NOT NULL,
  outcome        text NOT NULL CHECK (outcome IN ('sent', 'try_later', 'refused', 'unknown')),
  code           text,
  provider_id    text,
  PRIMARY KEY (school_id, notice_id, guardian_id, channel, address_hash, attempt),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices
);

-- What came back from people and devices. Append-only; the recipient's columns are its newest state, forward only.
CREATE TABLE notice_receipts (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('delivered', 'opened', 'acknowledged')),
  happened_at    timestamptz NOT NULL,
  channel        text NOT NULL,
  PRIMARY KEY (school_id, notice_id, guardian_id, kind, channel),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices
);

-- A channel that its provider stopped, or that we stopped: nothing is sent before paused_until. One row a channel, for all processes.
CREATE TABLE channel_states (
  channel        text PRIMARY KEY,
  paused_until   timestamptz,
  reason         text,
  pauses_in_row  smallint NOT NULL DEFAULT 0,
  changed_at     timestamptz NOT NULL
);

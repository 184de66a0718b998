-- Who are you: accounts are people, outside any school. All tables here are directory tables, keyed by what is looked up.

CREATE TABLE accounts (
  account_id     uuid PRIMARY KEY,
  phone_e164     text NOT NULL,
  full_name      text NOT NULL,
  name_fold      text NOT NULL,
  language       text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
  password_hash  text,
  totp_sealed    bytea,
  totp_confirmed_at timestamptz,
  totp_last_step bigint,
  failed_sign_ins smallint NOT NULL DEFAULT 0,
  locked_until   timestamptz,
  created_at     timestamptz NOT NULL,
  closed_at      timestamptz
);

-- One phone may serve two people: the pair of phone and folded name is the person.
CREATE TABLE phone_accounts (
  phone_e164     text NOT NULL,
  name_fold      text NOT NULL,
  account_id     uuid NOT NULL,
  PRIMARY KEY (phone_e164, name_fold)
);

-- Which schools know a phone, and as whom. Written by the roll in the same transaction as the person's row.
CREATE TABLE phone_directory (
  phone_e164     text NOT NULL,
  school_id      bigint NOT NULL,
  person_kind    text NOT NULL CHECK (person_kind IN ('guardian', 'staff')),
  person_id      uuid NOT NULL,
  name_fold      text NOT NULL,
  full_name      text NOT NULL,
  PRIMARY KEY (phone_e164, school_id, person_kind, person_id)
);

-- Which persons in which schools an account is. The right itself is always the relationship in the school.
CREATE TABLE account_persons (
  account_id     uuid NOT NULL,
  school_id      bigint NOT NULL,
  person_kind    text NOT NULL CHECK (person_kind IN ('guardian', 'staff')),
  person_id      uuid NOT NULL,
  linked_at      timestamptz NOT NULL,
  PRIMARY KEY (account_id, school_id, person_kind, person_id)
);

CREATE TABLE account_areas (
  account_id     uuid NOT NULL,
  area_code      text NOT NULL,
  granted_at     timestamptz NOT NULL,
  PRIMARY KEY (account_id, area_code)
);

-- The one open code of a phone, whether we know the phone or not: asking again replaces it.
CREATE TABLE one_time_codes (
  phone_e164     text PRIMARY KEY,
  code_id        uuid NOT NULL,
  purpose        text NOT NULL CHECK (purpose IN ('sign_in', 'invitation')),
  known          boolean NOT NULL,
  code_hash      bytea NOT NULL,
  -- Only until it was sent, and only for phones we know.
  code_sealed    bytea,
  language       text NOT NULL CHECK (language IN ('vi', 'en')),
  params         jsonb NOT NULL DEFAULT '{}',
  address        text NOT NULL,
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  attempts_left  smallint NOT NULL,
  used_at        timestamptz,
  chosen_at      timestamptz,
  -- Sending: the row is the promise. A worker takes it until send_after, so that two bells do not send it twice.
  send_after     timestamptz NOT NULL,
  send_attempts  smallint NOT NULL DEFAULT 0,
  sent_at        timestamptz,
  sent_channel   text
);

-- The bell carries only the code's id: a phone number has no business in Redis.
CREATE INDEX one_time_codes_by_id ON one_time_codes (code_id);

CREATE INDEX one_time_codes_unsent ON one_time_codes (send_after) WHERE sent_at IS NULL AND code_sealed IS NOT NULL;

CREATE TABLE sessions (
  session_id     uuid PRIMARY KEY,
  account_id     uuid NOT NULL,
  device_name    text NOT NULL,
  device_kind    text NOT NULL CHECK (device_kind IN ('app', 'browser', 'console')),
  address        text NOT NULL,
  method         text NOT NULL CHECK (method IN ('code', 'password')),
  second_factor  boolean NOT NULL,
  created_at     timestamptz NOT NULL,
  last_used_at   timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  revoked_at     timestamptz,
  revoked_why    text
);

CREATE INDEX sessions_by_account ON sessions (account_id, last_used_at);

CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE refresh_tokens (
  token_hash     bytea PRIMARY KEY,
  session_id     uuid NOT NULL,
  account_id     uuid NOT NULL,
  issued_at      timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  used_at        timestamptz
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Push addresses: unique by token, found by account. A signed-in session is one installation and has one living address.
CREATE TABLE devices (
  account_id     uuid NOT NULL,
  token_hash     bytea NOT NULL,
  session_id     uuid NOT NULL,
  token          text NOT NULL,
  token_kind     text NOT NULL CHECK (token_kind IN ('fcm_token', 'fcm_fid')),
  platform       text NOT NULL CHECK (platform IN ('android', 'ios', 'web')),
  language       text NOT NULL DEFAULT 'vi',
  registered_at  timestamptz NOT NULL,
  refreshed_at   timestamptz NOT NULL,
  retired_at     timestamptz,
  retired_why    text,
  PRIMARY KEY (account_id, token_hash)
);

CREATE TABLE device_tokens (
  token_hash     bytea PRIMARY KEY,
  account_id     uuid NOT NULL
);

-- What happened to an account outside any school (sign-ins, refusals, revocations). Append-only.
CREATE TABLE account_events (
  account_id     uuid NOT NULL,
  event_id       uuid NOT NULL,
  happened_at    timestamptz NOT NULL,
  action         text NOT NULL,
  address        text,
  detail         jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, event_id)
);

-- Who did what to whom inside a school. Append-only.
CREATE TABLE audit_events (
  school_id      bigint NOT NULL REFERENCES schools,
  audit_id       uuid NOT NULL,
  happened_at    timestamptz NOT NULL,
  actor_account_id uuid,
  actor_kind     text NOT NULL CHECK (actor_kind IN ('account', 'system', 'command')),
  action         text NOT NULL,
  subject_kind   text NOT NULL,
  subject_id     text NOT NULL,
  detail         jsonb NOT NULL DEFAULT '{}',
  request_id     text,
  PRIMARY KEY (school_id, audit_id)
);

CREATE INDEX audit_events_by_subject ON audit_events (school_id, subject_kind, subject_id, happened_at);

-- Flow: message → normalise → intent → answer. Chats are directory tables: a chat id is known before any school is.

CREATE TABLE chat_updates (
  channel        text NOT NULL,
  update_id      text NOT NULL,
  chat_id        text NOT NULL,
  body           bytea NOT NULL,
  received_at    timestamptz NOT NULL,
  leased_until   timestamptz,
  answered_at    timestamptz,
  attempts       smallint NOT NULL DEFAULT 0,
  outcome        text,
  -- An update belongs to one chat for ever, so this is as unique as (channel, update_id), and a chat's updates lie together.
  PRIMARY KEY (channel, chat_id, update_id)
);

CREATE INDEX chat_updates_waiting ON chat_updates (channel, received_at) WHERE answered_at IS NULL;

CREATE INDEX chat_updates_by_age ON chat_updates (received_at);

CREATE TABLE chat_links (
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  account_id     uuid NOT NULL,
  linked_at      timestamptz NOT NULL,
  unlinked_at    timestamptz,
  blocked_at     timestamptz,
  PRIMARY KEY (channel, chat_id)
);

CREATE TABLE account_chats (
  account_id     uuid NOT NULL,
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  linked_at      timestamptz NOT NULL,
  PRIMARY KEY (account_id, channel, chat_id)
);

CREATE TABLE chat_link_codes (
  code_hash      bytea PRIMARY KEY,
  account_id     uuid NOT NULL,
  channel        text NOT NULL,
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  used_at        timestamptz
);

CREATE TABLE chat_states (
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  language       text NOT NULL DEFAULT 'vi',
  state          jsonb NOT NULL DEFAULT '{}',
  wrong_codes    smallint NOT NULL DEFAULT 0,
  paused_until   timestamptz,
  updated_at     timestamptz NOT NULL,
  PRIMARY KEY (channel, chat_id)
);

CREATE TABLE chat_handoffs (
  school_id      bigint NOT NULL REFERENCES schools,
  handoff_id     uuid NOT NULL,
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  account_id     uuid,
  question       text NOT NULL,
  asked_at       timestamptz NOT NULL,
  state          text NOT NULL CHECK (state IN ('waiting', 'taken', 'answered', 'closed')),
  taken_by       uuid,
  taken_at       timestamptz,
  answer         text,
  answered_at    timestamptz,
  answered_by    uuid,
  sent_at        timestamptz,
  PRIMARY KEY (school_id, handoff_id)
);

CREATE INDEX chat_handoffs_waiting ON chat_handoffs (school_id, asked_at) WHERE state IN ('waiting', 'taken');

-- Channels: what their providers gave us, when a Zalo reader last wrote, which addresses are dead, and where people read e-mail.

-- An account's tokens at a provider. The refresh token works once, so the new pair is kept before it is used, and the one before it
-- is kept until then. taken_by is the process that asks for a new pair now; no transaction waits on the network for it.
CREATE TABLE channel_tokens (
  account        text PRIMARY KEY,
  access_sealed  bytea,
  access_until   timestamptz,
  refresh_sealed bytea NOT NULL,
  before_sealed  bytea,
  authorised_at  timestamptz NOT NULL,
  refreshed_at   timestamptz NOT NULL,
  taken_by       uuid,
  taken_until    timestamptz,
  refused_code   text,
  refused_at     timestamptz
);

-- A reader of our Zalo Official Account, by the id that only this account knows. Which person it is stands in chat_links.
-- A school answers for nothing within 48 hours of the last message, up to eight times.
CREATE TABLE zalo_followers (
  user_id        text PRIMARY KEY,
  last_interacted_at timestamptz,
  replies_left   smallint,
  followed_at    timestamptz,
  unfollowed_at  timestamptz,
  changed_at     timestamptz NOT NULL
);

-- Addresses that their provider called dead, by the hash of the address: numbers, chats, e-mail. Devices carry this themselves.
CREATE TABLE dead_addresses (
  address_hash   bytea NOT NULL,
  channel        text NOT NULL,
  why            text NOT NULL,
  dead_at        timestamptz NOT NULL,
  revived_at     timestamptz,
  PRIMARY KEY (address_hash, channel)
);

-- One address a person, used only after it was confirmed by the link that was sent there.
CREATE TABLE account_emails (
  account_id     uuid PRIMARY KEY,
  email          text NOT NULL CHECK (email <> ''),
  language       text NOT NULL CHECK (language IN ('vi', 'en')),
  asked_at       timestamptz NOT NULL,
  confirmed_at   timestamptz,
  unsubscribed_at timestamptz,
  -- The letter with the link: the row is the promise, as for one-time codes.
  send_after     timestamptz,
  send_attempts  smallint NOT NULL DEFAULT 0
);

CREATE INDEX account_emails_unsent ON account_emails (send_after) WHERE send_after IS NOT NULL;

-- To which delivery a gateway's own name for a text belongs, for gateways that report by that name only.
CREATE TABLE sent_texts (
  provider_id    text NOT NULL,
  gateway        text NOT NULL,
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  address_hash   bytea NOT NULL,
  sent_at        timestamptz NOT NULL,
  PRIMARY KEY (provider_id, gateway)
);

CREATE INDEX sent_texts_by_age ON sent_texts (sent_at);

-- A browser of the parents' web app is a device like the others; its address is a subscription with two keys.
ALTER TABLE devices DROP CONSTRAINT devices_token_kind_check;

ALTER TABLE devices ADD CONSTRAINT devices_token_kind_check CHECK (token_kind IN ('fcm_token', 'fcm_fid', 'webpush'));

ALTER TABLE devices ADD COLUMN p256dh text;

ALTER TABLE devices ADD COLUMN auth text;

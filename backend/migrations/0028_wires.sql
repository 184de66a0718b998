-- More wires of the chat: Zalo's messages have no number of their own to be ordered by, so what their messenger says of the time is kept.

ALTER TABLE chat_updates ADD COLUMN sent_at timestamptz;

-- A long answer goes out in parts; a part that is out is not sent again when the next one had to wait.
ALTER TABLE chat_updates ADD COLUMN parts_sent smallint NOT NULL DEFAULT 0;

-- Linked by sharing one's own number: which number. NULL: by a one-time code.
ALTER TABLE chat_links ADD COLUMN phone_e164 text;

-- When the messenger last said that the reader left or came back: what is older changes nothing.
ALTER TABLE chat_links ADD COLUMN standing_at timestamptz;

-- Chats that were linked by sharing this number, so that they can be found when the number changes hands.
CREATE TABLE phone_chats (
  phone_e164     text NOT NULL,
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  account_id     uuid NOT NULL,
  linked_at      timestamptz NOT NULL,
  PRIMARY KEY (phone_e164, channel, chat_id)
);

-- A number that no longer leads to an account. Whoever rests a right on the number looks here.
CREATE TABLE phone_releases (
  phone_e164     text NOT NULL,
  account_id     uuid NOT NULL,
  released_at    timestamptz NOT NULL,
  PRIMARY KEY (phone_e164, account_id, released_at)
);

CREATE INDEX phone_releases_by_time ON phone_releases (released_at);

-- Pictures for messengers that fetch them by an address (Zalo bots take no upload). For an hour, under a name that cannot be guessed.
CREATE TABLE chat_pictures (
  name_hash      bytea PRIMARY KEY,
  png            bytea NOT NULL,
  expires_at     timestamptz NOT NULL
);

CREATE INDEX chat_pictures_by_age ON chat_pictures (expires_at);

-- What a family calls its children at home, and chats in which the family has shown once more that it is the family.

-- One guardian's names; two who live apart do not read each other's.
CREATE TABLE child_nicknames (
  school_id      bigint NOT NULL,
  guardian_id    uuid NOT NULL,
  nickname_fold  text NOT NULL CHECK (nickname_fold <> ''),
  pupil_id       uuid NOT NULL,
  nickname       text NOT NULL CHECK (nickname <> ''),
  set_at         timestamptz NOT NULL,
  PRIMARY KEY (school_id, guardian_id, nickname_fold),
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

-- A chat whose account confirmed in the app, for a few minutes, that it is really itself. ask_id makes one asking one confirmation.
CREATE TABLE chat_confirmations (
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  account_id     uuid NOT NULL,
  ask_id         uuid NOT NULL,
  confirmed_at   timestamptz NOT NULL,
  holds_until    timestamptz NOT NULL,
  PRIMARY KEY (channel, chat_id)
);

-- A question handed to people becomes a conversation with one: who has it, what was said on both sides, until when an answer is due.

ALTER TABLE staff_roles DROP CONSTRAINT staff_roles_role_check;

-- inbox: answers the families' questions, and nothing else by that.
ALTER TABLE staff_roles ADD CONSTRAINT staff_roles_role_check CHECK (role IN ('teacher', 'accountant', 'school_admin', 'inbox'));

-- The language is the family's, chosen when it was handed over. due_at: the family waits for a word of the school; NULL when it has one.
ALTER TABLE chat_handoffs ADD COLUMN language text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en'));

ALTER TABLE chat_handoffs ADD COLUMN words integer NOT NULL DEFAULT 0;

ALTER TABLE chat_handoffs ADD COLUMN waiting_since timestamptz;

ALTER TABLE chat_handoffs ADD COLUMN due_at timestamptz;

ALTER TABLE chat_handoffs ADD COLUMN family_typing_at timestamptz;

ALTER TABLE chat_handoffs ADD COLUMN ended_how text CHECK (ended_how IN ('answered', 'handed_back', 'closed', 'family', 'stopped'));

-- An account has one open conversation in a school, from whichever chat it writes.
CREATE INDEX chat_handoffs_of_account ON chat_handoffs (school_id, account_id) WHERE state IN ('waiting', 'taken');

-- What was said, in the order in which it was kept. side house: what the assistant told the family about the conversation itself.
CREATE TABLE chat_words (
  school_id      bigint NOT NULL,
  handoff_id     uuid NOT NULL,
  number         integer NOT NULL,
  word_id        uuid NOT NULL,
  side           text NOT NULL CHECK (side IN ('family', 'school', 'house')),
  channel        text NOT NULL,
  account_id     uuid,
  body           text NOT NULL,
  said_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, handoff_id, number),
  UNIQUE (school_id, handoff_id, word_id),
  FOREIGN KEY (school_id, handoff_id) REFERENCES chat_handoffs
);

-- A word on its way to a messenger. The web chat needs no row here: there the word itself is what is shown.
CREATE TABLE chat_word_sends (
  school_id      bigint NOT NULL,
  handoff_id     uuid NOT NULL,
  number         integer NOT NULL,
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  state          text NOT NULL CHECK (state IN ('due', 'sent', 'refused', 'dropped')),
  attempts       smallint NOT NULL DEFAULT 0,
  due_at         timestamptz NOT NULL,
  outcome        text,
  finished_at    timestamptz,
  PRIMARY KEY (school_id, handoff_id, number, channel, chat_id),
  FOREIGN KEY (school_id, handoff_id, number) REFERENCES chat_words,
  CHECK ((state = 'due') = (finished_at IS NULL))
);

CREATE INDEX chat_word_sends_due ON chat_word_sends (school_id, due_at) WHERE state = 'due';

-- Minutes of the school's own hours within which a family has an answer.
CREATE TABLE inbox_settings (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  answer_minutes integer NOT NULL CHECK (answer_minutes BETWEEN 5 AND 4800),
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL
);

CREATE TABLE canned_answers (
  school_id      bigint NOT NULL REFERENCES schools,
  canned_id      uuid NOT NULL,
  title          text NOT NULL,
  body_vi        text NOT NULL,
  body_en        text NOT NULL,
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL,
  removed_at     timestamptz,
  PRIMARY KEY (school_id, canned_id)
);

-- Which conversation a chat is in, so that it is read with the chat itself. Only true while the chat belongs to the same account.
ALTER TABLE chat_states ADD COLUMN person_school_id bigint;

ALTER TABLE chat_states ADD COLUMN person_handoff_id uuid;

ALTER TABLE chat_states ADD COLUMN person_account_id uuid;

ALTER TABLE chat_states ADD COLUMN person_taken boolean NOT NULL DEFAULT false;

CREATE INDEX chat_states_with_person ON chat_states (person_handoff_id) WHERE person_handoff_id IS NOT NULL;

-- The web chat's own record, so that a page finds again what was said. Sealed; what is past `until` is not told any more.
CREATE TABLE web_chats (
  chat_id        text PRIMARY KEY,
  lines          integer NOT NULL,
  typing_at      timestamptz,
  changed_at     timestamptz NOT NULL
);

CREATE TABLE web_lines (
  chat_id        text NOT NULL,
  number         integer NOT NULL,
  line_id        uuid NOT NULL,
  side           text NOT NULL CHECK (side IN ('family', 'bot', 'person')),
  sealed         bytea NOT NULL,
  said_at        timestamptz NOT NULL,
  until          timestamptz NOT NULL,
  PRIMARY KEY (chat_id, number),
  UNIQUE (chat_id, line_id)
);

CREATE INDEX web_lines_until ON web_lines (until);

-- What was asked and answered before there were words.
INSERT INTO chat_words (school_id, handoff_id, number, word_id, side, channel, account_id, body, said_at)
SELECT h.school_id, h.handoff_id, 1, h.handoff_id, 'family', h.channel, h.account_id, h.question, h.asked_at
  FROM chat_handoffs h;

INSERT INTO chat_words (school_id, handoff_id, number, word_id, side, channel, account_id, body, said_at)
SELECT h.school_id, h.handoff_id, 2, md5(h.handoff_id::text || '/answer')::uuid, 'school', 'console', h.answered_by, h.answer, h.answered_at
  FROM chat_handoffs h
 WHERE h.answer IS NOT NULL;

INSERT INTO chat_word_sends (school_id, handoff_id, number, channel, chat_id, state, due_at)
SELECT h.school_id, h.handoff_id, 2, h.channel, h.chat_id, 'due', h.answered_at
  FROM chat_handoffs h
 WHERE h.channel = 'telegram'
   AND h.state = 'answered'
   AND h.answer IS NOT NULL
   AND h.sent_at IS NULL;

UPDATE chat_handoffs h
   SET words = CASE WHEN h.answer IS NULL THEN 1 ELSE 2 END,
       waiting_since = CASE WHEN h.state IN ('waiting', 'taken') THEN h.asked_at END,
       ended_how = CASE h.state WHEN 'answered' THEN 'answered' WHEN 'closed' THEN 'closed' END;

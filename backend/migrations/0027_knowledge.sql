-- What the chat tells: texts of a school or an area over the shipped ones, versioned, and questions that found no answer.

-- An owner is `school:<school_id>` or `area:<commune or province code>`. The texts are what a school says in public, to strangers too, and
-- every machine answers from them: reference tables, like a school's phone and accounts. Who may write is asked of each writer.

-- Raised by every deed, under its lock, so that deeds of one owner are counted one after the other and processes know what they hold is old.
CREATE TABLE knowledge_stamps (
  owner          text PRIMARY KEY CHECK (owner ~ '^(school|area):.'),
  stamp          integer NOT NULL CHECK (stamp > 0)
);

-- `level` is '' where the text is for every level of school. Append-only: a change is another version.
CREATE TABLE knowledge_versions (
  owner          text NOT NULL,
  topic          text NOT NULL CHECK (topic ~ '^[a-z0-9-]{3,60}$'),
  level          text NOT NULL CHECK (level IN ('', 'preschool', 'primary', 'lower-secondary', 'upper-secondary')),
  version        integer NOT NULL CHECK (version > 0),
  content        jsonb NOT NULL,
  from_on        date NOT NULL,
  until_on       date,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (owner, topic, level, version),
  CHECK (until_on >= from_on)
);

-- What holds: the newest that has begun, unless it has ended; one that begins later may wait beside it.
CREATE TABLE knowledge_published (
  owner          text NOT NULL,
  topic          text NOT NULL,
  level          text NOT NULL,
  version        integer NOT NULL,
  from_on        date NOT NULL,
  until_on       date,
  published_by   uuid NOT NULL,
  published_at   timestamptz NOT NULL,
  PRIMARY KEY (owner, topic, level, version),
  FOREIGN KEY (owner, topic, level, version) REFERENCES knowledge_versions
);

-- Statements marked "to be confirmed" that their owner stands for, as they were read; with words, those are told instead.
CREATE TABLE knowledge_facts (
  owner          text NOT NULL,
  topic          text NOT NULL,
  fact           text NOT NULL,
  vi             text,
  en             text,
  words_vi       text,
  words_en       text,
  confirmed_by   uuid NOT NULL,
  confirmed_at   timestamptz NOT NULL,
  PRIMARY KEY (owner, topic, fact)
);

-- Everything that was published, withdrawn, confirmed. Append-only.
CREATE TABLE knowledge_deeds (
  owner          text NOT NULL,
  number         integer NOT NULL,
  deed           text NOT NULL CHECK (deed IN ('published', 'withdrawn', 'confirmed', 'unconfirmed')),
  topic          text NOT NULL,
  level          text NOT NULL,
  version        integer,
  line           text,
  done_by        uuid NOT NULL,
  done_at        timestamptz NOT NULL,
  PRIMARY KEY (owner, number)
);

-- Questions the bot could not place: words with numbers and names masked, and a hash of the chat so that people can be counted.
CREATE TABLE chat_unanswered (
  school_id      bigint NOT NULL REFERENCES schools,
  asked_id       uuid NOT NULL,
  question       text NOT NULL CHECK (length(question) BETWEEN 1 AND 500),
  asker          bytea NOT NULL,
  nearest        text NOT NULL,
  asked_at       timestamptz NOT NULL,
  PRIMARY KEY (school_id, asked_id)
);

CREATE INDEX chat_unanswered_by_age ON chat_unanswered (school_id, asked_at);

-- Groups of them that the school has looked at and wants no more of, by their folded words.
CREATE TABLE unanswered_set_aside (
  school_id      bigint NOT NULL REFERENCES schools,
  words          text NOT NULL CHECK (length(words) BETWEEN 1 AND 500),
  set_by         uuid NOT NULL,
  set_at         timestamptz NOT NULL,
  PRIMARY KEY (school_id, words)
);

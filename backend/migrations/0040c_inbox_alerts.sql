-- Who is woken for a family's question: the person who was given it, and those who run the school when nobody took it in time.

CREATE TABLE inbox_alerts (
  school_id      bigint NOT NULL,
  staff_id       uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  why            text NOT NULL CHECK (why IN ('assigned', 'overdue')),
  handoff_id     uuid NOT NULL,
  questions      integer NOT NULL CHECK (questions > 0),
  state          text NOT NULL CHECK (state IN ('due', 'sent', 'failed', 'late')),
  attempts       smallint NOT NULL DEFAULT 0,
  send_after     timestamptz NOT NULL,
  sent_at        timestamptz,
  outcome        text,
  PRIMARY KEY (school_id, staff_id, made_at, why, handoff_id),
  FOREIGN KEY (school_id, staff_id) REFERENCES staff,
  FOREIGN KEY (school_id, handoff_id) REFERENCES chat_handoffs
);

CREATE INDEX inbox_alerts_due ON inbox_alerts (school_id, send_after) WHERE state = 'due';

-- rung_at: the administrators were woken once. forgotten_at: what was said is gone, and only that there was a question remains.
ALTER TABLE chat_handoffs ADD COLUMN rung_at timestamptz;

ALTER TABLE chat_handoffs ADD COLUMN forgotten_at timestamptz;

CREATE INDEX chat_handoffs_overdue ON chat_handoffs (due_at, school_id) WHERE state = 'waiting' AND rung_at IS NULL;

CREATE INDEX chat_handoffs_ended ON chat_handoffs (school_id, answered_at) WHERE forgotten_at IS NULL AND answered_at IS NOT NULL;

-- How long a conversation is kept after its end.
ALTER TABLE inbox_settings ADD COLUMN kept_days integer NOT NULL DEFAULT 365 CHECK (kept_days BETWEEN 30 AND 1825);

-- A teacher's message may ask for an answer; until the family says something it stands on the family's list.

ALTER TABLE messages ADD COLUMN awaits_answer boolean NOT NULL DEFAULT false;

ALTER TABLE messages ADD CHECK (NOT awaits_answer OR side = 'school');

-- The newest that asks and has no answer yet, told once more as last_at is, so that a parent's home reads one small index.
ALTER TABLE threads ADD COLUMN asked_message_id uuid;

ALTER TABLE threads ADD COLUMN asked_at timestamptz;

CREATE INDEX threads_asking ON threads (school_id, pupil_id) WHERE asked_at IS NOT NULL;

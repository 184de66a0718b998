-- Finished deliveries of notices past their time, folded: one row a notice, channel and end, with the guardians it holds for. What the
-- progress, the remainder and the export of a notice tell can still be told; a sixteenth of the room, and the table of deliveries stays small.
CREATE TABLE past_deliveries (
  school_id      bigint NOT NULL,
  notice_id      uuid NOT NULL,
  channel        text NOT NULL,
  state          text NOT NULL CHECK (state IN ('sent', 'refused', 'dead', 'skipped')),
  -- Empty where there was none.
  reason         text NOT NULL,
  guardian_ids   uuid[] NOT NULL,
  last_finished_at timestamptz NOT NULL,
  PRIMARY KEY (school_id, notice_id, channel, state, reason),
  FOREIGN KEY (school_id, notice_id) REFERENCES notices
);

-- When nothing of a notice was left among the deliveries.
ALTER TABLE notices ADD COLUMN folded_at timestamptz;

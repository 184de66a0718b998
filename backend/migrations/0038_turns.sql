-- Whose turn it is in a chat: at most one process answers it at a time. `arrived` counts what came while somebody was at it, so that
-- whoever finishes sees that there is more, however the two fell together.
CREATE TABLE chat_turns (
  channel        text NOT NULL,
  chat_id        text NOT NULL,
  taken_by       uuid NOT NULL,
  taken_until    timestamptz,
  arrived        bigint NOT NULL,
  looked_at      timestamptz NOT NULL,
  PRIMARY KEY (channel, chat_id)
) WITH (fillfactor = 80);

-- no transaction
-- The next in a chat's line, found without sorting the line: a flood of a thousand must not make each look at it cost a thousand.
CREATE INDEX CONCURRENTLY IF NOT EXISTS chat_updates_in_line
    ON chat_updates (channel, chat_id, sent_at NULLS FIRST, length(update_id), update_id)
 WHERE answered_at IS NULL;
-- The sweep reads the waiting ones of a channel by the same index.
DROP INDEX CONCURRENTLY IF EXISTS chat_updates_waiting;

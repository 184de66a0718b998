-- no transaction
CREATE INDEX CONCURRENTLY deliveries_switched ON deliveries (school_id, channel, finished_at)
 WHERE state = 'skipped' AND reason = 'switched_off';

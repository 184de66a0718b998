-- no transaction
CREATE INDEX CONCURRENTLY notices_unfolded ON notices (school_id, created_at) WHERE folded_at IS NULL;

-- A proposal to close or open months may be taken back by whoever made it, and turned down by anybody else who keeps the books.
ALTER TABLE period_changes ADD COLUMN dropped_by uuid;

ALTER TABLE period_changes ADD COLUMN dropped_at timestamptz;

ALTER TABLE period_changes ADD CHECK ((dropped_by IS NULL) = (dropped_at IS NULL));

ALTER TABLE period_changes ADD CHECK (dropped_at IS NULL OR confirmed_at IS NULL);

-- When an operator switched a channel on again: for some minutes after it the workers bring back what had no other way.
ALTER TABLE channel_states ADD COLUMN on_at timestamptz;

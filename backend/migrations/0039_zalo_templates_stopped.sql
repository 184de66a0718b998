-- Who said "stop" in a Zalo chat: since when no template message (ZNS) goes to the telephone either, save in an emergency.
ALTER TABLE notice_preferences ADD COLUMN zalo_templates_stopped_at timestamptz;

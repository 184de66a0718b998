-- The cascade: more kinds of notices, more channels, how pressing a notice is, and a switch for each channel.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;

ALTER TABLE notices ADD CONSTRAINT notices_kind_check
  CHECK (kind IN ('absence', 'mark', 'announcement', 'invoice', 'payment',
                  'message', 'form', 'feed', 'reminder', 'digest', 'event'));

-- How fast the next step comes while a notice is unread, and whether a step may cost money. An emergency is declared by somebody.
ALTER TABLE notices ADD COLUMN urgency text NOT NULL DEFAULT 'ordinary'
  CHECK (urgency IN ('ordinary', 'important', 'urgent', 'emergency'));

ALTER TABLE deliveries DROP CONSTRAINT deliveries_channel_check;

-- `call` is the list of families whom somebody at the school rings up.
ALTER TABLE deliveries ADD CONSTRAINT deliveries_channel_check
  CHECK (channel IN ('push', 'webpush', 'zalo', 'zalo_bot', 'telegram', 'email', 'zns', 'sms', 'call'));

ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;

-- `held`: waits for the family's digest, which sends it with others.
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
  CHECK (state IN ('due', 'leased', 'held', 'sent', 'refused', 'dead', 'skipped'));

-- The operator's switch, apart from what the provider stopped: while off_at is set, nothing leaves by this channel.
ALTER TABLE channel_states ADD COLUMN off_at timestamptz;

ALTER TABLE channel_states ADD COLUMN off_reason text;

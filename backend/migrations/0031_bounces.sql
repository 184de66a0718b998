-- What a provider took and could not deliver after all is told by it later, and is a receipt as well.
ALTER TABLE notice_receipts DROP CONSTRAINT notice_receipts_kind_check;

ALTER TABLE notice_receipts ADD CONSTRAINT notice_receipts_kind_check
  CHECK (kind IN ('delivered', 'opened', 'acknowledged', 'bounced')) NOT VALID;

ALTER TABLE notice_receipts VALIDATE CONSTRAINT notice_receipts_kind_check;

-- The provider's own word for it.
ALTER TABLE notice_receipts ADD COLUMN code text;

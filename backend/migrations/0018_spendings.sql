-- What was spent is said once: by item, and where it is known, by the money that left an account.
DROP TABLE fund_spendings;

-- Silence is an answer to these: nobody owes them.
ALTER TABLE fee_items ADD COLUMN voluntary boolean NOT NULL
  GENERATED ALWAYS AS (category IN ('voluntary', 'parents_board', 'sponsorship')) STORED;

ALTER TABLE item_spendings ADD COLUMN transaction_id uuid;

ALTER TABLE item_spendings ADD FOREIGN KEY (school_id, transaction_id) REFERENCES bank_transactions;

CREATE INDEX item_spendings_by_transaction ON item_spendings (school_id, transaction_id);

-- A line is met once.
CREATE UNIQUE INDEX item_spendings_by_corrected ON item_spendings (school_id, corrects);

-- Pupils are found by every form in which a memo may tell their names. The database keeps the forms true by itself; payments/names.py
-- says the same of a memo, and a test compares the two.

ALTER TABLE pupils
  ADD COLUMN name_run text COLLATE "C" GENERATED ALWAYS AS (replace(name_fold, ' ', '')) STORED,
  ADD COLUMN name_short text COLLATE "C" GENERATED ALWAYS AS (regexp_replace(name_fold, '([a-z0-9])[a-z0-9]* ', '\1', 'g')) STORED,
  ADD COLUMN name_ends text COLLATE "C" GENERATED ALWAYS AS (split_part(name_fold, ' ', 1) || ' ' || split_part(name_fold, ' ', -1)) STORED,
  ADD COLUMN name_tail text COLLATE "C" GENERATED ALWAYS AS (regexp_replace(name_fold, '^.* (?=[^ ]+ [^ ]+$)', '')) STORED,
  ADD COLUMN name_bones text COLLATE "C" GENERATED ALWAYS AS (translate(name_fold, 'aeiouy ', '')) STORED;

CREATE INDEX pupils_by_name_run ON pupils (school_id, name_run);

CREATE INDEX pupils_by_name_short ON pupils (school_id, name_short);

CREATE INDEX pupils_by_name_ends ON pupils (school_id, name_ends);

CREATE INDEX pupils_by_name_tail ON pupils (school_id, name_tail);

CREATE INDEX pupils_by_name_bones ON pupils (school_id, name_bones);

-- A parent's name in a memo leads to the children.
ALTER TABLE guardians
  ADD COLUMN name_run text COLLATE "C" GENERATED ALWAYS AS (replace(name_fold, ' ', '')) STORED;

CREATE INDEX guardians_by_name_run ON guardians (school_id, name_run) WHERE name_fold <> '';

-- Whose money lay on whose bills is read from the movements themselves, so that what is undone is forgotten. Nothing is kept twice.
CREATE INDEX bank_transactions_by_payer_account ON bank_transactions (school_id, payer_account, transaction_id)
 WHERE payer_account IS NOT NULL;

CREATE INDEX bank_transactions_by_payer_name ON bank_transactions (school_id, payer_name, transaction_id)
 WHERE payer_name IS NOT NULL;

CREATE INDEX invoices_by_amount ON invoices (school_id, bank_account_id, amount, due_on);

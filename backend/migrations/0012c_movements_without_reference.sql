-- Lines without the bank's own reference are few, and looked at for every line that might tell one of them again.
CREATE INDEX bank_transactions_unreferenced ON bank_transactions (school_id, bank_account_id, amount, booked_at)
 WHERE bank_reference IS NULL;

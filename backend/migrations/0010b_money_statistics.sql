-- After a large statement the planner learns at once how large the books are. Only the owner may ask it to look.

CREATE OR REPLACE FUNCTION app.refresh_money_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE bank_transactions, ledger_transfers, allocations, transaction_codes, statement_lines;
END
$$;

REVOKE ALL ON FUNCTION app.refresh_money_statistics() FROM PUBLIC;

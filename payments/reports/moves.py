"""What moved on the school's accounts, as a piece of SQL for whoever reports about it. It writes nothing.

`moved_at` is the bank's instant; `booked_on` is the day of the books, which is the bank's as long as its period was open.
"""

from __future__ import annotations

from typing import Any, Protocol

# For standing behind FROM or JOIN, bound to the school in $1: one row an entry of the ledger that touches an account.
MOVES = """(SELECT l.transfer_id, l.transaction_id, l.kind, l.booked_on, l.booked_at AS entered_at,
               side.ref::bigint AS bank_account_id, side.amount,
               coalesce(t.booked_at, l.booked_at) AS moved_at,
               coalesce(t.memo, '') AS memo, t.bank_reference
          FROM ledger_transfers l
         CROSS JOIN LATERAL (VALUES (l.debit_account, l.debit_ref, l.amount),
                                    (l.credit_account, l.credit_ref, -l.amount)) AS side (account, ref, amount)
          LEFT JOIN bank_transactions t
            ON t.school_id = l.school_id
           AND t.transaction_id = l.transaction_id
           AND t.school_id = $1
         WHERE l.school_id = $1
           AND side.account = 'bank')"""

# A movement m as the wire has it; receipts are those that were made over it, in force or not.
MOVEMENT = """json_build_object(
               'bank_account_id', m.bank_account_id,
               'moved_at', m.moved_at,
               'entered_at', m.entered_at,
               'amount', m.amount,
               'balance', m.balance,
               'kind', m.kind,
               'memo', m.memo,
               'bank_reference', m.bank_reference,
               'receipts', coalesce((
                  SELECT json_agg(CASE r.kind WHEN 'cash' THEN 'TM' WHEN 'card' THEN 'THE' ELSE '' END || r.receipt_year || '/'
                                  || lpad(r.number::text, greatest(6, length(r.number::text)), '0')
                                  ORDER BY r.kind, r.receipt_year, r.number)
                    FROM payment_receipts r
                   WHERE r.school_id = $1
                     AND r.transaction_id = m.transaction_id
                     AND m.kind = 'arrived'), '[]'::json))"""


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...

"""The accountant's list of movements on the school's accounts, each with what it was laid on or might be. It writes nothing."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from payments.balance import BALANCE


class Door(Protocol):
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


_TRANSACTIONS = f"""
SELECT json_build_object(
         'transactions', coalesce(json_agg(l.entry ORDER BY l.transaction_id DESC), '[]'::json),
         'next_before', CASE WHEN count(*) = $4 THEN min(l.transaction_id::text) END)::text
  FROM (SELECT t.transaction_id,
               json_build_object(
                 'transaction_id', t.transaction_id,
                 'bank_account_id', t.bank_account_id,
                 'source', t.source,
                 'direction', t.direction,
                 'amount', t.amount,
                 'held', (SELECT coalesce(sum(CASE WHEN e.credit_account = 'unallocated' THEN e.amount ELSE 0 END)
                                        - sum(CASE WHEN e.debit_account = 'unallocated' THEN e.amount ELSE 0 END), 0)::bigint
                            FROM ledger_transfers e
                           WHERE e.school_id = t.school_id
                             AND e.transaction_id = t.transaction_id),
                 'memo', t.memo,
                 'bank_reference', t.bank_reference,
                 'booked_at', t.booked_at,
                 'received_at', t.received_at,
                 'state', t.state,
                 'reasons', t.reasons,
                 'decided_at', t.decided_at,
                 'by_person', t.decided_by IS NOT NULL,
                 'suggestions', coalesce((
                    SELECT json_agg(json_build_object(
                             'invoice_id', i.invoice_id,
                             'reference', i.reference,
                             'pupil_name', p.full_name,
                             'class_name', c.name,
                             'title', f.title,
                             'remaining', balance.remaining,
                             'score', (s.item ->> 'score')::int,
                             'reasons', s.item -> 'reasons') ORDER BY s.position)
                      FROM jsonb_array_elements(t.suggestions) WITH ORDINALITY AS s (item, position)
                      JOIN invoices i
                        ON i.school_id = t.school_id
                       AND i.invoice_id = (s.item ->> 'invoice_id')::uuid
                      {BALANCE}
                      JOIN fees f
                        ON f.school_id = i.school_id
                       AND f.fee_id = i.fee_id
                      JOIN classes c
                        ON c.school_id = f.school_id
                       AND c.class_id = f.class_id
                      JOIN pupils p
                        ON p.school_id = i.school_id
                       AND p.pupil_id = i.pupil_id), '[]'::json),
                 'allocations', coalesce((
                    SELECT json_agg(json_build_object(
                             'invoice_id', i.invoice_id,
                             'reference', i.reference,
                             'pupil_name', p.full_name,
                             'title', f.title,
                             'fee_id', i.fee_id,
                             'remaining', balance.remaining,
                             'amount', a.amount) ORDER BY a.made_at, a.allocation_id)
                      FROM allocations a
                      JOIN invoices i
                        ON i.school_id = a.school_id
                       AND i.invoice_id = a.invoice_id
                      {BALANCE}
                      JOIN fees f
                        ON f.school_id = i.school_id
                       AND f.fee_id = i.fee_id
                      JOIN pupils p
                        ON p.school_id = i.school_id
                       AND p.pupil_id = i.pupil_id
                     WHERE a.school_id = t.school_id
                       AND a.transaction_id = t.transaction_id), '[]'::json)) AS entry
          FROM bank_transactions t
         WHERE t.school_id = $1
           AND (NOT $2 OR (t.state IN ('ambiguous', 'unmatched', 'over', 'unreadable') AND t.decided_by IS NULL))
           AND ($3::uuid IS NULL OR t.transaction_id < $3)
           AND ($5::uuid IS NULL OR t.transaction_id = $5)
         ORDER BY t.transaction_id DESC
         LIMIT $4) l
"""


async def transactions(
    door: Door, school_id: int, *, waiting: bool, before: UUID | None, limit: int, transaction_id: UUID | None = None
) -> str:
    """JSON, newest first; ids are UUIDv7, so their order is the order of arrival. `waiting`: only those that a person has still to decide."""
    body: str = await door.fetchval(_TRANSACTIONS, school_id, waiting, before, limit, transaction_id)
    return body

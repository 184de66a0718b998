"""Who owes something that is due, for those who may ask. It writes nothing; gifts are owed by nobody, and doubt is not a debt."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

from payments.balance import BALANCE
from payments.codes import VOLUNTARY


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


# Not those for whom a transfer waits to be decided, nor those whose own credit lies with the school: they may have paid.
_OWING = f"""
SELECT i.pupil_id
  FROM invoices i
  JOIN fees f
    ON f.school_id = i.school_id
   AND f.fee_id = i.fee_id
  JOIN pupils p
    ON p.school_id = i.school_id
   AND p.pupil_id = i.pupil_id
   AND p.status = 'enrolled'
  {BALANCE}
 WHERE i.school_id = $1
   AND i.cancelled_at IS NULL
   AND i.due_on <= $2
   AND NOT {VOLUNTARY}
   AND balance.remaining > 0
   AND ($3::uuid IS NULL
        OR EXISTS (SELECT
                     FROM enrolments seat
                    WHERE seat.school_id = $1
                      AND seat.pupil_id = i.pupil_id
                      AND seat.class_id = $3
                      AND (seat.to_on IS NULL OR seat.to_on >= $2)))
   AND NOT EXISTS (SELECT
                     FROM bank_transactions t
                    CROSS JOIN LATERAL jsonb_array_elements(t.suggestions) AS suggested (bill)
                     JOIN invoices wanted
                       ON wanted.school_id = t.school_id
                      AND wanted.invoice_id = (suggested.bill ->> 'invoice_id')::uuid
                    WHERE t.school_id = $1
                      AND t.state IN ('ambiguous', 'unmatched', 'over', 'unreadable')
                      AND wanted.pupil_id = i.pupil_id)
   AND (SELECT coalesce(sum(CASE WHEN l.credit_account = 'family_credit' THEN l.amount ELSE -l.amount END), 0)
          FROM ledger_transfers l
         WHERE l.school_id = $1
           AND (l.credit_account = 'family_credit' AND l.credit_ref = i.pupil_id::text
                OR l.debit_account = 'family_credit' AND l.debit_ref = i.pupil_id::text)) <= 0
 GROUP BY i.pupil_id
 ORDER BY i.pupil_id
 LIMIT 50001
"""


async def owing_pupils(door: Door, school_id: int, *, class_id: UUID | None, on: date) -> list[UUID]:
    return [row["pupil_id"] for row in await door.fetch(_OWING, school_id, on, class_id)]

"""New bills that money has been waiting for: a pupil's standing code, a virtual account or the bill's own reference brought it. It writes nothing.

Most bills are waited for by nothing. So the question starts from the money that waits, by its index, and stands inside the
statement that makes the bills where that one counts its statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.core.database import SchoolTx

# An array or NULL. $1 = school_id; `{bills}` has invoice_id, pupil_id, bank_account_id and reference.
WAITED_FOR = """
SELECT array_agg(DISTINCT b.invoice_id)
  FROM (SELECT DISTINCT k.code
          FROM bank_transactions t
          JOIN transaction_codes k
            ON k.school_id = t.school_id
           AND k.transaction_id = t.transaction_id
         WHERE t.school_id = $1
           AND t.state IN ('ambiguous', 'unmatched', 'over')
           AND t.direction = 'in'
           AND NOT t.pinned) carried
  LEFT JOIN payment_codes c
    ON c.school_id = $1
   AND c.code = carried.code
   AND c.kind = 'pupil'
  LEFT JOIN virtual_accounts v
    ON v.school_id = $1
   AND v.virtual_account = carried.code
   AND v.closed_at IS NULL
  JOIN {bills} b
    ON b.reference = carried.code
    OR (b.pupil_id = c.pupil_id AND b.bank_account_id = c.bank_account_id)
    OR (b.pupil_id = v.pupil_id AND b.bank_account_id = v.bank_account_id)
"""

_AMONG = f"""
WITH bill AS MATERIALIZED (
SELECT i.invoice_id, i.pupil_id, i.bank_account_id, i.reference
  FROM invoices i
 WHERE i.school_id = $1
   AND i.invoice_id = ANY ($2::uuid[])
)
{WAITED_FOR.format(bills="bill")}
"""


async def among(tx: SchoolTx, invoice_ids: Sequence[UUID]) -> list[UUID]:
    return await tx.fetchval(_AMONG, tx.school_id, invoice_ids) or []

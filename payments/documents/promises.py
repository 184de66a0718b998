"""Documents that were promised with a receipt: made in the receipt's own transaction, listed, and sent again by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, problem
from backend.identity import audit
from backend.identity.entitlement import require_role

JOB = "send_documents"

NOT_STUCK = problem(
    "document-not-stuck",
    409,
    vi="Chứng từ này không ở trạng thái cần gửi lại.",
    en="This document does not need to be sent again.",
)

_PROMISE = """
INSERT INTO tax_documents
       (school_id, document_id, receipt_id, deed, document_type, state, due_at, created_at)
SELECT $1, n.document_id, r.receipt_id, 'issue', coalesce(f.document_type, d.types ->> f.category), 'due', $3, $3
  FROM unnest($2::uuid[], $4::uuid[]) AS n (allocation_id, document_id)
  JOIN payment_receipts r
    ON r.school_id = $1
   AND r.allocation_id = n.allocation_id
  JOIN document_accounts d
    ON d.school_id = $1
   AND d.closed_at IS NULL
  JOIN invoices i
    ON i.school_id = $1
   AND i.invoice_id = r.invoice_id
  JOIN fees f
    ON f.school_id = $1
   AND f.fee_id = i.fee_id
 WHERE coalesce(f.document_type, d.types ->> f.category) IN ('e_invoice', 'e_receipt')
    ON CONFLICT (school_id, receipt_id, deed) DO NOTHING
"""


async def promise(tx: SchoolTx, allocation_ids: Sequence[UUID], *, at: datetime) -> None:
    """For the receipts over these allocations whose items need one; nothing where the school has no account."""
    status = await tx.execute(_PROMISE, tx.school_id, allocation_ids, at, [new_id() for _ in allocation_ids])
    if not status.endswith(" 0"):
        tx.ring(JOB, tx.school_id)


# What was never asked for is withdrawn; the rest is cancelled at the provider.
_PROMISE_CANCEL = """
WITH mine AS (
SELECT d.document_id, d.receipt_id, d.document_type, d.asked_at IS NULL AND d.state = 'due' AS unasked
  FROM tax_documents d
  JOIN payment_receipts r
    ON r.school_id = $1
   AND r.receipt_id = d.receipt_id
 WHERE d.school_id = $1
   AND d.deed = 'issue'
   AND d.state <> 'withdrawn'
   AND r.allocation_id = ANY ($2::uuid[])
),
withdrawn AS (
UPDATE tax_documents d
   SET state = 'withdrawn',
       ended_at = $3
  FROM mine
 WHERE d.school_id = $1
   AND d.document_id = mine.document_id
   AND mine.unasked
)
INSERT INTO tax_documents
       (school_id, document_id, receipt_id, deed, document_type, state, due_at, created_at)
SELECT $1, n.document_id, mine.receipt_id, 'cancel', mine.document_type, 'due', $3, $3
  FROM (SELECT m.*, row_number() OVER (ORDER BY m.receipt_id) AS place
          FROM mine m) mine
  JOIN unnest($4::uuid[]) WITH ORDINALITY AS n (document_id, place)
    ON n.place = mine.place
 WHERE NOT mine.unasked
    ON CONFLICT (school_id, receipt_id, deed) DO NOTHING
"""


async def promise_cancel(tx: SchoolTx, allocation_ids: Sequence[UUID], *, at: datetime) -> None:
    ids = [new_id() for _ in allocation_ids]
    status = await tx.execute(_PROMISE_CANCEL, tx.school_id, allocation_ids, at, ids)
    if not status.endswith(" 0"):
        tx.ring(JOB, tx.school_id)


async def send_again(house: House, actor: UUID, school_id: int, document_id: UUID) -> None:
    """A person has mended what was refused, or does not want to wait. The provider is asked for our key first, as always."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        state = await tx.fetchval(
            """
            SELECT state
              FROM tax_documents
             WHERE school_id = $1
               AND document_id = $2
               FOR UPDATE
            """,
            school_id,
            document_id,
        )
        if state is None:
            raise NOT_FOUND()
        if state not in ("refused", "given_up", "due"):
            raise NOT_STUCK()
        await tx.execute(
            """
            UPDATE tax_documents
               SET state = 'due',
                   attempts = 0,
                   due_at = $3,
                   ended_at = NULL
             WHERE school_id = $1
               AND document_id = $2
            """,
            school_id,
            document_id,
            now,
        )
        await audit.record(tx, "document.sent_again", "tax_document", document_id, at=now, actor=actor)
        tx.ring(JOB, school_id)


_LIST = """
SELECT coalesce(json_agg(l.entry ORDER BY l.document_id DESC), '[]'::json)::text
  FROM (SELECT d.document_id,
               json_build_object(
                 'document_id', d.document_id,
                 'receipt_id', d.receipt_id,
                 'receipt_number', CASE r.kind WHEN 'cash' THEN 'TM' WHEN 'card' THEN 'THE' ELSE '' END || r.receipt_year || '/'
                                   || lpad(r.number::text, greatest(6, length(r.number::text)), '0'),
                 'deed', d.deed,
                 'document_type', d.document_type,
                 'state', d.state,
                 'amount', r.amount,
                 'pupil_name', p.full_name,
                 'title', f.title,
                 'attempts', d.attempts,
                 'due_at', d.due_at,
                 'series', d.series,
                 'number', d.number,
                 'lookup_code', d.lookup_code,
                 'issued_at', d.issued_at,
                 'outcome', d.outcome) AS entry
          FROM tax_documents d
          JOIN payment_receipts r
            ON r.school_id = $1
           AND r.receipt_id = d.receipt_id
          JOIN invoices i
            ON i.school_id = $1
           AND i.invoice_id = r.invoice_id
          JOIN fees f
            ON f.school_id = $1
           AND f.fee_id = i.fee_id
          JOIN pupils p
            ON p.school_id = $1
           AND p.pupil_id = i.pupil_id
         WHERE d.school_id = $1
           AND ($2::text IS NULL OR d.state = $2)
         ORDER BY d.document_id DESC
         LIMIT 500) l
"""


async def documents_json(door: Any, school_id: int, state: str | None) -> str:
    """The newest five hundred."""
    body: str = await door.fetchval(_LIST, school_id, state)
    return body

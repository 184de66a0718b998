"""The way of promised documents to the provider. With payments.documents.promises it owns tax_documents.

The promise is a row in the receipt's own transaction; the provider is asked with no transaction held. Before anything is
sent a second time the provider is asked for our key, so a crash between sending and noting issues nothing twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from backend.core.across_schools import schools_with_documents
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.versions import touch_families
from payments.documents import accounts
from payments.documents.provider import Absent, Cancelled, Document, Issued, Login, Provider, Refused, TryLater
from payments.words import amount_in_words

log = structlog.get_logger()

# After the last one it is given up and shown to the accountant, who may send it again.
_RETRY_AFTER_SECONDS = (15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400)
_LEASE = timedelta(minutes=3)
_BATCH = 20
_SCHOOLS_A_SWEEP = 50
_WAIT_FOR_ISSUE = timedelta(seconds=30)
_PAID_BY = {"transfer": "CK", "cash": "TM", "card": "Thẻ"}


class _Promised(msgspec.Struct, frozen=True):
    """One row at work. `asked_before`: an earlier try may have reached the provider."""

    document_id: UUID
    issue_id: UUID
    deed: str
    attempts: int
    asked_before: bool
    document_type: str
    series: str | None
    receipt_kind: str
    amount: int
    made_at: datetime
    pupil_id: UUID
    pupil_name: str
    title: str
    reason: str | None
    issue_state: str


_CLAIM = """
WITH due AS (
SELECT d.document_id
  FROM tax_documents d
 WHERE d.school_id = $1
   AND (d.state = 'due' AND d.due_at <= $2 OR d.state = 'leased' AND d.lease_until < $2)
 ORDER BY d.due_at, d.document_id
 LIMIT $4
   FOR UPDATE SKIP LOCKED
),
leased AS (
UPDATE tax_documents d
   SET state = 'leased',
       lease_until = $3,
       attempts = d.attempts + 1,
       asked_at = coalesce(d.asked_at, $2)
  FROM due
  JOIN tax_documents was
    ON was.school_id = $1
   AND was.document_id = due.document_id
 WHERE d.school_id = $1
   AND d.document_id = due.document_id
RETURNING d.document_id, d.receipt_id, d.deed, d.document_type, d.attempts, was.asked_at IS NOT NULL AS asked_before
)
SELECT l.document_id, issue.document_id AS issue_id, l.deed, l.attempts, l.asked_before, l.document_type,
       CASE l.document_type WHEN 'e_invoice' THEN a.invoice_series ELSE a.receipt_series END AS series,
       r.kind AS receipt_kind, r.amount, r.issued_at AS made_at,
       p.pupil_id, p.full_name AS pupil_name, f.title, gone.reason,
       CASE WHEN l.deed = 'cancel' THEN issue.state ELSE 'due' END AS issue_state
  FROM leased l
  JOIN tax_documents issue
    ON issue.school_id = $1
   AND issue.receipt_id = l.receipt_id
   AND issue.deed = 'issue'
  JOIN document_accounts a
    ON a.school_id = $1
  JOIN payment_receipts r
    ON r.school_id = $1
   AND r.receipt_id = l.receipt_id
  JOIN invoices i
    ON i.school_id = $1
   AND i.invoice_id = r.invoice_id
  JOIN fees f
    ON f.school_id = $1
   AND f.fee_id = i.fee_id
  JOIN pupils p
    ON p.school_id = $1
   AND p.pupil_id = i.pupil_id
  LEFT JOIN receipt_cancellations gone
    ON gone.school_id = $1
   AND gone.receipt_id = r.receipt_id
 ORDER BY l.deed DESC, l.document_id
"""


async def drain(house: House, provider: Provider, school_id: int) -> int:
    """Sends what is due in one school, batch by batch. How many were dealt with."""
    done = 0
    while True:
        login, rows = await _claim(house, school_id)
        for row in rows:
            outcome = await _deal_with(provider, login, row)
            await _note(house, school_id, row, outcome)
        done += len(rows)
        if len(rows) < _BATCH:
            return done


async def sweep(house: House, provider: Provider) -> int:
    """For bells that were not heard, and what a worker left that died."""
    done = 0
    for school_id in await schools_with_documents(house.database.reader, house.clock.now(), limit=_SCHOOLS_A_SWEEP):
        done += await drain(house, provider, school_id)
    return done


async def _claim(house: House, school_id: int) -> tuple[Login | None, list[_Promised]]:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        login = await accounts.login_of(tx, house.cipher, school_id)
        rows = await tx.fetch(_CLAIM, school_id, now, now + _LEASE, _BATCH)
    return login, [_Promised(**row) for row in rows]


Outcome = Issued | Cancelled | Absent | TryLater | Refused


async def _deal_with(provider: Provider, login: Login | None, row: _Promised) -> Outcome:
    if login is None:
        return Refused("account_closed")
    if row.deed == "cancel":
        return await _cancel(provider, login, row)
    if row.series is None:
        return Refused("no_series")
    if row.asked_before:
        found = await provider.look_up(login, row.document_id)
        if not isinstance(found, Absent):
            return Refused("cancelled_at_provider") if isinstance(found, Cancelled) else found
    return await provider.issue(login, _document(row, row.series))


async def _cancel(provider: Provider, login: Login, row: _Promised) -> Outcome:
    """What the provider has is asked for first: nothing there, or cancelled already, is as good as cancelled."""
    if row.issue_state in ("due", "leased"):
        return TryLater("issue_on_its_way")
    found = await provider.look_up(login, row.issue_id)
    if isinstance(found, Absent):
        return Cancelled()
    if isinstance(found, Issued):
        return await provider.cancel(login, found, row.reason or "")
    return found


def _document(row: _Promised, series: str) -> Document:
    return Document(
        key=row.document_id,
        document_type=row.document_type,
        series=series,
        made_at=row.made_at,
        buyer_name=row.pupil_name,
        item=row.title,
        amount=row.amount,
        in_words=amount_in_words(row.amount),
        paid_by=_PAID_BY[row.receipt_kind],
    )


async def _note(house: House, school_id: int, row: _Promised, outcome: Outcome) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        match outcome:
            case Issued():
                await _end(tx, row, "done", "issued", outcome, at=now)
                await touch_families(tx, [row.pupil_id])
            case Cancelled() | Absent():
                await _end(tx, row, "done", "cancelled", None, at=now)
                await touch_families(tx, [row.pupil_id])
            case Refused(reason):
                await _end(tx, row, "refused", reason, None, at=now)
            case TryLater(reason):
                if row.attempts > len(_RETRY_AFTER_SECONDS):
                    log.error("document_given_up", school_id=school_id, reason=reason)
                    await _end(tx, row, "given_up", reason, None, at=now)
                else:
                    wait = timedelta(seconds=_RETRY_AFTER_SECONDS[row.attempts - 1])
                    if reason == "issue_on_its_way":
                        wait = _WAIT_FOR_ISSUE
                    await _again(tx, row.document_id, reason, now + wait)


async def _end(tx: SchoolTx, row: _Promised, state: str, said: str, issued: Issued | None, *, at: datetime) -> None:
    await tx.execute(
        """
        UPDATE tax_documents
           SET state = $3,
               outcome = $4,
               lease_until = NULL,
               series = coalesce($5, series),
               number = coalesce($6, number),
               lookup_code = coalesce($7, lookup_code),
               issued_at = coalesce($8, issued_at),
               ended_at = $9
         WHERE school_id = $1
           AND document_id = $2
        """,
        tx.school_id,
        row.document_id,
        state,
        said,
        issued.series if issued else None,
        issued.number if issued else None,
        issued.lookup_code if issued else None,
        issued.issued_at if issued else None,
        at,
    )


async def _again(tx: SchoolTx, document_id: UUID, said: str, due_at: datetime) -> None:
    await tx.execute(
        """
        UPDATE tax_documents
           SET state = 'due',
               outcome = $3,
               lease_until = NULL,
               due_at = $4
         WHERE school_id = $1
           AND document_id = $2
        """,
        tx.school_id,
        document_id,
        said,
        due_at,
    )

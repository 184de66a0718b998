"""Receipts: numbered without gaps per school, kind and year, one for every sum laid on a bill, cancelled only by a numbered paper.

It owns receipt_counters, payment_receipts and receipt_cancellations. A receipt is never changed after it was made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, problem
from payments import seals
from payments.documents import promises as documents
from payments.queries import MAY_READ_INVOICE
from payments.receipt_pdf import Cancelled, External, ReceiptPaper
from schemas.payments import CheckedReceipt

NOT_CANCELLED = problem(
    "receipt-not-cancelled", 404, vi="Biên lai này chưa bị hủy.", en="This receipt has not been cancelled."
)

Kind = Literal["transfer", "cash", "card", "cancellation"]
# Written before the year, so that a number says which series it belongs to.
_SERIES: dict[Kind, str] = {"transfer": "", "cash": "TM", "card": "THE", "cancellation": "HUY"}
_KINDS = {series: kind for kind, series in _SERIES.items()}
_SUBJECT = re.compile(r"([A-Z]*)([0-9]{4})([0-9]{6,9})")
# A receipt proves something for as long as a seal can be dated.
_NEVER = date(2070, 1, 1)


class Laid(msgspec.Struct, frozen=True):
    """A sum that was laid on a bill."""

    allocation_id: UUID
    transaction_id: UUID
    invoice_id: UUID
    amount: int


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


def written_number(year: int, number: int, kind: Kind = "transfer") -> str:
    return f"{_SERIES[kind]}{year}/{number:06d}"


# The kind is where the money came from. Counter and receipts are one statement: a number that is drawn is used.
_ISSUE = """
WITH laid AS (
SELECT l.*,
       CASE WHEN t.source IN ('cash', 'card') THEN t.source ELSE 'transfer' END AS kind
  FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::bigint[])
  WITH ORDINALITY AS l (receipt_id, transaction_id, invoice_id, allocation_id, amount, place)
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = l.transaction_id
),
drawn AS (
INSERT INTO receipt_counters AS c (school_id, kind, receipt_year, last_number)
SELECT $1, kind, $2, count(*)
  FROM laid
 GROUP BY kind
    ON CONFLICT (school_id, kind, receipt_year)
    DO UPDATE SET last_number = c.last_number + excluded.last_number
RETURNING kind, last_number
)
INSERT INTO payment_receipts
       (school_id, receipt_id, kind, receipt_year, number, transaction_id, invoice_id, allocation_id, amount, issued_at)
SELECT $1, l.receipt_id, l.kind, $2,
       d.last_number + 1 - row_number() OVER (PARTITION BY l.kind ORDER BY l.place DESC),
       l.transaction_id, l.invoice_id, l.allocation_id, l.amount, $3
  FROM laid l
  JOIN drawn d
    ON d.kind = l.kind
"""


async def issue(tx: SchoolTx, laid: Sequence[Laid], *, at: datetime) -> None:
    """Numbers are drawn in the transaction that uses them, under the till: nothing that fails leaves a gap."""
    await tx.execute(
        _ISSUE,
        tx.school_id,
        school_day(at).year,
        at,
        [new_id() for _ in laid],
        [sum_.transaction_id for sum_ in laid],
        [sum_.invoice_id for sum_ in laid],
        [sum_.allocation_id for sum_ in laid],
        [sum_.amount for sum_ in laid],
    )
    await documents.promise(tx, [sum_.allocation_id for sum_ in laid], at=at)


_CANCEL = """
WITH standing AS (
SELECT r.receipt_id, row_number() OVER (ORDER BY r.kind, r.receipt_year, r.number) AS place
  FROM payment_receipts r
 WHERE r.school_id = $1
   AND r.allocation_id = ANY ($6::uuid[])
   AND NOT EXISTS (SELECT
                     FROM receipt_cancellations gone
                    WHERE gone.school_id = $1
                      AND gone.receipt_id = r.receipt_id)
),
drawn AS (
INSERT INTO receipt_counters AS c (school_id, kind, receipt_year, last_number)
SELECT $1, 'cancellation', $2, count(*)
  FROM standing
HAVING count(*) > 0
    ON CONFLICT (school_id, kind, receipt_year)
    DO UPDATE SET last_number = c.last_number + excluded.last_number
RETURNING last_number
)
INSERT INTO receipt_cancellations
       (school_id, receipt_id, cancellation_year, number, reason, cancelled_by, cancelled_at)
SELECT $1, s.receipt_id, $2, d.last_number - (SELECT count(*) FROM standing) + s.place, $4, $5, $3
  FROM standing s
 CROSS JOIN drawn d
"""


async def cancel(
    tx: SchoolTx, allocation_ids: Sequence[UUID], *, at: datetime, reason: str = "undone", by: UUID | None = None
) -> None:
    """A number stays used; another numbered paper says why it no longer counts. What is cancelled already stays so."""
    await tx.execute(_CANCEL, tx.school_id, school_day(at).year, at, reason, by, allocation_ids)
    await documents.promise_cancel(tx, allocation_ids, at=at)


# Everything a paper shows. A part of the statements below: what stands between their SELECT and their WHERE.
_PAPERS = """
           r.school_id, r.receipt_id, r.kind, r.receipt_year, r.number, r.amount, r.issued_at,
           i.reference, f.title, c.name AS class_name, p.full_name AS pupil_name,
           s.name AS school_name, s.address AS school_address,
           t.booked_at, t.bank_reference,
           external.document_type, external.series, external.number AS external_number, external.lookup_code,
           external.issued_at AS external_issued_at,
           gone.cancellation_year, gone.number AS cancellation_number, gone.reason, gone.cancelled_at,
           (SELECT w.full_name
              FROM staff w
             WHERE w.school_id = r.school_id
               AND w.account_id = gone.cancelled_by
             LIMIT 1) AS cancelled_by,
           (SELECT w.full_name
              FROM allocations a
              JOIN staff w
                ON w.school_id = a.school_id
               AND w.account_id = a.made_by
             WHERE a.school_id = r.school_id
               AND a.allocation_id = r.allocation_id
             LIMIT 1) AS laid_by
      FROM payment_receipts r
      JOIN invoices i
        ON i.school_id = r.school_id
       AND i.invoice_id = r.invoice_id
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      JOIN pupils p
        ON p.school_id = i.school_id
       AND p.pupil_id = i.pupil_id
      JOIN bank_transactions t
        ON t.school_id = r.school_id
       AND t.transaction_id = r.transaction_id
      JOIN schools s
        ON s.school_id = r.school_id
      LEFT JOIN classes c
        ON c.school_id = f.school_id
       AND c.class_id = f.class_id
      LEFT JOIN tax_documents external
        ON external.school_id = r.school_id
       AND external.receipt_id = r.receipt_id
       AND external.deed = 'issue'
       AND external.state = 'done'
      LEFT JOIN receipt_cancellations gone
        ON gone.school_id = r.school_id
       AND gone.receipt_id = r.receipt_id"""

_PAPER = f"""
    SELECT {_PAPERS}
     WHERE r.school_id = $1
       AND r.receipt_id = $4
       {MAY_READ_INVOICE}
"""

_PAPERS_OF_TRANSACTION = f"""
    SELECT {_PAPERS}
     WHERE r.school_id = $1
       AND r.transaction_id = $4
       AND gone.receipt_id IS NULL
       {MAY_READ_INVOICE}
     ORDER BY r.kind, r.receipt_year, r.number
     LIMIT 100
"""


class Reader(msgspec.Struct, frozen=True):
    """Who asks for a paper, on which day of the school, and what the paper's code is sealed with and leads to."""

    account_id: UUID
    on: date
    cipher: Cipher
    public_url: str


async def paper(door: Door, school_id: int, reader: Reader, receipt_id: UUID) -> ReceiptPaper:
    """For a guardian of the pupil or the school's accountant; anybody else does not learn that it exists."""
    row = await door.fetchrow(_PAPER, school_id, reader.account_id, reader.on, receipt_id)
    if row is None:
        raise NOT_FOUND()
    return _paper(row, reader)


async def papers_of(door: Door, school_id: int, reader: Reader, transaction_id: UUID) -> list[ReceiptPaper]:
    """The receipts in force over one payment, for printing them together."""
    rows = await door.fetch(_PAPERS_OF_TRANSACTION, school_id, reader.account_id, reader.on, transaction_id)
    if not rows:
        raise NOT_FOUND()
    return [_paper(row, reader) for row in rows]


async def cancellation(door: Door, school_id: int, reader: Reader, receipt_id: UUID) -> ReceiptPaper:
    """The receipt with the code and the address of its cancellation."""
    row = await door.fetchrow(_PAPER, school_id, reader.account_id, reader.on, receipt_id)
    if row is None:
        raise NOT_FOUND()
    if row["cancelled_at"] is None:
        raise NOT_CANCELLED()
    paper = _paper(row, reader)
    assert paper.cancelled is not None
    return _with_code(paper, school_id, paper.cancelled.number, reader)


def _paper(row: asyncpg.Record, reader: Reader) -> ReceiptPaper:
    year, number, kind = row["receipt_year"], row["number"], row["kind"]
    made = ReceiptPaper(
        number=written_number(year, number, kind),
        school_name=row["school_name"],
        school_address=row["school_address"],
        pupil_name=row["pupil_name"],
        class_name=row["class_name"],
        title=row["title"],
        amount=row["amount"],
        reference=row["reference"],
        paid_at=row["booked_at"],
        issued_at=row["issued_at"],
        bank_reference=row["bank_reference"],
        kind=kind,
        cashier=None if kind == "transfer" else row["laid_by"],
        cancelled=_cancelled(row),
        external=_external(row),
    )
    return _with_code(made, row["school_id"], made.number, reader)


def _external(row: asyncpg.Record) -> External | None:
    if row["document_type"] is None:
        return None
    return External(
        row["document_type"], row["series"], row["external_number"], row["lookup_code"], row["external_issued_at"]
    )


def _cancelled(row: asyncpg.Record) -> Cancelled | None:
    if row["cancelled_at"] is None:
        return None
    number = written_number(row["cancellation_year"], row["cancellation_number"], "cancellation")
    return Cancelled(number, row["reason"], row["cancelled_at"], row["cancelled_by"])


def _with_code(paper: ReceiptPaper, school_id: int, number: str, reader: Reader) -> ReceiptPaper:
    code = code_of(reader.cipher, school_id, number, paper.amount)
    return msgspec.structs.replace(paper, code=code, verify_url=f"{reader.public_url}/verify?text={code}")


def code_of(cipher: Cipher, school_id: int, number: str, amount: int) -> str:
    """What stands at the foot of a paper, in letters and as a symbol."""
    subject = seals.receipt_subject(number)
    return seals.seal(cipher, seals.Sealed(seals.Kind.RECEIPT, school_id, subject, "", amount, _NEVER))


_STANDS = """
SELECT s.name AS school_name, r.issued_at, gone.cancelled_at
  FROM payment_receipts r
  JOIN schools s
    ON s.school_id = r.school_id
  LEFT JOIN receipt_cancellations gone
    ON gone.school_id = r.school_id
   AND gone.receipt_id = r.receipt_id
 WHERE r.school_id = $1
   AND r.amount = $5
   AND CASE WHEN $2 = 'cancellation'
            THEN gone.cancellation_year = $3 AND gone.number = $4
            ELSE r.kind = $2 AND r.receipt_year = $3 AND r.number = $4
       END
"""


async def checked(door: Door, cipher: Cipher, code: str) -> CheckedReceipt:
    """For anybody who holds the paper. The seal is tried first, so guesses never reach the database; no person is named.

    Raises NOT_FOUND for what the school has not made.
    """
    for claim in seals.find(code):
        read = _SUBJECT.fullmatch(claim.subject)
        if claim.kind is not seals.Kind.RECEIPT or read is None or not seals.holds(cipher, claim, ""):
            continue
        kind, year, number = _KINDS.get(read[1]), int(read[2]), int(read[3])
        row = await door.fetchrow(_STANDS, claim.school_id, kind, year, number, claim.amount)
        if kind is not None and row is not None:
            return CheckedReceipt(
                school_name=row["school_name"],
                kind=kind,
                number=written_number(year, number, kind),
                amount=claim.amount,
                issued_at=row["issued_at"],
                cancelled_at=row["cancelled_at"],
            )
    raise NOT_FOUND()

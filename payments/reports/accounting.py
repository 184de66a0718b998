"""The ledger as accounting software imports it: a row an entry, in the columns of MISA's "Nhập khẩu từ Excel" (chứng từ nghiệp vụ khác).

It owns accounting_numbers, by which a school says which number its own chart of accounts has for what. Every entry of the
time asked for is a row, so the sum of the sheet is the sum of the ledger.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec

from backend.core.catalogue import entries
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, FieldError
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments.ledger import Book
from payments.reports.moves import Door
from payments.reports.table import Column, Table, Wording
from schemas.reports import AccountNumbers

_DEFAULTS = Path(__file__).with_name("account_numbers.toml")
_ENTRIES_MAX = 50_000


class _Side(msgspec.Struct, frozen=True):
    """`narrow` is the kind of an account or the category of an item, where the book is kept by such."""

    book: str
    ref: str
    narrow: str | None


class _Entry(msgspec.Struct, frozen=True):
    seq: int
    booked_on: date
    made_on: date
    kind: str
    amount: int
    debit: _Side
    credit: _Side
    pupil_code: str | None
    pupil_name: str | None
    title: str | None
    memo: str | None


class _Journal(msgspec.Struct, frozen=True):
    school_name: str
    numbers: dict[str, str]
    entries: list[_Entry]


_DECODER = msgspec.json.Decoder(_Journal)

_JOURNAL = """
WITH named AS (
SELECT 'bank' AS book, b.bank_account_id::text AS ref, b.kind AS narrow
  FROM bank_accounts b
 WHERE b.school_id = $1
 UNION ALL
SELECT 'income', f.fee_id::text, f.category
  FROM fees f
 WHERE f.school_id = $1
),
journal AS (
SELECT l.seq, l.booked_on, l.kind, l.amount, l.debit_account, l.debit_ref, l.credit_account, l.credit_ref,
       (coalesce(t.booked_at, l.booked_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS made_on,
       p.school_code AS pupil_code, p.full_name AS pupil_name, f.title, t.memo
  FROM ledger_transfers l
  LEFT JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = l.transaction_id
  LEFT JOIN invoices i
    ON i.school_id = $1
   AND i.invoice_id = l.invoice_id
  LEFT JOIN fees f
    ON f.school_id = $1
   AND f.fee_id = i.fee_id
  LEFT JOIN pupils p
    ON p.school_id = $1
   AND p.pupil_id::text = CASE WHEN l.debit_account IN ('receivable', 'family_credit') THEN l.debit_ref
                               WHEN l.credit_account IN ('receivable', 'family_credit') THEN l.credit_ref END
 WHERE l.school_id = $1
   AND l.booked_on BETWEEN $2 AND $3
 ORDER BY l.seq
 LIMIT $4
)
SELECT json_build_object(
         'school_name', s.name,
         'numbers', coalesce((SELECT json_object_agg(n.subject, n.number)
                                FROM accounting_numbers n
                               WHERE n.school_id = $1), '{}'::json),
         'entries', coalesce((
            SELECT json_agg(json_build_object(
                     'seq', j.seq, 'booked_on', j.booked_on, 'made_on', j.made_on, 'kind', j.kind, 'amount', j.amount,
                     'debit', json_build_object('book', j.debit_account, 'ref', j.debit_ref, 'narrow', d.narrow),
                     'credit', json_build_object('book', j.credit_account, 'ref', j.credit_ref, 'narrow', c.narrow),
                     'pupil_code', j.pupil_code, 'pupil_name', j.pupil_name, 'title', j.title, 'memo', j.memo)
                     ORDER BY j.seq)
              FROM journal j
              LEFT JOIN named d
                ON d.book = j.debit_account
               AND d.ref = j.debit_ref
              LEFT JOIN named c
                ON c.book = j.credit_account
               AND c.ref = j.credit_ref), '[]'::json))::text
  FROM schools s
 WHERE s.school_id = $1
"""


@cache
def defaults() -> dict[str, str]:
    return tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))


async def journal(door: Door, school_id: int, from_on: date, to_on: date, words: Wording, made_at: datetime) -> Table:
    found = _DECODER.decode(await door.fetchval(_JOURNAL, school_id, from_on, to_on, _ENTRIES_MAX + 1))
    if len(found.entries) > _ENTRIES_MAX:
        raise INVALID(
            FieldError("?from_on", "Quá nhiều bút toán, hãy chọn ít ngày hơn.", "Too many entries, choose fewer days.")
        )
    numbers = {**defaults(), **found.numbers}
    return Table(
        name="accounting",
        title=words("accounting"),
        subtitle="",
        school_name="",
        bare=True,
        columns=[
            Column("Ngày hạch toán (*)", "day", 1.0),
            Column("Ngày chứng từ (*)", "day", 1.0),
            Column("Số chứng từ (*)", "text", 1.1),
            Column("Diễn giải", "text", 2.4),
            Column("TK Nợ (*)", "text", 0.7),
            Column("TK Có (*)", "text", 0.7),
            Column("Số tiền", "dong", 1.2),
            Column("Loại tiền", "text", 0.7),
            Column("Mã đối tượng", "text", 1.1),
            Column("Tên đối tượng", "text", 1.7),
        ],
        rows=[_row(one, numbers) for one in found.entries],
        made_at=made_at,
    )


def _row(one: _Entry, numbers: dict[str, str]) -> list[object]:
    said = " · ".join(filter(None, (_deed(one.kind), one.title, one.memo)))
    return [
        one.booked_on,
        one.made_on,
        f"NC{one.booked_on.year}-{one.seq:06d}",
        said,
        _number(one.debit, numbers),
        _number(one.credit, numbers),
        one.amount,
        "VND",
        one.pupil_code or "",
        one.pupil_name or "",
    ]


def _number(side: _Side, numbers: dict[str, str]) -> str:
    for subject in (f"{side.book}:{side.ref}", f"{side.book}:{side.narrow}", side.book):
        if subject in numbers:
            return numbers[subject]
    raise AssertionError(f"no account number for the book {side.book}")


def _deed(kind: str) -> str:
    key = f"reports.entry_{kind}"
    return entries()[key]["vi"] if key in entries() else kind


async def set_numbers(house: House, actor: UUID, school_id: int, new: AccountNumbers) -> None:
    """Each subject by itself; what is not named stays as it was."""
    books = {book.value for book in Book}
    wrong = [
        FieldError(f"/numbers/{subject}", "Không có mục này trong sổ.", "The books have no such subject.")
        for subject in new.numbers
        if subject.partition(":")[0] not in books
    ]
    if wrong:
        raise INVALID(*wrong)
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO accounting_numbers (school_id, subject, number, set_by, set_at)
            SELECT $1, n.subject, n.number, $4, $5
              FROM unnest($2::text[], $3::text[]) AS n (subject, number)
                ON CONFLICT (school_id, subject)
                DO UPDATE SET number = excluded.number, set_by = excluded.set_by, set_at = excluded.set_at
            """,
            school_id,
            list(new.numbers),
            list(new.numbers.values()),
            actor,
            now,
        )
        await audit.record(tx, "accounting.numbers", "school", school_id, at=now, actor=actor)


async def numbers_of(door: Door, school_id: int) -> AccountNumbers:
    """What counts: the house's numbers, and over them the school's."""
    rows = await door.fetch(
        """
        SELECT subject, number
          FROM accounting_numbers
         WHERE school_id = $1
         ORDER BY subject
        """,
        school_id,
    )
    return AccountNumbers({**defaults(), **{row["subject"]: row["number"] for row in rows}})

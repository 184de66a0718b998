"""The day book: every movement on the school's accounts in its order, with what the account held afterwards. It writes nothing."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from payments.reports.moves import MOVEMENT, MOVES, Door
from payments.reports.table import Table, Wording
from schemas.reports import DayBook, Movement

_DECODER = msgspec.json.Decoder(DayBook)

# By the day of the books, so that what was printed of a closed period stays true: what came too late stands on the first
# open day.
_DAY_BOOK = f"""
WITH accounts AS (
SELECT b.bank_account_id, b.account_name || ' ' || b.account_number AS name, coalesce(o.amount, 0) AS brought
  FROM bank_accounts b
  LEFT JOIN account_openings o
    ON o.school_id = $1
   AND o.bank_account_id = b.bank_account_id
 WHERE b.school_id = $1
   AND ($4::bigint IS NULL OR b.bank_account_id = $4)
),
m AS (
SELECT m.*,
       (a.brought + sum(m.amount) OVER (PARTITION BY m.bank_account_id
                                  ORDER BY m.booked_on, m.moved_at, coalesce(m.transaction_id, m.transfer_id), m.transfer_id))::bigint AS balance
  FROM {MOVES} m
  JOIN accounts a
    ON a.bank_account_id = m.bank_account_id
 WHERE m.booked_on <= $3
)
SELECT json_build_object(
         'school_name', s.name,
         'from_on', $2::date,
         'to_on', $3::date,
         'accounts', coalesce((
            SELECT json_agg(json_build_object(
                     'bank_account_id', a.bank_account_id,
                     'name', a.name,
                     'opening', a.brought + coalesce(sums.before, 0),
                     'received', coalesce(sums.received, 0),
                     'spent', coalesce(sums.spent, 0),
                     'closing', a.brought + coalesce(sums.before + sums.received - sums.spent, 0))
                     ORDER BY a.bank_account_id)
              FROM accounts a
              LEFT JOIN (SELECT m.bank_account_id,
                                coalesce(sum(m.amount) FILTER (WHERE m.booked_on < $2), 0)::bigint                    AS before,
                                coalesce(sum(m.amount) FILTER (WHERE m.booked_on >= $2 AND m.amount > 0), 0)::bigint  AS received,
                                coalesce(-sum(m.amount) FILTER (WHERE m.booked_on >= $2 AND m.amount < 0), 0)::bigint AS spent
                           FROM m
                          GROUP BY m.bank_account_id) sums
                ON sums.bank_account_id = a.bank_account_id), '[]'::json),
         'movements', coalesce((
            SELECT json_agg({MOVEMENT} ORDER BY m.booked_on, m.moved_at, coalesce(m.transaction_id, m.transfer_id), m.transfer_id)
              FROM m
             WHERE m.booked_on >= $2), '[]'::json),
         'currency', 'VND')::text
  FROM schools s
 WHERE s.school_id = $1
"""


async def day_book_json(door: Door, school_id: int, from_on: date, to_on: date, bank_account_id: int | None) -> str:
    body: str = await door.fetchval(_DAY_BOOK, school_id, from_on, to_on, bank_account_id)
    return body


def understood(body: str) -> DayBook:
    return _DECODER.decode(body)


def table(book: DayBook, words: Wording, made_at: datetime) -> Table:
    names = {account.bank_account_id: account.name for account in book.accounts}
    rows = [_row(one, names) for one in book.movements]
    notes = [
        words(
            "account_sums",
            name=one.name,
            opening=words.dong(one.opening),
            received=words.dong(one.received),
            spent=words.dong(one.spent),
            closing=words.dong(one.closing),
        )
        for one in book.accounts
    ]
    received = sum(one.received for one in book.accounts)
    spent = sum(one.spent for one in book.accounts)
    return Table(
        name="day-book",
        title=words("day_book"),
        subtitle=words.period(book.from_on, book.to_on),
        school_name=book.school_name,
        columns=[
            words.column("moment", "moment", 1.3),
            words.column("account", share=1.6),
            words.column("receipt", share=1.2),
            words.column("memo", share=2.6),
            words.column("received", "dong", 1.1),
            words.column("spent", "dong", 1.1),
            words.column("balance", "dong", 1.2),
        ],
        rows=rows,
        totals=[words("total"), None, None, None, received, spent, sum(one.closing for one in book.accounts)],
        notes=notes,
        made_at=made_at,
    )


def _row(one: Movement, names: dict[int, str]) -> list[object]:
    said = " · ".join(filter(None, (one.bank_reference, one.memo)))
    received, spent = (one.amount, None) if one.amount > 0 else (None, -one.amount)
    return [one.moved_at, names[one.bank_account_id], ", ".join(one.receipts), said, received, spent, one.balance]

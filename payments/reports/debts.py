"""The debt list: who owes what is due, two thousand pupils in one statement. It writes nothing.

What is voluntary is nobody's debt: such items are left out in the statement itself, so that no page, sheet or paper can show them.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from payments.balance import BALANCE
from payments.reports.moves import Door
from payments.reports.table import Table, Wording
from schemas.reports import DebtList

_DECODER = msgspec.json.Decoder(DebtList)

# The class a pupil sits in now, or sat in last. Behind `invoices i`.
SEAT = """LEFT JOIN LATERAL (SELECT k.class_id, k.name
                       FROM enrolments e
                       JOIN classes k
                         ON k.school_id = e.school_id
                        AND k.class_id = e.class_id
                      WHERE e.school_id = i.school_id
                        AND e.pupil_id = i.pupil_id
                      ORDER BY e.to_on IS NULL DESC, e.from_on DESC
                      LIMIT 1) seat
    ON true"""

_DEBTS = f"""
WITH owed AS (
SELECT i.pupil_id, seat.name AS class_name, balance.remaining,
       json_build_object(
         'invoice_id', i.invoice_id,
         'title', f.title,
         'reference', i.reference,
         'due_on', i.due_on,
         'days_late', greatest($2::date - i.due_on, 0),
         'asked', balance.asked,
         'paid', balance.paid,
         'remaining', balance.remaining) AS bill,
       i.due_on, i.invoice_id
  FROM invoices i
  JOIN fees f
    ON f.school_id = i.school_id
   AND f.fee_id = i.fee_id
   AND NOT f.voluntary
  {BALANCE}
  {SEAT}
 WHERE i.school_id = $1
   AND i.cancelled_at IS NULL
   AND i.due_on <= $2
   AND balance.remaining > 0
   AND ($3::uuid IS NULL OR seat.class_id = $3)
),
debtors AS (
SELECT o.pupil_id, min(o.class_name) AS class_name, sum(o.remaining)::bigint AS remaining,
       json_agg(o.bill ORDER BY o.due_on, o.invoice_id) AS bills
  FROM owed o
 GROUP BY o.pupil_id
)
SELECT json_build_object(
         'school_name', s.name,
         'on', $2::date,
         'remaining', coalesce((SELECT sum(d.remaining)::bigint FROM debtors d), 0),
         'debtors', coalesce((
            SELECT json_agg(json_build_object(
                     'pupil_id', d.pupil_id,
                     'pupil_name', p.full_name,
                     'class_name', d.class_name,
                     'remaining', d.remaining,
                     'bills', d.bills) ORDER BY d.class_name, p.sort_key, d.pupil_id)
              FROM debtors d
              JOIN pupils p
                ON p.school_id = $1
               AND p.pupil_id = d.pupil_id), '[]'::json),
         'currency', 'VND')::text
  FROM schools s
 WHERE s.school_id = $1
"""


async def debts_json(door: Door, school_id: int, *, on: date, class_id: UUID | None) -> str:
    body: str = await door.fetchval(_DEBTS, school_id, on, class_id)
    return body


def understood(body: str) -> DebtList:
    return _DECODER.decode(body)


def table(debts: DebtList, words: Wording, made_at: datetime) -> Table:
    rows = [
        [
            one.class_name,
            one.pupil_name,
            bill.title,
            bill.reference,
            bill.due_on,
            bill.days_late,
            bill.asked,
            bill.paid,
            bill.remaining,
        ]
        for one in debts.debtors
        for bill in one.bills
    ]
    bills = [bill for one in debts.debtors for bill in one.bills]
    asked, paid = sum(bill.asked for bill in bills), sum(bill.paid for bill in bills)
    pupils = words("pupils", count=len(debts.debtors))
    return Table(
        name="debts",
        title=words("debts"),
        subtitle=words("due_until", on=words.day(debts.on)),
        school_name=debts.school_name,
        columns=[
            words.column("class", share=0.7),
            words.column("pupil", share=1.9),
            words.column("item", share=2.2),
            words.column("reference", share=1.1),
            words.column("due_on", "day", 1.0),
            words.column("days_late", "count", 0.7),
            words.column("asked", "dong", 1.1),
            words.column("paid", "dong", 1.1),
            words.column("remaining", "dong", 1.1),
        ],
        rows=rows,
        totals=[words("total"), pupils, None, None, None, None, asked, paid, debts.remaining],
        notes=[words("debts_note")],
        made_at=made_at,
    )

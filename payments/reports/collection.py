"""What was collected, by item and class. It writes nothing. Of voluntary items it tells what came in and nothing about who did not give."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from payments.balance import BALANCE
from payments.reports.debts import SEAT
from payments.reports.moves import Door
from payments.reports.table import Table, Wording
from schemas.reports import Collection

_DECODER = msgspec.json.Decoder(Collection)

_COLLECTION = f"""
WITH bills AS (
SELECT f.title, f.category, f.voluntary, seat.name AS class_name,
       i.cancelled_at IS NULL AS open, balance.asked, balance.paid, balance.remaining,
       (SELECT coalesce(sum(a.amount), 0)
          FROM allocations a
         WHERE a.school_id = i.school_id
           AND a.invoice_id = i.invoice_id
           AND a.made_at >= $2
           AND a.made_at < $3) AS paid_in_period
  FROM invoices i
  JOIN fees f
    ON f.school_id = i.school_id
   AND f.fee_id = i.fee_id
  {BALANCE}
  {SEAT}
 WHERE i.school_id = $1
   AND i.created_at < $3
),
sums AS (
SELECT b.title, b.category, b.voluntary, b.class_name,
       count(*) FILTER (WHERE b.open)                              AS bills,
       coalesce(sum(b.asked) FILTER (WHERE b.open), 0)::bigint     AS asked,
       coalesce(sum(b.remaining) FILTER (WHERE b.open), 0)::bigint AS remaining,
       sum(b.paid)::bigint                                         AS paid,
       sum(b.paid_in_period)::bigint                               AS paid_in_period
  FROM bills b
 GROUP BY b.title, b.category, b.voluntary, b.class_name
)
SELECT json_build_object(
         'school_name', s.name,
         'from_on', $4::date,
         'to_on', $5::date,
         'rows', coalesce((
            SELECT json_agg(json_build_object(
                     'title', x.title,
                     'category', x.category,
                     'class_name', x.class_name,
                     'voluntary', x.voluntary,
                     'bills', CASE WHEN NOT x.voluntary THEN x.bills END,
                     'asked', CASE WHEN NOT x.voluntary THEN x.asked END,
                     'paid_in_period', x.paid_in_period,
                     'paid', x.paid,
                     'remaining', CASE WHEN NOT x.voluntary THEN x.remaining END)
                     ORDER BY x.voluntary, x.title, x.category, x.class_name)
              FROM sums x
             WHERE x.bills > 0 OR x.paid <> 0 OR x.paid_in_period <> 0), '[]'::json),
         'currency', 'VND')::text
  FROM schools s
 WHERE s.school_id = $1
"""


async def collection_json(
    door: Door, school_id: int, span: tuple[datetime, datetime], from_on: date, to_on: date
) -> str:
    body: str = await door.fetchval(_COLLECTION, school_id, *span, from_on, to_on)
    return body


def understood(body: str) -> Collection:
    return _DECODER.decode(body)


def table(found: Collection, words: Wording, made_at: datetime) -> Table:
    rows = [
        [
            one.title,
            words(f"category_{one.category}"),
            one.class_name,
            one.bills,
            one.asked,
            one.paid_in_period,
            one.paid,
            one.remaining,
        ]
        for one in found.rows
    ]
    return Table(
        name="collection",
        title=words("collection"),
        subtitle=words.period(found.from_on, found.to_on),
        school_name=found.school_name,
        columns=[
            words.column("item", share=2.4),
            words.column("category", share=1.5),
            words.column("class", share=0.7),
            words.column("bills", "count", 0.7),
            words.column("asked", "dong", 1.2),
            words.column("paid_in_period", "dong", 1.2),
            words.column("paid", "dong", 1.2),
            words.column("remaining", "dong", 1.2),
        ],
        rows=rows,
        totals=[
            words("total"),
            None,
            None,
            sum(one.bills or 0 for one in found.rows),
            sum(one.asked or 0 for one in found.rows),
            sum(one.paid_in_period for one in found.rows),
            sum(one.paid for one in found.rows),
            sum(one.remaining or 0 for one in found.rows),
        ],
        notes=[words("voluntary_note")] if any(one.voluntary for one in found.rows) else [],
        made_at=made_at,
    )

"""What people read about items, plans and bills: the family its why, the accountant the lists. One function, one statement; it writes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.problems import NOT_FOUND
from payments.balance import BALANCE
from payments.fees.guard import Violation
from payments.fees.items import COLUMNS, KeptItem
from payments.queries import MAY_READ_INVOICE
from schemas.fees import BillExplained, BrokenRule, FeeItem


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


_BILL = f"""
    SELECT i.invoice_id, f.title, f.category, f.mandatory AS obligatory, f.voluntary, f.legal_basis AS basis,
           t.item_id, t.cap_amount, t.cap_document, coalesce(t.receiver, 'school') AS receiver, t.receiver_name,
           coalesce(t.planned_use, '') AS planned_use,
           (SELECT max(k.full_name)
              FROM staff k
             WHERE k.school_id = i.school_id
               AND k.account_id = f.created_by) AS decided_by,
           (f.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS decided_on,
           balance.asked, i.amount, i.made_of::text AS made_of,
           (SELECT coalesce(json_agg(json_build_object(
                     'kind', j.kind, 'amount', j.amount,
                     'reason', coalesce(j.document, ''),
                     'made_on', (j.made_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
                     ORDER BY j.made_at, j.adjustment_id), '[]'::json)
              FROM invoice_adjustments j
             WHERE j.school_id = i.school_id
               AND j.invoice_id = i.invoice_id)::text AS adjustments,
           (SELECT coalesce(sum(s.amount), 0)
              FROM item_spendings s
             WHERE s.school_id = i.school_id
               AND s.item_id = f.item_id)::bigint AS spent,
           (SELECT coalesce(json_agg(json_build_object('spent_on', s.spent_on, 'amount', s.amount,
                                                       'purpose', s.purpose, 'document', s.document)
                                     ORDER BY s.spent_on DESC, s.made_at DESC), '[]'::json)
              FROM (SELECT s.spent_on, s.amount, s.purpose, s.document, s.made_at
                      FROM item_spendings s
                     WHERE s.school_id = i.school_id
                       AND s.item_id = f.item_id
                     ORDER BY s.spent_on DESC, s.made_at DESC
                     LIMIT 200) s)::text AS spendings
      FROM invoices i
      {BALANCE}
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      LEFT JOIN fee_items t
        ON t.school_id = f.school_id
       AND t.item_id = f.item_id
     WHERE i.school_id = $1
       AND i.invoice_id = $4
       {MAY_READ_INVOICE}
"""

# What was billed and what came in for an item, over all its bills. Sums only: nobody is named.
_SUMS = f"""
    SELECT coalesce(sum(balance.asked) FILTER (WHERE i.cancelled_at IS NULL), 0)::bigint AS billed,
           coalesce(sum(balance.paid), 0)::bigint AS received
      FROM fees f
      JOIN invoices i
        ON i.school_id = f.school_id
       AND i.fee_id = f.fee_id
      {BALANCE}
     WHERE f.school_id = $1
       AND f.item_id = $2
"""


async def bill(
    door: Door, school_id: int, account_id: UUID, invoice_id: UUID, *, on: date, language: str
) -> BillExplained:
    """For a guardian of the pupil or the people who keep the school's money; anybody else does not learn that it exists."""
    row = await door.fetchrow(_BILL, school_id, account_id, on, invoice_id)
    if row is None:
        raise NOT_FOUND()
    sums = await door.fetchrow(_SUMS, school_id, row["item_id"])
    lines = msgspec.json.decode(row["made_of"]) or [{"kind": "base", "amount": row["amount"]}]
    return msgspec.convert(
        {
            **{key: row[key] for key in ("invoice_id", "title", "category", "obligatory", "basis", "cap_amount",
                                         "cap_document", "receiver", "receiver_name", "planned_use", "decided_by",
                                         "decided_on", "asked", "spent")},
            "why": _why(row["category"], row["voluntary"], language),
            "lines": [{k: v for k, v in line.items() if k not in ("document", "ground")} for line in lines],
            "adjustments": msgspec.json.decode(row["adjustments"]),
            "planned": sums["billed"],
            "received": sums["received"],
            "spendings": msgspec.json.decode(row["spendings"]),
        },
        type=BillExplained,
    )  # fmt: skip


def _why(category: str, voluntary: bool, language: str) -> str:
    return say("fees.why_voluntary" if voluntary else f"fees.why_{category}", language)


_ITEMS = f"""
    SELECT {COLUMNS.strip()}, t.closed_at,
           coalesce(sums.billed, 0)::bigint AS billed, coalesce(sums.received, 0)::bigint AS received,
           (SELECT coalesce(sum(x.amount), 0)
              FROM item_spendings x
             WHERE x.school_id = t.school_id
               AND x.item_id = t.item_id)::bigint AS spent
      FROM fee_items t
      JOIN schools s
        ON s.school_id = t.school_id
      LEFT JOIN (SELECT f.item_id,
                        sum(balance.asked) FILTER (WHERE i.cancelled_at IS NULL) AS billed,
                        sum(balance.paid) AS received
                   FROM fees f
                   JOIN invoices i
                     ON i.school_id = f.school_id
                    AND i.fee_id = f.fee_id
                   {BALANCE}
                  WHERE f.school_id = $1
                    AND f.item_id IS NOT NULL
                  GROUP BY f.item_id) sums
        ON sums.item_id = t.item_id
     WHERE t.school_id = $1
     ORDER BY t.closed_at IS NOT NULL, t.created_at DESC, t.item_id
     LIMIT 500
"""


async def items(door: Door, school_id: int, *, on: date, language: str) -> list[FeeItem]:
    """Every item with what it broke today, what was billed, received and spent."""
    return [_item(row, on, language) for row in await door.fetch(_ITEMS, school_id)]


def _item(row: Any, on: date, language: str) -> FeeItem:
    kept = KeptItem(**{name: row[name] for name in KeptItem.__struct_fields__})
    own = {name: row[name] for name in FeeItem.__struct_fields__ if name in row.keys()}  # noqa: SIM118  (a record)
    return FeeItem(**own, basis=kept.basis, broken_rules=broken_rules(kept.broken(on), language))


def broken_rules(found: tuple[Violation, ...], language: str) -> list[BrokenRule]:
    return [
        BrokenRule(one.rule, one.field, one.en if language == "en" else one.vi, one.source, one.mark)  # type: ignore[arg-type]
        for one in found
    ]


class PlanListed(msgspec.Struct, frozen=True):
    plan_id: UUID
    item_id: UUID
    title: str
    item_title: str
    published: bool
    created_on: date
    bills: int
    billed: int
    received: int


_PLANS = f"""
    SELECT p.plan_id, p.item_id, p.title, t.title AS item_title, p.published_at IS NOT NULL AS published,
           (p.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS created_on,
           count(i.invoice_id) FILTER (WHERE i.cancelled_at IS NULL) AS bills,
           coalesce(sum(balance.asked) FILTER (WHERE i.cancelled_at IS NULL), 0)::bigint AS billed,
           coalesce(sum(balance.paid), 0)::bigint AS received
      FROM fee_plans p
      JOIN fee_items t
        ON t.school_id = p.school_id
       AND t.item_id = p.item_id
      LEFT JOIN invoices i
        ON i.school_id = p.school_id
       AND i.plan_id = p.plan_id
      {BALANCE}
     WHERE p.school_id = $1
       AND ($2::uuid IS NULL OR p.item_id = $2)
     GROUP BY p.plan_id, p.item_id, p.title, t.title, p.published_at, p.created_at
     ORDER BY p.created_at DESC, p.plan_id
     LIMIT 200
"""


async def plans(door: Door, school_id: int, item_id: UUID | None = None) -> list[PlanListed]:
    return [PlanListed(**row) for row in await door.fetch(_PLANS, school_id, item_id)]

"""Codes over several bills: a family's request and a pupil's standing code. It owns payment_codes and payment_code_bills.

A code never holds an amount: what it asks for is what its bills still ask for at the moment of asking.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from backend.core.database import SchoolTx
from payments import accounts, references
from payments.balance import BALANCE

_SPARE = 16


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


# What is a gift stays behind what is owed, and is never asked for unless somebody chose it.
VOLUNTARY = "f.voluntary"

# A guardian who may see the pupil of bill `i`; $1 = school_id, $2 = account_id, $3 = the school's day.
SEES = """EXISTS (SELECT
                 FROM guardians family
                 JOIN guardianships bond
                   ON bond.school_id = family.school_id
                  AND bond.guardian_id = family.guardian_id
                WHERE family.school_id = $1
                  AND family.account_id = $2
                  AND bond.pupil_id = i.pupil_id
                  AND bond.can_view
                  AND bond.valid_from <= $3
                  AND (bond.valid_to IS NULL OR bond.valid_to >= $3))"""

BILL = f"""i.invoice_id, i.reference, i.pupil_id, p.full_name AS pupil_name, f.title, i.due_on, i.bank_account_id,
           {VOLUNTARY} AS voluntary, balance.remaining"""

BEHIND = f"""
      FROM invoices i
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      JOIN pupils p
        ON p.school_id = i.school_id
       AND p.pupil_id = i.pupil_id
      JOIN bank_accounts account
        ON account.bank_account_id = i.bank_account_id
      {BALANCE}
"""

# The order in which money with a code is laid: what is owed before what is given, the older due day first.
ORDER = "ORDER BY voluntary, i.due_on, i.invoice_id"

_OPEN_BILLS = f"""
    SELECT {BILL}
      {BEHIND}
     WHERE i.school_id = $1
       AND {SEES}
       AND balance.remaining > 0
       AND account.closed_at IS NULL
       AND ($4::uuid[] IS NULL AND NOT {VOLUNTARY} OR i.invoice_id = ANY ($4::uuid[]))
     {ORDER}
     LIMIT 500
"""


async def open_bills(
    door: Door, school_id: int, account_id: UUID, invoice_ids: Sequence[UUID] | None, *, on: date
) -> list[asyncpg.Record]:
    """What a guardian still owes for all children in a school; with `invoice_ids`, those of them, gifts included."""
    rows: list[asyncpg.Record] = await door.fetch(_OPEN_BILLS, school_id, account_id, on, invoice_ids)
    return rows


_OPEN_GIFTS = f"""
    SELECT {BILL}
      {BEHIND}
     WHERE i.school_id = $1
       AND {SEES}
       AND balance.remaining > 0
       AND account.closed_at IS NULL
       AND {VOLUNTARY}
     {ORDER}
     LIMIT 100
"""


async def open_gifts(door: Door, school_id: int, account_id: UUID, *, on: date) -> list[asyncpg.Record]:
    """What the family may give: shown where it chooses, asked for nowhere."""
    rows: list[asyncpg.Record] = await door.fetch(_OPEN_GIFTS, school_id, account_id, on)
    return rows


# The same open bills under the same code: what is paid of it by now does not make it another request.
_SAME = f"""
    SELECT c.code
      FROM payment_codes c
      JOIN payment_code_bills b
        ON b.school_id = c.school_id
       AND b.code = c.code
      JOIN invoices i
        ON i.school_id = b.school_id
       AND i.invoice_id = b.invoice_id
      {BALANCE}
     WHERE c.school_id = $1
       AND c.kind = 'request'
       AND c.bank_account_id = $2
       AND c.closed_at IS NULL
       AND c.code IN (SELECT first.code
                        FROM payment_code_bills first
                       WHERE first.school_id = $1
                         AND first.invoice_id = $3)
     GROUP BY c.code, c.created_at
    HAVING array_agg(b.invoice_id ORDER BY b.position) FILTER (WHERE balance.remaining > 0) = $4::uuid[]
     ORDER BY c.created_at, c.code
     LIMIT 1
"""


async def request_over(
    tx: SchoolTx, bank_account_id: int, invoice_ids: Sequence[UUID], *, by: UUID, at: datetime
) -> str:
    """The code over these bills in this order; asked for again, it is the same code. Under the till."""
    known: str | None = await tx.fetchval(_SAME, tx.school_id, bank_account_id, invoice_ids[0], list(invoice_ids))
    if known is not None:
        return known
    (code,) = await draw(tx, await _prefix(tx, bank_account_id), 1)
    await _insert(tx, [code], "request", bank_account_id, [None], by=by, at=at)
    await tx.execute(
        """
        INSERT INTO payment_code_bills (school_id, code, invoice_id, position)
        SELECT $1, $2, b.invoice_id, b.position
          FROM unnest($3::uuid[]) WITH ORDINALITY AS b (invoice_id, position)
        """,
        tx.school_id,
        code,
        list(invoice_ids),
    )
    return code


async def pupils_without_code(tx: SchoolTx, bank_account_id: int) -> list[UUID]:
    rows = await tx.fetch(
        """
        SELECT p.pupil_id
          FROM pupils p
         WHERE p.school_id = $1
           AND p.status = 'enrolled'
           AND NOT EXISTS (SELECT
                             FROM payment_codes c
                            WHERE c.school_id = p.school_id
                              AND c.pupil_id = p.pupil_id
                              AND c.kind = 'pupil'
                              AND c.bank_account_id = $2
                              AND c.closed_at IS NULL)
         ORDER BY p.pupil_id
        """,
        tx.school_id,
        bank_account_id,
    )
    return [row["pupil_id"] for row in rows]


async def give_pupils(tx: SchoolTx, bank_account_id: int, pupil_ids: Sequence[UUID], *, by: UUID, at: datetime) -> int:
    """A standing code for each of them. Under the till."""
    if pupil_ids:
        drawn = await draw(tx, await _prefix(tx, bank_account_id), len(pupil_ids))
        await _insert(tx, drawn, "pupil", bank_account_id, list(pupil_ids), by=by, at=at)
    return len(pupil_ids)


async def _insert(
    tx: SchoolTx,
    drawn: Sequence[str],
    kind: str,
    bank_account_id: int,
    pupil_ids: Sequence[UUID | None],
    *,
    by: UUID,
    at: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO payment_codes (school_id, code, kind, bank_account_id, pupil_id, created_by, created_at)
        SELECT $1, n.code, $2, $3, n.pupil_id, $4, $5
          FROM unnest($6::text[], $7::uuid[]) AS n (code, pupil_id)
        """,
        tx.school_id,
        kind,
        bank_account_id,
        by,
        at,
        list(drawn),
        list(pupil_ids),
    )


async def _prefix(tx: SchoolTx, bank_account_id: int) -> str:
    return (await accounts.receiving(tx, bank_account_id)).reference_prefix


async def draw(tx: SchoolTx, prefix: str, count: int) -> list[str]:
    """Free codes, for bills as well: drawn with some to spare, so that those in use can be put aside with one look. Under the till."""
    drawn: list[str] = []
    digits = references.BODY_DIGITS
    while len(drawn) < count:
        candidates = references.draw(prefix, count + _SPARE, secrets.randbelow, frozenset(drawn), digits)
        used = await _taken(tx, candidates)
        drawn += [candidate for candidate in candidates if candidate not in used]
        # Where half of what is drawn is in use, the school has outgrown this length.
        if 2 * len(used) > len(candidates):
            digits = min(digits + 1, references.BODY_DIGITS_MAX)
    return drawn[:count]


async def _taken(tx: SchoolTx, candidates: Sequence[str]) -> set[str]:
    """Those of the candidates that are in use, as the reference of a bill or as a code over several."""
    rows = await tx.fetch(
        """
        SELECT reference AS code
          FROM invoices
         WHERE school_id = $1
           AND reference = ANY ($2::text[])
         UNION
        SELECT code
          FROM payment_codes
         WHERE school_id = $1
           AND code = ANY ($2::text[])
        """,
        tx.school_id,
        list(candidates),
    )
    return {row["code"] for row in rows}


_FAMILYS_CODE = f"""
    SELECT {BILL}
      FROM payment_codes c
      JOIN payment_code_bills b
        ON b.school_id = c.school_id
       AND b.code = c.code
      JOIN invoices i
        ON i.school_id = b.school_id
       AND i.invoice_id = b.invoice_id
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      JOIN pupils p
        ON p.school_id = i.school_id
       AND p.pupil_id = i.pupil_id
      {BALANCE}
     WHERE c.school_id = $1
       AND c.code = $4
       AND c.kind = 'request'
       AND c.closed_at IS NULL
       AND NOT EXISTS (SELECT
                         FROM payment_code_bills hidden
                         JOIN invoices i
                           ON i.school_id = hidden.school_id
                          AND i.invoice_id = hidden.invoice_id
                        WHERE hidden.school_id = $1
                          AND hidden.code = $4
                          AND NOT {SEES})
     ORDER BY b.position
"""


async def bills_of_request(
    door: Door, school_id: int, account_id: UUID, code: str, *, on: date
) -> list[asyncpg.Record]:
    """For a guardian who may see every pupil in it; nobody else learns that it exists."""
    rows: list[asyncpg.Record] = await door.fetch(_FAMILYS_CODE, school_id, account_id, on, code)
    return rows


# What the house asks for under a code: a bill, a request, or a pupil's standing code. Nobody is named.
_ASKED = f"""
    SELECT 'bill' AS kind, f.title, i.bank_account_id, balance.remaining
      FROM invoices i
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      {BALANCE}
     WHERE i.school_id = $1
       AND i.reference = $2
       AND i.cancelled_at IS NULL
     UNION ALL
    SELECT c.kind, '' AS title, c.bank_account_id,
           (SELECT coalesce(sum(balance.remaining), 0)::bigint
              FROM payment_code_bills b
              JOIN invoices i
                ON i.school_id = b.school_id
               AND i.invoice_id = b.invoice_id
              {BALANCE}
             WHERE b.school_id = c.school_id
               AND b.code = c.code) AS remaining
      FROM payment_codes c
     WHERE c.school_id = $1
       AND c.code = $2
       AND c.closed_at IS NULL
     LIMIT 1
"""


async def asked_under(door: Door, school_id: int, code: str) -> asyncpg.Record | None:
    """None for a code that was never given out, was closed, or whose bill was cancelled."""
    row: asyncpg.Record | None = await door.fetchrow(_ASKED, school_id, code)
    return row

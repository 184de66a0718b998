"""One day of a school's accounts: its movements, the statement's balance, the last close. It writes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import SCHOOL_ZONE
from backend.core.database import SchoolTx
from backend.core.problems import NOT_FOUND
from payments.reports.moves import MOVEMENT, MOVES, Door
from schemas.reports import Movement


class KeptClose(msgspec.Struct, frozen=True):
    """A close as it lies in the database."""

    revision: int
    opening: int
    received: int
    spent: int
    closing: int
    stated: int
    stated_by: str
    note: str | None
    lines: list[str]
    lines_hash: str
    seal: str
    closed_by: UUID
    closed_by_name: str | None
    closed_at: datetime


class Moved(Movement):
    """A movement with what its line of text is made of."""

    transfer_id: UUID = UUID(int=0)


class DayOfAccount(msgspec.Struct, frozen=True):
    bank_account_id: int
    name: str
    kind: str
    opened_on: date | None
    opening: int
    by_statement: int | None
    movements: list[Moved]
    close: KeptClose | None


class WholeDay(msgspec.Struct, frozen=True):
    school_name: str
    accounts: list[DayOfAccount]


_DECODER = msgspec.json.Decoder(WholeDay)

# The bank's day, from its first instant ($2) to the first after it ($3), of one account or all.
_DAY = f"""
WITH accounts AS (
SELECT b.bank_account_id, b.account_name || ' ' || b.account_number AS name, b.kind,
       o.opening_on, coalesce(o.amount, 0) AS brought
  FROM bank_accounts b
  LEFT JOIN account_openings o
    ON o.school_id = $1
   AND o.bank_account_id = b.bank_account_id
   AND o.opening_on <= $4
 WHERE b.school_id = $1
   AND ($5::bigint IS NULL OR b.bank_account_id = $5)
),
m AS (
SELECT m.*,
       (a.brought + sum(m.amount) OVER (PARTITION BY m.bank_account_id
                                  ORDER BY m.moved_at, coalesce(m.transaction_id, m.transfer_id), m.transfer_id))::bigint AS balance
  FROM {MOVES} m
  JOIN accounts a
    ON a.bank_account_id = m.bank_account_id
 WHERE m.moved_at < $3
),
closes AS (
SELECT DISTINCT ON (c.bank_account_id)
       c.bank_account_id,
       json_build_object(
         'revision', c.revision, 'opening', c.opening, 'received', c.received, 'spent', c.spent, 'closing', c.closing,
         'stated', c.stated, 'stated_by', c.stated_by, 'note', c.note, 'lines', c.lines,
         'lines_hash', encode(c.lines_hash, 'hex'), 'seal', encode(c.seal, 'hex'),
         'closed_by', c.closed_by,
         'closed_by_name', (SELECT w.full_name
                              FROM staff w
                             WHERE w.school_id = $1
                               AND w.account_id = c.closed_by
                             LIMIT 1),
         'closed_at', c.closed_at) AS close
  FROM day_closes c
 WHERE c.school_id = $1
   AND c.closed_on = $4
 ORDER BY c.bank_account_id, c.revision DESC
)
SELECT json_build_object(
         'school_name', s.name,
         'accounts', coalesce((
            SELECT json_agg(json_build_object(
                     'bank_account_id', a.bank_account_id,
                     'name', a.name,
                     'kind', a.kind,
                     'opened_on', a.opening_on,
                     'opening', a.brought + coalesce((SELECT sum(m.amount)
                                                        FROM m
                                                       WHERE m.bank_account_id = a.bank_account_id
                                                         AND m.moved_at < $2), 0)::bigint,
                     'by_statement', (SELECT e.balance
                                        FROM statement_balances e
                                       WHERE e.school_id = $1
                                         AND e.bank_account_id = a.bank_account_id
                                         AND e.from_on <= $4
                                         AND e.to_on >= $4
                                       ORDER BY e.kept_at DESC, e.statement_id DESC
                                       LIMIT 1),
                     'movements', coalesce((
                        SELECT json_agg({MOVEMENT}::jsonb || jsonb_build_object('transfer_id', m.transfer_id)
                                        ORDER BY m.moved_at, coalesce(m.transaction_id, m.transfer_id), m.transfer_id)
                          FROM m
                         WHERE m.bank_account_id = a.bank_account_id
                           AND m.moved_at >= $2), '[]'::json),
                     'close', (SELECT c.close
                                 FROM closes c
                                WHERE c.bank_account_id = a.bank_account_id))
                     ORDER BY a.bank_account_id)
              FROM accounts a), '[]'::json))::text
  FROM schools s
 WHERE s.school_id = $1
"""


def day_span(on: date) -> tuple[datetime, datetime]:
    """The school's day: its first instant, and the first after it."""
    begins = datetime(on.year, on.month, on.day, tzinfo=SCHOOL_ZONE)
    return begins, begins + timedelta(days=1)


async def read(door: Door | SchoolTx, school_id: int, on: date, bank_account_id: int | None) -> WholeDay:
    return _DECODER.decode(await door.fetchval(_DAY, school_id, *day_span(on), on, bank_account_id))


def one_account(found: WholeDay) -> DayOfAccount:
    if not found.accounts:
        raise NOT_FOUND()
    return found.accounts[0]


class Sums(msgspec.Struct, frozen=True):
    received: int
    spent: int
    closing: int
    lines: list[str]


def sums_of(account: DayOfAccount) -> Sums:
    received = sum(one.amount for one in account.movements if one.amount > 0)
    spent = -sum(one.amount for one in account.movements if one.amount < 0)
    return Sums(received, spent, account.opening + received - spent, [line_of(one) for one in account.movements])


def line_of(one: Moved) -> str:
    """A movement as it is hashed: what it is, when the bank says it was, how much, under which name."""
    at = one.moved_at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{one.transfer_id}|{at}|{one.amount:+d}|{one.bank_reference or ''}"

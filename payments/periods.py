"""Periods of the books: closed and opened again only by two people; and what every account held at the end of any day. It owns period_changes.

The till remembers the last closed day, so whoever books, under the till, cannot book before it (ledger.py).
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import asyncpg

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import ledger
from payments.refunds import DECIDED, TWO_PEOPLE
from schemas.books import Balance, Balances, NewPeriodChange, PeriodChange, PeriodChanges

_KEEPERS = ("accountant", "school_admin")

PERIOD_NOT_OVER = problem(
    "period-not-over", 409, vi="Kỳ này chưa kết thúc nên chưa thể khóa.", en="This period is not over yet."
)
NOTHING_TO_CHANGE = problem(
    "period-unchanged", 409, vi="Kỳ này đã ở trạng thái đó.", en="This period is in that state already."
)


async def propose(house: House, actor: UUID, school_id: int, new: NewPeriodChange) -> UUID:
    """Closing means: up to the end of that month. Opening again means: that month and everything after it."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *_KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        if not clean(new.reason):
            raise INVALID(FieldError("/reason", "Hãy ghi lý do.", "Say why."))
        last = _last_day(new.month)
        if new.action == "close" and last >= school_day(now):
            raise PERIOD_NOT_OVER()
        _changes(new.action, last, ledger.closed_through(tx))
        change_id = new_id()
        await tx.execute(
            """
            INSERT INTO period_changes
                   (school_id, change_id, action, through_on, reason, proposed_by, proposed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            school_id,
            change_id,
            new.action,
            last,
            clean(new.reason),
            actor,
            now,
        )
        await audit.record(tx, f"period.{new.action}_proposed", "period", change_id, at=now, actor=actor)
    return change_id


async def confirm(house: House, actor: UUID, school_id: int, change_id: UUID) -> None:
    """By another person than the one who proposed it."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *_KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        row = await _undecided(tx, change_id)
        if row["proposed_by"] == actor:
            raise TWO_PEOPLE()
        _changes(row["action"], row["through_on"], ledger.closed_through(tx))
        await tx.execute(
            """
            UPDATE period_changes
               SET confirmed_by = $3,
                   confirmed_at = $4
             WHERE school_id = $1
               AND change_id = $2
            """,
            school_id,
            change_id,
            actor,
            now,
        )
        through = row["through_on"]
        await ledger.close_through(tx, through if row["action"] == "close" else _before(through))
        await audit.record(tx, f"period.{row['action']}_confirmed", "period", change_id, at=now, actor=actor)


async def drop(house: House, actor: UUID, school_id: int, change_id: UUID) -> None:
    """Nothing changes: the proposer takes it back, or another person turns it down."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *_KEEPERS, on=school_day(now))
        row = await _undecided(tx, change_id)
        await tx.execute(
            """
            UPDATE period_changes
               SET dropped_by = $3,
                   dropped_at = $4
             WHERE school_id = $1
               AND change_id = $2
            """,
            school_id,
            change_id,
            actor,
            now,
        )
        if row["proposed_by"] == actor:
            await audit.record(tx, "period.withdrawn", "period", change_id, at=now, actor=actor)
        else:
            await audit.record(tx, "period.rejected", "period", change_id, at=now, actor=actor)


async def _undecided(tx: SchoolTx, change_id: UUID) -> asyncpg.Record:
    row = await tx.fetchrow(
        """
        SELECT action, through_on, proposed_by, confirmed_at, dropped_at
          FROM period_changes
         WHERE school_id = $1
           AND change_id = $2
           FOR UPDATE
        """,
        tx.school_id,
        change_id,
    )
    if row is None:
        raise NOT_FOUND()
    if row["confirmed_at"] is not None or row["dropped_at"] is not None:
        raise DECIDED()
    return row


async def changes(reader: Reader, school_id: int) -> PeriodChanges:
    rows = await reader.fetch(
        """
        SELECT change_id, action, through_on, reason, proposed_by, proposed_at, confirmed_by, confirmed_at,
               dropped_by, dropped_at
          FROM period_changes
         WHERE school_id = $1
         ORDER BY change_id DESC
         LIMIT 200
        """,
        school_id,
    )
    through = await reader.fetchval("SELECT closed_through FROM tills WHERE school_id = $1", school_id)
    return PeriodChanges(through, [PeriodChange(**row) for row in rows])


async def balances(reader: Reader, school_id: int, on: date) -> Balances:
    """Debit less credit of every account of the books, of all entries that count for a day up to this one."""
    rows = await reader.fetch(
        """
        SELECT side.account, side.ref AS kept_for, sum(side.amount)::bigint AS balance
          FROM ledger_transfers l
         CROSS JOIN LATERAL (VALUES (l.debit_account, l.debit_ref, l.amount),
                                    (l.credit_account, l.credit_ref, -l.amount)) AS side (account, ref, amount)
         WHERE l.school_id = $1
           AND l.booked_on <= $2
         GROUP BY side.account, side.ref
        HAVING sum(side.amount) <> 0
         ORDER BY side.account, side.ref
         LIMIT 20000
        """,
        school_id,
        on,
    )
    return Balances(on, [Balance(**row) for row in rows])


def _changes(action: str, last: date, closed_through: date | None) -> None:
    is_closed = closed_through is not None and closed_through >= last
    if is_closed == (action == "close"):
        raise NOTHING_TO_CHANGE()


def _last_day(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return (date(year + number // 12, number % 12 + 1, 1)) - timedelta(days=1)


def _before(last: date) -> date:
    """The last day of the month before."""
    return last.replace(day=1) - timedelta(days=1)

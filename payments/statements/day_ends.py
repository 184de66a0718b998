"""What a statement says its accounts held at the end of each day. It owns statement_balances.

Only a statement whose own sums agree is believed, and a day counts when it was over before the file came: a statement fetched
at noon does not know the evening.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from payments.statements.shapes import Section
from payments.statements.totals import control

_DAY = timedelta(days=1)


class DayEnds(msgspec.Struct, frozen=True):
    """The same balance at the end of every day from one to the other."""

    from_on: date
    to_on: date
    balance: int


def day_ends(section: Section, *, came_on: date) -> list[DayEnds]:
    """Made of the day's sums, so that the order in which a bank prints a day's lines does not matter."""
    totals = control(section)
    if not totals.agrees or totals.opening is None or totals.closing is None:
        return []
    moved: dict[date, int] = {}
    for line in section.lines:
        moved[line.posted_on] = moved.get(line.posted_on, 0) + (line.amount if line.direction == "in" else -line.amount)
    days = sorted(moved)
    begins = [(section.opened_on, totals.opening)] if section.opened_on and section.opened_on < days[0] else []
    balance = totals.opening
    for day in days:
        balance += moved[day]
        begins.append((day, balance))
    last = min(max(section.closed_on or days[-1], days[-1]), came_on - _DAY)
    ends = [day - _DAY for day, _ in begins[1:]] + [last]
    return [
        DayEnds(day, min(end, last), held)
        for (day, held), end in zip(begins, ends, strict=True)
        if day <= min(end, last)
    ]  # fmt: skip


async def keep(
    tx: SchoolTx,
    statement_id: UUID,
    bank_account_id: int,
    sections: Sequence[Section],
    *,
    came_at: datetime,
    at: datetime,
) -> None:
    found = [one for section in sections if section.lines for one in day_ends(section, came_on=school_day(came_at))]
    await tx.execute(
        """
        INSERT INTO statement_balances
               (school_id, statement_id, bank_account_id, from_on, to_on, balance, kept_at)
        SELECT $1, $2, $3, d.from_on, d.to_on, d.balance, $7
          FROM unnest($4::date[], $5::date[], $6::bigint[]) AS d (from_on, to_on, balance)
            ON CONFLICT DO NOTHING
        """,
        tx.school_id,
        statement_id,
        bank_account_id,
        [one.from_on for one in found],
        [one.to_on for one in found],
        [one.balance for one in found],
        at,
    )

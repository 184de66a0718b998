"""What applying a statement would do: whose account each section is, which lines are new, which are known. It books nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from backend.core.clock import SCHOOL_ZONE
from payments.banks.line import BankLine
from payments.statements.keys import SOURCE, Told, event_keys, same_movement
from payments.statements.own import own_kind
from payments.statements.shapes import Line, Section
from payments.statements.totals import in_order


class Planned(msgspec.Struct):
    """A line on its way: `transaction_id` is set where an earlier statement has brought the movement already, `told` where another door has."""

    bank_account_id: int
    account_number: str
    layout: str
    line: Line
    key: str
    own: str | None
    transaction_id: UUID | None = None
    told: bool = False

    @property
    def bank_line(self) -> BankLine:
        line = self.line
        return BankLine(
            source=SOURCE,
            event_key=self.key,
            account_number=self.account_number,
            direction=line.direction,
            amount=line.amount,
            memo=line.memo,
            booked_at=instant(line),
            bank_reference=f"{line.reference} {line.part}".strip() if line.reference else None,
            payer_account=line.payer_account,
            payer_name=line.payer_name,
            own=self.own,
        )


def instant(line: Line) -> dt.datetime:
    """When the transfer was made, as a webhook would tell it; a day without a time begins at midnight of the school."""
    on = line.made_on or line.posted_on
    return dt.datetime.combine(on, line.made_at or dt.time(), SCHOOL_ZONE).astimezone(dt.UTC)


def planned_lines(
    bank_account_id: int, account_number: str, prefix: str, sections: Iterable[Section], own_accounts: Sequence[str]
) -> list[Planned]:
    """All lines of one account in the file, oldest first within a section, each with its key."""
    lines = [(section.layout, line) for section in sections for line in in_order(section)]
    keys = event_keys(account_number, [line for _, line in lines])
    others = [number for number in own_accounts if number != account_number]
    return [
        Planned(bank_account_id, account_number, layout, line, key, own_kind(line, prefix, others))
        for (layout, line), key in zip(lines, keys, strict=True)
    ]


def recognise(
    planned: Sequence[Planned],
    known: Mapping[str, UUID],
    told: Iterable[tuple[tuple[dt.date, str, int], Told, UUID]],
) -> None:
    """Set the movement of every line that an earlier statement told: by its key, or, from another layout, one to one."""
    used: set[UUID] = set()
    for one in planned:
        one.transaction_id = known.get(one.key)
        if one.transaction_id is not None:
            used.add(one.transaction_id)
    by_sum: dict[tuple[dt.date, str, int], list[tuple[Told, UUID]]] = defaultdict(list)
    for place, other, transaction_id in told:
        if transaction_id not in used:
            by_sum[place].append((other, transaction_id))
    for one in planned:
        if one.transaction_id is not None:
            continue
        line = one.line
        candidates = by_sum.get((line.posted_on, line.direction, line.amount), [])
        mine = Told(one.key, line.memo, line.reference, line.balance, one.layout, line.part)
        for other, transaction_id in candidates:
            if transaction_id not in used and same_movement(mine, other):
                one.transaction_id = transaction_id
                used.add(transaction_id)
                break

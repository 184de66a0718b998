"""Control totals: opening + credits − debits = closing, and every running balance follows. Differences are shown, never smoothed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from payments.statements.shapes import Line, Section

_BREAKS_MAX = 20


class Break(msgspec.Struct, frozen=True):
    """A row whose printed balance is not the one before it and the movement."""

    row: int
    expected: int
    printed: int


class Control(msgspec.Struct, frozen=True):
    """`difference` is what the bank's closing balance has more than our lines come to; None where it cannot be told.

    `balances` counts the printed ones; `breaks_count` those that do not follow, of which the first are shown.
    """

    credits: int
    debits: int
    opening: int | None = None
    closing: int | None = None
    computed: int | None = None
    difference: int | None = None
    printed_credits_difference: int | None = None
    printed_debits_difference: int | None = None
    balances: int = 0
    breaks_count: int = 0
    breaks: tuple[Break, ...] = ()

    @property
    def agrees(self) -> bool:
        printed = (self.printed_credits_difference or 0, self.printed_debits_difference or 0)
        return not self.difference and not self.breaks_count and printed == (0, 0)


def control(section: Section) -> Control:
    lines = in_order(section)
    credits = sum(line.amount for line in lines if line.direction == "in")
    debits = sum(line.amount for line in lines if line.direction == "out")
    balances = [line for line in lines if line.balance is not None]
    breaks = _breaks(lines, section.opening)
    opening = section.opening if section.opening is not None else _opening(lines)
    closing = section.closing if section.closing is not None else (balances[-1].balance if balances else None)
    computed = opening + credits - debits if opening is not None else None
    return Control(
        credits=credits,
        debits=debits,
        opening=opening,
        closing=closing,
        computed=computed,
        difference=closing - computed if closing is not None and computed is not None else None,
        printed_credits_difference=_less(section.printed_credits, credits),
        printed_debits_difference=_less(section.printed_debits, debits),
        balances=len(balances),
        breaks_count=len(breaks),
        breaks=tuple(breaks[:_BREAKS_MAX]),
    )


def in_order(section: Section) -> list[Line]:
    """Oldest first, whichever way the bank prints them; within one day the order in which the balances follow."""
    printed = list(section.lines)
    if len(printed) < 2:
        return printed
    turned = _turned(printed)
    if printed[0].posted_on != printed[-1].posted_on:
        return turned if printed[0].posted_on > printed[-1].posted_on else printed
    return turned if len(_breaks(turned, section.opening)) < len(_breaks(printed, section.opening)) else printed


def _turned(lines: Sequence[Line]) -> list[Line]:
    """Rows from below, but the parts of one row (a fee, a tax) in their order."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and rows[-1][0].row == line.row and rows[-1][0].sheet == line.sheet:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in reversed(rows) for line in row]


def _breaks(lines: Sequence[Line], opening: int | None) -> list[Break]:
    found: list[Break] = []
    current = opening
    for line in lines:
        if current is not None:
            current += line.amount if line.direction == "in" else -line.amount
        if line.balance is not None:
            if current is not None and current != line.balance:
                found.append(Break(line.row, current, line.balance))
            current = line.balance
    return found


def _opening(lines: Sequence[Line]) -> int | None:
    """What the first printed balance was before its line and those above it."""
    moved = 0
    for line in lines:
        moved += line.amount if line.direction == "in" else -line.amount
        if line.balance is not None:
            return line.balance - moved
    return None


def _less(printed: int | None, ours: int) -> int | None:
    return None if printed is None else printed - ours

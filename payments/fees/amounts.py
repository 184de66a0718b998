"""What one child is asked for under a plan, line by line, in whole đồng. Pure: facts of the child and terms of the plan → lines.

Rounding: every part of a whole is rounded down to the đồng, in the family's favour; instalments add up to the whole, the
first ones carrying what does not divide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

_SUNDAY, _SATURDAY = 6, 5

Counting = Literal["fixed", "school_days", "attended_days"]
LineKind = Literal["base", "sibling", "exemption", "support", "absence_credit"]


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a plan asks. `fixed`: quantity × unit. `school_days`: the days of school of the period, paid ahead, credited in the next plan for absences
    announced in time. `attended_days`: counted from the roll after the period.

    `due_on` has one date a part. `credit_from`..`credit_to` is the earlier period whose announced absences are given back.
    """

    scope: Literal["school", "grade", "class", "pupils"]
    class_ids: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    pupil_ids: tuple[str, ...] = ()
    counting: Counting = "fixed"
    quantity: int = 1
    period_from: date | None = None
    period_to: date | None = None
    saturdays: bool = False
    credit_from: date | None = None
    credit_to: date | None = None
    pro_rata: bool = False
    sibling_percent: int = 0
    due_on: tuple[date, ...] = ()


class Relief(msgspec.Struct, frozen=True):
    """One paper that makes a child pay less: percent of what is asked, or a sum."""

    kind: Literal["exemption", "support"]
    ground: str
    document: str
    valid_from: date
    valid_to: date
    percent: int | None = None
    amount: int | None = None


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """`sibling`: 1 for the eldest of the family in this school, 2 for the next … `credited_days`: absences announced in time, not yet given back."""

    joined_on: date
    left_on: date | None = None
    sibling: int = 1
    reliefs: tuple[Relief, ...] = ()
    attended: int = 0
    credited_days: tuple[date, ...] = ()


class Line(msgspec.Struct, frozen=True):
    """`quantity` of `each`, of `of` days where the child was there for a part of the period only; or a sum taken off."""

    kind: LineKind
    amount: int
    quantity: int | None = None
    each: int | None = None
    of: int | None = None
    percent: int | None = None
    document: str | None = None
    ground: str | None = None


def school_days(first: date, last: date, closed: frozenset[date], *, saturdays: bool) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    free = {_SUNDAY} if saturdays else {_SUNDAY, _SATURDAY}
    return [day for day in days if day.weekday() not in free and day not in closed]


def asked(terms: Terms, unit_amount: int, child: Child, closed: frozenset[date], *, on: date) -> list[Line]:
    """The lines of a child's bill; nothing where there is nothing to ask."""
    base = _base(terms, unit_amount, child, closed)
    if base is None:
        return []
    lines = [base]
    left = base.amount
    for line in _taken_off(terms, child, base.amount, on):
        off = min(-line.amount, left)
        if off:
            lines.append(msgspec.structs.replace(line, amount=-off))
            left -= off
    credit = _credit(child, base, left) if terms.counting == "school_days" else None
    return lines if credit is None else [*lines, credit]


def total(lines: Iterable[Line]) -> int:
    return sum(line.amount for line in lines)


def parts(whole: int, count: int) -> list[int]:
    """Instalments that add up to the whole to the đồng."""
    each, rest = divmod(whole, count)
    return [each + (n < rest) for n in range(count)]


def _base(terms: Terms, unit_amount: int, child: Child, closed: frozenset[date]) -> Line | None:
    if terms.counting == "attended_days":
        return _times(child.attended, unit_amount)
    if terms.period_from is None or terms.period_to is None:
        return _times(terms.quantity, unit_amount)
    whole = school_days(terms.period_from, terms.period_to, closed, saturdays=terms.saturdays)
    there = [day for day in whole if child.joined_on <= day and (child.left_on is None or day <= child.left_on)]
    if terms.counting == "school_days":
        return _times(len(there), unit_amount)
    if not terms.pro_rata or len(there) == len(whole):
        return _times(terms.quantity, unit_amount) if there or not whole else None
    amount = terms.quantity * unit_amount * len(there) // len(whole)
    return Line("base", amount, len(there), unit_amount, of=len(whole)) if amount else None


def _times(quantity: int, unit_amount: int) -> Line | None:
    return Line("base", quantity * unit_amount, quantity, unit_amount) if quantity > 0 else None


def _taken_off(terms: Terms, child: Child, base: int, on: date) -> list[Line]:
    """The family's rule, then papers: each reckoned from what the bill begins with, and together never more than that."""
    lines: list[Line] = []
    if terms.sibling_percent and child.sibling > 1:
        lines.append(Line("sibling", -(base * terms.sibling_percent // 100), percent=terms.sibling_percent))
    return lines + _reliefs(child.reliefs, base, terms.period_from or on)


def _credit(child: Child, base: Line, left: int) -> Line | None:
    """Days told in time are worth what this family pays for a day. One day always stays, so that the bill exists on which they are given back; what
    is more waits for the next one."""
    if not child.credited_days or not base.quantity:
        return None
    each = left // base.quantity
    days = min(len(child.credited_days), base.quantity - 1)
    return Line("absence_credit", -days * each, days, each) if days and each else None


def _reliefs(reliefs: Sequence[Relief], base: int, on: date) -> list[Line]:
    standing = [one for one in reliefs if one.valid_from <= on <= one.valid_to]
    return [
        Line(
            one.kind,
            -(one.amount if one.amount is not None else base * (one.percent or 0) // 100),
            percent=one.percent,
            document=one.document,
            ground=one.ground,
        )
        for one in standing
    ]

"""A report as a table, before anybody decides whether it becomes a page, a sheet or paper. It knows columns and rows, no table of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, cast

import msgspec

from backend.core.catalogue import say
from backend.core.clock import SCHOOL_ZONE
from schemas.money import format_dong, group_digits

Kind = Literal["text", "dong", "count", "day", "moment"]


class Column(msgspec.Struct, frozen=True):
    """`share` is the width beside the other columns'."""

    label: str
    kind: Kind = "text"
    share: float = 1.0

    @property
    def figures(self) -> bool:
        return self.kind in ("dong", "count")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`totals` stands under the rows, a cell a column. `notes` stand under the table, a paragraph each."""

    name: str
    title: str
    subtitle: str
    school_name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    totals: Sequence[Any] | None = None
    notes: Sequence[str] = ()
    made_at: datetime
    # For programs: the sheet begins with the columns, with no title above them.
    bare: bool = False


class Wording(msgspec.Struct, frozen=True):
    """The words of reports in one language."""

    language: str

    def __call__(self, key: str, **params: object) -> str:
        return say(f"reports.{key}", self.language, **params)

    def column(self, key: str, kind: str = "text", share: float = 1.0) -> Column:
        return Column(self(f"column_{key}"), cast(Kind, kind), share)

    def dong(self, amount: int) -> str:
        return format_dong(amount)

    def day(self, on: date) -> str:
        return f"{on:%d/%m/%Y}"

    def period(self, from_on: date, to_on: date) -> str:
        if from_on == to_on:
            return self("on_day", on=self.day(from_on))
        return self("from_to", from_on=self.day(from_on), to_on=self.day(to_on))


def shown(value: Any) -> str:
    """A cell in letters, as pages and papers show it."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(SCHOOL_ZONE).strftime("%H:%M %d/%m/%Y")
        case date():
            return value.strftime("%d/%m/%Y")
        case bool():
            return str(value)
        case int():
            return group_digits(value)
    return str(value)

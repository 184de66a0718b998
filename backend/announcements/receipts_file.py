"""Who has received, opened and acknowledged an announcement, as a table for a workbook or CSV. It knows no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from backend.core.catalogue import say
from payments.reports.table import Column, Table
from schemas.notifications import Receipts

_COLUMNS = ("guardian", "pupils", "class", "delivered", "opened", "acknowledged", "channel", "reason")
_MOMENTS = frozenset({"delivered", "opened", "acknowledged"})


def as_table(
    receipts: Receipts, language: str, *, title: str, subtitle: str, school_name: str, made_at: datetime
) -> Table:
    return Table(
        name="receipts",
        title=title,
        subtitle=subtitle,
        school_name=school_name,
        columns=[Column(_named(name, language), "moment" if name in _MOMENTS else "text", 1.4) for name in _COLUMNS],
        rows=list(_rows(receipts)),
        made_at=made_at,
    )


def _named(name: str, language: str) -> str:
    return say(f"console.receipts_{name}", language)


def _rows(receipts: Receipts) -> Iterator[list[Any]]:
    for one in receipts.recipients:
        yield [
            one.guardian_name,
            ", ".join(one.pupil_names),
            one.class_name,
            one.delivered_at,
            one.opened_at,
            one.acknowledged_at,
            one.push,
            one.reason,
        ]

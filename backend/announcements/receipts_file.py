"""Who has received, opened and acknowledged an announcement, as a workbook and as CSV. It knows no table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from backend.core.catalogue import say
from backend.spreadsheets.errors_file import harmless
from payments.reports import xlsx
from payments.reports.table import Column, Table, shown
from schemas.notifications import Receipts

_COLUMNS = ("guardian", "pupils", "class", "delivered", "opened", "acknowledged", "channel", "reason")
_MOMENTS = frozenset({"delivered", "opened", "acknowledged"})


async def workbook(
    receipts: Receipts, language: str, *, title: str, subtitle: str, school_name: str, made_at: datetime
) -> bytes:
    table = Table(
        name="receipts",
        title=title,
        subtitle=subtitle,
        school_name=school_name,
        columns=[Column(_named(name, language), "moment" if name in _MOMENTS else "text", 1.4) for name in _COLUMNS],
        rows=list(_rows(receipts)),
        made_at=made_at,
    )
    return await xlsx.written([table])


def comma_separated(receipts: Receipts, language: str) -> bytes:
    """With a byte order mark, without which spreadsheets take Vietnamese letters for another code."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([_named(name, language) for name in _COLUMNS])
    lines.writerows([harmless(shown(value)) for value in row] for row in _rows(receipts))
    return ("\ufeff" + out.getvalue()).encode()


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

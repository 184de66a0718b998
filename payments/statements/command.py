"""`python -m backend import statement FILE`: what a statement says, what of it is new, and without --dry-run the booking.

A dry run as JSON without a school reads the file alone and needs no database.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from backend.spreadsheets.cells import column_letter
from backend.spreadsheets.refusals import FileRefused
from payments.statements.read import FILE_BYTES_MAX, read_statement
from payments.statements.reasons import BadLine
from payments.statements.shapes import Line, Section, Statement
from payments.statements.totals import control, in_order

if TYPE_CHECKING:
    from backend.core.settings import Settings

_SHOWN_MAX = 40


async def run(
    path: Path,
    settings: Settings,
    *,
    school: str | None,
    account: str | None,
    dry_run: bool,
    as_json: bool,
    out: TextIO | None = None,
) -> int:
    """The exit status: 0 when it was read (and booked), 1 when not; the reason stands on standard error."""
    out = out or sys.stdout
    try:
        data = _bytes_of(path)
        statement = read_statement(data, path.name)
    except OSError as error:
        return refuse(FileRefused("unreadable", str(error.strerror)), as_json, out)
    except FileRefused as refusal:
        return refuse(refusal, as_json, out)
    if dry_run and school is None:
        say(out, json.dumps(as_shown(statement), ensure_ascii=False, indent=1)) if as_json else tell(statement, out)
        return 0
    # The database, its driver and the cipher are loaded only from here on.
    from payments.statements.command_apply import compare_and_book

    return await compare_and_book(
        settings, school, account, path.name, data, dry_run=dry_run, as_json=as_json, out=out
    )  # fmt: skip


def _bytes_of(path: Path) -> bytes:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise FileRefused.too_big(f"{FILE_BYTES_MAX // 2**20} MB")
    return path.read_bytes()


def say(out: TextIO, text: str) -> None:
    out.write(text + "\n")


def refuse(refusal: FileRefused, as_json: bool, out: TextIO) -> int:
    if as_json:
        wrong = {"code": refusal.code, "vi": refusal.vi, "en": refusal.en}
        say(out, json.dumps({"refused": wrong, "accounts": [], "bad_rows": []}, ensure_ascii=False, indent=1))
    say(sys.stderr, f"{refusal.vi}\n{refusal.en}")
    return 1


def as_shown(statement: Statement) -> dict[str, Any]:
    bad = [*statement.bad, *(wrong for section in statement.sections for wrong in section.bad)]
    return {
        "kind": statement.kind,
        "accounts": [_section(section) for section in statement.sections],
        "bad_rows": [_bad(wrong) for wrong in bad],
    }


def _section(section: Section) -> dict[str, Any]:
    totals = control(section)
    return {
        "layout": section.layout,
        "account": section.account_number,
        "sheet": section.sheet,
        "opening": totals.opening,
        "credits": totals.credits,
        "debits": totals.debits,
        "closing": totals.closing,
        "difference": totals.difference,
        "balances": totals.balances,
        "breaks": totals.breaks_count,
        "agrees": totals.agrees,
        "columns": {
            column_letter(index): role for index, role in enumerate(section.roles) if role != "none"
        },
        "lines": [_line(line) for line in in_order(section)],
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    """`date` is the bank's booking day."""
    return {
        "sheet": line.sheet,
        "row": line.row,
        "date": line.posted_on.isoformat(),
        "made_on": line.made_on.isoformat() if line.made_on else None,
        "made_at": line.made_at.isoformat() if line.made_at else None,
        "value_date": line.value_on.isoformat() if line.value_on else None,
        "direction": line.direction,
        "amount": line.amount,
        "memo": line.memo,
        "reference": line.reference,
        "balance": line.balance,
        "payer_account": line.payer_account,
        "payer_name": line.payer_name,
        "part": line.part or None,
        "cells": list(line.cells),
    }


def _bad(wrong: BadLine) -> dict[str, Any]:
    return {
        "sheet": wrong.sheet,
        "row": wrong.row,
        "cell": wrong.cell,
        "value": wrong.value,
        "code": wrong.code,
        "severity": wrong.severity,
        "vi": wrong.vi,
        "en": wrong.en,
    }


def tell(statement: Statement, out: TextIO) -> None:
    """A page that a person reads before deciding."""
    for section in statement.sections:
        totals = control(section)
        say(out, f"{section.sheet}: {section.layout}, {section.account_number or '?'}, {len(section.lines)} dòng/lines")
        say(
            out,
            f"  đầu kỳ/opening {totals.opening}, vào/in {totals.credits}, ra/out {totals.debits}, "
            f"cuối kỳ/closing {totals.closing}, chênh lệch/difference {totals.difference}, "
            f"số dư không khớp/breaks {totals.breaks_count}",
        )
    bad = [*statement.bad, *(wrong for section in statement.sections for wrong in section.bad)]
    if bad:
        say(out, f"Cần xem lại/to look at ({len(bad)}):")
    for wrong in bad[:_SHOWN_MAX]:
        say(out, f"  {wrong.sheet}!{wrong.cell or wrong.row} “{wrong.value}”: {wrong.vi} ({wrong.en})")
    if len(bad) > _SHOWN_MAX:
        say(out, f"  … {len(bad) - _SHOWN_MAX}")

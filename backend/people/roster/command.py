"""`python -m backend import roster FILE`: what would change, and without --dry-run the change. A dry run as JSON needs no database."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

from backend.people.roster.understand import to_json, understand
from backend.spreadsheets.refusals import FileRefused
from schemas.roster import Understood

if TYPE_CHECKING:
    from backend.core.settings import Settings

_SHOWN_MAX = 40
_KINDS = {"pupils": "học sinh", "staff": "cán bộ, giáo viên", "skipped": "bỏ qua"}


async def run(
    path: Path | str,
    settings: Settings | None,
    dry_run: bool,
    as_json: bool,
    school: int | None = None,
    out: TextIO | None = None,
) -> int:
    """The exit status: 0 when it was read (and written), 1 when it was not; the reason stands on standard error."""
    out = out or sys.stdout
    try:
        data = _bytes_of(path)
        understood = understand(data, str(path), datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date())
    except OSError as error:
        return _refuse(FileRefused("unreadable", str(error.strerror)), path, as_json, out)
    except FileRefused as problem:
        return _refuse(problem, path, as_json, out)
    if dry_run and as_json:
        line(out, json.dumps(to_json(understood), ensure_ascii=False, indent=1))
        return 0
    tell(understood, out)
    # The database, its driver and the cipher are loaded only from here on.
    from backend.people.roster.command_apply import compare_and_apply

    assert settings is not None, "comparing with the roll needs the settings"
    return await compare_and_apply(settings, school, data, understood, dry_run=dry_run, out=out)


def _bytes_of(path: Path | str) -> bytes:
    return Path(path).read_bytes()


def line(out: TextIO, text: str) -> None:
    out.write(text + "\n")


def _refuse(problem: FileRefused, path: Path | str, as_json: bool, out: TextIO) -> int:
    if as_json:
        reason = f"{problem.vi} / {problem.en}"
        row: dict[str, Any] = {"sheet": None, "row": None, "column": None, "value": Path(path).name, "reason": reason}
        line(out, json.dumps({"pupils": [], "bad_rows": [row]}, ensure_ascii=False, indent=1))
    line(sys.stderr, f"{problem.vi}\n{problem.en}")
    return 1


def tell(understood: Understood, out: TextIO) -> None:
    """A page that a person reads before deciding."""
    classes = {pupil.class_name for pupil in understood.pupils}
    counts = f"{len(understood.pupils)} học sinh, {len(classes)} lớp, {len(understood.staff)} cán bộ giáo viên"
    line(out, f"{understood.file_name}: {counts}")
    for sheet in understood.sheets:
        unused = f"; cột không dùng: {', '.join(sheet.unmapped)}" if sheet.unmapped else ""
        line(out, f"  {sheet.name}: {_KINDS[sheet.kind]}, {sheet.pupils} dòng{unused}")
    if understood.bad_rows:
        line(out, f"Cần xem lại ({len(understood.bad_rows)}):")
    for wrong in understood.bad_rows[:_SHOWN_MAX]:
        line(out, f"  {wrong.sheet}!{wrong.cell or wrong.row} “{wrong.value}”: {wrong.vi} ({wrong.en})")
    if len(understood.bad_rows) > _SHOWN_MAX:
        line(out, f"  … {len(understood.bad_rows) - _SHOWN_MAX} dòng nữa, xem bằng --dry-run --json")

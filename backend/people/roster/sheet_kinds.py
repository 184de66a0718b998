"""Is a sheet a list of pupils, of staff, or something else? A sheet taken for the wrong kind would fill the roll with strangers."""

from __future__ import annotations

import re
from typing import Literal

from backend.people.roster.headers import owner_of
from backend.people.roster.tables import SheetTables
from backend.spreadsheets.cells import fold

_STAFF_TITLE = re.compile(
    r"\b(danh sach|ds|thong tin|ly lich|trich ngang) (trich ngang |toan the |doi ngu )?"
    r"(can bo|giao vien|cbgv|cb gv|cbgvnv|cb vc|vien chuc|nhan vien|nhan su|gv|doi ngu|ban giam hieu|bgh)\b"
)
_STAFF_SHEET = re.compile(
    r"^(ds |danh sach )?"
    r"(can bo|giao vien|cbgv\w*|cb gv.*|gv|nhan su|nhan vien|doi ngu|staff|teachers?|bgh|ban giam hieu|to truong)\b"
)
_FAMILY_TITLE = re.compile(
    r"\b(ban dai dien|bdd|bddcmhs|chi hoi truong|danh sach (phu huynh|cmhs|cha me)|hoi phu huynh)\b"
)
_CHILD_OF = re.compile(
    r"\b(con em|ho ten con|ho va ten con|ten con|phu huynh (cua )?(em|hoc sinh|hs)$|con cua)\b|^con$"
)
_PUPIL = re.compile(r"\b(hoc sinh|hs|tre|student|pupil)\b")


def kind_of(sheet: SheetTables) -> tuple[Literal["pupils", "staff", "skipped"], str]:
    """(kind, code of the reason when skipped)."""
    if not sheet.tables:
        return "skipped", "sheet_without_list" if sheet.grid.rows else ""
    if sheet.grid.hidden:
        return "skipped", "sheet_hidden"
    titles = [fold(text) for text in sheet.titles]
    layout = sheet.tables[0].layout
    parents = any(adult.names or adult.owner in ("father", "mother") for adult in layout.adults)
    pupils_meant = parents or (
        any(name in layout.columns for name in ("moedu_id", "class", "grade")) and _mentions_pupils(sheet)
    )
    if sheet.staff:
        return "staff", ""
    if not pupils_meant and (
        _STAFF_SHEET.search(fold(sheet.grid.name)) or any(_STAFF_TITLE.search(title) for title in titles)
    ):
        return "staff", ""
    if not parents and _of_families(sheet, titles):
        return "skipped", "sheet_without_list"
    if not any(table.rows for table in sheet.tables) and not sheet.nameless and not sheet.doubtful:
        return "skipped", "sheet_without_list"
    return "pupils", ""


def _labels(sheet: SheetTables) -> list[str]:
    return [heading.label for heading in sheet.tables[0].layout.block.headings]


def _mentions_pupils(sheet: SheetTables) -> bool:
    if any(owner_of(label) == "pupil" for label in _labels(sheet)):
        return True
    return any(_PUPIL.search(fold(title)) for title in (*sheet.titles, sheet.grid.name))


def _of_families(sheet: SheetTables, titles: list[str]) -> bool:
    """The names are those of parents: the sheet says so, or a column beside them names their child."""
    if any(_CHILD_OF.search(fold(label)) for label in _labels(sheet)):
        return True
    if any(owner_of(label) == "pupil" for label in _labels(sheet)):
        return False
    return any(_FAMILY_TITLE.search(text) for text in (*titles, fold(sheet.grid.name)))

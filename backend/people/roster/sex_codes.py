"""What 1, 0 or a cross mean in a column of sexes: told by the header, or learned from middle names and personal numbers."""

from __future__ import annotations

import re
from collections import Counter

from backend.people.roster.layout import Layout
from backend.people.roster.personal_ids import agrees, looks_personal
from backend.people.roster.small_values import read_mark
from backend.people.roster.tables import Row, name_text
from backend.spreadsheets.cells import fold, is_blank, text_of
from schemas.roster import Sex

SexCode = dict[str, Sex]


def sex_codes(table_rows: list[tuple[Layout, Row]]) -> SexCode:
    """What 1 and 0 (or x and a gap) mean in this sheet, learned from middle names and personal numbers; empty when they do not tell."""
    legend = _sex_legend(
        {layout.label(column) for layout, _ in table_rows if (column := layout.first("sex")) is not None}
    )
    if legend:
        return legend
    votes: dict[str, Counter[Sex]] = {}
    hints: Counter[Sex] = Counter()
    known: SexCode = {}
    for layout, row in table_rows:
        column = layout.first("sex")
        hint = _sex_hint(layout, row)
        if hint is not None:
            hints[hint] += 1
        if column is not None and not is_blank(row.cell(column)):
            code = fold(text_of(row.cell(column)))
            if code in ("0", "1", "2", "x", "true", "false") and hint is not None:
                votes.setdefault(code, Counter())[hint] += 1
        for name, flag in (("female_mark", "female_used"), ("male_mark", "male_used")):
            if layout.first(name) is not None and read_mark(row.cell(layout.first(name))):
                known[flag] = "female" if name == "female_mark" else "male"
    for code, counted in votes.items():
        sex, count = counted.most_common(1)[0]
        if count >= 2 and count * 10 >= 9 * counted.total():
            known[code] = sex
    # A class of boys leaves its column "Nữ" empty, and so does an office that never fills it.
    if hints["male"] and not hints["female"] and "male_used" not in known:
        known["female_used"] = "female"
    return _complete(known)


def _sex_legend(labels: set[str]) -> SexCode:
    """ "Giới tính (1: Nam, 2: Nữ)" explains its codes itself."""
    if len(labels) != 1:
        return {}
    words = fold(labels.pop())
    found: SexCode = {}
    for pattern in (r"\b([012]|x) (nam|nu)\b", r"\b(nam|nu) ([012]|x)\b"):
        for one, two in re.findall(pattern, words):
            code, sex = (one, two) if two in ("nam", "nu") else (two, one)
            found.setdefault(code, "male" if sex == "nam" else "female")
        if len(set(found.values())) == 2:
            return found
        found = {}
    return found


def _complete(known: SexCode) -> SexCode:
    """One side of a pair known, the other follows; both sides the same is no knowledge."""
    other: dict[Sex, Sex] = {"male": "female", "female": "male"}
    for one, two in (("0", "1"), ("1", "2"), ("true", "false")):
        if one in known and two in known and known[one] == known[two]:
            known.pop(one), known.pop(two)
        elif one in known and two not in known:
            known[two] = other[known[one]]
        elif two in known and one not in known and one != "1":
            known[one] = other[known[two]]
    return known


def _sex_hint(layout: Layout, row: Row) -> Sex | None:
    words = fold(name_text(layout, row)).split()[1:-1]
    if "thi" in words:
        return "female"
    if "van" in words:
        return "male"
    for column in layout.columns.get("personal_id", []):
        digits = re.sub(r"\D", "", text_of(row.cell(column)))
        digits = digits.zfill(12) if len(digits) == 11 and digits[0] != "0" else digits
        if looks_personal(digits) and agrees(digits, None, None):
            return "female" if int(digits[3]) % 2 else "male"
    return None

"""Where the table of a sheet begins: the one to three rows that head its columns, found by what they mean, not by where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from backend.people.roster.class_names import class_in_title
from backend.people.roster.headers import PARENTAL, QUESTION, STAFF_FIELDS, Meaning, meaning_of, owner_of
from backend.spreadsheets import limits
from backend.spreadsheets.cells import Cell, Grid, fold, is_blank, text_of

_HEADER_ROWS_MAX = 3
_HEADER_LENGTH_MAX = 90
_DATA = re.compile(r"\d{3,}|\d[/\-.]\d|^\d+$")
_COUNTER = re.compile(r"[(\[]?\s*(\d{1,2}|[a-zđ])\s*[)\]]?(?:\s*=.*)?", re.IGNORECASE)
_NEVER_OF_ADULTS = frozenset(("class", "row_no", "status", "moedu_id", "school_code", "grade", "sex", "note"))
_TITLE = re.compile(
    r"((so|phong|bo) (gd|giao duc)|danh sach lop|ubnd|uy ban|truong (th|thcs|thpt|mn)|cong hoa xa hoi|doc lap tu do|nam hoc 20)\b"
)
_HINT = re.compile(r"^\(.*\)$|^\*+$")


@dataclass
class Heading:
    """One column's header: what it shows, and what it was understood as (None: unknown)."""

    label: str
    meaning: Meaning | None
    group: str = ""
    texts: tuple[str, ...] = ()

    @cached_property
    def folded(self) -> frozenset[str]:
        return frozenset(fold(text) for text in self.texts if text)


@dataclass(frozen=True)
class Block:
    """Header rows grid.rows[start:end]; `start` counts in grid.rows, not in the file."""

    start: int
    end: int
    headings: tuple[Heading, ...]
    score: float
    staff: bool = False


def find_block(grid: Grid, start: int = 0, searched: int = limits.HEADER_ROWS_SEARCHED) -> Block | None:
    """The first header among the next rows. The first, not the best: a better one further down heads another table."""
    best: Block | None = None
    for position in range(start, min(len(grid.rows), start + searched)):
        if best is not None and position > best.start + _HEADER_ROWS_MAX - 1:
            break
        for height in range(1, _HEADER_ROWS_MAX + 1):
            block = _block(grid, position, height)
            if block is not None and (best is None or (position <= best.end and _better(block, best))):
                best = block
    return best


def _better(one: Block, other: Block) -> bool:
    """More columns understood; on equal terms fewer rows, so that a title above is not taken for a group of columns."""
    if abs(one.score - other.score) > 1e-9:
        return one.score > other.score
    return one.end - one.start < other.end - other.start


def _block(grid: Grid, start: int, height: int) -> Block | None:
    rows = grid.rows[start : start + height]
    if len(rows) < height or rows[-1][0] - rows[0][0] > height:
        return None
    texts = [_texts(cells) for _, cells in rows]
    if any(row is None for row in texts):
        return None
    if height > 1 and _stands_alone(texts[0] or []):
        return None
    if any(_is_title_row(row or []) for row in texts) or any(_ends_header(cells) for _, cells in rows[1:]):
        return None
    table = _with_groups(grid, [number for number, _ in rows], [row for row in texts if row is not None])
    headings = tuple(_heading(tuple(row[column] for row in table)) for column in range(len(table[0])))
    return _scored(start, start + height, headings)


def _texts(cells: list[Cell]) -> list[str] | None:
    """The row's texts, or None when a cell can only be data."""
    texts = []
    for cell in cells:
        if is_blank(cell):
            texts.append("")
            continue
        if not isinstance(cell, str):
            return None
        text = text_of(cell)
        if len(text) > _HEADER_LENGTH_MAX * 2 or (_DATA.search(text) and meaning_of(text) is None):
            return None
        texts.append(text)
    return texts if any(texts) else None


def _ends_header(cells: list[Cell]) -> bool:
    """Numbers of the columns, or the first class of the list ("Lớp 6A3 (GVCN: …)"), stand below a header, never in it."""
    texts = [text_of(cell) for cell in cells if not is_blank(cell)]
    return is_counter_row(cells) or (len(texts) <= 2 and class_in_title(" ".join(texts)) is not None)


def _stands_alone(texts: list[str]) -> bool:
    """One text in the row above the header is a title by chance over some column, unless it says whose columns follow."""
    filled = [text for text in texts if text]
    return len(filled) == 1 and meaning_of(filled[0]) is None and owner_of(filled[0]) in ("", "teacher")


def _is_title_row(texts: list[str]) -> bool:
    """ "Danh sách lớp 6A1" or "Lớp: | 6A1 | GVCN: | …" above the header is no group, whichever column it stands over."""
    filled = [QUESTION.sub("", text) for text in texts if text]
    if any(_TITLE.match(fold(text)) is not None or class_in_title(text) is not None for text in filled):
        return True
    return len(filled) <= 6 and class_in_title(" ".join(filled)) is not None


def _with_groups(grid: Grid, numbers: list[int], rows: list[list[str]]) -> list[list[str]]:
    """Merged headers written into every column they cover; an unmerged group reaches right as far as sub-headers go on."""
    width = max(len(row) for row in rows)
    table = [row + [""] * (width - len(row)) for row in rows]
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in grid.merges:
        lines = [line for line, number in enumerate(numbers) if top <= number <= bottom]
        covered |= {(line, column) for line in lines for column in range(left, right + 1)}
        # A title over the whole table is no group.
        if top in numbers and right > left and left < width and (right - left + 1) * 5 < width * 4:
            line = numbers.index(top)
            while right >= width:
                for row in table:
                    row.append("")
                width += 1
            for column in range(left, right + 1):
                table[line][column] = table[line][column] or table[line][left]
    for line, (upper, lower) in enumerate(pairwise(table)):
        if sum(map(bool, upper)) < 2:
            continue
        for column in range(1, width):
            unmerged = (line, column) not in covered and (line, column - 1) not in covered
            if unmerged and not upper[column] and lower[column] and lower[column - 1] and upper[column - 1]:
                upper[column] = upper[column - 1]
    return table


def _heading(parts: tuple[str, ...]) -> Heading:
    texts: list[str] = []
    for part in parts:
        if part and (not texts or texts[-1] != part):
            texts.append(part)
    if not texts:
        return Heading("", None, texts=parts)
    if len(texts) > 1 and _HINT.match(texts[-1]):
        texts.pop()
    group = " ".join(texts[:-1])
    label = texts[-1] if not group else f"{group} – {texts[-1]}"
    return Heading(label, _combined(group, texts[-1]), group, parts)


def _combined(group: str, bottom: str) -> Meaning | None:
    own = meaning_of(bottom)
    if not group:
        return own
    above, owner = meaning_of(group), owner_of(group)
    if above is not None and above.field in ("birth", "sex") and own is not None:
        if own.field in ("birth_day", "birth_month", "birth_year"):
            return Meaning(own.field) if above.field == "birth" else own
        if own.field in ("male_mark", "female_mark"):
            return Meaning(own.field if above.field == "sex" else own.field.replace("mark", "birth"))
    if owner == "teacher":
        return Meaning("other", owner)
    if owner in PARENTAL and (own is None or own.owner not in ("father", "mother", "guardian")):
        return _of_adult(own, Meaning("", owner), group, bottom)
    return own if own is not None else meaning_of(f"{group} {bottom}")


def _of_adult(own: Meaning | None, owner: Meaning, group: str, bottom: str) -> Meaning | None:
    """A plain sub-header ("Họ tên", "Năm sinh") under a group about an adult ("Mẹ")."""
    if own is None:
        return meaning_of(f"{group} {bottom}")
    if own.field in ("full_name", "name"):
        return Meaning("name", own.owner if own.owner in PARENTAL else owner.owner)
    if own.field == "given":
        return Meaning("name", owner.owner)
    if own.field in ("phone", "pupil_phone"):
        return Meaning("phone", owner.owner)
    if own.field == "relation":
        return Meaning("relation", owner.owner)
    if own.field in _NEVER_OF_ADULTS:
        return own
    if own.field == "birth":
        # Without merged cells a group seems to reach over what follows it; the years will tell whose birth it is.
        return Meaning("birth", owner.owner)
    return Meaning("other", owner.owner)


def _scored(start: int, end: int, headings: tuple[Heading, ...]) -> Block | None:
    known = [h.meaning for h in headings if h.meaning is not None]
    fields: set[tuple[str, str]] = {(m.owner, m.field) for m in known if m.field != "other"}
    others = len({h.label for h in headings if h.meaning is not None and h.meaning.field == "other"})
    has_name = ("", "full_name") in fields or {("", "head"), ("", "given")} <= fields
    staff = {STAFF_FIELDS[folded] for h in headings if (folded := fold(h.label)) in STAFF_FIELDS}
    is_staff = _is_staff(headings, staff, fields)
    if is_staff and ("full_name" in staff or {"head", "given"} <= staff):
        return Block(start, end, headings, len(staff) + 0.5 * others, staff=True)
    if not has_name or len(fields) + others < 2:
        return None
    return Block(start, end, headings, len(fields) + 0.5 * others)


def _is_staff(headings: tuple[Heading, ...], staff: set[str], fields: set[tuple[str, str]]) -> bool:
    if any(owner in ("father", "mother", "guardian", "parent") for owner, _ in fields):
        return False
    names_teachers = any(
        STAFF_FIELDS.get(fold(h.label)) == "full_name" and owner_of(h.label) == "teacher" for h in headings
    )
    duties = len(staff & {"position", "homeroom", "subjects", "teaching"})
    return names_teachers or (duties >= 2 and ("", "class") not in fields) or (duties == 1 and "teaching" in staff)


def side_by_side(block: Block) -> list[tuple[int, int]]:
    """Column ranges of lists printed beside each other ("STT | Họ tên | STT | Họ tên"); one range for an ordinary table."""
    fields = ["" if h.meaning is None or h.meaning.owner else h.meaning.field for h in block.headings]
    numbered = [column for column, name in enumerate(fields) if name == "row_no"]
    labels = [fold(heading.label) for heading in block.headings]
    first = next((label for label in labels if label), "")
    for starts in (numbered, [column for column, label in enumerate(labels) if label == first]):
        ranges = list(pairwise([*starts, len(fields)]))
        # One merged heading over two columns is no second list: each list has a name and something more.
        if len(ranges) >= 2 and all(
            {"full_name", "head"} & set(fields[a:b]) and len({label for label in labels[a:b] if label}) >= 2
            for a, b in ranges
        ):
            return ranges
    return [(0, len(fields))]


def narrowed(block: Block, first: int, last: int) -> Block:
    kept = tuple(h if first <= column < last else Heading("", None) for column, h in enumerate(block.headings))
    return Block(block.start, block.end, kept, block.score, block.staff)


def is_counter_row(cells: list[Cell]) -> bool:
    """The row under a header that only numbers the columns: (1), (2), … or A, B, 1, 2, …"""
    texts = [text_of(cell) for cell in cells if not is_blank(cell)]
    if len(texts) < 3 or not all(_COUNTER.fullmatch(text) for text in texts):
        return False
    numbers = [int(digits) for text in texts if (digits := re.sub(r"\D", "", text.partition("=")[0]))]
    # Consecutive numbers, begun anew for each list side by side; a pupil's row does not count up from cell to cell.
    return len(numbers) >= 2 and all(0 <= later - earlier <= 2 or later == 1 for earlier, later in pairwise(numbers))


def repeats_header(block: Block, cells: list[Cell]) -> bool:
    """A page break repeats the header, or one row of it, in the middle of the list."""
    matches = mismatches = 0
    for column, cell in enumerate(cells):
        if is_blank(cell):
            continue
        folded = fold(text_of(cell))
        if column < len(block.headings) and folded and folded in block.headings[column].folded:
            matches += 1
        else:
            mismatches += 1
            if mismatches > 2 and not matches:
                return False
    return matches >= 2 and matches > 2 * mismatches


def may_begin_block(cells: list[Cell]) -> bool:
    """Cheap: could this row be the header of another table further down?"""
    known = {
        m.field
        for cell in cells
        if isinstance(cell, str) and (m := meaning_of(text_of(cell))) is not None and m.field != "other"
    }
    return len(known) >= 2 and ("full_name" in known or {"head", "given"} <= known or "row_no" in known)

"""Which column holds what, once header and values have both been heard. A header proposes; the values below it may object."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from backend.people.roster.adult_columns import Adult, contexts_of, gather_adults, names_beside_phones
from backend.people.roster.class_names import read_class
from backend.people.roster.dates import read_date
from backend.people.roster.header_block import Block, Heading, is_counter_row, may_begin_block
from backend.people.roster.headers import PARENTAL, SCHOOL_YEAR, Meaning, Owner
from backend.people.roster.number_columns import choose_number_columns
from backend.people.roster.phone_cells import read_phones
from backend.spreadsheets.cells import Cell, Grid, fold, is_blank, text_of

_SAMPLE_ROWS = 300
_MIDDLE = frozenset(("middle name", "chu dem", "ten dem", "ten lot", "chu lot", "dem"))
_MONTH_FIRST = re.compile(r"\bm{1,2} d{1,2} y|\bthang ngay nam\b|\bmonth day\b")


@dataclass
class Layout:
    block: Block
    columns: dict[str, list[int]]
    adults: list[Adult]
    unmapped: list[str]
    serial_shift: int = 0

    @cached_property
    def month_first(self) -> bool:
        """The header of the birth dates says so: "DOB (mm/dd/yyyy)"."""
        column = self.first("birth")
        return column is not None and _MONTH_FIRST.search(fold(self.label(column))) is not None

    def first(self, field_name: str) -> int | None:
        found = self.columns.get(field_name)
        return found[0] if found else None

    def label(self, column: int) -> str:
        headings = self.block.headings
        text = headings[column].label if column < len(headings) else ""
        return " ".join(text.split())

    def described(self) -> dict[str, str]:
        """Header → field, for the report."""
        named = {self.label(c): name for name, columns in self.columns.items() for c in columns}
        for adult in self.adults:
            for kind, columns in (("name", adult.names), ("phone", adult.phones), ("relation", adult.relations)):
                named |= {self.label(c): f"{adult.owner}.{kind}" for c in columns}
        return {label: name for label, name in named.items() if label}


def make_layout(grid: Grid, block: Block, today: dt.date) -> Layout:
    headings = list(block.headings)
    # The values of another table further down must not speak for the columns of this one.
    own = takewhile(
        lambda cells: not may_begin_block(cells), (c for _, c in grid.rows[block.end : block.end + _SAMPLE_ROWS])
    )
    sample = _people_rows(headings, [cells for cells in own if not is_counter_row(cells)])
    width = max([len(headings), *(len(cells) for cells in sample)], default=0)
    headings += [Heading("", None)] * (width - len(headings))
    meanings = [_heard(heading.meaning, _values(sample, column), today) for column, heading in enumerate(headings)]
    meanings = names_beside_phones(meanings, [_values(sample, c) for c in range(width)])
    if any(m is not None and m.field == "female_birth" for m in meanings):
        # "Năm sinh: Nam | Nữ" with years below: the left one is the boys' column, not a column of years.
        meanings = [
            Meaning("male_birth") if h.meaning is not None and h.meaning.field == "male_birth" else m
            for m, h in zip(meanings, headings, strict=True)
        ]
    contexts = contexts_of(meanings, headings)
    layout = Layout(block, {}, [], [], grid.serial_shift)
    for column, meaning in enumerate(meanings):
        if meaning is not None and meaning.owner == "" and meaning.field not in ("phone", "relation"):
            layout.columns.setdefault(meaning.field, []).append(column)
        elif meaning is None and headings[column].label:
            layout.unmapped.append(layout.label(column))
    _choose_names(layout, headings, sample)
    if "birth" not in layout.columns:
        lent = [c for c, m in enumerate(meanings) if m is not None and m.field == "birth" and m.owner in PARENTAL]
        layout.columns["birth"] = [c for c in lent if _median_year(sample, c, today) > today.year - 22]
    _choose_births(layout, contexts, sample, today)
    _choose_classes(layout, sample)
    choose_number_columns(layout.columns, headings, contexts, sample, today, layout.unmapped)
    layout.adults = gather_adults(meanings, headings, contexts)
    return layout


def _people_rows(headings: list[Heading], rows: list[list[Cell]]) -> list[list[Cell]]:
    """Rows with a name, and with a number where rows are numbered: totals and signatures below must not speak for the columns."""
    for fields in (("row_no", "full_name"), ("row_no", "head"), ("full_name",), ("head",)):
        columns = [
            next((c for c, h in enumerate(headings) if h.meaning is not None and h.meaning.field == name), None)
            for name in fields
        ]
        if None in columns:
            continue
        chosen = [
            cells for cells in rows if all(c is not None and c < len(cells) and not is_blank(cells[c]) for c in columns)
        ]
        if chosen:
            return chosen
    return rows


def _values(sample: list[list[Cell]], column: int) -> list[Cell]:
    return [cells[column] for cells in sample if column < len(cells) and not is_blank(cells[column])]


def _share(values: list[Cell], test: Callable[[Cell], bool]) -> float:
    return sum(map(test, values)) / len(values) if values else 0.0


def _heard(meaning: Meaning | None, values: list[Cell], today: dt.date) -> Meaning | None:
    """The header's meaning after listening to the values."""
    if meaning is None or not values:
        return meaning
    if meaning.field == "phone" and meaning.weak and _share(values, _is_phone) < 0.5:
        return Meaning("other")
    if meaning.field == "name" and _share(values, _is_phone) > 0.7 and _share(values, _has_long_word) < 0.5:
        return Meaning("phone", meaning.owner)
    if meaning.field == "birth" and meaning.weak and _share(values, lambda v: _no_date(v, today)) > 0.6:
        return Meaning("other")
    if meaning.field in ("male_mark", "male_birth") and _share(values, _is_year) > 0.7:
        return Meaning("birth_year")
    if meaning.field in ("male_mark", "female_mark") and _share(values, _is_mark) < 0.5:
        return Meaning("other")
    if meaning.field == "given" and _share(values, lambda v: text_of(v).isdigit()) > 0.5:
        return Meaning("other")
    return meaning


def _is_phone(cell: Cell) -> bool:
    return bool(read_phones(cell).phones)


def _has_long_word(cell: Cell) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", text_of(cell))) >= 2


def _no_date(cell: Cell, today: dt.date) -> bool:
    reading = read_date(cell, today)
    return reading is not None and reading.problem == "date_unreadable"


def _is_year(cell: Cell) -> bool:
    return re.fullmatch(r"(19|20)\d\d|\d\d", text_of(cell)) is not None


def _is_mark(cell: Cell) -> bool:
    return len(text_of(cell)) <= 4


def _choose_names(layout: Layout, headings: list[Heading], sample: list[list[Cell]]) -> None:
    """The header "Họ và tên" may be one column, two under one merged header, or the family name beside a column "Tên"."""
    columns = layout.columns
    if len(columns.get("head", [])) > 1:
        # "First name | Middle name | Last name": the family comes first, wherever its column stands.
        columns["head"].sort(key=lambda c: fold(layout.label(c)) in _MIDDLE)
    full = columns.get("full_name", [])
    heads = columns.get("head", [])
    if full and heads and "given" not in columns and _is_given(sample, heads[0], full[0]):
        # "Họ và tên đệm | Tên học sinh": beside the family name, even a full heading means the last word.
        columns["given"] = columns.pop("full_name")
        return
    if not full:
        return
    joined = [full[0]]
    for column in full[1:]:
        if column == joined[-1] + 1 and headings[column].texts == headings[full[0]].texts:
            joined.append(column)
        else:
            layout.unmapped.append(layout.label(column))
    beside = joined[-1] + 1
    if (
        len(joined) == 1
        and beside < len(headings)
        and not headings[beside].label
        and _is_given(sample, full[0], beside)
    ):
        joined.append(beside)
    given = columns.get("given", [])
    if len(joined) == 1 and given and not _ends_with(sample, full[0], given[0]):
        joined.append(given[0])
    if len(joined) > 1:
        columns.pop("full_name")
        columns["head"], columns["given"] = joined[:-1], joined[-1:]
    else:
        columns["full_name"] = joined
        columns.pop("head", None)


def _is_given(sample: list[list[Cell]], head: int, column: int) -> bool:
    """Nearly every row has one word here, and none of them ends the name before."""
    pairs = [
        (text_of(c[head]), text_of(c[column])) for c in sample if max(head, column) < len(c) and not is_blank(c[head])
    ]
    filled = [given for _, given in pairs if given]
    return len(filled) * 5 >= len(pairs) * 4 > 0 and all(g.replace("-", "").replace("'", "").isalpha() for g in filled)


def _ends_with(sample: list[list[Cell]], full: int, given: int) -> bool:
    pairs = [(fold(text_of(c[full])), fold(text_of(c[given]))) for c in sample if max(full, given) < len(c)]
    pairs = [(name, last) for name, last in pairs if name and last]
    return sum(name == last or name.endswith(" " + last) for name, last in pairs) * 2 > len(pairs)


def _choose_births(layout: Layout, contexts: list[Owner], sample: list[list[Cell]], today: dt.date) -> None:
    columns = layout.columns
    births = columns.get("birth", [])
    own = [c for c in births if contexts[c] == ""] or [
        c for c in births if _median_year(sample, c, today) > today.year - 22
    ]
    if own:
        columns["birth"] = [max(own, key=lambda c: (_full_dates(sample, c, today), -c))]
    else:
        columns.pop("birth", None)
    parts = [columns.get(name, [None])[0] for name in ("birth_day", "birth_month", "birth_year")]
    adjacent = (
        None not in parts and max(p for p in parts if p is not None) - min(p for p in parts if p is not None) == 2
    )
    if not adjacent:
        for name in ("birth_day", "birth_month", "birth_year"):
            columns.pop(name, None)


def _full_dates(sample: list[list[Cell]], column: int, today: dt.date) -> int:
    return sum(1 for v in _values(sample, column) if (r := read_date(v, today)) is not None and r.value is not None)


def _median_year(sample: list[list[Cell]], column: int, today: dt.date) -> int:
    years = sorted(r.year for v in _values(sample, column) if (r := read_date(v, today)) is not None and r.year)
    return years[len(years) // 2] if years else 0


def _choose_classes(layout: Layout, sample: list[list[Cell]]) -> None:
    """Of several class columns the one whose names say most: 6A1 rather than 6. A code stands in only where no name is."""
    columns = layout.columns
    found = columns.get("class", [])
    codes = columns.pop("class_code", [])
    if found:
        # "Lớp 2025-2026 | Lớp 2026-2027": the older class is history.
        newest = max(_year_in(layout.label(c)) for c in found)
        current = [c for c in found if _year_in(layout.label(c)) in (0, newest)]
        columns["class"] = [max(current, key=lambda c: (_class_names(sample, c), _year_in(layout.label(c)), -c))]
    elif codes and _class_names(sample, codes[0]) > 0:
        columns["class"] = codes[:1]


def _year_in(label: str) -> int:
    match = SCHOOL_YEAR.search(label)
    return int(match[1]) if match else 0


def _class_names(sample: list[list[Cell]], column: int) -> int:
    names = [read_class(v)[0] for v in _values(sample, column)]
    return sum(name is not None and not name.isdigit() for name in names)

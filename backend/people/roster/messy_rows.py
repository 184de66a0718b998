"""One row at a time, the way it was typed: every habit of writing, a few plain mistakes, and what a careful reader must find there."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from backend.people.roster.invented import InventedSchool
from backend.spreadsheets.cells import Cell, Merge
from schemas.roster import RosterGuardian, RosterPupil


@dataclass(frozen=True)
class Mess:
    """Shares of rows (0 to 1) that show a habit or a mistake. Habits must be read; mistakes must be reported."""

    capitals: float = 0.08
    decomposed: float = 0.05
    blanks: float = 0.08
    date_forms: tuple[str, ...] = (
        "slash",
        "slash",
        "slash",
        "short",
        "dash",
        "dot",
        "real",
        "real",
        "serial",
        "iso",
        "quoted",
        "year2",
    )
    phone_forms: tuple[str, ...] = (
        "plain",
        "plain",
        "number",
        "number",
        "spaced",
        "dotted",
        "country",
        "quoted",
        "country_number",
        "float",
    )
    lost_zeros: float = 0.4
    two_phones: float = 0.03
    labels: float = 0.02
    class_forms: tuple[str, ...] = ("plain", "plain", "plain", "word", "blank", "lower")
    mistakes: float = 0.02
    titles: tuple[int, int] = (3, 7)


@dataclass
class Expected:
    """`pupil` None: the row must not become a pupil. `reported`: the reader must say something about this row."""

    sheet: str
    row: int
    pupil: RosterPupil | None
    reported: bool


@dataclass
class MessySheet:
    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden: bool = False

    def add(self, *cells: Cell) -> int:
        self.rows.append(list(cells))
        return len(self.rows)


@dataclass
class MessyFile:
    sheets: list[MessySheet]
    expected: list[Expected]


@dataclass
class Entry:
    """A pupil on the way into a row: what will be written, and what a reader must make of it."""

    pupil: RosterPupil
    year_known: bool = True
    reported: bool = False
    taken: bool = True


Put = Callable[["Writer", Entry], Cell]


@dataclass(frozen=True)
class Column:
    group: str
    label: str
    put: Put


class Writer:
    def __init__(self, school: InventedSchool, mess: Mess, seed: int) -> None:
        self.school, self.mess = school, mess
        self.chance = random.Random(seed)
        self.expected: list[Expected] = []

    def titles(self, sheet: MessySheet, title: str, width: int) -> None:
        wanted = self.chance.randint(*self.mess.titles)
        lines = [self.school.department, self.school.name.upper(), title, f"Năm học {self.school.school_year}"]
        for position in range(wanted):
            row = sheet.add(lines[position] if position < len(lines) else None)
            if position in (2, 3):
                sheet.merges.append((row, 0, row, width - 1))

    def header(self, sheet: MessySheet, columns: list[Column], numbered: bool) -> None:
        groups = [column.group for column in columns]
        if not any(groups):
            sheet.add(*(column.label for column in columns))
        else:
            top = sheet.add(
                *(column.group or column.label if _begins(groups, i) else None for i, column in enumerate(columns))
            )
            sheet.add(*(column.label if column.group else None for column in columns))
            for i, column in enumerate(columns):
                if not column.group:
                    sheet.merges.append((top, i, top + 1, i))
                elif _begins(groups, i) and (last := _last(groups, i)) > i:
                    sheet.merges.append((top, i, top, last))
        if numbered:
            sheet.add(*(f"({i + 1})" for i in range(len(columns))))

    def rows(self, sheet: MessySheet, columns: list[Column], pupils: list[RosterPupil]) -> None:
        self.number = 0
        for pupil in pupils:
            self.number += 1
            entry = self._entry(pupil)
            cells = [column.put(self, entry) for column in columns]
            row = sheet.add(*cells)
            self._expect(sheet, row, entry)
            if self._now_and_then(self.mess.mistakes / 4):
                # The same pupil typed twice: copied, not written anew.
                again = sheet.add(*cells)
                self.expected.append(Expected(sheet.name, again, None, True))

    def footer(self, sheet: MessySheet, count: int, girls: int) -> None:
        sheet.add(f"Tổng số: {count} học sinh, trong đó nữ: {girls}")
        sheet.add(None, None, None, None, "Hải Phòng, ngày 05 tháng 9 năm 2026")
        sheet.add(None, "GIÁO VIÊN CHỦ NHIỆM", None, None, "HIỆU TRƯỞNG")
        sheet.add(None, "(Ký, ghi rõ họ tên)")
        sheet.add(None, "Nguyễn Thị Lan Hương", None, None, "Mai Thị Diệp")

    def _entry(self, pupil: RosterPupil) -> Entry:
        return Entry(msgspec.structs.replace(pupil, guardians=list(pupil.guardians)))

    def _expect(self, sheet: MessySheet, row: int, entry: Entry) -> None:
        entry.pupil.sheet, entry.pupil.row = sheet.name, row
        self.expected.append(Expected(sheet.name, row, entry.pupil if entry.taken else None, entry.reported))

    def _now_and_then(self, share: float) -> bool:
        return self.chance.random() < share

    # What each column writes.

    def text(self, text: str) -> str:
        """The way a text was typed: capitals aside, everything here is only noise."""
        if self._now_and_then(self.mess.decomposed):
            text = unicodedata.normalize("NFD", text)
        if self._now_and_then(self.mess.blanks):
            text = self.chance.choice(
                [f" {text}", f"{text}  ", text.replace(" ", "  ", 1), text.replace(" ", "\u00a0", 1), f"{text} "]
            )
        return text

    def full_name(self, entry: Entry) -> Cell:
        name = entry.pupil.full_name
        if self._now_and_then(self.mess.mistakes / 4):
            entry.taken, entry.reported = False, True
            return None
        if self._now_and_then(self.mess.capitals):
            name = name.upper()
        return self.text(name)

    def head(self, entry: Entry) -> Cell:
        return self.text(entry.pupil.full_name.rpartition(" ")[0])

    def given(self, entry: Entry) -> Cell:
        return self.text(entry.pupil.full_name.rpartition(" ")[2])

    def birth(self, entry: Entry) -> Cell:
        born = entry.pupil.born_on
        assert born is not None
        if self._now_and_then(self.mess.mistakes):
            entry.pupil.born_on, entry.reported = None, True
            mistakes: list[Cell] = [
                f"31/02/{born.year}",
                float(born.year),
                f"{born.month}/{born.year}",
                "chưa rõ",
                f"{born:%d/%m}/213",
            ]
            wrong = self.chance.choice(mistakes)
            entry.year_known = str(born.year) in str(wrong)
            return wrong
        return written_date(born, self.chance.choice(self.mess.date_forms))

    def part_of_birth(self, entry: Entry, part: str) -> Cell:
        assert entry.pupil.born_on is not None
        number = int(getattr(entry.pupil.born_on, part))
        ways: list[Cell] = [float(number), str(number), f"{number:02d}"]
        return self.chance.choice(ways)

    def sex(self, entry: Entry) -> Cell:
        return self.chance.choice(
            ["Nam", "Nam", "nam", "NAM "] if entry.pupil.sex == "male" else ["Nữ", "Nữ", "nữ", "NU", "Nữ "]
        )

    def female(self, entry: Entry) -> Cell:
        return self.chance.choice(["x", "x", "X"]) if entry.pupil.sex == "female" else None

    def class_name(self, entry: Entry) -> Cell:
        name = entry.pupil.class_name
        if self._now_and_then(self.mess.mistakes / 4):
            entry.taken, entry.reported = False, True
            return "?"
        form = self.chance.choice(self.mess.class_forms)
        return {"plain": name, "word": f"Lớp {name}", "blank": f"{name[0]} {name[1:]}", "lower": name.lower()}[form]

    def personal_id(self, entry: Entry) -> Cell:
        number = entry.pupil.personal_id
        assert number is not None
        if self._now_and_then(self.mess.mistakes / 2):
            entry.pupil.personal_id, entry.reported = None, True
            return self.chance.choice([number[:9], "003" + number[3:], f"{number[1]}.{number[2:6]}E+10"])
        if self._now_and_then(self.mess.lost_zeros):
            if not entry.year_known:
                entry.pupil.personal_id, entry.reported = None, True
            return float(number)
        return number

    def ministry_id(self, entry: Entry) -> Cell:
        return self.chance.choice([entry.pupil.moedu_id, float(entry.pupil.moedu_id or 0)])

    def status(self, entry: Entry) -> Cell:
        if self._now_and_then(self.mess.mistakes / 4):
            entry.taken, entry.reported = False, True
            return self.chance.choice(["Chuyển đi", "Thôi học", "Bỏ học"])
        return self.chance.choice(["Đang học", "Đang học", "Đang học", "Chuyển đến"])

    def name_of(self, entry: Entry, relation: str) -> Cell:
        guardian = _guardian(entry.pupil, relation)
        if guardian is None or guardian.name is None:
            return self.chance.choice([None, None, "-"])
        return self.text(guardian.name.upper() if self._now_and_then(self.mess.capitals) else guardian.name)

    def phone_of(self, entry: Entry, relation: str) -> Cell:
        guardian = _guardian(entry.pupil, relation)
        if guardian is None or guardian.phone_e164 is None:
            return self.chance.choice([None, None, "-", ""])
        if self._now_and_then(self.mess.mistakes):
            _replace_guardian(entry.pupil, guardian, RosterGuardian(guardian.name, None, guardian.relation))
            entry.reported = True
            return self.chance.choice(
                [guardian.phone_e164[3:9], "hỏi cô chủ nhiệm", "0" + guardian.phone_e164[3:] + "1"]
            )
        if self._now_and_then(self.mess.two_phones):
            other = f"+8498{self.chance.randrange(10_000_000):07d}"
            entry.pupil.guardians.append(RosterGuardian(guardian.name, other, guardian.relation))
            between = self.chance.choice([" / ", "; ", " - ", ", ", "\n"])
            return f"0{guardian.phone_e164[3:]}{between}0{other[3:]}"
        if self._now_and_then(self.mess.labels):
            return f"0{guardian.phone_e164[3:]} ({'bố' if relation == 'father' else 'mẹ' if relation == 'mother' else 'Zalo'})"
        return written_phone(guardian.phone_e164, self.chance.choice(self.mess.phone_forms))


def _begins(groups: list[str], position: int) -> bool:
    return not groups[position] or position == 0 or groups[position - 1] != groups[position]


def _last(groups: list[str], position: int) -> int:
    last = position
    while last + 1 < len(groups) and groups[last + 1] == groups[position]:
        last += 1
    return last


def _guardian(pupil: RosterPupil, relation: str) -> RosterGuardian | None:
    return next((guardian for guardian in pupil.guardians if guardian.relation == relation), None)


def _replace_guardian(pupil: RosterPupil, old: RosterGuardian, new: RosterGuardian) -> None:
    pupil.guardians = [new if guardian is old else guardian for guardian in pupil.guardians]


def written_date(day: dt.date, form: str) -> Cell:
    written: dict[str, Cell] = {
        "slash": f"{day:%d/%m/%Y}",
        "short": f"{day.day}/{day.month}/{day.year}",
        "dash": f"{day:%d-%m-%Y}",
        "dot": f"{day:%d.%m.%Y}",
        "iso": day.isoformat(),
        "quoted": f"'{day:%d/%m/%Y}",
        "year2": f"{day.day}/{day.month}/{day.year % 100:02d}",
        "real": day,
        "serial": float((day - dt.date(1899, 12, 30)).days),
        "words": f"ngày {day.day} tháng {day.month} năm {day.year}",
    }
    return written[form]


def written_phone(e164: str, form: str) -> Cell:
    rest = e164[3:]
    written: dict[str, Cell] = {
        "plain": f"0{rest}",
        "number": float(rest),
        "float": float(rest),
        "spaced": f"0{rest[:3]} {rest[3:6]} {rest[6:]}",
        "dotted": f"0{rest[:3]}.{rest[3:6]}.{rest[6:]}",
        "country": f"+84 {rest[:3]} {rest[3:6]} {rest[6:]}",
        "country_number": float(f"84{rest}"),
        "quoted": f"'0{rest}",
        "lost_text": rest,
        "nought": f"+84 (0){rest}",
    }
    return written[form]

"""Whom a name in a cell means: `Cô Lan`, `N.T.Lan`, `Lan (Toán)`. Reads the roll's staff and subjects once; pure after that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader, SchoolTx
from backend.core.text import fold
from backend.people.roster.staff_plan import SUBJECT_WORDS

_TITLES = re.compile(r"^(?:co giao|thay giao|giao vien|co|thay|gv|c|t|ms|mr|mrs)\s+(?=\S)")
# How timetables write subjects that neither the list of subjects nor the roster's words have.
_SHORT = {
    "t": "TOAN", "t anh": "NN1", "ta": "NN1", "av": "NN1", "nn": "NN1", "tieng a": "NN1", "nv": "VAN", "ng van": "VAN", "n van": "VAN",
    "ngv": "VAN",     "c nghe": "CN", "cnghe": "CN", "t duc": "GDTC", "ls va dl": "LSDL", "lsdl": "LSDL", "cd": "GDCD", "c dan": "GDCD",
    "gd cd": "GDCD", "t hoc": "TH", "ve": "MT", "m thuat": "MT", "mi thuat": "MT", "a nhac": "AN", "nthuat": "NT", "gdktpl": "KTPL",
    "gdkt pl": "KTPL", "kt pl": "KTPL", "gdqpan": "QPAN", "qp": "QPAN", "qp an": "QPAN", "gdqp": "QPAN", "tn hn": "HDTN",
    "tnhn": "HDTN", "hdtnhn": "HDTN",     "trai nghiem": "HDTN", "hd tn": "HDTN", "gd dp": "GDDP", "dp": "GDDP", "khoa hoc tn": "KHTN",
}  # fmt: skip
_LETTERS_MAX = 3
# Lessons that are no subject, by the words they are written with; folded.
ACTIVITIES = {
    "chao co": "Chào cờ", "cc": "Chào cờ", "chaoco": "Chào cờ", "shdc": "Sinh hoạt dưới cờ", "sinh hoat duoi co": "Sinh hoạt dưới cờ",
    "shl": "Sinh hoạt lớp", "sh": "Sinh hoạt lớp", "sh lop": "Sinh hoạt lớp", "sinh hoat": "Sinh hoạt lớp", "sinh hoat lop": "Sinh hoạt lớp",
    "shcn": "Sinh hoạt lớp", "sinh hoat chu nhiem": "Sinh hoạt lớp", "sh chu nhiem": "Sinh hoạt lớp", "tu hoc": "Tự học",
    "on tap": "Ôn tập", "doc sach": "Đọc sách", "the duc giua gio": "Thể dục giữa giờ",
    "ki nang song": "Kĩ năng sống", "ky nang song": "Kĩ năng sống",
}  # fmt: skip


class Member(msgspec.Struct, frozen=True):
    staff_id: UUID
    full_name: str


@dataclass
class Names:
    """subjects: code → Vietnamese name. duties: (class, subject or '' for the homeroom) → who has it."""

    subjects: Mapping[str, str]
    staff: list[Member]
    duties: Mapping[tuple[UUID, str], frozenset[UUID]]
    _words: dict[str, str] = field(init=False)
    _folded: list[tuple[list[str], Member]] = field(init=False)

    def __post_init__(self) -> None:
        known = {word: code for word, code in {**SUBJECT_WORDS, **_SHORT}.items() if code in self.subjects}
        known |= {code.casefold(): code for code in self.subjects if code.casefold() not in ACTIVITIES}
        self._words = known | {fold(name): code for code, name in self.subjects.items()}
        self._folded = [(fold(member.full_name).split(), member) for member in self.staff]

    def subject(self, text: str) -> str | None:
        return self._words.get(fold(text))

    def activity(self, text: str) -> str | None:
        return ACTIVITIES.get(fold(text))

    def teachers(self, text: str, class_id: UUID | None, subject: str | None) -> list[Member]:
        """Everybody who may be meant; of several, those who teach the class this subject, else those who teach it anything."""
        words = _TITLES.sub("", fold(text)).split()
        if not words:
            return []
        if words in (["gvcn"], ["chu", "nhiem"]) and class_id is not None:
            return self._with_duty([member for _, member in self._folded], class_id, [""])
        found = [member for name, member in self._folded if _means(words, name)]
        if not found:
            found = [member for name, member in self._folded if _initials(text, words, name)]
        if len(found) > 1 and class_id is not None:
            narrowed = self._with_duty(found, class_id, [subject or ""]) or self._with_duty(found, class_id, None)
            return narrowed or found
        return found

    def _with_duty(self, members: Iterable[Member], class_id: UUID, subjects: list[str] | None) -> list[Member]:
        who = {
            staff_id
            for (of_class, subject), ids in self.duties.items()
            if of_class == class_id and (subjects is None or subject in subjects)
            for staff_id in ids
        }
        return [member for member in members if member.staff_id in who]


def _means(words: list[str], name: list[str]) -> bool:
    """The whole name, or its last words: `Lan`, `Ngọc Lan`, `Nguyễn Thị Ngọc Lan`."""
    return len(words) <= len(name) and name[-len(words) :] == words


def _initials(text: str, words: list[str], name: list[str]) -> bool:
    """`N.T.Lan`, `Nguyễn T Lan`, `NT Lan`, `Lan NT`, `NTLan`, `LanNT`: the given name, and what begins the words before it."""
    given, before = name[-1], name[:-1]
    if len(words) > 1:
        place = len(words) - 1 if words[-1] == given else 0
        return words[place] == given and _begin([one for n, one in enumerate(words) if n != place], before)
    match = re.fullmatch(r"([A-ZĐ]{1,3})([A-ZĐ]\w+)|([A-ZĐ]\w*?[a-zà-ỹ])([A-ZĐ]{1,3})", text.strip())
    if match is None:
        return False
    letters, given_text = (match[1], match[2]) if match[1] else (match[4], match[3])
    return fold(given_text) == given and _begin([fold(letters)], before)


def _begin(words: list[str], before: list[str]) -> bool:
    """In their order, some may be left out: N.Lan for Nguyễn Thị Lan. Up to three letters together are letters apart."""
    rest = iter(before)
    for word in words:
        if len(word) > _LETTERS_MAX or word in before:
            if word not in rest:
                return False
        elif not all(any(one.startswith(letter) for one in rest) for letter in word):
            return False
    return bool(words)


_NAMES = """
SELECT (SELECT json_object_agg(j.subject_code, j.name_vi) FROM subjects j)::text AS subjects,
       (SELECT coalesce(json_agg(json_build_object('staff_id', t.staff_id, 'full_name', t.full_name) ORDER BY t.sort_key, t.staff_id), '[]'::json)
          FROM staff t
         WHERE t.school_id = $1
           AND t.status = 'active')::text AS staff,
       (SELECT coalesce(json_agg(json_build_array(a.class_id, a.subject_code, a.staff_id)), '[]'::json)
          FROM assignments a
         WHERE a.school_id = $1
           AND a.from_on <= $2
           AND (a.to_on IS NULL OR a.to_on >= $2))::text AS duties
"""
_STAFF = msgspec.json.Decoder(list[Member])
_DUTIES = msgspec.json.Decoder(list[tuple[UUID, str, UUID]])


async def names_of(door: Reader | SchoolTx, school_id: int, on: date) -> Names:
    """Teachers with what they teach on the day."""
    row = await door.fetchrow(_NAMES, school_id, on)
    assert row is not None
    duties: dict[tuple[UUID, str], set[UUID]] = {}
    for class_id, subject, staff_id in _DUTIES.decode(row["duties"]):
        duties.setdefault((class_id, subject), set()).add(staff_id)
    return Names(
        msgspec.json.decode(row["subjects"]),
        _STAFF.decode(row["staff"]),
        {key: frozenset(ids) for key, ids in duties.items()},
    )

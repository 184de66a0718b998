"""One cell with the names of adults: who is named, as what, and which of the numbers written between the names is whose."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from backend.people.roster.names import in_name_case, is_family_name, read_guardian_name
from backend.people.roster.phone_cells import LabelledPhone, read_phones
from backend.people.roster.small_values import relation_of
from backend.spreadsheets.cells import Cell, fold, is_blank, text_of
from schemas.roster import Relation

Holder = Relation | Literal["parent"] | None
# report(code, column, value)
Report = Callable[[str, int, str], None]

_KIN_OF_TWO_WORDS = "bố đẻ|mẹ đẻ|bố dượng|mẹ kế|ông nội|bà nội|ông ngoại|bà ngoại"
_KIN = rf"(?:{_KIN_OF_TWO_WORDS}|cha|bố|ba|tía|mẹ|má|ông|bà|bác|chú|cô|dì|cậu|phụ huynh)"
_LABELS = re.compile(rf"(?<!\w)(?=(?:họ tên |tên )?{_KIN}\s*(?:\([^()]*\)\s*)?:)", re.IGNORECASE)
_LABEL_FIRST = re.compile(
    r"^\s*(?:([^\W\d_]+(?:\s[^\W\d_]+)?)\s*(?::|\s[\-–]|[\-–]\s)|([^\W\d_]+)[\-–])\s*(?=[^\W\d_])"
)
_LABEL_LAST = re.compile(r"\s*(?:\(([^()]+)\)|[-–]\s*([^\W\d_]+(?:\s[^\W\d_]+)?))\s*$")
# "Bố Lê Văn A", "Mẹ Trần Thị B": nobody's name begins so. Cha, Ba and Má need a family after them.
_LABEL_BARE = re.compile(rf"({_KIN_OF_TWO_WORDS}|bố|mẹ)\s+(?=[^\W\d_])|(cha|ba|tía|má)\s+(?=\S+\s+\S)", re.IGNORECASE)
_LABEL_ALONE = re.compile(rf"{_KIN}|ph|phhs", re.IGNORECASE)
_OCCUPATION = re.compile(
    r"(?:công nhân|nông dân|nông nghiệp|làm ruộng|làm nông|làm thuê|làm công|giáo viên|giảng viên|nội trợ|buôn bán|bán hàng|kinh doanh|tự do"
    r"|lao động|lđtd|bộ đội|quân nhân|công an|cán bộ|công chức|viên chức|nhân viên|kế toán|bác sĩ|y tá|điều dưỡng|dược sĩ|luật sư|kỹ sư|kĩ sư"
    r"|lái xe|tài xế|thợ|ở nhà|hưu trí|nghỉ hưu|xuất khẩu lao động|xklđ|dịch vụ|sinh viên|thất nghiệp|nghề nghiệp|nn)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?\d[\d\s.\-–()]{6,}\d")
_HAS_NUMBER = re.compile(r"\d{8}|\d{4}[\s.\-]\d{3}|\d{3}[\s.\-]\d{3}[\s.\-]\d{3}")
_PHONE_WORDS = re.compile(r"(?i)\b(sđt|đt|tel|dđ|đtdđ|zalo)\b\s*[:.]?")
# "Bà Lê Thị B": no family is called Bà. Ông is a family's name as well; that word waits for `sir_left_out`.
_HONORIFIC = re.compile(
    r"(?:(?:bà|Bà|BÀ|ông|anh|chị|cô|chú|bác)(?=\s+\S+\s+\S)|(?:Anh|ANH|Chị|CHỊ)(?=(?:\s+\S+){2}))\s+"
)
_SIR = re.compile(r"(?:ông|Ông|ÔNG)\s+(?=\S+\s)")
_LETTERS_OF_NAMES = re.compile(r"[^\W\d_]{2,}(?:\s+[^\W\d_]+)+")
_BETWEEN = re.compile(r"\s*(?:[/;\n|]|\s[-–]\s|,|\bvà\b|&)\s*")


@dataclass
class Mention:
    name: str
    holder: Holder = None
    phones: list[LabelledPhone] = field(default_factory=list)


@dataclass
class NameCell:
    people: list[Mention] = field(default_factory=list)
    # Numbers that the cell gives to nobody in particular.
    phones: list[LabelledPhone] = field(default_factory=list)
    # "Mẹ" and nothing more: whose telephone it is that stands beside.
    stated: Holder = None
    dead: bool = False


@dataclass(frozen=True)
class _Place:
    """Where the cell stands, for what it has to report."""

    column: int
    value: str
    report: Report
    one_person: bool
    both_meant: bool

    def tell(self, code: str | None) -> None:
        if code is not None:
            self.report(code, self.column, self.value)


def read_names(cell: Cell, column: int, label: str, one_person: bool, report: Report) -> NameCell:
    found = NameCell()
    if is_blank(cell):
        return found
    place = _Place(column, text_of(cell), report, one_person, _says_father_then_mother(label))
    if not isinstance(cell, str):
        # A number among names is a phone in the wrong column more often than not.
        read = read_phones(cell)
        place.tell(read.problem)
        place.tell(read.note)
        return NameCell(phones=read.phones)
    raw = "\n".join(text_of(line) for line in cell.splitlines() if line.strip())
    for segment in _segments(raw):
        _read_segment(segment, place, found)
    people = found.people
    if len(people) == 2 and people[0].holder is None and people[1].holder is None and place.both_meant:
        people[0].holder, people[1].holder = "father", "mother"
    return found


def _segments(raw: str) -> list[str]:
    """One piece for each adult where the cell tells several apart and gives them numbers; else the whole cell."""
    starts = [match.start() for match in _LABELS.finditer(raw)]
    if len(starts) >= 2 and not raw[: starts[0]].strip(" -–•*"):
        ends = [*starts[1:], len(raw)]
        return [raw[start:end].strip(" \n;,/|-–") for start, end in zip(starts, ends, strict=True)]
    if not _HAS_NUMBER.search(raw):
        return [raw]
    pieces = [piece for piece in _BETWEEN.split(raw.strip()) if piece.strip(" .:-–()")]
    named = [_names_somebody(piece) for piece in pieces]
    if sum(named) < 2:
        return [raw]
    # "09… – Lê A, 09… – Trần B" gives the number first, anything else gives it after the name.
    number_first = not named[0]
    segments: list[list[str]] = [[]]
    for position, piece in enumerate(pieces):
        begins = (named[position - 1] if number_first else named[position]) and position > 0
        if begins:
            segments.append([])
        segments[-1].append(piece)
    return [" - ".join(segment) for segment in segments]


def _names_somebody(piece: str) -> bool:
    bare = _NUMBER.sub(" ", piece)
    words = re.findall(r"[^\W\d_][^\s,;()]*", bare)
    in_capitals = len(words) >= 2 and all(word[:1].isupper() for word in words)
    return _begins_like_a_name(" ".join(bare.split())) or (in_capitals and bare != piece)


def _read_segment(raw: str, place: _Place, found: NameCell) -> None:
    phones: list[LabelledPhone] = []
    if _HAS_NUMBER.search(raw):
        read = read_phones(_LETTERS_OF_NAMES.sub(" ", raw) if _NUMBER.search(raw) else raw)
        phones = read.phones
        place.tell(read.problem)
        raw = _PHONE_WORDS.sub(" ", _NUMBER.sub(" ", raw))
    alone = raw.strip(" .:-–(),;/•*\n")
    if _LABEL_ALONE.fullmatch(alone):
        said = relation_of(alone)
        found.phones += [LabelledPhone(phone.e164, phone.holder or said) for phone in phones]
        found.stated = found.stated or said
        return
    people: list[Mention] = []
    for part in _parts(raw, place):
        mention, died = _one_name(part, place)
        found.dead = found.dead or died
        if mention is not None:
            people.append(mention)
    if len(people) == 1:
        people[0].phones = phones
    else:
        found.phones += phones
    found.people += people


def _parts(raw: str, place: _Place) -> list[str]:
    """Two names in one cell are cut where each part is labelled or begins with a family name. Whatever else follows a name
    ("– công nhân") is a remark."""
    if raw.islower():
        raw = in_name_case(raw)
    pieces = [piece for piece in _BETWEEN.split(raw.strip()) if piece.strip(" .:-–()")]
    if len(pieces) > 1:
        pieces = [piece for piece in pieces if not _OCCUPATION.match(piece.strip(" .:-–()"))]
        if len(pieces) == 1:
            return pieces
    if len(pieces) <= 1:
        return [" ".join(raw.split())] if pieces else []
    people = [piece for piece in pieces if _begins_like_a_name(piece)]
    if (
        len(pieces) == 2
        and place.both_meant
        and (" - " not in raw or len(people) == 2)
        and all(len(piece.split()) >= 2 for piece in pieces)
        and not (_is_labelled(pieces[0]) and not _is_labelled(pieces[1]))
    ):
        return pieces
    if len(people) == len(pieces) and not (place.one_person and not all(map(_is_labelled, pieces))):
        return pieces
    if _begins_like_a_name(pieces[0]) and not any(relation_of(piece) for piece in pieces[1:]):
        place.tell("guardian_note")
        return pieces[:1]
    return [" ".join(raw.split())]


def _label(piece: str) -> tuple[Holder, str]:
    """Whom the words in front name, and the rest: "Mẹ: Trần Thị B", "Mẹ Trần Thị B"."""
    if (match := _LABEL_FIRST.match(piece)) and (said := relation_of(match[1] or match[2])) is not None:
        return said, piece[match.end() :]
    if (match := _LABEL_BARE.match(piece)) and (match[1] or _of_family(piece[match.end() :])):
        return relation_of(match[1] or match[2]), piece[match.end() :]
    return None, piece


def _is_labelled(piece: str) -> bool:
    return _label(piece)[0] is not None or _LABEL_LAST.search(piece) is not None


def _begins_like_a_name(piece: str) -> bool:
    bare = _without_honorific(_label(piece)[1])
    return any(_of_family(name) and not name[:1].islower() for name in (bare, _SIR.sub("", bare)))


def _one_name(part: str, place: _Place) -> tuple[Mention | None, bool]:
    holder, part = _label(part.strip(" ,;/-–:.•*"))
    if (
        (match := _LABEL_LAST.search(part))
        and (said := relation_of(match[1] or match[2])) is not None
        and part[: match.start()].strip()
    ):
        holder, part = said, part[: match.start()]
    part = part.strip(" ,;/-–:.")
    if part.startswith("(") and part.endswith(")") and part.count("(") == 1:
        part = part[1:-1]
    reading = read_guardian_name(_without_honorific(part.removesuffix("()").rstrip(" ,;/-–:.")))
    place.tell(reading.problem)
    place.tell(reading.note)
    return (Mention(reading.name, holder) if reading.name is not None else None), reading.died


def _without_honorific(name: str) -> str:
    match = _HONORIFIC.match(name)
    if match is None:
        return name
    rest = name[match.end() :]
    # A small letter before a capital one is address, whatever the family: "bà H'Ruê Mlô".
    return rest if _of_family(rest) or (name[0].islower() and rest[0].isupper()) else name


def sir_left_out(name: str, child: str) -> str:
    """ "Ông Lê B" is Lê B. A child of a family Ông has a father Ông; there only a second Ông tells."""
    match = _SIR.match(name)
    if match is None:
        return name
    rest = name[match.end() :]
    if (name[0].islower() and rest[0].isupper()) or (_of_family(rest) and child[:4].casefold() != "ông "):
        return rest
    return rest if rest.casefold().startswith("ông ") else name


def _of_family(name: str) -> bool:
    words = name.split()
    return len(words) >= 2 and is_family_name(words[0].partition("-")[0])


def _says_father_then_mother(label: str) -> bool:
    words = fold(label).split()
    fathers = [i for i, word in enumerate(words) if word in ("cha", "bo", "ba")]
    mothers = [i for i, word in enumerate(words) if word in ("me", "ma")]
    return bool(fathers and mothers and fathers[0] < mothers[0])

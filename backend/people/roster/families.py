"""The adults of one row: names, phones and labels put together into guardians. No phone is invented, none is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from backend.people.roster.cells import Cell, fold, is_blank, text_of
from backend.people.roster.layout import Adult
from backend.people.roster.names import FAMILY_NAMES, in_name_case, read_guardian_name
from backend.people.roster.phone_cells import LabelledPhone, read_phones
from backend.people.roster.small_values import relation_of
from schemas.roster import Relation, RosterGuardian

Holder = Relation | Literal["parent"] | None
# report(code, column, value)
Report = Callable[[str, int, str], None]

_LABEL_FIRST = re.compile(r"^\s*([^\W\d_]+(?:\s[^\W\d_]+)?)\s*[:\-–]\s*(?=[^\W\d_])")
_LABEL_LAST = re.compile(r"\s*(?:\(([^()]+)\)|[-–]\s*([^\W\d_]+(?:\s[^\W\d_]+)?))\s*$")
_NUMBER = re.compile(r"\+?\d[\d\s.\-–()]{6,}\d")
# "Bà Lê Thị B": no family is called Bà. Ông is a family's name as well; that word waits for `_sir_left_out`.
_HONORIFIC = re.compile(
    r"(?:(?:bà|Bà|BÀ|ông|anh|chị|cô|chú|bác)(?=\s+\S+\s+\S)|(?:Anh|ANH|Chị|CHỊ)(?=(?:\s+\S+){2}))\s+"
)
_SIR = re.compile(r"(?:ông|Ông|ÔNG)\s+(?=\S+\s)")
_LETTERS_OF_NAMES = re.compile(r"[^\W\d_]{2,}(?:\s+[^\W\d_]+)+")
_BETWEEN = re.compile(r"\s*(?:[/;\n|]|\s[-–]\s|,|\bvà\b|&)\s*")


@dataclass
class Person:
    relation: Relation
    name: str | None
    phones: list[str] = field(default_factory=list)


@dataclass
class Family:
    people: list[Person] = field(default_factory=list)
    # Phones of which the file does not say whose they are, with what a label beside them says.
    loose: list[LabelledPhone] = field(default_factory=list)

    def parent(self, relation: Relation) -> Person:
        """The father or the mother, made without a name when only a phone is known."""
        found = next((p for p in self.people if p.relation == relation), None)
        if found is None:
            found = Person(relation, None)
            self.people.append(found)
        return found

    def named_like(self, name: str) -> Person | None:
        return next((p for p in self.people if p.name is not None and fold(p.name) == fold(name)), None)


def read_family(
    adults: list[Adult], cell_at: Callable[[int], Cell], labels: Callable[[int], str], report: Report, child: str = ""
) -> list[RosterGuardian]:
    family = Family()
    # Fathers and mothers first, so that a "phụ huynh" of the same name is recognised as one of them.
    for adult in sorted(adults, key=lambda a: ("father", "mother", "guardian", "parent", "contact").index(a.owner)):
        _read_adult(adult, family, cell_at, labels, report)
    for phone in family.loose:
        _place(phone, family)
    for person in family.people:
        if person.name is not None:
            person.name = _sir_left_out(person.name, child)
    return _guardians(family)


def _read_adult(
    adult: Adult, family: Family, cell_at: Callable[[int], Cell], labels: Callable[[int], str], report: Report
) -> None:
    stated = _stated_relation(adult, cell_at, report)
    phones = [phone for column in adult.phones for phone in _phones(column, cell_at(column), report)]
    people: list[tuple[Holder, str]] = []
    dead = False
    for column in adult.names:
        found, inside, died = _names(
            cell_at(column), column, labels(column), adult.owner in ("father", "mother"), report
        )
        people += found
        phones += inside
        dead = dead or died
    if adult.owner in ("father", "mother"):
        relation: Relation = "father" if adult.owner == "father" else "mother"
        _add_parent(relation, people, phones, dead, family)
        return
    if len(people) == 1:
        holder, name = people[0]
        _add_named(holder or stated, name, phones, family)
        return
    for holder, name in people:
        _add_named(holder, name, [], family)
    family.loose += [LabelledPhone(p.e164, p.holder or stated) for p in phones]


def _add_parent(
    relation: Relation, people: list[tuple[Holder, str]], phones: list[LabelledPhone], dead: bool, family: Family
) -> None:
    for position, (holder, name) in enumerate(people):
        # "Bố dượng" or "bà nội" written beside the name says more than the header.
        said: Relation = holder if holder in ("father", "mother", "guardian") else relation  # type: ignore[assignment]
        if position == 0 and said == relation:
            family.people.append(Person(relation, name))
        else:
            _add_named(said, name, [], family)
    for phone in phones:
        if phone.holder in (None, "parent", relation) and not dead:
            person = family.parent(relation)
            if phone.e164 not in person.phones:
                person.phones.append(phone.e164)
        else:
            family.loose.append(
                LabelledPhone(phone.e164, None if dead and phone.holder in (relation, "parent") else phone.holder)
            )


def _add_named(holder: Holder, name: str, phones: list[LabelledPhone], family: Family) -> None:
    relation: Relation = "guardian" if holder in (None, "parent") else holder  # type: ignore[assignment]
    person = family.named_like(name)
    if person is None:
        person = Person(relation, name)
        family.people.append(person)
    elif person.relation == "guardian" and relation != "guardian":
        person.relation = relation
    said = {phone.holder for phone in phones}
    if person.relation == "guardian" and len(said) == 1 and said <= {"father", "mother"}:
        # "Phụ huynh: Lê Văn D", telephone "09… (bố)": the label names him.
        person.relation = said.pop()  # type: ignore[assignment]
    for phone in phones:
        if phone.holder in (None, "parent", person.relation):
            if phone.e164 not in person.phones:
                person.phones.append(phone.e164)
        else:
            family.loose.append(phone)


def _stated_relation(adult: Adult, cell_at: Callable[[int], Cell], report: Report) -> Holder:
    for column in adult.relations:
        cell = cell_at(column)
        if is_blank(cell):
            continue
        found = relation_of(text_of(cell))
        if found is None:
            report("relation_unreadable", column, text_of(cell))
        return found
    return None


def _phones(column: int, cell: Cell, report: Report) -> list[LabelledPhone]:
    read = read_phones(cell)
    for code in (read.problem, read.note):
        if code is not None:
            report(code, column, text_of(cell))
    return read.phones


def _names(
    cell: Cell, column: int, label: str, one_person: bool, report: Report
) -> tuple[list[tuple[Holder, str]], list[LabelledPhone], bool]:
    """(names with what is said of them, phones written into the same cell, whether the note says that the person died)."""
    if is_blank(cell):
        return [], [], False
    if not isinstance(cell, str):
        # A number among names is a phone in the wrong column more often than not.
        return [], _phones(column, cell, report), False
    raw = cell if "\n" in cell else text_of(cell)
    phones: list[LabelledPhone] = []
    if re.search(r"\d{8}|\d{4}[\s.\-]\d{3}", raw):
        found = read_phones(_LETTERS_OF_NAMES.sub(" ", raw) if _NUMBER.search(raw) else raw)
        phones = found.phones
        if found.problem is not None:
            report(found.problem, column, text_of(cell))
        raw = _NUMBER.sub(" ", raw)
        raw = re.sub(r"(?i)\b(sđt|đt|tel|dđ|đtdđ)\b\s*[:.]?", " ", raw)
    people: list[tuple[Holder, str]] = []
    dead = False
    both_meant = _says_father_then_mother(label)
    for part in _parts(raw, one_person, both_meant, column, text_of(cell), report):
        holder, name, died = _one_name(part, column, text_of(cell), report)
        dead = dead or died
        if name is not None:
            people.append((holder, name))
    if len(people) == 2 and people[0][0] is None and people[1][0] is None and both_meant:
        people = [("father", people[0][1]), ("mother", people[1][1])]
    return people, phones, dead


def _parts(raw: str, one_person: bool, both_meant: bool, column: int, value: str, report: Report) -> list[str]:
    """Two names in one cell are cut where each part is labelled or begins with a family name. Whatever else follows a name
    ("– công nhân") is a remark."""
    if raw.islower():
        raw = in_name_case(raw)
    pieces = [piece for piece in _BETWEEN.split(raw.strip()) if piece.strip(" .:-–()")]
    if len(pieces) <= 1:
        return [" ".join(raw.split())] if pieces else []
    people = [piece for piece in pieces if _begins_like_a_name(piece)]
    if len(pieces) == 2 and both_meant and " - " not in raw and all(len(piece.split()) >= 2 for piece in pieces):
        return pieces
    if len(people) == len(pieces) and not (
        one_person and not all(_LABEL_FIRST.match(p) or _LABEL_LAST.search(p) for p in pieces)
    ):
        return pieces
    if _begins_like_a_name(pieces[0]) and not any(relation_of(piece) for piece in pieces[1:]):
        report("guardian_note", column, value)
        return pieces[:1]
    return [" ".join(raw.split())]


def _begins_like_a_name(piece: str) -> bool:
    label = _LABEL_FIRST.match(piece)
    rest = piece[label.end() :] if label and relation_of(label[1]) is not None else piece
    bare = _SIR.sub("", _without_honorific(rest))
    return _of_family(bare) and not bare[:1].islower()


def _one_name(part: str, column: int, value: str, report: Report) -> tuple[Holder, str | None, bool]:
    holder: Holder = None
    part = part.strip(" ,;/")
    if (match := _LABEL_FIRST.match(part)) and (said := relation_of(match[1])) is not None:
        holder, part = said, part[match.end() :]
    if (
        (match := _LABEL_LAST.search(part))
        and (said := relation_of(match[1] or match[2])) is not None
        and part[: match.start()].strip()
    ):
        holder, part = said, part[: match.start()]
    reading = read_guardian_name(_without_honorific(part.strip(" ,;/-–:.")))
    if reading.problem is not None:
        report(reading.problem, column, value)
    if reading.note is not None:
        report(reading.note, column, value)
    return holder, reading.name, reading.problem == "guardian_deceased"


def _without_honorific(name: str) -> str:
    match = _HONORIFIC.match(name)
    return name[match.end() :] if match is not None and _of_family(name[match.end() :]) else name


def _sir_left_out(name: str, child: str) -> str:
    """ "Ông Lê B" is Lê B, unless the child is of a family Ông; then only a second Ông or another family's name tells."""
    match = _SIR.match(name)
    if match is None or not _of_family(rest := name[match.end() :]):
        return name
    return name if child[:4].casefold() == "ông " and fold(rest).split()[0] != "ong" else rest


def _of_family(name: str) -> bool:
    words = fold(name).split()
    return len(words) >= 2 and words[0] in FAMILY_NAMES


def _says_father_then_mother(label: str) -> bool:
    words = fold(label).split()
    fathers = [i for i, word in enumerate(words) if word in ("cha", "bo", "ba")]
    mothers = [i for i, word in enumerate(words) if word in ("me", "ma")]
    return bool(fathers and mothers and fathers[0] < mothers[0])


def _place(phone: LabelledPhone, family: Family) -> None:
    """A phone without a holder goes to a named adult only where nobody else can be meant; else it stays a nameless contact."""
    if phone.holder in ("father", "mother"):
        person = family.parent(phone.holder)
        if phone.e164 not in person.phones:
            person.phones.append(phone.e164)
        return
    if any(phone.e164 in person.phones for person in family.people):
        return
    named = [person for person in family.people if person.name is not None]
    if phone.holder == "guardian":
        named = [person for person in named if person.relation == "guardian"]
    if len(named) == 1 and not named[0].phones and (phone.holder == "guardian" or len(family.people) == 1):
        named[0].phones.append(phone.e164)
    else:
        family.people.append(Person("guardian", None, [phone.e164]))


def _guardians(family: Family) -> list[RosterGuardian]:
    guardians: list[RosterGuardian] = []
    for relation in ("father", "mother", "guardian"):
        for person in family.people:
            if person.relation != relation:
                continue
            for phone in person.phones or [None]:  # type: ignore[list-item]
                guardian = RosterGuardian(person.name, phone, person.relation)
                if (phone is not None or person.name is not None) and guardian not in guardians:
                    guardians.append(guardian)
    return guardians

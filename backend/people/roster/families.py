"""The adults of one row: names, phones and labels put together into guardians. No phone is invented, none is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from backend.people.roster.adult_columns import Adult
from backend.people.roster.family_cells import Holder, Mention, Report, read_names, sir_left_out
from backend.people.roster.phone_cells import LabelledPhone, read_phones
from backend.people.roster.small_values import relation_of
from backend.spreadsheets.cells import Cell, fold, is_blank, text_of
from schemas.roster import Relation, RosterGuardian


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
    named = [person for person in family.people if person.name is not None]
    only = named[0] if len(named) == 1 and len(family.people) == 1 and not named[0].phones else None
    for phone in family.loose:
        _place(phone, family, only)
    for person in family.people:
        if person.name is not None:
            person.name = sir_left_out(person.name, child)
    return _guardians(family)


def _read_adult(
    adult: Adult, family: Family, cell_at: Callable[[int], Cell], labels: Callable[[int], str], report: Report
) -> None:
    stated = _stated_relation(adult, cell_at, report)
    phones = [phone for column in adult.phones for phone in _phones(column, cell_at(column), report)]
    people: list[Mention] = []
    dead = False
    for column in adult.names:
        named = read_names(cell_at(column), column, labels(column), adult.owner in ("father", "mother"), report)
        people += named.people
        phones += named.phones
        stated = stated or named.stated
        dead = dead or named.dead
    if adult.owner in ("father", "mother"):
        relation: Relation = "father" if adult.owner == "father" else "mother"
        _add_parent(relation, people, phones, dead, family)
        return
    if len(people) == 1:
        mention = people[0]
        _add_named(mention.holder or stated, mention.name, mention.phones + phones, family)
        return
    if len(people) == len(phones) == 2 and not any(m.phones for m in people) and not any(p.holder for p in phones):
        # Two names in one cell and two numbers in the next, in the same order.
        for mention, phone in zip(people, phones, strict=True):
            mention.phones = [phone]
        phones = []
    for mention in people:
        _add_named(mention.holder, mention.name, mention.phones, family)
    family.loose += [LabelledPhone(p.e164, p.holder or stated) for p in phones]


def _add_parent(
    relation: Relation, people: list[Mention], phones: list[LabelledPhone], dead: bool, family: Family
) -> None:
    for position, mention in enumerate(people):
        # "Bố dượng" or "bà nội" written beside the name says more than the header.
        holder = mention.holder
        said: Relation = holder if holder in ("father", "mother", "guardian") else relation
        if position == 0 and said == relation:
            family.people.append(Person(relation, mention.name))
            phones = mention.phones + phones
        else:
            _add_named(said, mention.name, mention.phones, family)
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


def _place(phone: LabelledPhone, family: Family, only: Person | None) -> None:
    """A phone without a holder goes to a named adult only where nobody else can be meant; else it stays a nameless contact."""
    if phone.holder in ("father", "mother"):
        person = family.parent(phone.holder)
        if phone.e164 not in person.phones:
            person.phones.append(phone.e164)
        return
    if any(phone.e164 in person.phones for person in family.people):
        return
    if only is not None and phone.holder in (None, "parent", only.relation):
        only.phones.append(phone.e164)
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
            phones: list[str | None] = [*person.phones] or [None]
            for phone in phones:
                guardian = RosterGuardian(person.name, phone, person.relation)
                if (phone is not None or person.name is not None) and guardian not in guardians:
                    guardians.append(guardian)
    return guardians

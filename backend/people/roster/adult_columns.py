"""The columns about the adults of a family: whose each one is, and which of them belong together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from backend.people.roster.header_block import Heading
from backend.people.roster.headers import PARENTAL, Meaning, Owner
from backend.people.roster.names import is_family_name
from backend.spreadsheets.cells import Cell, fold, text_of

_NUMBERED = re.compile(r"\d")
_OWN_FIELD_LIST = """
    row_no sex female_mark male_mark grade status note moedu_id school_code male_birth female_birth
"""
_OWN_FIELDS = frozenset(_OWN_FIELD_LIST.split())


@dataclass
class Adult:
    """The columns about one adult of the family."""

    owner: Owner
    names: list[int] = field(default_factory=list)
    phones: list[int] = field(default_factory=list)
    relations: list[int] = field(default_factory=list)


def contexts_of(meanings: list[Meaning | None], headings: list[Heading]) -> list[Owner]:
    """For each column, the adult whose columns it stands among: "Họ tên mẹ | Nghề nghiệp | Điện thoại" are all the mother's."""
    contexts: list[Owner] = []
    current: Owner = ""
    for meaning, heading in zip(meanings, headings, strict=True):
        if meaning is not None and meaning.owner in PARENTAL:
            current = meaning.owner if meaning.owner != "contact" else ""
        elif (
            meaning is None
            or meaning.field in ("class", "full_name", "head", "given")
            or meaning.field in _OWN_FIELDS
            or (
                meaning.field == "other"
                and re.search(
                    r"\b(dia chi|cho o|noi o|thuong tru|dan toc|ton giao|que quan|noi sinh)\b", fold(heading.label)
                )
            )
        ):
            current = ""
        contexts.append(current)
    return contexts


def names_beside_phones(meanings: list[Meaning | None], values: list[list[Cell]]) -> list[Meaning | None]:
    """ "SĐT cha/mẹ" above "Bố Lê Văn A: 09…": the column gives names too, unless another one gives the same adult's."""
    named = {m.owner for m in meanings if m is not None and m.field == "name"}
    return [
        Meaning("name", meaning.owner or "contact")
        if meaning is not None
        and meaning.field == "phone"
        and meaning.owner not in named
        and not (named and not meaning.owner)
        and sum(map(_names_somebody, cells)) > 0.3 * len(cells)
        else meaning
        for meaning, cells in zip(meanings, values, strict=True)
    ]


def _names_somebody(cell: Cell) -> bool:
    words = re.findall(r"[^\W\d_]+", text_of(cell)) if isinstance(cell, str) else []
    return any(is_family_name(word) and word[0].isupper() for word in words[:-1])


def gather_adults(meanings: list[Meaning | None], headings: list[Heading], contexts: list[Owner]) -> list[Adult]:
    adults: dict[tuple[Owner, str], Adult] = {}
    latest: dict[Owner, tuple[Owner, str]] = {}
    generic = [c for c, m in enumerate(meanings) if m is not None and m.field == "phone" and m.owner == ""]
    owners = _owners_of_generic_phones(generic, meanings, contexts)
    for column, meaning in enumerate(meanings):
        if meaning is None or meaning.field not in ("name", "phone", "relation"):
            continue
        owner = meaning.owner or owners.get(column, "contact")
        if meaning.field == "relation" and not meaning.owner:
            owner = contexts[column] or _next_adult(meanings, column)
        number = "".join(_NUMBERED.findall(fold(headings[column].label)))[:1]
        key = (owner, number)
        if not number and owner in latest and (meaning.owner == "" or meaning.field != "name"):
            key = latest[owner]
        adult = adults.setdefault(key, Adult(owner))
        if meaning.field == "name" and adult.names:
            # A second name column for the same kind of adult begins a second adult.
            key = (owner, f"{number}/{column}")
            adult = adults.setdefault(key, Adult(owner))
        {"name": adult.names, "phone": adult.phones, "relation": adult.relations}[meaning.field].append(column)
        latest[owner] = key
    return list(adults.values())


def _next_adult(meanings: list[Meaning | None], column: int) -> Owner:
    """ "Quan hệ | Họ tên người thân | SĐT": the relation stands before the adult it tells of."""
    later = (m.owner for m in meanings[column + 1 :] if m is not None and m.field == "name" and m.owner in PARENTAL)
    return next(later, "contact")


def _owners_of_generic_phones(
    generic: list[int], meanings: list[Meaning | None], contexts: list[Owner]
) -> dict[int, Owner]:
    """A bare "SĐT" header belongs to the adult it stands beside, if each adult has one or there is only one adult."""
    named = {m.owner for m in meanings if m is not None and m.field == "name" and m.owner in PARENTAL}
    with_phone = {m.owner for m in meanings if m is not None and m.field == "phone" and m.owner in PARENTAL}
    beside = {c: contexts[c] for c in generic if contexts[c] != "" and contexts[c] not in with_phone}
    if len(set(beside.values())) >= 2 or (beside and len(named) == 1):
        return beside
    for column, owner in beside.items():
        follows = next(
            (m.owner for m in meanings[column + 1 :] if m is not None and m.field == "name" and m.owner in PARENTAL),
            None,
        )
        if follows is not None and follows != owner:
            return {column: owner}
    return {}

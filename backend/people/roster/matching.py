"""Who in the file is whom in the roll. Pure. Numbers decide first, then name with birth date and class; where two may be meant, nobody is.

Order: personal number (by its blind index), ministry code, the school's own code, then the folded name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from uuid import UUID

from backend.core.text import fold
from backend.people.roster.snapshot import KnownPupil, Snapshot
from schemas.roster import RosterPupil

Item = TypeVar("Item")
By = Literal["personal_id", "moedu_id", "school_code", "name_birth_class", "name_birth", "name_class"]


@dataclass
class Match:
    pupil: RosterPupil
    known: KnownPupil
    by: By


@dataclass
class Matches:
    found: list[Match] = field(default_factory=list)
    new: list[RosterPupil] = field(default_factory=list)
    # Rows whose numbers and names point to different pupils of the roll.
    unsure: list[tuple[RosterPupil, str]] = field(default_factory=list)


class _Matcher:
    def __init__(self, pupils: list[RosterPupil], snapshot: Snapshot, index_of: Callable[[str], bytes]) -> None:
        self._index_of = index_of
        self._left = list(pupils)
        self._free = dict(snapshot.pupils)
        self._class_names = snapshot.class_names
        self.matches = Matches()

    def run(self) -> Matches:
        self._by_numbers()
        steps: list[tuple[By, Callable[[RosterPupil], Hashable], Callable[[KnownPupil], Hashable]]] = [
            ("name_birth_class", _name_birth_class, self._known_name_birth_class),
            ("name_birth", _name_birth, _known_name_birth),
            ("name_class", _name_class, self._known_name_class),
        ]
        for by, of_row, of_known in steps:
            self._by_name(by, of_row, of_known)
        self.matches.new = self._left
        return self.matches

    def _by_numbers(self) -> None:
        columns: list[tuple[By, dict[Hashable, KnownPupil]]] = [
            ("personal_id", {k.personal_index: k for k in self._free.values() if k.personal_index is not None}),
            ("moedu_id", {k.moedu_id: k for k in self._free.values() if k.moedu_id is not None}),
            ("school_code", {k.school_code: k for k in self._free.values() if k.school_code is not None}),
        ]
        waiting: list[RosterPupil] = []
        taken: set[UUID] = set()
        for pupil in self._left:
            keys = (self._index_of(pupil.personal_id) if pupil.personal_id else None, pupil.moedu_id, pupil.school_code)
            hits = [
                (by, known[key])
                for (by, known), key in zip(columns, keys, strict=True)
                if key is not None and key in known
            ]
            people = {known.pupil_id for _, known in hits}
            if not hits:
                waiting.append(pupil)
            elif len(people) > 1 or people & taken:
                self.matches.unsure.append((pupil, "numbers_disagree"))
            elif _is_stranger(pupil, hits[0][1]):
                # One number, but neither name nor birth date agree: somebody typed another pupil's number.
                self.matches.unsure.append((pupil, "number_of_another"))
            else:
                taken |= people
                self._take(pupil, hits[0][1], hits[0][0])
        self._left = waiting

    def _by_name(
        self, by: By, of_row: Callable[[RosterPupil], Hashable], of_known: Callable[[KnownPupil], Hashable]
    ) -> None:
        rows, known = _grouped(self._left, of_row), _grouped(self._free.values(), of_known)
        done: set[int] = set()
        for key, group in rows.items():
            candidates = [
                k for k in known.get(key, ()) if not any(_numbers_contradict(row, k, self._index_of) for row in group)
            ]
            # Namesakes are paired only where both sides have as many, so that the same file again finds the same pupils.
            if not candidates or len(candidates) != len(group) or (len(group) > 1 and by != "name_birth_class"):
                continue
            for row, candidate in zip(_in_order(group), _known_in_order(candidates), strict=True):
                self._take(row, candidate, by)
                done.add(id(row))
        self._left = [row for row in self._left if id(row) not in done]

    def _take(self, pupil: RosterPupil, known: KnownPupil, by: By) -> None:
        self._free.pop(known.pupil_id, None)
        self.matches.found.append(Match(pupil, known, by))

    def _class_fold(self, known: KnownPupil) -> str | None:
        return fold(self._class_names.get(known.class_id, "")) if known.class_id is not None else None

    def _known_name_birth_class(self, known: KnownPupil) -> Hashable:
        class_fold = self._class_fold(known)
        return (known.name_fold, known.born_on, class_fold) if class_fold else None

    def _known_name_class(self, known: KnownPupil) -> Hashable:
        """Only where one side knows no birth date; two different dates are two pupils. See `_name_class`."""
        class_fold = self._class_fold(known)
        return (known.name_fold, class_fold) if class_fold else None


def match_pupils(pupils: list[RosterPupil], snapshot: Snapshot, index_of: Callable[[str], bytes]) -> Matches:
    matches = _Matcher(pupils, snapshot, index_of).run()
    return _without_contradicting_births(matches)


def _without_contradicting_births(matches: Matches) -> Matches:
    """A match by name and class alone holds only while the birth dates do not contradict it."""
    kept = []
    for match in matches.found:
        one, two = match.pupil.born_on, match.known.born_on
        if match.by == "name_class" and one is not None and two is not None and one != two:
            matches.unsure.append((match.pupil, "birth_differs"))
        else:
            kept.append(match)
    matches.found = kept
    return matches


def _grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> dict[Hashable, list[Item]]:
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        if (value := key(item)) is not None:
            groups[value].append(item)
    return groups


def _name_birth_class(pupil: RosterPupil) -> Hashable:
    return fold(pupil.full_name), pupil.born_on, fold(pupil.class_name)


def _name_birth(pupil: RosterPupil) -> Hashable:
    return (fold(pupil.full_name), pupil.born_on) if pupil.born_on is not None else None


def _known_name_birth(known: KnownPupil) -> Hashable:
    return (known.name_fold, known.born_on) if known.born_on is not None else None


def _name_class(pupil: RosterPupil) -> Hashable:
    return fold(pupil.full_name), fold(pupil.class_name)


def _is_stranger(pupil: RosterPupil, known: KnownPupil) -> bool:
    if fold(pupil.full_name) == known.name_fold:
        return False
    return pupil.born_on is None or known.born_on is None or pupil.born_on != known.born_on


def _numbers_contradict(pupil: RosterPupil, known: KnownPupil, index_of: Callable[[str], bytes]) -> bool:
    pairs = (
        (index_of(pupil.personal_id) if pupil.personal_id else None, known.personal_index),
        (pupil.moedu_id, known.moedu_id),
        (pupil.school_code, known.school_code),
    )
    return any(left is not None and right is not None and left != right for left, right in pairs)


def _in_order(rows: list[RosterPupil]) -> list[RosterPupil]:
    return sorted(rows, key=lambda p: (sorted(g.phone_e164 or "" for g in p.guardians), p.row))


def _known_in_order(known: list[KnownPupil]) -> list[KnownPupil]:
    return sorted(known, key=lambda k: (sorted(b.phone or "" for b in k.bonds), k.pupil_id))

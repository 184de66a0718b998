"""The adults of the file against those of the roll. Pure. Brothers and sisters share a guardian; a changed phone is one person's.

Guardians whom the file does not name stay: custody papers know more than lists.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from backend.core.ids import new_id
from backend.core.text import fold
from backend.people.roster.snapshot import Bond, KnownPupil, Snapshot
from schemas.roster import RosterGuardian, RosterPupil

# What a row wants a guardian to be: name and phone.
Wish = tuple[str | None, str | None]


@dataclass
class NewGuardian:
    guardian_id: UUID
    full_name: str | None
    phone: str | None


@dataclass
class ChangedGuardian:
    """`relisted`: phone or folded name changed, so the directory and whoever signed in with them must follow."""

    guardian_id: UUID
    before: Wish
    full_name: str | None
    phone: str | None
    relisted: bool


@dataclass
class GuardianPlan:
    new: list[NewGuardian] = field(default_factory=list)
    changed: list[ChangedGuardian] = field(default_factory=list)
    bonds: list[tuple[UUID, UUID, str]] = field(default_factory=list)  # pupil, guardian, kind
    kinds: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    pupils: set[UUID] = field(default_factory=set)  # whose family changes in some way
    owners: dict[UUID, set[UUID]] = field(default_factory=dict)  # changed guardian → the children

    @property
    def touched(self) -> bool:
        return bool(self.new or self.changed or self.bonds or self.kinds)


@dataclass
class _Wanted:
    """One entry of the file for one pupil, and the bond it was recognised in."""

    pupil_id: UUID
    entry: RosterGuardian
    bond: Bond


def plan_guardians(pairs: list[tuple[UUID, RosterPupil, KnownPupil | None]], snapshot: Snapshot) -> GuardianPlan:
    planner = _Planner(snapshot)
    for pupil_id, pupil, known in pairs:
        planner.pupil(pupil_id, pupil, known)
    return planner.finish()


class _Planner:
    def __init__(self, snapshot: Snapshot) -> None:
        self._by_phone_and_name = dict(snapshot.guardians)
        self._plan = GuardianPlan()
        self._wanted: list[_Wanted] = []
        self._bound: set[tuple[UUID, UUID]] = set()
        self._homes: dict[UUID, set[UUID]] = defaultdict(set)
        for known in snapshot.pupils.values():
            for bond in known.bonds:
                self._homes[bond.guardian_id].add(known.pupil_id)

    def pupil(self, pupil_id: UUID, pupil: RosterPupil, known: KnownPupil | None) -> None:
        bonds = list(known.bonds) if known is not None else []
        entries = list(dict.fromkeys(pupil.guardians))
        self._bound |= {(pupil_id, bond.guardian_id) for bond in bonds}
        # Sure recognitions first, so that a weaker one never takes another entry's guardian.
        for recognise in (_same, _same_phone, _same_name):
            for entry in list(entries):
                bond = next((b for b in bonds if recognise(entry, b, entries, bonds)), None)
                if bond is not None:
                    self._wanted.append(_Wanted(pupil_id, entry, bond))
                    entries.remove(entry)
                    if recognise is not _same_phone or entry.name is not None:
                        bonds.remove(bond)
        for entry in entries:
            self._bind(pupil_id, entry)

    def _bind(self, pupil_id: UUID, entry: RosterGuardian) -> None:
        """To a guardian with this phone and name, of this file or of the roll; else to a new one."""
        key = (entry.phone_e164, fold(entry.name or "")) if entry.phone_e164 is not None else None
        guardian_id = self._by_phone_and_name.get(key) if key is not None else None
        if guardian_id is None:
            guardian_id = new_id()
            self._plan.new.append(NewGuardian(guardian_id, entry.name, entry.phone_e164))
            if key is not None:
                self._by_phone_and_name[key] = guardian_id
        if (pupil_id, guardian_id) not in self._bound:
            self._bound.add((pupil_id, guardian_id))
            self._plan.bonds.append((pupil_id, guardian_id, entry.relation))
            self._plan.pupils.add(pupil_id)

    def finish(self) -> GuardianPlan:
        by_guardian: dict[UUID, list[_Wanted]] = defaultdict(list)
        for wanted in self._wanted:
            by_guardian[wanted.bond.guardian_id].append(wanted)
        for guardian_id, group in by_guardian.items():
            self._decide(guardian_id, group)
        return self._plan

    def _decide(self, guardian_id: UUID, group: list[_Wanted]) -> None:
        """A guardian of several children changes only when the rows of all of them agree; a row alone gets a person of its own."""
        bond = group[0].bond
        now: Wish = (bond.full_name, bond.phone)
        wishes = list(dict.fromkeys(_wish(wanted) for wanted in group))
        chosen = now if now in wishes else wishes[0]
        for wanted in group:
            if _wish(wanted) != chosen:
                self._bind(wanted.pupil_id, wanted.entry)
            elif wanted.entry.name is not None and wanted.entry.relation != wanted.bond.kind:
                self._plan.kinds.append((wanted.pupil_id, guardian_id, wanted.entry.relation))
                self._plan.pupils.add(wanted.pupil_id)
        if chosen != now:
            relisted = chosen[1] != now[1] or fold(chosen[0] or "") != bond.name_fold
            self._plan.changed.append(ChangedGuardian(guardian_id, now, chosen[0], chosen[1], relisted))
            self._plan.owners[guardian_id] = self._homes[guardian_id]
            self._plan.pupils |= self._homes[guardian_id]


def _wish(wanted: _Wanted) -> Wish:
    """The file's words where it has any, the roll's where it is silent."""
    return (wanted.entry.name or wanted.bond.full_name, wanted.entry.phone_e164 or wanted.bond.phone)


def _same(entry: RosterGuardian, bond: Bond, entries: list[RosterGuardian], bonds: list[Bond]) -> bool:
    return entry.phone_e164 == bond.phone and fold(entry.name or "") == bond.name_fold


def _same_phone(entry: RosterGuardian, bond: Bond, entries: list[RosterGuardian], bonds: list[Bond]) -> bool:
    """The same number, named by one side only; or by both as the same parent, who was misspelt."""
    if entry.phone_e164 is None or entry.phone_e164 != bond.phone:
        return False
    if entry.name is None or not bond.name_fold:
        return True
    return entry.relation == bond.kind and entry.relation != "guardian"


def _same_name(entry: RosterGuardian, bond: Bond, entries: list[RosterGuardian], bonds: list[Bond]) -> bool:
    """The same name where one side has no number, or where each side has one such person: then the number has changed."""
    name_fold = fold(entry.name or "")
    if not name_fold or name_fold != bond.name_fold:
        return False
    if entry.phone_e164 is None or bond.phone is None:
        return True
    alone = (
        sum(fold(e.name or "") == name_fold for e in entries) == 1 and sum(b.name_fold == name_fold for b in bonds) == 1
    )
    return alone and entry.relation == bond.kind

"""What an import would add, change and leave in the roll. Pure: file and roll in, lists of changes out; nothing is written here.

A gap in the file takes nothing away: it says that the file does not know, not that the school should forget. Nobody is removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from backend.core.ids import new_id
from backend.core.text import fold
from backend.people.roster.class_names import grade_of
from backend.people.roster.guardian_plan import GuardianPlan, plan_guardians
from backend.people.roster.matching import Match, match_pupils
from backend.people.roster.snapshot import KnownPupil, Snapshot
from backend.people.roster.staff_plan import StaffPlan, plan_staff
from schemas.roster import RosterPupil, Understood

Pair = tuple[UUID, RosterPupil]


@dataclass
class NewClass:
    class_id: UUID
    name: str
    grade: int


@dataclass
class Change:
    """`fields`: column → (before, after). The personal number is only said to change."""

    known: KnownPupil
    pupil: RosterPupil
    matched_by: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass
class Seat:
    """A place in a class from a day on. `replaces`: the first day of the seat that ends for it."""

    pupil_id: UUID
    class_id: UUID
    from_on: date
    replaces: date | None = None


@dataclass
class Plan:
    school_year: str
    classes: list[NewClass] = field(default_factory=list)
    pupils: list[Pair] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    guardians: GuardianPlan = field(default_factory=GuardianPlan)
    staff: StaffPlan = field(default_factory=StaffPlan)
    same: int = 0
    missing: list[KnownPupil] = field(default_factory=list)
    unsure: list[tuple[RosterPupil, str]] = field(default_factory=list)
    matched: dict[UUID, Match] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (
            self.classes or self.pupils or self.changes or self.seats or self.guardians.touched or self.staff.touched
        )


def make_plan(understood: Understood, snapshot: Snapshot, index_of: Callable[[str], bytes], *, today: date) -> Plan:
    plan = Plan(snapshot.school_year)
    class_ids = _classes(understood, snapshot, plan)
    matches = match_pupils(understood.pupils, snapshot, index_of)
    plan.unsure = matches.unsure
    plan.matched = {match.known.pupil_id: match for match in matches.found}
    seated = {known.class_id for known in snapshot.pupils.values() if known.class_id is not None}
    pairs: list[tuple[UUID, RosterPupil, KnownPupil | None]] = []
    for pupil in matches.new:
        pupil_id = new_id()
        plan.pupils.append((pupil_id, pupil))
        class_id = class_ids[fold(pupil.class_name)]
        plan.seats.append(Seat(pupil_id, class_id, _first_day(class_id in seated, snapshot, today)))
        pairs.append((pupil_id, pupil, None))
    for match in matches.found:
        _compare(match, class_ids[fold(match.pupil.class_name)], snapshot, index_of, plan, today, seated)
        pairs.append((match.known.pupil_id, match.pupil, match.known))
    plan.guardians = plan_guardians(pairs, snapshot)
    plan.staff = plan_staff(understood.staff, snapshot, class_ids)
    _count_the_same(plan, matches.found)
    plan.missing = _missing(understood, snapshot, matches.found, plan.unsure)
    return plan


def _classes(understood: Understood, snapshot: Snapshot, plan: Plan) -> dict[str, UUID]:
    """Folded class name → id, for every class of the file; new ones are planned."""
    class_ids = {name_fold: class_id for name_fold, (class_id, _) in snapshot.classes.items()}
    for pupil in understood.pupils:
        name_fold = fold(pupil.class_name)
        if name_fold not in class_ids:
            class_ids[name_fold] = new_id()
            plan.classes.append(NewClass(class_ids[name_fold], pupil.class_name, grade_of(pupil.class_name) or 0))
    return class_ids


def _first_day(class_has_pupils: bool, snapshot: Snapshot, today: date) -> date:
    """The first list of a class is the one it began the year with; who comes later comes today."""
    if not class_has_pupils or today < snapshot.starts_on:
        return snapshot.starts_on
    return min(today, snapshot.ends_on)


def _compare(
    match: Match,
    class_id: UUID,
    snapshot: Snapshot,
    index_of: Callable[[str], bytes],
    plan: Plan,
    today: date,
    seated: set[UUID],
) -> None:
    known, pupil = match.known, match.pupil
    change = Change(known, pupil, match.by)
    for name, before, after in (
        ("full_name", known.full_name, pupil.full_name),
        ("born_on", known.born_on, pupil.born_on),
        ("sex", known.sex, pupil.sex),
        ("moedu_id", known.moedu_id, pupil.moedu_id),
        ("school_code", known.school_code, pupil.school_code),
    ):
        if after is not None and after != before:
            change.fields[name] = (before, after)
    if pupil.personal_id is not None and index_of(pupil.personal_id) != known.personal_index:
        change.fields["personal_id"] = (
            "•••" if known.personal_index is not None else None,
            f"•••{pupil.personal_id[-3:]}",
        )
    if known.status != "enrolled":
        change.fields["status"] = (known.status, "enrolled")
    if known.class_id != class_id:
        change.fields["class"] = (
            snapshot.class_names.get(known.class_id) if known.class_id else None,
            pupil.class_name,
        )
        plan.seats.append(_move(known, class_id, snapshot, today, class_id in seated))
    if change.fields:
        plan.changes.append(change)


def _move(known: KnownPupil, class_id: UUID, snapshot: Snapshot, today: date, class_has_pupils: bool) -> Seat:
    if known.seat_from is None:
        return Seat(known.pupil_id, class_id, _first_day(class_has_pupils, snapshot, today))
    # A seat that began today or later never was; otherwise it ends yesterday, so that no day belongs to two classes.
    from_on = max(known.seat_from, min(today, snapshot.ends_on))
    return Seat(known.pupil_id, class_id, from_on, replaces=known.seat_from)


def day_before(day: date) -> date:
    return day - timedelta(days=1)


def _count_the_same(plan: Plan, found: list[Match]) -> None:
    changed = {change.known.pupil_id for change in plan.changes} | plan.guardians.pupils
    plan.same = sum(match.known.pupil_id not in changed for match in found)


def _missing(
    understood: Understood, snapshot: Snapshot, found: list[Match], unsure: list[tuple[RosterPupil, str]]
) -> list[KnownPupil]:
    """Pupils of the file's classes whom the file does not name. Only told: a list may be incomplete, and children do not vanish."""
    classes = {
        snapshot.classes[name_fold][0]
        for p in understood.pupils
        if (name_fold := fold(p.class_name)) in snapshot.classes
    }
    named = {match.known.pupil_id for match in found}
    doubted = {fold(pupil.full_name) for pupil, _ in unsure}
    return [
        known
        for known in snapshot.pupils.values()
        if known.class_id in classes
        and known.status == "enrolled"
        and known.pupil_id not in named
        and known.name_fold not in doubted
    ]

"""The staff of the file against those of the roll, with homeroom classes and subjects. Pure.

A file makes teachers and accountants. It never makes an administrator: that right is given by a person, one at a time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from backend.core.ids import new_id
from backend.core.text import fold
from backend.people.roster.snapshot import Duty, KnownStaff, Snapshot
from schemas.roster import RosterStaff

_ACCOUNTANT = re.compile(r"\bke toan\b")
_TEACHER = re.compile(r"\b(giao vien|gv|gvcn|to truong|to pho|tong phu trach|day)\b")
# How schools write subjects that the list of subjects calls otherwise. Folded.
SUBJECT_WORDS = {
    "tieng anh": "NN1", "anh": "NN1", "anh van": "NN1", "ngoai ngu": "NN1", "tieng phap": "NN1", "tieng nhat": "NN1", "tieng trung": "NN1",
    "van": "VAN", "tieng viet": "TV", "li": "VL", "ly": "VL", "vat ly": "VL", "hoa": "HH", "sinh": "SH", "su": "LS", "dia": "DL",
    "dia ly": "DL", "lich su va dia ly": "LSDL", "ls dl": "LSDL", "su dia": "LSDL", "khtn": "KHTN", "gdcd": "GDCD", "tin": "TH",
    "cong nghe": "CN", "cn": "CN", "the duc": "GDTC", "gdtc": "GDTC", "td": "GDTC", "nhac": "AN", "hat nhac": "AN", "my thuat": "MT",
    "hoa hoc": "HH", "sinh hoc": "SH", "gdqp": "QPAN", "gdqp an": "QPAN", "quoc phong": "QPAN", "gdktpl": "KTPL", "ktpl": "KTPL",
    "hdtn": "HDTN", "hdtn hn": "HDTN", "hoat dong trai nghiem": "HDTN", "gddp": "GDDP", "giao duc dia phuong": "GDDP",
    "noi dung giao duc dia phuong": "GDDP", "toan hoc": "TOAN",
}  # fmt: skip


@dataclass
class ChangedStaff:
    known: KnownStaff
    full_name: str
    phone: str
    email: str | None
    relisted: bool
    fields: dict[str, tuple[str | None, str | None]]


@dataclass
class StaffPlan:
    new: list[tuple[UUID, RosterStaff]] = field(default_factory=list)
    changed: list[ChangedStaff] = field(default_factory=list)
    roles: list[tuple[UUID, str]] = field(default_factory=list)
    begun: list[Duty] = field(default_factory=list)
    ended: list[Duty] = field(default_factory=list)
    same: int = 0
    # Reasons by row: no phone, an unknown class, an unknown subject.
    unsure: list[tuple[RosterStaff, str, str]] = field(default_factory=list)

    @property
    def touched(self) -> bool:
        return bool(self.new or self.changed or self.roles or self.begun or self.ended)


def plan_staff(staff: list[RosterStaff], snapshot: Snapshot, class_ids: dict[str, UUID]) -> StaffPlan:
    plan = StaffPlan()
    wanted: set[Duty] = set()
    subjects = {fold(name): code for code, name in snapshot.subjects.items()} | {
        code.casefold(): code for code in snapshot.subjects
    }
    taken: set[UUID] = set()
    for person in staff:
        known = _recognise(person, snapshot, taken)
        if known is None and person.phone_e164 is None:
            plan.unsure.append((person, "staff_without_phone", ""))
            continue
        staff_id = known.staff_id if known is not None else new_id()
        if known is None:
            plan.new.append((staff_id, person))
        else:
            taken.add(known.staff_id)
            _compare(known, person, plan)
        roles = known.roles if known is not None else set()
        plan.roles += [(staff_id, role) for role in sorted(_roles(person)) if role not in roles]
        wanted |= _duties(staff_id, person, class_ids, subjects, plan)
    _replace(wanted, snapshot, plan)
    return plan


def _recognise(person: RosterStaff, snapshot: Snapshot, taken: set[UUID]) -> KnownStaff | None:
    """By phone and name; by either alone where only one can be meant."""
    name_fold = fold(person.full_name)
    free = [known for known in snapshot.staff.values() if known.staff_id not in taken]
    both = [known for known in free if known.phone == person.phone_e164 and known.name_fold == name_fold]
    if both:
        return both[0]
    named = [known for known in free if known.name_fold == name_fold and known.status == "active"]
    if len(named) == 1:
        return named[0]
    # A corrected name: the number stayed, and so did the name that people call her by.
    phoned = [
        known
        for known in free
        if known.phone == person.phone_e164 and known.name_fold.split()[-1:] == name_fold.split()[-1:]
    ]
    return phoned[0] if len(phoned) == 1 else None


def _compare(known: KnownStaff, person: RosterStaff, plan: StaffPlan) -> None:
    after = {
        "full_name": person.full_name,
        "phone": person.phone_e164 or known.phone,
        "email": person.email or known.email,
    }
    before = {"full_name": known.full_name, "phone": known.phone, "email": known.email}
    fields: dict[str, tuple[str | None, str | None]] = {
        name: (before[name], after[name]) for name in before if before[name] != after[name]
    }
    if known.status != "active":
        fields["status"] = (known.status, "active")
    if not fields:
        plan.same += 1
        return
    phone = person.phone_e164 or known.phone
    relisted = phone != known.phone or fold(person.full_name) != known.name_fold
    plan.changed.append(ChangedStaff(known, person.full_name, phone, after["email"], relisted, fields))


def _roles(person: RosterStaff) -> set[str]:
    position = fold(person.position or "")
    roles = set()
    if _ACCOUNTANT.search(position):
        roles.add("accountant")
    if _TEACHER.search(position) or person.homeroom or person.teaching or (person.subjects and not roles):
        roles.add("teacher")
    return roles


def _duties(
    staff_id: UUID, person: RosterStaff, class_ids: dict[str, UUID], subjects: dict[str, str], plan: StaffPlan
) -> set[Duty]:
    duties: set[Duty] = set()
    if person.homeroom is not None:
        if (class_id := class_ids.get(fold(person.homeroom))) is not None:
            duties.add(Duty(class_id, "homeroom", "", staff_id))
        else:
            plan.unsure.append((person, "staff_class_unknown", person.homeroom))
    for teaching in person.teaching:
        word = fold(teaching.subject)
        code = subjects.get(word) or (SUBJECT_WORDS.get(word) if SUBJECT_WORDS.get(word) in subjects.values() else None)
        if code is None:
            plan.unsure.append((person, "staff_subject_unknown", teaching.subject))
            continue
        for name in teaching.classes:
            if (class_id := class_ids.get(fold(name))) is not None:
                duties.add(Duty(class_id, "subject", code, staff_id))
            else:
                plan.unsure.append((person, "staff_class_unknown", name))
    return duties


def _replace(wanted: set[Duty], snapshot: Snapshot, plan: StaffPlan) -> None:
    """For the classes and subjects that the file names, it says who teaches them now; all others stay."""
    order = lambda duty: (str(duty.class_id), duty.kind, duty.subject_code, str(duty.staff_id))  # noqa: E731
    named: dict[tuple[UUID, str, str], set[Duty]] = defaultdict(set)
    for duty in wanted:
        named[(duty.class_id, duty.kind, duty.subject_code)].add(duty)
    plan.begun = sorted(wanted - snapshot.duties, key=order)
    plan.ended = sorted(
        (duty for duty in snapshot.duties - wanted if (duty.class_id, duty.kind, duty.subject_code) in named), key=order
    )

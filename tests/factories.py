"""Scenes for tests. `make_world` sets two schools, classes, families and staff; defaults here, the point of the test in the test."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg

from backend.core.house import House
from backend.core.ids import new_id
from backend.core.text import fold, name_sort_key
from backend.identity.principal import Principal
from backend.identity.tokens import TokenOffice
from tests.rows import Rows, bytea

_numbers = itertools.count(1)
YEAR = "2026-2027"
EARLY = date(2020, 1, 1)
_NEW_IDS = """
SELECT nextval(pg_get_serial_sequence('schools', 'school_id')),
       nextval(pg_get_serial_sequence('schools', 'school_id')),
       nextval(pg_get_serial_sequence('bank_accounts', 'bank_account_id'))
"""


@dataclass
class Person:
    """Somebody with an account: a guardian or a member of staff, or both (two entries of one account)."""

    account_id: UUID
    person_id: UUID
    phone: str
    full_name: str
    school_id: int
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class Pupil:
    pupil_id: UUID
    full_name: str
    class_id: UUID
    school_id: int


@dataclass
class World:
    """school: classes 6A1 (own) and 6A2 (other) ; other: a second school with a class of its own.

    parent/parent2 are mother and father of `child` in 6A1; neighbour is the parent of `neighbour_child` in 6A2;
    stranger is the parent of `other_child` in the other school. teacher is homeroom of 6A1 and teaches it TOAN and VAN;
    subject_teacher teaches 6A1 TOAN and is homeroom of nothing; other_teacher is homeroom of 6A2; accountant, admin, area_admin as named; other_admin runs the other school.
    """

    school_id: int
    other_school_id: int
    class_id: UUID
    other_class_id: UUID
    foreign_class_id: UUID
    child: Pupil
    classmate: Pupil
    neighbour_child: Pupil
    other_child: Pupil
    parent: Person
    parent2: Person
    classmate_parent: Person
    neighbour: Person
    stranger: Person
    teacher: Person
    other_teacher: Person
    accountant: Person
    admin: Person
    area_admin: Person
    other_admin: Person
    subject_teacher: Person
    bank_account_id: int = 0
    hook_key: str = ""
    pupils: list[Pupil] = field(default_factory=list)
    province: str = ""


def fresh_phone() -> str:
    """A valid Viettel-shaped mobile, never twice in a run (the process id keeps test processes apart)."""
    return f"+8496{(os.getpid() * 977 + next(_numbers) * 13) % 10_000_000:07d}"


async def make_world(owner: asyncpg.Connection, house: House) -> World:
    tokens = TokenOffice(house.cipher)
    now = datetime.now(UTC)
    rows = Rows()
    province = f"T{next(_numbers)}"
    rows.add("provinces", province_code=province, name="Tỉnh thử", valid_from=date(2025, 7, 1))
    school, other, bank_account_id = await owner.fetchrow(_NEW_IDS)
    _school(rows, school, province, now)
    _school(rows, other, None, now)
    own_class = _class(rows, school, "6A1", 6, now)
    other_class = _class(rows, school, "6A2", 6, now)
    foreign_class = _class(rows, other, "6A1", 6, now)

    child = _pupil(rows, school, own_class, "Nguyễn Minh An", now)
    classmate = _pupil(rows, school, own_class, "Trần Bảo Ân", now)
    neighbour_child = _pupil(rows, school, other_class, "Lê Thị Ánh", now)
    other_child = _pupil(rows, other, foreign_class, "Phạm Văn Đức", now)

    parent = _guardian(rows, school, "Nguyễn Thị Hoa", [(child, "mother")], now)
    parent2 = _guardian(rows, school, "Nguyễn Văn Hùng", [(child, "father")], now)
    classmate_parent = _guardian(rows, school, "Trần Thị Mai", [(classmate, "mother")], now)
    neighbour = _guardian(rows, school, "Lê Văn Bình", [(neighbour_child, "father")], now)
    stranger = _guardian(rows, other, "Phạm Thị Lan", [(other_child, "mother")], now)

    teacher = _staff(rows, school, "Đỗ Thị Cúc", ["teacher"], now)
    other_teacher = _staff(rows, school, "Vũ Văn Dũng", ["teacher"], now)
    subject_teacher = _staff(rows, school, "Lý Văn Toán", ["teacher"], now)
    accountant = _staff(rows, school, "Hoàng Thị Kế", ["accountant"], now)
    admin = _staff(rows, school, "Bùi Văn Trưởng", ["school_admin"], now)
    other_admin = _staff(rows, other, "Ngô Văn Khác", ["school_admin"], now)
    area_admin = Person(_account(rows, fresh_phone(), "Cán bộ Sở", now), new_id(), "", "Cán bộ Sở", school)
    rows.add("account_areas", account_id=area_admin.account_id, area_code=province, granted_at=now)
    for who, class_id, kind, subject in [
        (teacher, own_class, "homeroom", ""),
        (teacher, own_class, "subject", "TOAN"),
        (teacher, own_class, "subject", "VAN"),
        (subject_teacher, own_class, "subject", "TOAN"),
        (other_teacher, other_class, "homeroom", ""),
        (other_teacher, other_class, "subject", "TOAN"),
    ]:
        rows.add(
            "assignments", school_id=school, class_id=class_id, kind=kind, subject_code=subject, staff_id=who.person_id, from_on=EARLY
        )  # fmt: skip
    hook_key = f"hook{school}x{new_id().hex[-8:]}"
    rows.add(
        "bank_accounts", bank_account_id=bank_account_id, school_id=school, bank_bin="970436", account_number=f"00110{school:08d}",
        account_name="TRUONG THCS THU", created_at=now,
    )  # fmt: skip
    rows.add(
        "bank_hooks", hook_key=hook_key, provider="sepay", school_id=school, bank_account_id=bank_account_id, auth="hmac",
        secret_sealed=bytea(house.cipher.seal("hook-secret", "bank-hook")), created_at=now,
    )  # fmt: skip
    await rows.send(owner)
    people = [
        parent,
        parent2,
        classmate_parent,
        neighbour,
        stranger,
        teacher,
        other_teacher,
        accountant,
        admin,
        other_admin,
        subject_teacher,
    ]
    for person in people:
        person.token = token_for(
            tokens, person, guardian=person in (parent, parent2, classmate_parent, neighbour, stranger), now=now
        )
    area_admin.token = token_for(tokens, area_admin, areas=(province,), now=now)
    return World(
        school, other, own_class, other_class, foreign_class, child, classmate, neighbour_child, other_child,
        parent, parent2, classmate_parent, neighbour, stranger, teacher, other_teacher, accountant, admin, area_admin, other_admin,
        subject_teacher,
        bank_account_id, hook_key, [child, classmate, neighbour_child], province,
    )  # fmt: skip


def token_for(
    tokens: TokenOffice,
    person: Person,
    *,
    guardian: bool = False,
    areas: tuple[str, ...] = (),
    now: datetime,
    also: tuple[int, ...] = (),
) -> str:
    principal = Principal(
        account_id=person.account_id,
        session_id=new_id(),
        expires_at=int((now + timedelta(hours=1)).timestamp()),
        second_factor=not guardian,
        guardian_in=(person.school_id, *also) if guardian else (),
        staff_in=() if guardian or areas else (person.school_id,),
        areas=areas,
    )
    return tokens.issue(principal, issued_at=int(now.timestamp()))


async def add_pupils(owner: asyncpg.Connection, world: World, count: int) -> list[Pupil]:
    """More classmates, for requests whose cost must not grow with the class."""
    now, rows = datetime.now(UTC), Rows()
    made = [_pupil(rows, world.school_id, world.class_id, f"Học Sinh Số {n}", now) for n in range(count)]
    await rows.send(owner)
    world.pupils.extend(made)
    return made


async def add_parents(owner: asyncpg.Connection, pupils: list[Pupil]) -> list[Person]:
    """A mother for each of them, with an account."""
    now, rows = datetime.now(UTC), Rows()
    made = [_guardian(rows, p.school_id, f"Phụ huynh {p.full_name}", [(p, "mother")], now) for p in pupils]
    await rows.send(owner)
    return made


def _school(rows: Rows, school_id: int, province: str | None, now: datetime) -> None:
    rows.add(
        "schools", school_id=school_id, code=new_id().hex[-12:], name="Trường THCS Thử Nghiệm", level="lower_secondary",
        province_code=province, address="1 Đường Thử", phone="02438251234", created_at=now,
    )  # fmt: skip
    year = {"school_id": school_id, "school_year": YEAR}
    rows.add("school_years", **year, starts_on=date(2026, 9, 5), ends_on=date(2027, 5, 31), is_current=True)
    rows.add("terms", **year, term=1, starts_on=date(2026, 9, 5), ends_on=date(2027, 1, 16))
    rows.add("terms", **year, term=2, starts_on=date(2027, 1, 17), ends_on=date(2027, 5, 31))


def _class(rows: Rows, school_id: int, name: str, grade: int, now: datetime) -> UUID:
    class_id = new_id()
    rows.add(
        "classes", school_id=school_id, class_id=class_id, school_year=YEAR, name=name, name_fold=fold(name), grade=grade, created_at=now
    )  # fmt: skip
    for subject in ("TOAN", "VAN", "GDTC"):
        rows.add("class_subjects", school_id=school_id, class_id=class_id, subject_code=subject)
    return class_id


def _pupil(rows: Rows, school_id: int, class_id: UUID, full_name: str, now: datetime) -> Pupil:
    pupil_id = new_id()
    rows.add(
        "pupils", school_id=school_id, pupil_id=pupil_id, full_name=full_name, name_fold=fold(full_name),
        sort_key=name_sort_key(full_name), born_on=date(2015, 3, 4), sex="male", source="hand", created_at=now, updated_at=now,
    )  # fmt: skip
    rows.add(
        "enrolments", school_id=school_id, pupil_id=pupil_id, school_year=YEAR, class_id=class_id, from_on=date(2026, 9, 5)
    )  # fmt: skip
    return Pupil(pupil_id, full_name, class_id, school_id)


def _account(rows: Rows, phone: str, full_name: str, now: datetime) -> UUID:
    account_id, name_fold = new_id(), fold(full_name)
    rows.add(
        "accounts", account_id=account_id, phone_e164=phone, full_name=full_name, name_fold=name_fold, created_at=now
    )
    rows.add("phone_accounts", phone_e164=phone, name_fold=name_fold, account_id=account_id)
    return account_id


def _guardian(rows: Rows, school_id: int, full_name: str, children: list[tuple[Pupil, str]], now: datetime) -> Person:
    phone = fresh_phone()
    who = Person(_account(rows, phone, full_name, now), new_id(), phone, full_name, school_id)
    return _guards(rows, who, children, now)


def _guards(rows: Rows, who: Person, children: list[tuple[Pupil, str]], now: datetime) -> Person:
    """`who` as a guardian in the school that it names."""
    known = {"school_id": who.school_id, "guardian_id": who.person_id}
    rows.add(
        "guardians", **known, full_name=who.full_name, name_fold=fold(who.full_name), phone_e164=who.phone,
        account_id=who.account_id, source="hand", created_at=now, updated_at=now,
    )  # fmt: skip
    for pupil, kind in children:
        rows.add("guardianships", **known, pupil_id=pupil.pupil_id, kind=kind, valid_from=EARLY, source="hand")
    rows.add("family_versions", **known, version=1)
    return _in_directory(rows, who, "guardian", now)


def _staff(rows: Rows, school_id: int, full_name: str, roles: list[str], now: datetime) -> Person:
    phone, staff_id = fresh_phone(), new_id()
    account_id = _account(rows, phone, full_name, now)
    rows.add(
        "staff", school_id=school_id, staff_id=staff_id, full_name=full_name, name_fold=fold(full_name),
        sort_key=name_sort_key(full_name), phone_e164=phone, account_id=account_id, source="hand", created_at=now, updated_at=now,
    )  # fmt: skip
    for role in roles:
        rows.add("staff_roles", school_id=school_id, staff_id=staff_id, role=role, granted_at=now)
    return _in_directory(rows, Person(account_id, staff_id, phone, full_name, school_id), "staff", now)


def _in_directory(rows: Rows, person: Person, kind: str, now: datetime) -> Person:
    known = {"school_id": person.school_id, "person_kind": kind, "person_id": person.person_id}
    rows.add(
        "phone_directory", phone_e164=person.phone, **known, name_fold=fold(person.full_name), full_name=person.full_name
    )  # fmt: skip
    rows.add("account_persons", account_id=person.account_id, **known, linked_at=now)
    return person


async def also_in_the_other_school(owner: asyncpg.Connection, house: House, world: World) -> None:
    """`parent` is a guardian of the other school's child as well: one account, children in two schools."""
    who, now, rows = world.parent, datetime.now(UTC), Rows()
    _guards(
        rows, replace(who, person_id=new_id(), school_id=world.other_school_id), [(world.other_child, "mother")], now
    )
    await rows.send(owner)
    who.token = token_for(TokenOffice(house.cipher), who, guardian=True, now=now, also=(world.other_school_id,))

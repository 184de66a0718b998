"""Scenes for tests. `make_world` sets two schools, classes, families and staff; defaults here, the point of the test in the test."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg

from backend.core.house import House
from backend.core.ids import new_id
from backend.core.text import fold, name_sort_key
from backend.identity.principal import Principal
from backend.identity.tokens import TokenOffice

_numbers = itertools.count(1)
YEAR = "2026-2027"
EARLY = date(2020, 1, 1)


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
    province = f"T{next(_numbers)}"
    await owner.execute(
        "INSERT INTO provinces (province_code, name, valid_from) VALUES ($1, 'Tỉnh thử', '2025-07-01') ON CONFLICT DO NOTHING",
        province,
    )
    school = await _school(owner, province, now)
    other = await _school(owner, None, now)
    own_class = await _class(owner, school, "6A1", 6, now)
    other_class = await _class(owner, school, "6A2", 6, now)
    foreign_class = await _class(owner, other, "6A1", 6, now)

    child = await _pupil(owner, school, own_class, "Nguyễn Minh An", now)
    classmate = await _pupil(owner, school, own_class, "Trần Bảo Ân", now)
    neighbour_child = await _pupil(owner, school, other_class, "Lê Thị Ánh", now)
    other_child = await _pupil(owner, other, foreign_class, "Phạm Văn Đức", now)

    parent = await _guardian(owner, school, "Nguyễn Thị Hoa", [(child, "mother")], now)
    parent2 = await _guardian(owner, school, "Nguyễn Văn Hùng", [(child, "father")], now)
    classmate_parent = await _guardian(owner, school, "Trần Thị Mai", [(classmate, "mother")], now)
    neighbour = await _guardian(owner, school, "Lê Văn Bình", [(neighbour_child, "father")], now)
    stranger = await _guardian(owner, other, "Phạm Thị Lan", [(other_child, "mother")], now)

    teacher = await _staff(owner, school, "Đỗ Thị Cúc", ["teacher"], now)
    other_teacher = await _staff(owner, school, "Vũ Văn Dũng", ["teacher"], now)
    subject_teacher = await _staff(owner, school, "Lý Văn Toán", ["teacher"], now)
    accountant = await _staff(owner, school, "Hoàng Thị Kế", ["accountant"], now)
    admin = await _staff(owner, school, "Bùi Văn Trưởng", ["school_admin"], now)
    other_admin = await _staff(owner, other, "Ngô Văn Khác", ["school_admin"], now)
    area_admin = Person(await _account(owner, fresh_phone(), "Cán bộ Sở", now), new_id(), "", "Cán bộ Sở", school)
    await owner.execute(
        "INSERT INTO account_areas (account_id, area_code, granted_at) VALUES ($1, $2, $3)",
        area_admin.account_id,
        province,
        now,
    )
    for who, class_id, kind, subject in [
        (teacher, own_class, "homeroom", ""),
        (teacher, own_class, "subject", "TOAN"),
        (teacher, own_class, "subject", "VAN"),
        (subject_teacher, own_class, "subject", "TOAN"),
        (other_teacher, other_class, "homeroom", ""),
        (other_teacher, other_class, "subject", "TOAN"),
    ]:
        await owner.execute(
            "INSERT INTO assignments (school_id, class_id, kind, subject_code, staff_id, from_on) VALUES ($1, $2, $3, $4, $5, $6)",
            school, class_id, kind, subject, who.person_id, EARLY,
        )  # fmt: skip
    hook_key = f"hook{school}x{new_id().hex[-8:]}"
    bank_account_id = await owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970436', $2, 'TRUONG THCS THU', $3) RETURNING bank_account_id",
        school, f"00110{school:08d}", now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO bank_hooks (hook_key, provider, school_id, bank_account_id, auth, secret_sealed, created_at)"
        " VALUES ($1, 'sepay', $2, $3, 'hmac', $4, $5)",
        hook_key, school, bank_account_id, house.cipher.seal("hook-secret", "bank-hook"), now,
    )  # fmt: skip
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
    now = datetime.now(UTC)
    made = [await _pupil(owner, world.school_id, world.class_id, f"Học Sinh Số {n}", now) for n in range(count)]
    world.pupils.extend(made)
    return made


async def _school(owner: asyncpg.Connection, province: str | None, now: datetime) -> int:
    school_id: int = await owner.fetchval(
        "INSERT INTO schools (code, name, level, province_code, address, phone, created_at)"
        " VALUES ($1, 'Trường THCS Thử Nghiệm', 'lower_secondary', $2, '1 Đường Thử', '02438251234', $3) RETURNING school_id",
        new_id().hex[-12:], province, now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO school_years (school_id, school_year, starts_on, ends_on, is_current) VALUES ($1, $2, '2026-09-05', '2027-05-31', true)",
        school_id,
        YEAR,
    )
    await owner.execute(
        "INSERT INTO terms (school_id, school_year, term, starts_on, ends_on) VALUES ($1, $2, 1, '2026-09-05', '2027-01-16'), ($1, $2, 2, '2027-01-17', '2027-05-31')",
        school_id, YEAR,
    )  # fmt: skip
    return school_id


async def _class(owner: asyncpg.Connection, school_id: int, name: str, grade: int, now: datetime) -> UUID:
    class_id = new_id()
    await owner.execute(
        "INSERT INTO classes (school_id, class_id, school_year, name, name_fold, grade, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        school_id, class_id, YEAR, name, fold(name), grade, now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO class_subjects (school_id, class_id, subject_code) VALUES ($1, $2, 'TOAN'), ($1, $2, 'VAN'), ($1, $2, 'GDTC')",
        school_id,
        class_id,
    )
    return class_id


async def _pupil(owner: asyncpg.Connection, school_id: int, class_id: UUID, full_name: str, now: datetime) -> Pupil:
    pupil_id = new_id()
    await owner.execute(
        "INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, born_on, sex, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, '2015-03-04', 'male', 'hand', $6, $6)",
        school_id, pupil_id, full_name, fold(full_name), name_sort_key(full_name), now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on) VALUES ($1, $2, $3, $4, '2026-09-05')",
        school_id,
        pupil_id,
        YEAR,
        class_id,
    )
    return Pupil(pupil_id, full_name, class_id, school_id)


async def _account(owner: asyncpg.Connection, phone: str, full_name: str, now: datetime) -> UUID:
    account_id = new_id()
    await owner.execute(
        "INSERT INTO accounts (account_id, phone_e164, full_name, name_fold, created_at) VALUES ($1, $2, $3, $4, $5)",
        account_id, phone, full_name, fold(full_name), now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO phone_accounts (phone_e164, name_fold, account_id) VALUES ($1, $2, $3)",
        phone,
        fold(full_name),
        account_id,
    )
    return account_id


async def _guardian(
    owner: asyncpg.Connection, school_id: int, full_name: str, children: list[tuple[Pupil, str]], now: datetime
) -> Person:
    phone, guardian_id = fresh_phone(), new_id()
    account_id = await _account(owner, phone, full_name, now)
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, account_id, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'hand', $7, $7)",
        school_id, guardian_id, full_name, fold(full_name), phone, account_id, now,
    )  # fmt: skip
    for pupil, kind in children:
        await owner.execute(
            "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, $4, $5, 'hand')",
            school_id, pupil.pupil_id, guardian_id, kind, EARLY,
        )  # fmt: skip
    await owner.execute(
        "INSERT INTO family_versions (school_id, guardian_id, version) VALUES ($1, $2, 1)", school_id, guardian_id
    )
    await _directory(owner, phone, school_id, "guardian", guardian_id, full_name, account_id, now)
    return Person(account_id, guardian_id, phone, full_name, school_id)


async def _staff(owner: asyncpg.Connection, school_id: int, full_name: str, roles: list[str], now: datetime) -> Person:
    phone, staff_id = fresh_phone(), new_id()
    account_id = await _account(owner, phone, full_name, now)
    await owner.execute(
        "INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, account_id, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'hand', $8, $8)",
        school_id, staff_id, full_name, fold(full_name), name_sort_key(full_name), phone, account_id, now,
    )  # fmt: skip
    for role in roles:
        await owner.execute(
            "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, $3, $4)",
            school_id,
            staff_id,
            role,
            now,
        )
    await _directory(owner, phone, school_id, "staff", staff_id, full_name, account_id, now)
    return Person(account_id, staff_id, phone, full_name, school_id)


async def _directory(
    owner: asyncpg.Connection,
    phone: str,
    school_id: int,
    kind: str,
    person_id: UUID,
    full_name: str,
    account_id: UUID,
    now: datetime,
) -> None:
    await owner.execute(
        "INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name) VALUES ($1, $2, $3, $4, $5, $6)",
        phone, school_id, kind, person_id, fold(full_name), full_name,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO account_persons (account_id, school_id, person_kind, person_id, linked_at) VALUES ($1, $2, $3, $4, $5)",
        account_id, school_id, kind, person_id, now,
    )  # fmt: skip


async def also_in_the_other_school(owner: asyncpg.Connection, house: House, world: World) -> None:
    """`parent` is a guardian of the other school's child as well: one account, children in two schools."""
    who, now = world.parent, datetime.now(UTC)
    guardian_id = new_id()
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, account_id, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'hand', $7, $7)",
        world.other_school_id, guardian_id, who.full_name, fold(who.full_name), who.phone, who.account_id, now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'mother', $4, 'hand')",
        world.other_school_id, world.other_child.pupil_id, guardian_id, EARLY,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO family_versions (school_id, guardian_id, version) VALUES ($1, $2, 1)",
        world.other_school_id,
        guardian_id,
    )
    await _directory(
        owner, who.phone, world.other_school_id, "guardian", guardian_id, who.full_name, who.account_id, now
    )
    who.token = token_for(TokenOffice(house.cipher), who, guardian=True, now=now, also=(world.other_school_id,))

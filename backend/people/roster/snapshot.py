"""The roll as it stands before an import, read in a few statements whatever the size of the school. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from backend.core.database import SchoolTx


@dataclass
class Bond:
    """A guardian as one pupil has it."""

    guardian_id: UUID
    kind: str
    full_name: str | None
    name_fold: str
    phone: str | None


@dataclass
class KnownPupil:
    pupil_id: UUID
    full_name: str
    name_fold: str
    born_on: date | None
    sex: str | None
    personal_index: bytes | None
    moedu_id: str | None
    school_code: str | None
    status: str
    class_id: UUID | None = None
    seat_from: date | None = None
    bonds: list[Bond] = field(default_factory=list)


@dataclass
class KnownStaff:
    staff_id: UUID
    full_name: str
    name_fold: str
    phone: str
    email: str | None
    status: str
    roles: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Duty:
    """An open assignment."""

    class_id: UUID
    kind: str
    subject_code: str
    staff_id: UUID


@dataclass
class Snapshot:
    school_year: str
    starts_on: date
    ends_on: date
    classes: dict[str, tuple[UUID, str]] = field(default_factory=dict)  # folded name → id and name
    pupils: dict[UUID, KnownPupil] = field(default_factory=dict)
    guardians: dict[tuple[str, str], UUID] = field(default_factory=dict)  # phone and folded name → id
    staff: dict[UUID, KnownStaff] = field(default_factory=dict)
    duties: set[Duty] = field(default_factory=set)
    subjects: dict[str, str] = field(default_factory=dict)  # code → Vietnamese name

    @property
    def class_names(self) -> dict[UUID, str]:
        return dict(self.classes.values())


async def read_snapshot(tx: SchoolTx, school_year: str, *, today: date, lock: bool) -> Snapshot | None:
    """None when the school has no such year. With `lock`, one import of a school and year waits for the other."""
    year = await tx.fetchrow(_YEAR_LOCKED if lock else _YEAR, tx.school_id, school_year)
    if year is None:
        return None
    snapshot = Snapshot(school_year, year["starts_on"], year["ends_on"])
    await _read_classes(tx, snapshot)
    await _read_pupils(tx, snapshot)
    await _read_guardians(tx, snapshot)
    await _read_staff(tx, snapshot, today)
    return snapshot


_YEAR = """
SELECT starts_on, ends_on
  FROM school_years
 WHERE school_id = $1
   AND school_year = $2
"""
_YEAR_LOCKED = f"{_YEAR}   FOR UPDATE"


async def school_years(tx: SchoolTx) -> list[tuple[str, bool]]:
    """Every year of the school, and whether it is the current one."""
    rows = await tx.fetch(
        """
        SELECT school_year, is_current
          FROM school_years
         WHERE school_id = $1
         ORDER BY school_year
        """,
        tx.school_id,
    )
    return [(row["school_year"], row["is_current"]) for row in rows]


async def _read_classes(tx: SchoolTx, snapshot: Snapshot) -> None:
    rows = await tx.fetch(
        """
        SELECT class_id, name, name_fold
          FROM classes
         WHERE school_id = $1
           AND school_year = $2
        """,
        tx.school_id,
        snapshot.school_year,
    )
    snapshot.classes = {row["name_fold"]: (row["class_id"], row["name"]) for row in rows}


async def _read_pupils(tx: SchoolTx, snapshot: Snapshot) -> None:
    rows: list[Any] = await tx.fetch(
        """
        SELECT p.pupil_id, p.full_name, p.name_fold, p.born_on, p.sex, p.personal_id_index, p.moedu_id, p.school_code, p.status,
               e.class_id, e.from_on
          FROM pupils p
          LEFT JOIN enrolments e
            ON e.school_id = p.school_id
           AND e.pupil_id = p.pupil_id
           AND e.school_year = $2
           AND e.to_on IS NULL
         WHERE p.school_id = $1
         ORDER BY p.pupil_id
        """,
        tx.school_id,
        snapshot.school_year,
    )
    for row in rows:
        snapshot.pupils[row["pupil_id"]] = KnownPupil(*row)


async def _read_guardians(tx: SchoolTx, snapshot: Snapshot) -> None:
    rows: list[Any] = await tx.fetch(
        """
        SELECT g.guardian_id, g.full_name, g.name_fold, g.phone_e164, b.pupil_id, b.kind
          FROM guardians g
          LEFT JOIN guardianships b
            ON b.school_id = g.school_id
           AND b.guardian_id = g.guardian_id
         WHERE g.school_id = $1
         ORDER BY g.guardian_id
        """,
        tx.school_id,
    )
    for row in rows:
        if row["phone_e164"] is not None:
            snapshot.guardians.setdefault((row["phone_e164"], row["name_fold"]), row["guardian_id"])
        if row["pupil_id"] is not None:
            bond = Bond(row["guardian_id"], row["kind"], row["full_name"], row["name_fold"], row["phone_e164"])
            snapshot.pupils[row["pupil_id"]].bonds.append(bond)


async def _read_staff(tx: SchoolTx, snapshot: Snapshot, today: date) -> None:
    rows: list[Any] = await tx.fetch(
        """
        SELECT s.staff_id, s.full_name, s.name_fold, s.phone_e164, s.email, s.status,
               array(SELECT r.role
                       FROM staff_roles r
                      WHERE r.school_id = s.school_id
                        AND r.staff_id = s.staff_id) AS roles
          FROM staff s
         WHERE s.school_id = $1
         ORDER BY s.staff_id
        """,
        tx.school_id,
    )
    for row in rows:
        snapshot.staff[row["staff_id"]] = KnownStaff(
            row["staff_id"],
            row["full_name"],
            row["name_fold"],
            row["phone_e164"],
            row["email"],
            row["status"],
            set(row["roles"]),
        )
    duties: list[Any] = await tx.fetch(
        """
        SELECT a.class_id, a.kind, a.subject_code, a.staff_id
          FROM assignments a
          JOIN classes c
            ON c.school_id = a.school_id
           AND c.class_id = a.class_id
           AND c.school_year = $2
         WHERE a.school_id = $1
           AND (a.to_on IS NULL OR a.to_on >= $3)
        """,
        tx.school_id,
        snapshot.school_year,
        today,
    )
    snapshot.duties = {Duty(*row) for row in duties}
    subjects = await tx.fetch(
        """
        SELECT subject_code, name_vi
          FROM subjects
         ORDER BY position
        """
    )
    snapshot.subjects = {row["subject_code"]: row["name_vi"] for row in subjects}

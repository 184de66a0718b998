"""Writes the staff of a plan: persons, their phones, roles, homeroom classes and subjects. It decides nothing."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from backend.core.database import SchoolTx
from backend.core.text import fold, name_sort_key
from backend.identity.accounts import PersonKey
from backend.people.linking import Reachable, unlink
from backend.people.roster.plan import day_before
from backend.people.roster.snapshot import Duty
from backend.people.roster.staff_plan import StaffPlan


async def write_staff(
    tx: SchoolTx, plan: StaffPlan, at: datetime, today: date, actor: UUID | None, reachable: list[Reachable]
) -> None:
    listed = [(staff_id, person.full_name, person.phone_e164) for staff_id, person in plan.new if person.phone_e164]
    if plan.new:
        await _add(tx, plan, at)
    if plan.changed:
        relisted = [change for change in plan.changed if change.relisted]
        people = [PersonKey(tx.school_id, "staff", change.known.staff_id) for change in relisted]
        await unlink(tx, people, at=at, actor=actor, actor_kind="account" if actor is not None else "command")
        await _change(tx, plan, at)
        listed += [(change.known.staff_id, change.full_name, change.phone) for change in relisted]
    if plan.roles:
        await _grant(tx, plan, at, actor)
    if plan.ended:
        await _end(tx, plan.ended, today)
    if plan.begun:
        await _begin(tx, plan.begun, today)
    await _list_phones(tx, listed, reachable)


async def _add(tx: SchoolTx, plan: StaffPlan, at: datetime) -> None:
    people = [person for _, person in plan.new]
    await tx.execute(
        """
        INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, email, source, created_at, updated_at)
        SELECT $1, s.staff_id, s.full_name, s.name_fold, s.sort_key, s.phone, s.email, 'file', $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
               AS s (staff_id, full_name, name_fold, sort_key, phone, email)
            ON CONFLICT (school_id, staff_id) DO NOTHING
        """,
        tx.school_id, at,
        [staff_id for staff_id, _ in plan.new], [p.full_name for p in people], [fold(p.full_name) for p in people],
        [name_sort_key(p.full_name) for p in people], [p.phone_e164 for p in people], [p.email for p in people],
    )  # fmt: skip


async def _change(tx: SchoolTx, plan: StaffPlan, at: datetime) -> None:
    changed = plan.changed
    await tx.execute(
        """
        UPDATE staff s
           SET full_name = u.full_name,
               name_fold = u.name_fold,
               sort_key = u.sort_key,
               phone_e164 = u.phone,
               email = u.email,
               status = 'active',
               updated_at = $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
               AS u (staff_id, full_name, name_fold, sort_key, phone, email)
         WHERE s.school_id = $1
           AND s.staff_id = u.staff_id
        """,
        tx.school_id, at,
        [c.known.staff_id for c in changed], [c.full_name for c in changed], [fold(c.full_name) for c in changed],
        [name_sort_key(c.full_name) for c in changed], [c.phone for c in changed], [c.email for c in changed],
    )  # fmt: skip
    renamed = [c for c in changed if not c.relisted]
    await tx.execute(
        """
        UPDATE phone_directory d
           SET full_name = u.full_name
          FROM unnest($2::uuid[], $3::text[], $4::text[]) AS u (person_id, full_name, phone)
         WHERE d.school_id = $1
           AND d.phone_e164 = u.phone
           AND d.person_kind = 'staff'
           AND d.person_id = u.person_id
        """,
        tx.school_id, [c.known.staff_id for c in renamed], [c.full_name for c in renamed], [c.phone for c in renamed],
    )  # fmt: skip


async def _grant(tx: SchoolTx, plan: StaffPlan, at: datetime, actor: UUID | None) -> None:
    await tx.execute(
        """
        INSERT INTO staff_roles (school_id, staff_id, role, granted_at, granted_by)
        SELECT $1, r.staff_id, r.role, $2, $3
          FROM unnest($4::uuid[], $5::text[]) AS r (staff_id, role)
            ON CONFLICT (school_id, staff_id, role) DO NOTHING
        """,
        tx.school_id, at, actor, [staff_id for staff_id, _ in plan.roles], [role for _, role in plan.roles],
    )  # fmt: skip


async def _end(tx: SchoolTx, ended: list[Duty], today: date) -> None:
    """An assignment that began today or later was a mistake and goes; an older one ends yesterday."""
    columns = (
        [duty.class_id for duty in ended],
        [duty.kind for duty in ended],
        [duty.subject_code for duty in ended],
        [duty.staff_id for duty in ended],
    )
    await tx.execute(
        """
        DELETE FROM assignments a
         USING unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[]) AS u (class_id, kind, subject_code, staff_id)
         WHERE a.school_id = $1
           AND a.from_on >= $2
           AND a.class_id = u.class_id
           AND a.kind = u.kind
           AND a.subject_code = u.subject_code
           AND a.staff_id = u.staff_id
        """,
        tx.school_id, today, *columns,
    )  # fmt: skip
    await tx.execute(
        """
        UPDATE assignments a
           SET to_on = $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[]) AS u (class_id, kind, subject_code, staff_id)
         WHERE a.school_id = $1
           AND a.class_id = u.class_id
           AND a.kind = u.kind
           AND a.subject_code = u.subject_code
           AND a.staff_id = u.staff_id
        """,
        tx.school_id, day_before(today), *columns,
    )  # fmt: skip


async def _begin(tx: SchoolTx, begun: list[Duty], today: date) -> None:
    await tx.execute(
        """
        INSERT INTO assignments (school_id, class_id, kind, subject_code, staff_id, from_on)
        SELECT $1, u.class_id, u.kind, u.subject_code, u.staff_id, $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[]) AS u (class_id, kind, subject_code, staff_id)
            ON CONFLICT (school_id, class_id, kind, subject_code, staff_id)
            DO UPDATE SET to_on = NULL
        """,
        tx.school_id, today,
        [duty.class_id for duty in begun], [duty.kind for duty in begun], [duty.subject_code for duty in begun], [duty.staff_id for duty in begun],
    )  # fmt: skip
    taught = sorted({(duty.class_id, duty.subject_code) for duty in begun if duty.kind == "subject"})
    await tx.execute(
        """
        INSERT INTO class_subjects (school_id, class_id, subject_code)
        SELECT $1, u.class_id, u.subject_code
          FROM unnest($2::uuid[], $3::text[]) AS u (class_id, subject_code)
            ON CONFLICT (school_id, class_id, subject_code) DO NOTHING
        """,
        tx.school_id, [class_id for class_id, _ in taught], [code for _, code in taught],
    )  # fmt: skip


async def _list_phones(tx: SchoolTx, listed: list[tuple[UUID, str, str]], reachable: list[Reachable]) -> None:
    if not listed:
        return
    await tx.execute(
        """
        INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name)
        SELECT d.phone, $1, 'staff', d.person_id, d.name_fold, d.full_name
          FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[]) AS d (phone, person_id, name_fold, full_name)
            ON CONFLICT (phone_e164, school_id, person_kind, person_id) DO NOTHING
        """,
        tx.school_id, [phone for _, _, phone in listed], [person_id for person_id, _, _ in listed],
        [fold(name) for _, name, _ in listed], [name for _, name, _ in listed],
    )  # fmt: skip
    reachable += [
        Reachable(PersonKey(tx.school_id, "staff", person_id), phone, fold(name)) for person_id, name, phone in listed
    ]

"""Roles of staff: granting and taking them. It owns staff_roles (after the first administrator, who comes with the school)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.database import SchoolTx
from backend.core.problems import NOT_FOUND, problem

LAST_ADMINISTRATOR = problem(
    "last-administrator",
    409,
    vi="Đây là quản trị viên duy nhất của trường; hãy trao quyền cho người khác trước.",
    en="This is the school's only administrator; give the role to somebody else first.",
)


async def active_member(tx: SchoolTx, staff_id: UUID) -> Any:
    """staff_id, full_name, phone_e164, account_id of somebody who works here; raises NOT_FOUND."""
    row = await tx.fetchrow(
        """
        SELECT staff_id, full_name, phone_e164, account_id
          FROM staff
         WHERE school_id = $1
           AND staff_id = $2
           AND status = 'active'
        """,
        tx.school_id, staff_id,
    )  # fmt: skip
    if row is None:
        raise NOT_FOUND()
    return row


async def grant_role(tx: SchoolTx, staff_id: UUID, role: str, *, at: datetime, by: UUID | None) -> bool:
    """Whether it is new."""
    granted = await tx.fetchval(
        """
        INSERT INTO staff_roles (school_id, staff_id, role, granted_at, granted_by)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (school_id, staff_id, role) DO NOTHING
        RETURNING true
        """,
        tx.school_id, staff_id, role, at, by,
    )  # fmt: skip
    return granted is True


async def take_role(tx: SchoolTx, staff_id: UUID, role: str) -> bool:
    """Whether there was one. Raises LAST_ADMINISTRATOR rather than leave a school that nobody can run."""
    if role == "school_admin" and await _administrators(tx) == {staff_id}:
        raise LAST_ADMINISTRATOR()
    taken = await tx.fetchval(
        """
        DELETE FROM staff_roles
         WHERE school_id = $1
           AND staff_id = $2
           AND role = $3
        RETURNING true
        """,
        tx.school_id, staff_id, role,
    )  # fmt: skip
    return taken is True


async def roles_of(tx: SchoolTx, staff_id: UUID) -> list[str]:
    rows = await tx.fetch(
        """
        SELECT role
          FROM staff_roles
         WHERE school_id = $1
           AND staff_id = $2
         ORDER BY role
        """,
        tx.school_id, staff_id,
    )  # fmt: skip
    return [row["role"] for row in rows]


async def _administrators(tx: SchoolTx) -> set[UUID]:
    """Locked in one order: of two administrators who remove each other at the same moment, the second finds himself the last."""
    rows = await tx.fetch(
        """
        SELECT r.staff_id
          FROM staff_roles r
          JOIN staff s
            ON s.school_id = r.school_id
           AND s.staff_id = r.staff_id
         WHERE r.school_id = $1
           AND r.role = 'school_admin'
           AND s.status = 'active'
         ORDER BY r.staff_id
           FOR UPDATE OF r
        """,
        tx.school_id,
    )
    return {row["staff_id"] for row in rows}

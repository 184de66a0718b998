"""Groups of pupils that staff keep: clubs, bus lines, the choir. It owns pupil_groups and pupil_group_members.

A group is its owner's and the administrator's. A teacher puts in pupils taught; whoever an administrator put in may stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.announcements.audiences import taught_pupils
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean, fold
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from schemas.groups import Group, GroupIn, GroupList, GroupMember, GroupRow

_EMPTY = ("Mục này còn trống.", "This field is empty.")
_TAKEN = ("Trường đã có nhóm mang tên này.", "The school has a group of this name already.")
_NO_PUPIL = ("Không có học sinh này trong trường.", "There is no such pupil in this school.")
_NOT_TAUGHT = ("Bạn chỉ thêm được học sinh mình dạy.", "You can only add pupils whom you teach.")
_NO_OWNER = ("Không có người này trong trường.", "There is no such person in this school.")


async def put_group(house: House, account_id: UUID, school_id: int, group_id: UUID, new: GroupIn) -> Group:
    """The whole group as it shall be; the same again changes nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        was = await _owned(tx, group_id, who)
        name = clean(new.name)
        owner = await _owner(tx, who, was, new.owner_staff_id)
        if not name:
            raise INVALID(FieldError("/name", *_EMPTY))
        pupil_ids = list(dict.fromkeys(new.pupil_ids))
        members = await _members(tx, group_id)
        await _require_pupils(tx, who, [one for one in pupil_ids if one not in members], pupil_ids, now)
        try:
            async with tx.savepoint():
                await _write(tx, group_id, name, new.kind, owner, now)
        except asyncpg.UniqueViolationError as error:
            raise INVALID(FieldError("/name", *_TAKEN)) from error
        await _change_members(tx, group_id, members, pupil_ids, account_id, now)
        detail = {"pupils": len(pupil_ids), "added": len(set(pupil_ids) - members)}
        await record(tx, "group.changed", "group", group_id, at=now, actor=account_id, detail=detail)
    return await group(house, account_id, school_id, group_id)


async def close_group(house: House, account_id: UUID, school_id: int, group_id: UUID) -> None:
    """Nobody writes to it any more; what was written stays readable. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        if await _owned(tx, group_id, who) is None:
            raise NOT_FOUND()
        await tx.execute(
            """
            UPDATE pupil_groups
               SET closed_at  = coalesce(closed_at, $3),
                   changed_at = $3
             WHERE school_id = $1
               AND group_id = $2
            """,
            school_id,
            group_id,
            now,
        )
        await record(tx, "group.closed", "group", group_id, at=now, actor=account_id)


async def _owned(tx: SchoolTx, group_id: UUID, who: Standing) -> Any:
    row = await tx.fetchrow(
        """
        SELECT owner_staff_id, closed_at
          FROM pupil_groups
         WHERE school_id = $1
           AND group_id = $2
           FOR NO KEY UPDATE
        """,
        tx.school_id,
        group_id,
    )
    if row is not None and not who.admin and row["owner_staff_id"] != who.staff_id:
        raise NOT_FOUND()
    # Who has no class has nobody to put together: an accountant keeps no groups.
    if row is None and not who.admin and "teacher" not in who.roles:
        raise FORBIDDEN()
    return row


async def _owner(tx: SchoolTx, who: Standing, was: Any, wanted: UUID | None) -> UUID:
    now_owner: UUID = was["owner_staff_id"] if was is not None else who.staff_id
    if wanted is None or wanted == now_owner:
        return now_owner
    if not who.admin:
        raise FORBIDDEN()
    found = await tx.fetchval(
        """
        SELECT true
          FROM staff
         WHERE school_id = $1
           AND staff_id = $2
           AND status = 'active'
        """,
        tx.school_id,
        wanted,
    )
    if not found:
        raise INVALID(FieldError("/owner_staff_id", *_NO_OWNER))
    return wanted


async def _require_pupils(
    tx: SchoolTx, who: Standing, added: Sequence[UUID], wanted: Sequence[UUID], now: datetime
) -> None:
    taught = await taught_pupils(tx, tx.school_id, who.staff_id, added, school_day(now))
    places = {pupil_id: place for place, pupil_id in enumerate(wanted)}
    wrong = [
        FieldError(f"/pupil_ids/{places[one]}", *(_NO_PUPIL if one not in taught else _NOT_TAUGHT))
        for one in added
        if one not in taught or not (who.admin or taught[one])
    ]
    if wrong:
        raise INVALID(*wrong[:50])


async def _members(tx: SchoolTx, group_id: UUID) -> set[UUID]:
    rows = await tx.fetch(
        """
        SELECT pupil_id
          FROM pupil_group_members
         WHERE school_id = $1
           AND group_id = $2
         LIMIT 5000
        """,
        tx.school_id,
        group_id,
    )
    return {row["pupil_id"] for row in rows}


async def _write(tx: SchoolTx, group_id: UUID, name: str, kind: str, owner: UUID, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO pupil_groups (school_id, group_id, name, name_fold, kind, owner_staff_id, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
            ON CONFLICT (school_id, group_id)
            DO UPDATE SET name = $3, name_fold = $4, kind = $5, owner_staff_id = $6, changed_at = $7, closed_at = NULL
        """,
        tx.school_id,
        group_id,
        name,
        fold(name),
        kind,
        owner,
        at,
    )


async def _change_members(
    tx: SchoolTx, group_id: UUID, members: set[UUID], wanted: Sequence[UUID], account_id: UUID, at: datetime
) -> None:
    await tx.execute(
        """
        DELETE FROM pupil_group_members
         WHERE school_id = $1
           AND group_id = $2
           AND pupil_id = ANY ($3::uuid[])
        """,
        tx.school_id,
        group_id,
        list(members - set(wanted)),
    )
    await tx.execute(
        """
        INSERT INTO pupil_group_members (school_id, group_id, pupil_id, added_by, added_at)
        SELECT $1, $2, added.pupil_id, $4, $5
          FROM unnest($3::uuid[]) AS added (pupil_id)
         ORDER BY added.pupil_id
            ON CONFLICT DO NOTHING
        """,
        tx.school_id,
        group_id,
        [one for one in wanted if one not in members],
        account_id,
        at,
    )


_ROWS = """
SELECT g.group_id, g.name, g.kind, t.full_name AS owner, g.owner_staff_id = $2 AS mine, count(m.pupil_id) AS pupils
  FROM pupil_groups g
  JOIN staff t
    ON t.school_id = g.school_id
   AND t.staff_id = g.owner_staff_id
  LEFT JOIN pupil_group_members m
    ON m.school_id = g.school_id
   AND m.group_id = g.group_id
 WHERE g.school_id = $1
   AND g.closed_at IS NULL
   AND ($3 OR g.owner_staff_id = $2)
 GROUP BY g.group_id, g.name, g.kind, t.full_name, g.owner_staff_id, g.name_fold
 ORDER BY g.name_fold, g.group_id
 LIMIT 500
"""


async def groups(house: House, account_id: UUID, school_id: int) -> GroupList:
    reader = house.database.reader
    who = await standing(reader, school_id, account_id, on=school_day(house.clock.now()))
    rows = await reader.fetch(_ROWS, school_id, who.staff_id, who.admin)
    return GroupList([GroupRow(**dict(row)) for row in rows])


_ONE = """
SELECT g.group_id, g.name, g.kind, g.owner_staff_id, t.full_name AS owner, g.owner_staff_id = $3 AS mine,
       (SELECT coalesce(json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name, 'class_name', seat.name)
                                 ORDER BY seat.name, p.sort_key, p.pupil_id), '[]'::json)
          FROM pupil_group_members m
          JOIN pupils p
            ON p.school_id = m.school_id
           AND p.pupil_id = m.pupil_id
          LEFT JOIN LATERAL (SELECT room.name
                               FROM enrolments e
                               JOIN classes room
                                 ON room.school_id = e.school_id
                                AND room.class_id = e.class_id
                              WHERE e.school_id = $1
                                AND e.pupil_id = p.pupil_id
                                AND e.to_on IS NULL
                              ORDER BY e.from_on DESC
                              LIMIT 1) seat
            ON true
         WHERE m.school_id = $1
           AND m.group_id = $2)::text AS members
  FROM pupil_groups g
  JOIN staff t
    ON t.school_id = g.school_id
   AND t.staff_id = g.owner_staff_id
 WHERE g.school_id = $1
   AND g.group_id = $2
   AND g.closed_at IS NULL
   AND ($4 OR g.owner_staff_id = $3)
"""
_MEMBERS = msgspec.json.Decoder(list[GroupMember])


async def group(house: House, account_id: UUID, school_id: int, group_id: UUID) -> Group:
    """Raises NOT_FOUND also for somebody else's."""
    reader = house.database.reader
    who = await standing(reader, school_id, account_id, on=school_day(house.clock.now()))
    row = await reader.fetchrow(_ONE, school_id, group_id, who.staff_id, who.admin)
    if row is None:
        raise NOT_FOUND()
    return Group(**{**dict(row), "members": _MEMBERS.decode(row["members"])})

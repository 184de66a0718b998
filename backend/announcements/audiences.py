"""Whom a letter may be written to; who that is at the moment it leaves is resolving.py. It owns no table.

An administrator writes to anybody in the school, a teacher to the classes taught, to pupils in them and to own groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from backend.core.problems import FORBIDDEN, INVALID, FieldError
from backend.identity.entitlement import Standing, require_role, standing
from schemas.announcements import To, ToAbsent, ToClass, ToGroup, ToPupils, ToUnacknowledged, ToUnanswered, ToUnpaid

_NO_CLASS = ("Không có lớp này trong trường.", "There is no such class in this school.")
_NO_PUPIL = ("Không có học sinh này trong trường.", "There is no such pupil in this school.")
_NO_GROUP = ("Không có nhóm này trong trường.", "There is no such group in this school.")
_NO_LETTER = ("Không có thông báo này trong trường.", "There is no such announcement in this school.")
_NO_FORM = ("Không có biểu mẫu này trong trường.", "There is no such form in this school.")


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


async def require_audience(door: Door, school_id: int, account_id: UUID, to: To, today: date) -> Standing:
    """Raises FORBIDDEN for an audience that is not the writer's, INVALID for one that does not exist."""
    match to:
        case ToClass(class_id):
            return await _require_class(door, school_id, account_id, class_id, today)
        case ToPupils(pupil_ids):
            return await _require_pupils(door, school_id, account_id, pupil_ids, today)
        case ToGroup(group_id):
            return await _require_group(door, school_id, account_id, group_id, today)
        case ToUnpaid(class_id):
            return await _require_unpaid(door, school_id, account_id, class_id, today)
        case ToUnacknowledged(announcement_id, class_id):
            return await _require_letter(door, school_id, account_id, announcement_id, class_id, today)
        case ToUnanswered(form_id, class_id):
            return await _require_form(door, school_id, account_id, form_id, class_id, today)
        case ToAbsent(class_id) if class_id is not None:
            return await _require_class(door, school_id, account_id, class_id, today)
    return await require_role(door, school_id, account_id, "school_admin", on=today)


async def _require_class(door: Door, school_id: int, account_id: UUID, class_id: UUID, today: date) -> Standing:
    who = await standing(door, school_id, account_id, class_id=class_id, on=today)
    if not who.of_class:
        raise FORBIDDEN()
    await _require_that_class(door, school_id, class_id)
    return who


async def _require_that_class(door: Door, school_id: int, class_id: UUID) -> None:
    exists = await door.fetchval(
        """
        SELECT true
          FROM classes
         WHERE school_id = $1
           AND class_id = $2
        """,
        school_id,
        class_id,
    )
    if not exists:
        raise INVALID(FieldError("/audience/class_id", *_NO_CLASS))


async def _require_pupils(
    door: Door, school_id: int, account_id: UUID, pupil_ids: Sequence[UUID], today: date
) -> Standing:
    who = await standing(door, school_id, account_id, on=today)
    taught = await taught_pupils(door, school_id, who.staff_id, pupil_ids, today)
    if not who.admin and not all(taught.get(pupil_id) for pupil_id in pupil_ids):
        raise FORBIDDEN()
    wrong = [
        FieldError(f"/audience/pupil_ids/{position}", *_NO_PUPIL)
        for position, pupil_id in enumerate(pupil_ids)
        if pupil_id not in taught
    ]
    if wrong:
        raise INVALID(*wrong)
    return who


async def taught_pupils(
    door: Door, school_id: int, staff_id: UUID, pupil_ids: Sequence[UUID], today: date
) -> dict[UUID, bool]:
    """Of these pupils those of the school, each with whether this member of staff teaches the pupil."""
    rows = await door.fetch(
        """
        SELECT p.pupil_id,
               EXISTS (SELECT
                         FROM enrolments e
                         JOIN assignments a
                           ON a.school_id = e.school_id
                          AND a.class_id = e.class_id
                          AND a.staff_id = $3
                          AND a.from_on <= $4
                          AND (a.to_on IS NULL OR a.to_on >= $4)
                        WHERE e.school_id = $1
                          AND e.pupil_id = p.pupil_id
                          AND e.to_on IS NULL) AS taught
          FROM pupils p
         WHERE p.school_id = $1
           AND p.pupil_id = ANY ($2::uuid[])
        """,
        school_id,
        list(pupil_ids),
        staff_id,
        today,
    )
    return {row["pupil_id"]: row["taught"] for row in rows}


async def _require_group(door: Door, school_id: int, account_id: UUID, group_id: UUID, today: date) -> Standing:
    """Its owner and the administrator."""
    who = await standing(door, school_id, account_id, on=today)
    owner = await door.fetchval(
        """
        SELECT owner_staff_id
          FROM pupil_groups
         WHERE school_id = $1
           AND group_id = $2
           AND closed_at IS NULL
        """,
        school_id,
        group_id,
    )
    if not who.admin and owner != who.staff_id:
        raise FORBIDDEN()
    if owner is None:
        raise INVALID(FieldError("/audience/group_id", *_NO_GROUP))
    return who


async def _require_unpaid(door: Door, school_id: int, account_id: UUID, class_id: UUID | None, today: date) -> Standing:
    """Who has not paid is the accountant's and the administrator's to know, not the teacher's."""
    who = await require_role(door, school_id, account_id, "school_admin", "accountant", on=today)
    if class_id is not None:
        await _require_that_class(door, school_id, class_id)
    return who


async def _require_letter(
    door: Door, school_id: int, account_id: UUID, announcement_id: UUID, class_id: UUID | None, today: date
) -> Standing:
    who = await standing(door, school_id, account_id, class_id=class_id, on=today)
    letter = await door.fetchrow(
        """
        SELECT author_staff_id, audience_kind
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        school_id,
        announcement_id,
    )
    _require_followed(who, letter, class_id, FieldError("/audience/announcement_id", *_NO_LETTER))
    return who


async def _require_form(
    door: Door, school_id: int, account_id: UUID, form_id: UUID, class_id: UUID | None, today: date
) -> Standing:
    who = await standing(door, school_id, account_id, class_id=class_id, on=today)
    form = await door.fetchrow(
        """
        SELECT author_staff_id, audience_kind
          FROM forms
         WHERE school_id = $1
           AND form_id = $2
        """,
        school_id,
        form_id,
    )
    _require_followed(who, form, class_id, FieldError("/audience/form_id", *_NO_FORM))
    return who


def _require_followed(who: Standing, row: Any, class_id: UUID | None, missing: FieldError) -> None:
    """Of what does not exist only an administrator learns that it does not."""
    if not (who.admin if row is None else may_follow(who, row, class_id)):
        raise FORBIDDEN()
    if row is None:
        raise INVALID(missing)


def may_follow(who: Standing, row: Any, class_id: UUID | None) -> bool:
    """A letter or form that is out: all who got it are its author's and the administrator's, those of a class taught its teacher's.

    Of one about money or to chosen pupils, a class's teacher does not even learn whom it went to.
    """
    if who.admin or row["author_staff_id"] == who.staff_id:
        return True
    return class_id is not None and who.of_class and row["audience_kind"] in ("school", "grade", "class")

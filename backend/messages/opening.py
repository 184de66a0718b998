"""Opening a conversation, and whom a family can write to. One conversation for a pupil and a counterpart; it owns threads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.identity.audit import record
from backend.messages.entitled import IS_HOMEROOM, KIN, ME, SEAT
from backend.messages.hours import hours_of_each
from backend.messages.promises import promise_sentence
from backend.messages.queries import desk_name
from backend.messages.shield import promised_by
from schemas.messages import Contact, Contacts, Desk, NewThread

_NOT_TAUGHT = ("Thầy cô này không dạy lớp của em.", "This teacher does not teach the child's class.")
_NAMELESS = ("Chỉ nêu tên khi nhắn giáo viên bộ môn.", "A name goes only with a subject teacher.")
_NOT_KIN = ("Người này không phải người giám hộ của em.", "This is not a guardian of the child.")
_NOT_YOURS = ("Mục này chỉ dành cho nhà trường.", "Only the school says this.")

# A pupil ($4) as a thread that anybody of the family may read: nobody has written in it yet.
_CHILD = f"""
  FROM (SELECT c.pupil_id, NULL::uuid AS only_guardian_id
          FROM pupils c
         WHERE c.school_id = $1
           AND c.pupil_id = $4) AS t
{SEAT}
{KIN}
"""

_OPENER = f"""
SELECT kin.guardian_id, me.staff_id, coalesce(me.admin, false) AS admin,
       {IS_HOMEROOM} AS homeroom,
       EXISTS (SELECT
                 FROM assignments a
                WHERE a.school_id = $1
                  AND a.class_id = seat.class_id
                  AND a.staff_id = me.staff_id
                  AND a.from_on <= $3
                  AND (a.to_on IS NULL OR a.to_on >= $3)) AS teaches,
       EXISTS (SELECT
                 FROM assignments a
                WHERE a.school_id = $1
                  AND a.class_id = seat.class_id
                  AND a.kind = 'homeroom'
                  AND a.from_on <= $3
                  AND (a.to_on IS NULL OR a.to_on >= $3)) AS has_homeroom,
       EXISTS (SELECT
                 FROM assignments a
                 JOIN staff s
                   ON s.school_id = a.school_id
                  AND s.staff_id = a.staff_id
                  AND s.status = 'active'
                WHERE a.school_id = $1
                  AND a.class_id = seat.class_id
                  AND a.staff_id = $5
                  AND a.from_on <= $3
                  AND (a.to_on IS NULL OR a.to_on >= $3)) AS taught_by,
       EXISTS (SELECT
                 FROM guardianships b
                WHERE b.school_id = $1
                  AND b.pupil_id = t.pupil_id
                  AND b.guardian_id = $6
                  AND b.can_view
                  AND b.valid_from <= $3
                  AND (b.valid_to IS NULL OR b.valid_to >= $3)) AS is_kin
{_CHILD}
{ME}
"""

_MAKE = """
INSERT INTO threads (school_id, thread_id, pupil_id, desk, staff_id, only_guardian_id, opened_by, opened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING
RETURNING thread_id
"""

_THERE = """
SELECT thread_id
  FROM threads
 WHERE school_id = $1
   AND pupil_id = $2
   AND desk = $3
   AND staff_id IS NOT DISTINCT FROM $4
   AND only_guardian_id IS NOT DISTINCT FROM $5
"""


async def open_thread(house: House, account_id: UUID, school_id: int, new: NewThread) -> tuple[UUID, bool]:
    """The conversation's id, and whether it is new. Strangers to the child learn nothing; staff open only at their own desk."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await tx.fetchrow(
            _OPENER, school_id, account_id, school_day(now), new.pupil_id, new.staff_id, new.guardian_id
        )
        if row is None or (row["guardian_id"] is None and row["staff_id"] is None):
            raise NOT_FOUND()
        staff_id, only = _for_family(row, new) if row["guardian_id"] else _for_staff(row, new)
        found, fresh = await ensure_thread(tx, new.thread_id, new.pupil_id, new.desk, staff_id, only, account_id, now)
        if fresh:
            await record(tx, "messages.thread_opened", "thread", found, at=now, actor=account_id)
        return found, fresh


def _for_family(row: Any, new: NewThread) -> tuple[UUID | None, UUID | None]:
    wrong = []
    if new.guardian_id is not None:
        wrong.append(FieldError("/guardian_id", *_NOT_YOURS))
    if new.desk == "teacher" and not row["taught_by"]:
        wrong.append(FieldError("/staff_id", *_NOT_TAUGHT))
    if new.desk != "teacher" and new.staff_id is not None:
        wrong.append(FieldError("/staff_id", *_NAMELESS))
    if wrong:
        raise INVALID(*wrong)
    return new.staff_id, row["guardian_id"] if new.private else None


def _for_staff(row: Any, new: NewThread) -> tuple[UUID | None, UUID | None]:
    sits = {
        "homeroom": row["homeroom"] or (row["admin"] and not row["has_homeroom"]),
        "teacher": row["teaches"] and new.staff_id in (None, row["staff_id"]),
        "office": row["admin"],
        "duty": False,
    }
    if not sits[new.desk]:
        raise FORBIDDEN()
    if new.guardian_id is not None and not row["is_kin"]:
        raise INVALID(FieldError("/guardian_id", *_NOT_KIN))
    return row["staff_id"] if new.desk == "teacher" else None, new.guardian_id


async def ensure_thread(
    tx: SchoolTx,
    thread_id: UUID,
    pupil_id: UUID,
    desk: str,
    staff_id: UUID | None,
    only: UUID | None,
    account_id: UUID,
    at: datetime,
) -> tuple[UUID, bool]:
    """The one that is there, or a new one. Raises CONFLICT where the id belongs to another conversation."""
    made = await tx.fetchval(_MAKE, tx.school_id, thread_id, pupil_id, desk, staff_id, only, account_id, at)
    if made is not None:
        return made, True
    found = await tx.fetchval(_THERE, tx.school_id, pupil_id, desk, staff_id, only)
    if found is None:
        raise CONFLICT()
    return found, False


_CONTACTS = f"""
SELECT s.staff_id, s.full_name, bool_or(a.kind = 'homeroom') AS homeroom,
       array_remove(array_agg(CASE WHEN $5 THEN u.name_en ELSE u.name_vi END ORDER BY u.position), NULL) AS subjects
{_CHILD}
  LEFT JOIN assignments a
    ON a.school_id = $1
   AND a.class_id = seat.class_id
   AND a.from_on <= $3
   AND (a.to_on IS NULL OR a.to_on >= $3)
  LEFT JOIN staff s
    ON s.school_id = a.school_id
   AND s.staff_id = a.staff_id
   AND s.status = 'active'
  LEFT JOIN subjects u
    ON u.subject_code = a.subject_code
 WHERE kin.guardian_id IS NOT NULL
 GROUP BY s.staff_id, s.full_name, s.sort_key
 ORDER BY bool_or(a.kind = 'homeroom') DESC NULLS LAST, s.sort_key
"""


async def contacts(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, now: datetime, language: str
) -> Contacts:
    """The homeroom teacher first, then the teachers of subjects, the office, the duty. NOT_FOUND for other people's children."""
    on: date = school_day(now)
    rows = await reader.fetch(_CONTACTS, school_id, account_id, on, pupil_id, language == "en")
    if not rows:
        raise NOT_FOUND()
    teachers = [row for row in rows if row["staff_id"] is not None]
    shields = await hours_of_each(reader, school_id, [*(row["staff_id"] for row in teachers), None], now)
    found: list[Contact] = []
    for row in teachers:
        desk: Desk = "homeroom" if row["homeroom"] else "teacher"
        name = desk_name(desk, row["full_name"], language)
        hours, closed = shields[row["staff_id"]]
        promise = promise_sentence(promised_by(now, hours, closed), name, now, language)
        found.append(Contact(desk, None if row["homeroom"] else row["staff_id"], name, list(row["subjects"]), promise))
    hours, closed = shields[None]
    name = desk_name("office", None, language)
    found.append(
        Contact("office", None, name, [], promise_sentence(promised_by(now, hours, closed), name, now, language))
    )
    found.append(Contact("duty", None, desk_name("duty", None, language), [], None))
    return Contacts(found)

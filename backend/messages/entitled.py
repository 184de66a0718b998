"""Who belongs to a thread: the one place that answers it, from the roll's own rows and today's date.

A family's side are the guardians who may see the pupil (one of them alone, where the thread says so). The school's side is whoever
sits at the desk today: the teacher as long as she teaches the pupil's class, whoever is its homeroom teacher (or, where there is
none, the administrators), the office, and with the duty whoever was called. So a hand-over needs no deed in this room.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.problems import NOT_FOUND
from schemas.messages import Desk, Side

# $1 = school_id, $2 = account_id, $3 = the school's day; `t` is a thread. Where its pupil sits today:
SEAT = """
  LEFT JOIN LATERAL (
       SELECT e.class_id, c.name
         FROM enrolments e
         JOIN classes c
           ON c.school_id = e.school_id
          AND c.class_id = e.class_id
        WHERE e.school_id = $1
          AND e.pupil_id = t.pupil_id
          AND e.from_on <= $3
          AND (e.to_on IS NULL OR e.to_on >= $3)
        ORDER BY e.from_on DESC
        LIMIT 1) AS seat
    ON true
"""

PUPIL_OF_THREAD = f"""
  JOIN pupils p
    ON p.school_id = t.school_id
   AND p.pupil_id = t.pupil_id
{SEAT}
  LEFT JOIN LATERAL (
       SELECT s.staff_id, s.full_name
         FROM assignments a
         JOIN staff s
           ON s.school_id = a.school_id
          AND s.staff_id = a.staff_id
          AND s.status = 'active'
        WHERE a.school_id = $1
          AND a.class_id = seat.class_id
          AND a.from_on <= $3
          AND (a.to_on IS NULL OR a.to_on >= $3)
          AND CASE t.desk WHEN 'homeroom' THEN a.kind = 'homeroom'
                          WHEN 'teacher' THEN a.staff_id = t.staff_id
                          ELSE false END
        ORDER BY a.from_on DESC, a.staff_id
        LIMIT 1) AS other
    ON true
  LEFT JOIN staff named
    ON named.school_id = t.school_id
   AND named.staff_id = t.staff_id
"""

KIN = """
  LEFT JOIN LATERAL (
       SELECT bond.guardian_id, bond.can_act, bond.kind, family.full_name
         FROM guardians family
         JOIN guardianships bond
           ON bond.school_id = family.school_id
          AND bond.guardian_id = family.guardian_id
          AND bond.can_view
          AND bond.valid_from <= $3
          AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
        WHERE family.school_id = $1
          AND family.account_id = $2
          AND bond.pupil_id = t.pupil_id
          AND (t.only_guardian_id IS NULL OR t.only_guardian_id = bond.guardian_id)
        ORDER BY bond.can_act DESC, bond.guardian_id
        LIMIT 1) AS kin
    ON true
"""

ME = """
  LEFT JOIN LATERAL (
       SELECT s.staff_id, s.full_name,
              EXISTS (SELECT
                        FROM staff_roles r
                       WHERE r.school_id = $1
                         AND r.staff_id = s.staff_id
                         AND r.role = 'school_admin') AS admin
         FROM staff s
        WHERE s.school_id = $1
          AND s.account_id = $2
          AND s.status = 'active'
        LIMIT 1) AS me
    ON true
"""

# Whether `me` is the homeroom teacher of the pupil's class.
IS_HOMEROOM = """
       EXISTS (SELECT
                 FROM assignments a
                WHERE a.school_id = $1
                  AND a.class_id = seat.class_id
                  AND a.staff_id = me.staff_id
                  AND a.kind = 'homeroom'
                  AND a.from_on <= $3
                  AND (a.to_on IS NULL OR a.to_on >= $3))
"""

# Whether `me` sits at the desk of `t`. Administrators are not at a teacher's desk: their look is another way, and recorded.
AT_DESK = f"""
       (me.staff_id IS NOT NULL
        AND CASE t.desk
            WHEN 'office' THEN me.admin
            WHEN 'duty' THEN me.admin
                             OR EXISTS (SELECT
                                          FROM messages u
                                         WHERE u.school_id = $1
                                           AND u.thread_id = t.thread_id
                                           AND u.urgent_to = me.staff_id)
            WHEN 'homeroom' THEN (other.staff_id IS NULL AND me.admin)
                                 OR {IS_HOMEROOM}
            ELSE t.staff_id = me.staff_id AND other.staff_id IS NOT NULL END)
"""


# Which threads may be somebody's at all: cheap to find, so that the questions above are asked of few.
MAYBE_FAMILYS = """
       (SELECT o.*
          FROM threads o
         WHERE o.school_id = $1
           AND o.pupil_id = ANY (ARRAY(SELECT b.pupil_id
                                         FROM guardians f
                                         JOIN guardianships b
                                           ON b.school_id = f.school_id
                                          AND b.guardian_id = f.guardian_id
                                        WHERE f.school_id = $1
                                          AND f.account_id = $2)))
"""
MAYBE_STAFFS = """
       (SELECT o.*
          FROM threads o
         WHERE o.school_id = $1
           AND (o.desk = 'duty'
                OR o.pupil_id = ANY (ARRAY(SELECT e.pupil_id
                                             FROM staff f
                                             JOIN assignments a
                                               ON a.school_id = f.school_id
                                              AND a.staff_id = f.staff_id
                                             JOIN enrolments e
                                               ON e.school_id = a.school_id
                                              AND e.class_id = a.class_id
                                            WHERE f.school_id = $1
                                              AND f.account_id = $2))
                OR (SELECT true
                      FROM staff f
                      JOIN staff_roles r
                        ON r.school_id = f.school_id
                       AND r.staff_id = f.staff_id
                       AND r.role = 'school_admin'
                     WHERE f.school_id = $1
                       AND f.account_id = $2
                     LIMIT 1)))
"""


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One person at one thread, with what the rules need to know. `other_staff_id` is who answers for the school today."""

    school_id: int
    thread_id: UUID
    pupil_id: UUID
    pupil_name: str
    class_id: UUID | None
    desk: Desk
    only_guardian_id: UUID | None
    side: Side
    guardian_id: UUID | None
    can_act: bool
    my_name: str | None
    staff_id: UUID | None
    other_staff_id: UUID | None
    other_name: str | None

    @property
    def staffed(self) -> bool:
        """Whether anybody sits at the desk: a teacher who no longer teaches the pupil does not."""
        return self.desk != "teacher" or self.other_staff_id is not None


_PARTY = f"""
SELECT t.thread_id, t.pupil_id, t.desk, t.only_guardian_id,
       p.full_name AS pupil_name, seat.class_id,
       other.staff_id AS other_staff_id, coalesce(other.full_name, named.full_name) AS other_name,
       kin.guardian_id, kin.can_act, kin.full_name AS guardian_name,
       me.staff_id, me.full_name AS staff_name,
       {AT_DESK} AS at_desk
  FROM threads t
{PUPIL_OF_THREAD}
{KIN}
{ME}
 WHERE t.school_id = $1
   AND t.thread_id = $4
"""
_PARTY_LOCKED = _PARTY + "   FOR NO KEY UPDATE OF t\n"


async def party(
    door: Door, school_id: int, account_id: UUID, thread_id: UUID, on: date, *, lock: bool = False
) -> Party:
    """Raises NOT_FOUND for everybody outside the thread: they do not learn that it exists."""
    row = await door.fetchrow(_PARTY_LOCKED if lock else _PARTY, school_id, account_id, on, thread_id)
    if row is None or (row["guardian_id"] is None and not row["at_desk"]):
        raise NOT_FOUND()
    # A teacher who is also a parent of the pupil writes here as the parent; the desk has colleagues.
    family = row["guardian_id"] is not None
    return Party(
        school_id=school_id,
        thread_id=row["thread_id"],
        pupil_id=row["pupil_id"],
        pupil_name=row["pupil_name"],
        class_id=row["class_id"],
        desk=row["desk"],
        only_guardian_id=row["only_guardian_id"],
        side="family" if family else "school",
        guardian_id=row["guardian_id"],
        can_act=bool(row["can_act"]),
        my_name=row["guardian_name"] if family else row["staff_name"],
        staff_id=None if family else row["staff_id"],
        other_staff_id=row["other_staff_id"],
        other_name=row["other_name"],
    )

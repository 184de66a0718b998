"""The one place that answers "may this person do that?". The answer is a relationship in the school's own rows, never a claim of a token.

Hot reads do not call this module: they join the same relationship into their statement (see GUARDIAN_JOIN).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.problems import FORBIDDEN, NOT_FOUND

# The right of a family to read a pupil, for joining into a statement where $1 = school_id, $2 = account_id, $3 = the school's day.
# It yields the aliases `family` (guardians) and `bond` (guardianships).
GUARDIAN_JOIN = """
       guardians family
  JOIN guardianships bond
    ON bond.school_id = family.school_id
   AND bond.guardian_id = family.guardian_id
   AND bond.can_view
   AND bond.valid_from <= $3
   AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
"""


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


class Standing(msgspec.Struct, frozen=True):
    """What a member of staff is in a school, and to one class where one was asked about."""

    staff_id: UUID
    roles: frozenset[str]
    homeroom: bool = False
    subjects: frozenset[str] = frozenset()

    @property
    def admin(self) -> bool:
        return "school_admin" in self.roles

    @property
    def accountant(self) -> bool:
        return "accountant" in self.roles

    @property
    def of_class(self) -> bool:
        """Teaches the class, is its homeroom teacher, or runs the school."""
        return self.admin or self.homeroom or bool(self.subjects)


# What an account is in a school: $1 = school_id, $2 = account_id, $3 = class_id or NULL, $4 = the school's day. Statements that
# must not cost a round trip of their own for it carry it as `WITH who AS (…)` and read the row with standing_of.
STANDING = """
SELECT s.staff_id,
       array(SELECT r.role
               FROM staff_roles r
              WHERE r.school_id = $1
                AND r.staff_id = s.staff_id) AS roles,
       array(SELECT a.subject_code
               FROM assignments a
              WHERE a.school_id = $1
                AND a.staff_id = s.staff_id
                AND a.class_id = $3
                AND a.from_on <= $4
                AND (a.to_on IS NULL OR a.to_on >= $4)) AS subjects
  FROM staff s
 WHERE s.school_id = $1
   AND s.account_id = $2
   AND s.status = 'active'
"""


async def standing(door: Door, school_id: int, account_id: UUID, *, class_id: UUID | None = None, on: date) -> Standing:
    """One statement. Raises FORBIDDEN for anybody who is not active staff of the school."""
    return standing_of(await door.fetchrow(STANDING, school_id, account_id, class_id, on))


def standing_of(row: Any) -> Standing:
    """Read from a row with the columns of STANDING. Raises FORBIDDEN where there is no such member of staff."""
    if row is None or row["staff_id"] is None:
        raise FORBIDDEN()
    subjects = frozenset(row["subjects"])
    return Standing(row["staff_id"], frozenset(row["roles"]), "" in subjects, subjects - {""})


async def require_role(door: Door, school_id: int, account_id: UUID, *roles: str, on: date) -> Standing:
    who = await standing(door, school_id, account_id, on=on)
    if not who.roles & set(roles):
        raise FORBIDDEN()
    return who


async def require_class(
    door: Door, school_id: int, account_id: UUID, class_id: UUID, *, on: date, subject: str | None = None
) -> Standing:
    """The class's homeroom teacher or the school's administrator; with `subject`, the teacher of that subject or the administrator;
    with `subject="*"`, whoever teaches the class at all."""
    who = await standing(door, school_id, account_id, class_id=class_id, on=on)
    allowed = who.admin or (
        who.homeroom if subject is None else who.of_class if subject == "*" else subject in who.subjects
    )
    if not allowed:
        raise FORBIDDEN()
    return who


_GUARDIAN = """
SELECT bond.guardian_id, bond.can_act
  FROM guardians family
  JOIN guardianships bond
    ON bond.school_id = family.school_id
   AND bond.guardian_id = family.guardian_id
   AND bond.can_view
   AND bond.valid_from <= $4
   AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND bond.pupil_id = $3
 ORDER BY bond.can_act DESC
 LIMIT 1
"""


async def require_guardian(
    door: Door, school_id: int, account_id: UUID, pupil_id: UUID, *, on: date, act: bool = False
) -> UUID:
    """The guardian's id. Raises NOT_FOUND for other people's children: a stranger does not learn that the child exists."""
    row = await door.fetchrow(_GUARDIAN, school_id, account_id, pupil_id, on)
    if row is None:
        raise NOT_FOUND()
    if act and not row["can_act"]:
        raise FORBIDDEN()
    guardian_id: UUID = row["guardian_id"]
    return guardian_id


async def require_area(door: Door, school_id: int, account_id: UUID) -> str:
    """The area of the account that holds the school (province or commune code)."""
    area = await door.fetchval(
        """
        SELECT a.area_code
          FROM account_areas a
          JOIN schools s
            ON a.area_code IN (s.province_code, s.commune_code)
         WHERE s.school_id = $1
           AND a.account_id = $2
         LIMIT 1
        """,
        school_id,
        account_id,
    )
    if area is None:
        raise FORBIDDEN()
    return str(area)

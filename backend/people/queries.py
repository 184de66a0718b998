"""Reads of the roll. The statements that families and the bot use carry the right to read in themselves."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.core.database import Reader
from schemas.people import Child

# $1 school_id, $2 account_id, $3 the school's day. For joining into a statement that needs the family's children besides other things.
CHILDREN = """
        SELECT DISTINCT ON (p.sort_key, p.pupil_id)
               p.pupil_id, p.full_name, bond.kind, bond.can_act, s.school_id, s.name,
               c.class_id, c.name AS class_name, c.grade
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $3
           AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
          JOIN pupils p
            ON p.school_id = bond.school_id
           AND p.pupil_id = bond.pupil_id
          JOIN schools s
            ON s.school_id = family.school_id
          LEFT JOIN school_years y
            ON y.school_id = p.school_id
           AND y.is_current
          LEFT JOIN enrolments e
            ON e.school_id = p.school_id
           AND e.pupil_id = p.pupil_id
           AND e.school_year = y.school_year
           AND e.to_on IS NULL
          LEFT JOIN classes c
            ON c.school_id = e.school_id
           AND c.class_id = e.class_id
         WHERE family.school_id = $1
           AND family.account_id = $2
         ORDER BY p.sort_key, p.pupil_id, bond.can_act DESC
"""


async def children_of_family(reader: Reader, school_id: int, account_id: UUID, on: date) -> list[Child]:
    """The children an account may see in a school on a day, in the order of class lists. Empty for a stranger."""
    rows = await reader.fetch(CHILDREN, school_id, account_id, on)
    return [Child(*row) for row in rows]

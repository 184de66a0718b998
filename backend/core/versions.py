"""The families' version numbers, the ETag of the parent's screens. Every write that a family can see raises its number.

It owns family_versions. The two fragments are for statements of other rooms that must not cost a round trip of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.core.database import SchoolTx

# For a CTE: raises the number of every guardian of the pupils that {pupils} (a sub-select of one uuid column) yields; $1 = school_id.
# Ordered, so that two writers cannot wait for each other.
TOUCH_FAMILIES = """
        INSERT INTO family_versions AS v (school_id, guardian_id, version)
        SELECT $1, b.guardian_id, 1
          FROM guardianships b
         WHERE b.school_id = $1
           AND b.pupil_id IN ({pupils})
         GROUP BY b.guardian_id
         ORDER BY b.guardian_id
            ON CONFLICT (school_id, guardian_id)
            DO UPDATE SET version = v.version + 1
"""

# The same where {guardians} yields the guardians themselves.
TOUCH_GUARDIANS = """
        INSERT INTO family_versions AS v (school_id, guardian_id, version)
        SELECT $1, g.guardian_id, 1
          FROM ({guardians}) AS g (guardian_id)
         GROUP BY g.guardian_id
         ORDER BY g.guardian_id
            ON CONFLICT (school_id, guardian_id)
            DO UPDATE SET version = v.version + 1
"""


_TOUCH_FAMILIES_OF = TOUCH_FAMILIES.format(pupils="SELECT unnest($2::uuid[])")
_TOUCH_THESE = TOUCH_GUARDIANS.format(guardians="SELECT unnest($2::uuid[])")


async def touch_families(tx: SchoolTx, pupil_ids: Sequence[UUID]) -> None:
    await tx.execute(_TOUCH_FAMILIES_OF, tx.school_id, pupil_ids)


async def touch_guardians(tx: SchoolTx, guardian_ids: Sequence[UUID]) -> None:
    await tx.execute(_TOUCH_THESE, tx.school_id, guardian_ids)

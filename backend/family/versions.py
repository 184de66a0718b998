"""The families' version numbers as ETags: one tiny statement says whether anything a family can see has changed. It writes nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.core.database import Reader


async def family_version(reader: Reader, school_id: int, account_id: UUID) -> str:
    """What the home screen of an account in a school depends on. Empty for a stranger."""
    rows = await reader.fetch(
        """
        SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0)
          FROM guardians family
          LEFT JOIN family_versions v
            ON v.school_id = family.school_id
           AND v.guardian_id = family.guardian_id
         WHERE family.school_id = $1
           AND family.account_id = $2
         ORDER BY family.guardian_id
        """,
        school_id,
        account_id,
    )
    return rows[0][0] if len(rows) == 1 else ".".join(row[0] for row in rows)


async def pupil_version(reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, on: date) -> str | None:
    """What the pages of one child depend on. None for other people's children."""
    found: str | None = await reader.fetchval(
        """
        SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0)
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $4
           AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
          LEFT JOIN family_versions v
            ON v.school_id = family.school_id
           AND v.guardian_id = family.guardian_id
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         ORDER BY family.guardian_id
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
    )
    return found


def etag(page: str, on: date, language: str, *parts: object) -> str:
    """The page's name carries the number of its shape: raise it when the JSON of the page changes."""
    return f'"{page}-{on}-{language}-{"-".join(map(str, parts))}"'

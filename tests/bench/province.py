"""A province for benchmarks: schools of equal size with one class, one pupil and one guardian a family, written by bare SQL in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import asyncpg

YEAR = "2026-2027"
_NOW = datetime(2026, 9, 1, tzinfo=UTC)
_EARLY = date(2020, 1, 1)

# Names and keys follow from numbers, so that the same province can be made anywhere without luck.
_SCHOOLS = """
INSERT INTO schools (code, name, level, created_at)
SELECT 'bench' || n, 'Trường số ' || n, 'lower_secondary', $2
  FROM generate_series(1, $1::int) AS n
RETURNING school_id
"""

_YEARS = """
INSERT INTO school_years (school_id, school_year, starts_on, ends_on, is_current)
SELECT s, $2, '2026-09-05', '2027-05-31', true
  FROM unnest($1::bigint[]) AS s
"""

_CLASSES = """
INSERT INTO classes (school_id, class_id, school_year, name, name_fold, grade, created_at)
SELECT s, md5('class' || s)::uuid, $2, '6A1', '6a1', 6, $3
  FROM unnest($1::bigint[]) AS s
"""

_PUPILS = """
INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at)
SELECT s, md5('pupil' || s || '/' || n)::uuid, 'Học Sinh ' || n, 'hoc sinh ' || n, 'hoc sinh ' || n, 'file', $3, $3
  FROM unnest($1::bigint[]) AS s
 CROSS JOIN generate_series(1, $2::int) AS n
"""

_SEATS = """
INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on)
SELECT p.school_id, p.pupil_id, $2, md5('class' || p.school_id)::uuid, '2026-09-05'
  FROM pupils p
 WHERE p.school_id = ANY ($1::bigint[])
"""

_GUARDIANS = """
INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, account_id, source, created_at, updated_at)
SELECT s, md5('guardian' || s || '/' || n)::uuid, 'Phụ Huynh ' || n, 'phu huynh ' || n, '+84' || (900000000 + s * 1000 + n),
       md5('account' || s || '/' || n)::uuid, 'file', $3, $3
  FROM unnest($1::bigint[]) AS s
 CROSS JOIN generate_series(1, $2::int) AS n
"""

_BONDS = """
INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)
SELECT s, md5('pupil' || s || '/' || n)::uuid, md5('guardian' || s || '/' || n)::uuid, 'mother', $3, 'file'
  FROM unnest($1::bigint[]) AS s
 CROSS JOIN generate_series(1, $2::int) AS n
"""

_VERSIONS = """
INSERT INTO family_versions (school_id, guardian_id, version)
SELECT g.school_id, g.guardian_id, 1
  FROM guardians g
 WHERE g.school_id = ANY ($1::bigint[])
"""


@dataclass(frozen=True)
class Province:
    schools: list[int]
    families: int

    @property
    def guardians(self) -> int:
        return len(self.schools) * self.families


async def found_province(owner: asyncpg.Connection, schools: int, families: int) -> Province:
    """Foreign keys are not asked row by row: what is written here agrees by construction."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        ids = [row["school_id"] for row in await owner.fetch(_SCHOOLS, schools, _NOW)]
        await owner.execute(_YEARS, ids, YEAR)
        await owner.execute(_CLASSES, ids, YEAR, _NOW)
        await owner.execute(_PUPILS, ids, families, _NOW)
        await owner.execute(_SEATS, ids, YEAR)
        await owner.execute(_GUARDIANS, ids, families, _NOW)
        await owner.execute(_BONDS, ids, families, _EARLY)
        await owner.execute(_VERSIONS, ids)
    await owner.execute("VACUUM ANALYZE")
    return Province(ids, families)


_OLD_NOTICES = """
INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, title, body, created_at)
SELECT $1::bigint, md5('old' || $1::bigint || '/' || n)::uuid, 'announcement', 'announcement', 'old' || n, 'Cũ', 'Cũ', $3
  FROM generate_series($2::int, $2::int + $4::int - 1) AS n
"""

_OLD_DELIVERIES = """
INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at, attempts, finished_at)
SELECT $1::bigint, n.notice_id, g.guardian_id, 'push', 'sent', $3, 1, $3
  FROM generate_series($2::int, $2::int + $4::int - 1) AS o
  JOIN notices n
    ON n.school_id = $1::bigint
   AND n.notice_id = md5('old' || $1::bigint || '/' || o)::uuid
  JOIN guardians g
    ON g.school_id = $1::bigint
"""


async def finish_old_deliveries(owner: asyncpg.Connection, school_id: int, first: int, notices: int) -> None:
    """Years of finished rows in one school, which is worse than the same number spread over many."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(_OLD_NOTICES, school_id, first, _NOW, notices)
        await owner.execute(_OLD_DELIVERIES, school_id, first, _NOW, notices)

"""“I take this one”: a guardian takes a thing on, and the others' lists are shorter within the second. It owns family_claims.

A claim is a word between the guardians of a child. It changes nothing about the thing itself, it may be given back or taken over, and
once the thing is overdue everybody sees it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from backend.core.across_schools import schools_with_old_claims
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import NOT_FOUND, Problem, problem
from backend.core.versions import TOUCH_FAMILIES
from backend.family.actions import OTHER_SCHOOLS
from backend.family.home import todo_in
from backend.forms.everywhere import is_of_families
from backend.identity.audit import record
from backend.identity.entitlement import GUARDIAN_JOIN
from schemas.family import Claim, TodoLine

TAKEN = problem(
    "todo-taken",
    409,
    vi="{name} vừa nhận lo việc này.",
    en="{name} has just taken this on.",
)
NOT_SHARED = problem(
    "todo-not-shared",
    409,
    vi="Việc này mỗi người phải tự làm, không ai làm thay được.",
    en="Everybody does this for themselves; nobody can take it on for others.",
)

FORGET_AFTER = timedelta(days=120)

# $1 school, $2 account, $3 today, $4 key, $5 pupils, $6 the instant, $7 taking over. One guardian of the account for each pupil. Another's
# claim stays, unless it is taken over or its guardian may no longer see the child.
_CLAIM = f"""
WITH claimed AS (
        INSERT INTO family_claims AS k (school_id, pupil_id, line_key, guardian_id, claimed_at)
        SELECT DISTINCT ON (bond.pupil_id) $1, bond.pupil_id, $4, family.guardian_id, $6::timestamptz
          FROM {GUARDIAN_JOIN}
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = ANY ($5::uuid[])
         ORDER BY bond.pupil_id, family.guardian_id
            ON CONFLICT (school_id, pupil_id, line_key)
            DO UPDATE SET guardian_id = excluded.guardian_id, claimed_at = excluded.claimed_at
                    WHERE k.school_id = $1
                      AND ($7
                           OR k.guardian_id = excluded.guardian_id
                           OR NOT EXISTS (SELECT
                                            FROM guardianships b
                                           WHERE b.school_id = $1
                                             AND b.pupil_id = k.pupil_id
                                             AND b.guardian_id = k.guardian_id
                                             AND b.can_view
                                             AND b.valid_from <= $3
                                             AND (b.valid_to IS NULL OR b.valid_to >= $3)))
     RETURNING k.pupil_id),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT c.pupil_id FROM claimed c")})
SELECT pupil_id
  FROM claimed
"""
_TAKER = """
SELECT coalesce(g.full_name, '')
  FROM family_claims k
  JOIN guardians g
    ON g.school_id = k.school_id
   AND g.guardian_id = k.guardian_id
 WHERE k.school_id = $1
   AND k.line_key = $2
   AND k.pupil_id = ANY ($3::uuid[])
   AND g.account_id IS DISTINCT FROM $4
 ORDER BY k.claimed_at
 LIMIT 1
"""
_RELEASE = f"""
WITH released AS (
        DELETE FROM family_claims k
         USING guardians family
         WHERE k.school_id = $1
           AND k.line_key = $3
           AND family.school_id = $1
           AND family.guardian_id = k.guardian_id
           AND family.account_id = $2
     RETURNING k.pupil_id),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT r.pupil_id FROM released r")})
SELECT pupil_id
  FROM released
"""


async def claim(house: House, account_id: UUID, school_id: int, new: Claim) -> None:
    """Twice is once. Raises NOT_FOUND for what is not on the reader's list, TAKEN where another was first."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        lines = await _lines(tx, account_id, new.key, now)
        if not all(line.shared for line in lines):
            raise NOT_SHARED()
        pupils = sorted({child.pupil_id for line in lines for child in line.children})
        rows = await tx.fetch(_CLAIM, school_id, account_id, school_day(now), new.key, pupils, now, new.take_over)
        if len(rows) < len(pupils):
            raise TAKEN(name=await tx.fetchval(_TAKER, school_id, new.key, pupils, account_id) or "–")
        await _record(tx, "todo.claimed", new.key, pupils, account_id, now)


async def claim_everywhere(house: House, account_id: UUID, school_id: int, new: Claim) -> None:
    """As `claim`; of an area's letter, or its form that a family answers once, also the copies in other
    schools, which stand on the same line."""
    await claim(house, account_id, school_id, new)
    for other in await _other_schools(house, account_id, school_id, new.key):
        try:
            await claim(house, account_id, other, new)
        except Problem as problem:
            if problem.kind not in (NOT_FOUND, TAKEN):
                raise


async def release_everywhere(house: House, account_id: UUID, school_id: int, key: str) -> None:
    await release(house, account_id, school_id, key)
    for other in await _other_schools(house, account_id, school_id, key):
        try:
            await release(house, account_id, other, key)
        except Problem as problem:
            if problem.kind is not NOT_FOUND:
                raise


async def _other_schools(house: House, account_id: UUID, school_id: int, key: str) -> list[int]:
    about, _, form_id = key.partition(":")
    of_form = about == "form" and await is_of_families(house.database.reader, school_id, UUID(form_id))
    if not of_form and not key.startswith("notice:announcement:"):
        return []
    rows = await house.database.reader.fetch(OTHER_SCHOOLS, account_id, school_id)
    return [row["school_id"] for row in rows]


async def release(house: House, account_id: UUID, school_id: int, key: str) -> None:
    """Back on everybody's list. Raises NOT_FOUND for what is neither claimed by the reader nor on their list."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        rows = await tx.fetch(_RELEASE, school_id, account_id, key)
        if not rows:
            await _lines(tx, account_id, key, now)
            return
        await _record(tx, "todo.released", key, [row["pupil_id"] for row in rows], account_id, now)


async def forget_old(house: House) -> int:
    """What was taken on months ago is done or given up; a nightly job, so that a child's list never grows. The audit trail remembers."""
    before = house.clock.now() - FORGET_AFTER
    forgotten = 0
    for school_id in await schools_with_old_claims(house.database.reader, before):
        async with house.database.school(school_id) as tx:
            forgotten += len(await tx.fetch(_FORGET, school_id, before))
    return forgotten


_FORGET = f"""
WITH forgotten AS (
        DELETE FROM family_claims
         WHERE school_id = $1
           AND claimed_at < $2
     RETURNING pupil_id),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT f.pupil_id FROM forgotten f")})
SELECT pupil_id
  FROM forgotten
"""


async def _lines(tx: SchoolTx, account_id: UUID, key: str, now: datetime) -> list[TodoLine]:
    lines = [line for line in await todo_in(tx, account_id, school_day(now)) if line.key == key]
    if not lines:
        raise NOT_FOUND()
    return lines


async def _record(tx: SchoolTx, action: str, key: str, pupils: Sequence[UUID], account_id: UUID, at: datetime) -> None:
    detail = {"key": key, "pupils": [str(pupil_id) for pupil_id in pupils]}
    await record(tx, action, "family", pupils[0], at=at, actor=account_id, detail=detail)

"""A family with children in two schools of an area is told of its letter, or of a form that it answers once, by whichever school's copy
comes first. It owns area_tellings.

Every school's copy stands in the school with all its readers; what is folded is the telling. The app shows the copies as one
(backend/family/queries.py), and who opens one has opened all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.database import SchoolTx
from notifications.folding import tell_no_more

# A person is an account, or a telephone that has none yet.
_PEOPLE = """
SELECT r.guardian_id, sha256(convert_to(coalesce(g.account_id::text, g.phone_e164), 'UTF8')) AS person_hash
  FROM notice_recipients r
  JOIN guardians g
    ON g.school_id = r.school_id
   AND g.guardian_id = r.guardian_id
 WHERE r.school_id = $1
   AND r.notice_id = $2
   AND coalesce(g.account_id::text, g.phone_e164) IS NOT NULL
"""
_THESE = """
SELECT g.guardian_id, sha256(convert_to(coalesce(g.account_id::text, g.phone_e164), 'UTF8')) AS person_hash
  FROM guardians g
 WHERE g.school_id = $1
   AND g.guardian_id = ANY ($2::uuid[])
   AND coalesce(g.account_id::text, g.phone_e164) IS NOT NULL
"""
# In one order, so that two schools that are told at the same moment wait for each other and never in a circle.
_TELL = """
INSERT INTO area_tellings (person_hash, letter_id, school_id, told_at)
SELECT person.hash, $1, $2, $3
  FROM unnest($4::bytea[]) AS person (hash)
 ORDER BY person.hash
    ON CONFLICT (person_hash, letter_id) DO NOTHING
"""
_TOLD_ELSEWHERE = """
SELECT t.person_hash
  FROM area_tellings t
 WHERE t.person_hash = ANY ($1::bytea[])
   AND t.letter_id = $2
   AND t.school_id <> $3
"""


async def fold(tx: SchoolTx, letter_id: UUID, notice_id: UUID, at: datetime) -> int:
    """In the transaction that publishes in this school. How many people another school has told."""
    again = await _told_elsewhere(tx, letter_id, await tx.fetch(_PEOPLE, tx.school_id, notice_id), at)
    await tell_no_more(tx, notice_id, again, at=at)
    return len(again)


async def told_elsewhere(tx: SchoolTx, matter_id: UUID, guardian_ids: Sequence[UUID], at: datetime) -> set[UUID]:
    """Before something is published in this school: who of them need not be told of the matter, since another school has told them."""
    return set(await _told_elsewhere(tx, matter_id, await tx.fetch(_THESE, tx.school_id, list(guardian_ids)), at))


async def _told_elsewhere(tx: SchoolTx, matter_id: UUID, people: Sequence[Any], at: datetime) -> list[UUID]:
    hashes = list({row["person_hash"] for row in people})
    await tx.execute(_TELL, matter_id, tx.school_id, at, hashes)
    told = {row["person_hash"] for row in await tx.fetch(_TOLD_ELSEWHERE, hashes, matter_id, tx.school_id)}
    return [row["guardian_id"] for row in people if row["person_hash"] in told]

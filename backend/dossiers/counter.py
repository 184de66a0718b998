"""Whom the office may enter a request for: a pupil found by name, and its guardians who may act. It owns no table."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import NOT_FOUND
from backend.core.text import fold
from backend.dossiers.queries import PUPIL
from backend.dossiers.rules import OFFICE
from backend.identity.entitlement import require_role
from schemas.people import Relation


class Found(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    class_name: str | None


class MayAct(msgspec.Struct, frozen=True):
    guardian_id: UUID
    name: str | None
    relation: Relation


class Applicants(msgspec.Struct, frozen=True):
    pupil: Found
    guardians: list[MayAct]


_FIND = f"""
SELECT d.pupil_id, p.full_name, c.name
  FROM pupils d
  {PUPIL}
 WHERE d.school_id = $1
   AND ' ' || p.name_fold LIKE '% ' || $2 || '%'
 ORDER BY p.sort_key, p.pupil_id
 LIMIT 30
"""
_APPLICANTS = f"""
SELECT d.pupil_id, p.full_name, c.name,
       (SELECT coalesce(json_agg(json_build_object('guardian_id', g.guardian_id, 'name', g.full_name, 'relation', b.kind)
                                 ORDER BY b.kind, g.guardian_id), '[]'::json)
          FROM guardianships b
          JOIN guardians g
            ON g.school_id = b.school_id
           AND g.guardian_id = b.guardian_id
         WHERE b.school_id = $1
           AND b.pupil_id = $2
           AND b.can_view
           AND b.can_act
           AND b.valid_from <= $3
           AND (b.valid_to IS NULL OR b.valid_to >= $3))::text AS guardians
  FROM pupils d
  {PUPIL}
 WHERE d.school_id = $1
   AND d.pupil_id = $2
"""
_GUARDIANS = msgspec.json.Decoder(list[MayAct])


async def find(reader: Reader, school_id: int, account_id: UUID, text: str, *, today: date) -> list[Found]:
    await require_role(reader, school_id, account_id, *OFFICE, on=today)
    if not (folded := fold(text)[:60]):
        return []
    return [Found(*row) for row in await reader.fetch(_FIND, school_id, folded)]


async def applicants(reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, *, today: date) -> Applicants:
    await require_role(reader, school_id, account_id, *OFFICE, on=today)
    row = await reader.fetchrow(_APPLICANTS, school_id, pupil_id, today)
    if row is None:
        raise NOT_FOUND()
    return Applicants(Found(row["pupil_id"], row["full_name"], row["name"]), _GUARDIANS.decode(row["guardians"]))

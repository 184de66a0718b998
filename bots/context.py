"""What a turn knows before it answers: whose chat it is, the family's children, what its schools say of themselves.

It is read together with the chat itself, and in one statement a school, asked side by side, where an account was linked in the very turn.
It says who is meant and where to ask; every answer asks for the right to read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.people.queries import CHILDREN
from bots import schools
from schemas.people import Child


class OwnChild(Child, frozen=True):
    """One of the asker's own children; nicknames are what this guardian calls it."""

    born_on: date | None = None
    sex: str | None = None
    nicknames: tuple[str, ...] = ()


class Context(msgspec.Struct, frozen=True):
    """facts by school, in the order in which the schools were asked about. A stranger has no children and at most one school."""

    children: list[OwnChild]
    facts: dict[int, dict[str, str]]


# $1 school_id, $2 account_id (NULL for a stranger), $3 the school's day.
_OF_SCHOOL = f"""
SELECT school.*,
       (SELECT coalesce(json_agg(json_build_object(
                 'pupil_id', child.pupil_id, 'full_name', child.full_name, 'relation', child.kind, 'can_act', child.can_act,
                 'school_id', child.school_id, 'school_name', child.name, 'class_id', child.class_id,
                 'class_name', child.class_name, 'grade', child.grade, 'born_on', own.born_on, 'sex', own.sex,
                 'nicknames', array(SELECT n.nickname
                                      FROM guardians g
                                      JOIN child_nicknames n
                                        ON n.school_id = g.school_id
                                       AND n.guardian_id = g.guardian_id
                                     WHERE g.school_id = $1
                                       AND g.account_id = $2
                                       AND n.pupil_id = child.pupil_id
                                     ORDER BY n.set_at, n.nickname_fold)) ORDER BY own.sort_key, own.pupil_id), '[]'::json)
          FROM ({CHILDREN}) AS child
          JOIN pupils own
            ON own.school_id = $1
           AND own.pupil_id = child.pupil_id)::text AS children
  FROM ({schools.FACTS}) AS school
"""
# The same of each of the account's schools, as a column of a statement about a chat (chats.py): `who.account_id` is whose chat it is,
# `me` holds the school's day and the school that strangers ask about; where it is empty, nobody is asked about.
FAMILY = f"""
           (SELECT json_agg(row_to_json(known) ORDER BY known.school_id)
              FROM (SELECT DISTINCT p.school_id
                      FROM account_persons p
                     WHERE p.account_id = who.account_id
                       AND p.person_kind = 'guardian'
                     UNION ALL
                    SELECT me.default_school
                     WHERE me.chat_id IS NOT NULL
                       AND NOT EXISTS (SELECT 1
                                         FROM account_persons p
                                        WHERE p.account_id = who.account_id
                                          AND p.person_kind = 'guardian')
                     LIMIT 20) AS asked
             CROSS JOIN LATERAL ({
    _OF_SCHOOL.replace("$1", "asked.school_id").replace("$2", "who.account_id").replace("$3", "me.today")
}) AS known)::text AS family
"""
_CHILDREN = msgspec.json.Decoder(list[OwnChild])


def unpacked(family: str) -> Context:
    """What FAMILY read."""
    return _context(msgspec.json.decode(family))


async def of_turn(
    reader: Reader, school_ids: tuple[int, ...], account_id: UUID | None, on: date, *, default_school: int | None
) -> Context:
    """`default_school` is what a stranger asks about; without it, the house's only school."""
    asked: tuple[int | None, ...] = school_ids or (default_school,)
    rows: list[Any] = await asyncio.gather(
        *(reader.fetchrow(_OF_SCHOOL, school_id, account_id, on) for school_id in asked)
    )
    return _context([row for row in rows if row is not None])


def _context(rows: Sequence[Any]) -> Context:
    children = [child for row in rows for child in _CHILDREN.decode(row["children"])]
    return Context(children, {row["school_id"]: schools.facts_of(row) for row in rows})

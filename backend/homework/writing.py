"""Writing homework: several subjects and parallel classes in one go, all or nothing. It owns homework and homework_pupils with changing.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID
from backend.core.text import clean, clean_lines
from backend.core.versions import touch_families
from backend.files import actions as files
from backend.homework import rules, telling
from backend.homework.rules import Scene
from backend.identity.audit import record
from backend.identity.entitlement import STANDING, standing, standing_of
from schemas.homework import HomeworkKept, HomeworkLine, NewHomework

# $1 school, $2 account, $3 classes, $4 today. The classes are held, so that writing and withdrawing follow each other.
_SCENES = f"""
SELECT c.class_id, who.staff_id, who.roles, who.subjects,
       array(SELECT s.subject_code
               FROM subjects s
              WHERE NOT EXISTS (SELECT
                                  FROM class_subjects k
                                 WHERE k.school_id = $1
                                   AND k.class_id = c.class_id)
                 OR s.subject_code IN (SELECT k.subject_code
                                         FROM class_subjects k
                                        WHERE k.school_id = $1
                                          AND k.class_id = c.class_id)) AS taught,
       array(SELECT e.pupil_id
               FROM enrolments e
               JOIN pupils p
                 ON p.school_id = e.school_id
                AND p.pupil_id = e.pupil_id
                AND p.status = 'enrolled'
              WHERE e.school_id = $1
                AND e.class_id = c.class_id
                AND e.from_on <= $4
                AND (e.to_on IS NULL OR e.to_on >= $4)) AS pupils
  FROM classes c
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
   AND y.is_current
  LEFT JOIN LATERAL ({STANDING.replace("$3", "c.class_id")}) AS who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = ANY ($3::uuid[])
 ORDER BY c.class_id
   FOR NO KEY UPDATE OF c
"""
_BEFORE = """
SELECT h.homework_id, h.class_id, h.subject_code, h.written_by, h.for_some, v.due_on, v.body, v.bring, v.file_ids
  FROM homework h
  JOIN homework_versions v
    ON v.school_id = h.school_id
   AND v.homework_id = h.homework_id
   AND v.revision = 1
 WHERE h.school_id = $1
   AND h.homework_id = ANY ($2::uuid[])
"""
_WRITE = """
WITH said AS (
       INSERT INTO homework
              (school_id, homework_id, class_id, subject_code, for_some, given_on, due_on, body, bring, file_ids,
               revision, staff_id, written_by, written_at, changed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $13)
       RETURNING homework_id),
     first AS (
       INSERT INTO homework_versions
              (school_id, homework_id, revision, due_on, body, bring, file_ids, withdrawn, changed_by, changed_at)
       SELECT $1, said.homework_id, 1, $7, $8, $9, $10, false, $12, $13
         FROM said)
INSERT INTO homework_pupils (school_id, homework_id, pupil_id)
SELECT $1, said.homework_id, named.pupil_id
  FROM said
 CROSS JOIN unnest($14::uuid[]) AS named (pupil_id)
"""


async def write(house: House, account_id: UUID, school_id: int, new: NewHomework) -> tuple[HomeworkKept, bool]:
    """The second value says whether anything is new: the same request again is the same homework."""
    now = house.clock.now()
    today = school_day(now)
    lines = [_cleaned(line) for line in new.lines]
    async with house.database.school(school_id) as tx:
        scenes = await _scenes(tx, account_id, [line.class_id for line in lines], today)
        for line in lines:
            if line.class_id in scenes and not rules.may_write(scenes[line.class_id].who, line.subject_code):
                raise FORBIDDEN()
        fresh = await _not_yet_written(tx, account_id, lines)
        _refuse_wrong(fresh, scenes, today)
        for number, line in fresh:
            await _write(tx, line, scenes[line.class_id], account_id, now, f"/lines/{number}/file_ids")
        told = await _tell(tx, [line for _, line in fresh], scenes, account_id, now)
        return HomeworkKept(len(fresh), told), bool(fresh)


def _cleaned(line: HomeworkLine) -> HomeworkLine:
    return msgspec.structs.replace(
        line,
        body=clean_lines(line.body),
        bring=clean(line.bring),
        pupil_ids=list(dict.fromkeys(line.pupil_ids)),
        file_ids=list(dict.fromkeys(line.file_ids)),
    )


async def _scenes(tx: SchoolTx, account_id: UUID, class_ids: Sequence[UUID], today: date) -> dict[UUID, Scene]:
    rows = await tx.fetch(_SCENES, tx.school_id, account_id, list(set(class_ids)), today)
    if not rows:
        await standing(tx, tx.school_id, account_id, on=today)
    return {
        row["class_id"]: Scene(standing_of(row), frozenset(row["taught"]), frozenset(row["pupils"])) for row in rows
    }


async def _not_yet_written(
    tx: SchoolTx, account_id: UUID, lines: Sequence[HomeworkLine]
) -> list[tuple[int, HomeworkLine]]:
    """With their places in the request. Raises CONFLICT where something else is kept under an id."""
    ids = [line.homework_id for line in lines]
    if len(set(ids)) < len(ids):
        raise CONFLICT()
    rows = {row["homework_id"]: row for row in await tx.fetch(_BEFORE, tx.school_id, ids)}
    for line in lines:
        row = rows.get(line.homework_id)
        if row is not None and tuple(row)[1:] != (
            line.class_id, line.subject_code, account_id, bool(line.pupil_ids), line.due_on, line.body, line.bring,
            line.file_ids,
        ):  # fmt: skip
            raise CONFLICT()
    return [(number, line) for number, line in enumerate(lines) if line.homework_id not in rows]


def _refuse_wrong(lines: Sequence[tuple[int, HomeworkLine]], scenes: Mapping[UUID, Scene], today: date) -> None:
    wrong = [
        error
        for number, line in lines
        for error in rules.wrong_with(line, scenes.get(line.class_id), today, f"/lines/{number}")
    ]
    if wrong:
        raise INVALID(*wrong)


async def _write(tx: SchoolTx, line: HomeworkLine, scene: Scene, account_id: UUID, now: datetime, pointer: str) -> None:
    await files.hang(tx, line.file_ids, by=account_id, at=now, pointer=pointer)
    await tx.execute(
        _WRITE,
        tx.school_id, line.homework_id, line.class_id, line.subject_code, bool(line.pupil_ids), school_day(now), line.due_on,
        line.body, line.bring, line.file_ids, scene.who.staff_id, account_id, now, line.pupil_ids,
    )  # fmt: skip


async def _tell(
    tx: SchoolTx, lines: Sequence[HomeworkLine], scenes: Mapping[UUID, Scene], account_id: UUID, now: datetime
) -> int:
    """Class by class: the families see it, and those who have not been told today are."""
    told = 0
    for class_id in sorted({line.class_id for line in lines}):
        mine = [line for line in lines if line.class_id == class_id]
        whole = any(not line.pupil_ids for line in mine)
        named = {pupil_id for line in mine for pupil_id in line.pupil_ids}
        pupils = sorted(scenes[class_id].pupils if whole else named)
        await touch_families(tx, pupils)
        due_on = min((line.due_on for line in mine if line.due_on), default=None)
        told += await telling.ring(tx, class_id, pupils, whole=whole, due_on=due_on, by=account_id, at=now)
        detail = {"lines": len(mine), "files": sum(len(line.file_ids) for line in mine)}
        await record(tx, "homework.written", "class", class_id, at=now, actor=account_id, detail=detail)
    return told

"""Homework as those who teach the class read it: what was written, who has seen it, who has ticked it, and every wording. It writes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.files.queries import FILES_JSON
from backend.homework.rules import KEPT_DAYS, may_change
from backend.identity.entitlement import STANDING, Standing, standing_of
from backend.messages.names import teacher_name
from schemas.files import Kept
from schemas.homework import ClassHomework, ClassHomeworkItem, HomeworkDetail, HomeworkPupil, HomeworkVersion

_ITEMS_MAX = 200


class _Item(msgspec.Struct, frozen=True):
    homework_id: UUID
    subject_code: str | None
    subject: str | None
    given_on: date
    due_on: date | None
    body: str
    bring: str
    files: list[Kept]
    for_pupils: list[str]
    author: str
    wrote: bool
    revision: int
    changed_at: datetime
    withdrawn: bool
    pupils: int
    seen: int
    done: int


# The pupils whom the homework `h` is for today.
_MEANT = """
         FROM enrolments e
        WHERE e.school_id = $1
          AND e.class_id = h.class_id
          AND e.from_on <= $4
          AND (e.to_on IS NULL OR e.to_on >= $4)
          AND (NOT h.for_some
               OR EXISTS (SELECT
                            FROM homework_pupils named
                           WHERE named.school_id = $1
                             AND named.homework_id = h.homework_id
                             AND named.pupil_id = e.pupil_id))
"""
# $1 school, $2 account, $3 class, $4 today, $5 language.
_ITEM_JSON = f"""
json_build_object(
  'homework_id', h.homework_id, 'subject_code', h.subject_code,
  'subject', CASE WHEN $5 = 'en' THEN s.name_en ELSE s.name_vi END,
  'given_on', h.given_on, 'due_on', h.due_on, 'body', h.body, 'bring', h.bring,
  'files', {FILES_JSON.format(of="h.file_ids")},
  'for_pupils', array(SELECT p.full_name
                        FROM homework_pupils named
                        JOIN pupils p
                          ON p.school_id = $1
                         AND p.pupil_id = named.pupil_id
                       WHERE named.school_id = $1
                         AND named.homework_id = h.homework_id
                       ORDER BY p.sort_key),
  'author', w.full_name, 'wrote', h.written_by = $2, 'revision', h.revision, 'changed_at', h.changed_at,
  'withdrawn', h.withdrawn_at IS NOT NULL,
  'pupils', (SELECT count(*) {_MEANT}),
  'seen', (SELECT count(*) {_MEANT}
              AND EXISTS (SELECT
                            FROM homework_looks l
                           WHERE l.school_id = $1
                             AND l.pupil_id = e.pupil_id
                             AND l.looked_at >= h.changed_at)),
  'done', (SELECT count(*) {_MEANT}
              AND EXISTS (SELECT
                            FROM homework_done d
                           WHERE d.school_id = $1
                             AND d.homework_id = h.homework_id
                             AND d.pupil_id = e.pupil_id)))
"""
_OF_CLASS = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, c.name,
       (SELECT coalesce(json_agg(newest.item), '[]'::json)
          FROM (SELECT {_ITEM_JSON} AS item
                  FROM homework h
                  JOIN staff w
                    ON w.school_id = $1
                   AND w.staff_id = h.staff_id
                  LEFT JOIN subjects s
                    ON s.subject_code = h.subject_code
                 WHERE h.school_id = $1
                   AND h.class_id = $3
                   AND (h.given_on >= $6 OR h.due_on >= $4)
                 ORDER BY h.written_at DESC, s.position NULLS LAST, h.homework_id
                 LIMIT $7) AS newest)::text AS items
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""
_ITEMS = msgspec.json.Decoder(list[_Item])


async def of_class(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, today: date, language: str
) -> ClassHomework:
    """For whoever teaches the class and the administrator."""
    row = await reader.fetchrow(
        _OF_CLASS, school_id, account_id, class_id, today, language, today - timedelta(days=KEPT_DAYS), _ITEMS_MAX
    )
    if row is None:
        raise NOT_FOUND()
    who = standing_of(row)
    if not who.of_class:
        raise FORBIDDEN()
    items = [_item(one, who, language) for one in _ITEMS.decode(row["items"])]
    return ClassHomework(class_id, row["name"], items)


def _item(one: _Item, who: Standing, language: str) -> ClassHomeworkItem:
    return ClassHomeworkItem(
        homework_id=one.homework_id,
        subject_code=one.subject_code,
        subject=one.subject,
        given_on=one.given_on,
        due_on=one.due_on,
        body=one.body,
        bring=one.bring,
        files=one.files,
        for_pupils=one.for_pupils,
        author=teacher_name(one.author, language),
        revision=one.revision,
        changed_at=one.changed_at,
        withdrawn=one.withdrawn,
        mine_to_change=not one.withdrawn and may_change(who, one.subject_code, wrote=one.wrote),
        pupils=one.pupils,
        seen=one.seen,
        done=one.done,
    )


# The class of the homework stands for $3, which this statement gets as the homework itself.
_ONE = f"""
SELECT who.staff_id, who.roles, who.subjects, c.class_id, c.name,
       {_ITEM_JSON}::text AS item,
       (SELECT coalesce(json_agg(json_build_object(
                 'pupil_id', p.pupil_id, 'full_name', p.full_name,
                 'seen_at', (SELECT max(l.looked_at)
                               FROM homework_looks l
                              WHERE l.school_id = $1
                                AND l.pupil_id = p.pupil_id
                                AND l.looked_at >= h.changed_at),
                 'done_at', (SELECT d.done_at
                               FROM homework_done d
                              WHERE d.school_id = $1
                                AND d.homework_id = h.homework_id
                                AND d.pupil_id = p.pupil_id)) ORDER BY p.sort_key, p.pupil_id), '[]'::json)
          FROM pupils p
         WHERE p.school_id = $1
           AND p.pupil_id IN (SELECT e.pupil_id {_MEANT}))::text AS pupils,
       (SELECT json_agg(json_build_object(
                 'revision', v.revision, 'due_on', v.due_on, 'body', v.body, 'bring', v.bring,
                 'files', cardinality(v.file_ids), 'withdrawn', v.withdrawn,
                 'changed_by', (SELECT min(t.full_name)
                                  FROM staff t
                                 WHERE t.school_id = $1
                                   AND t.account_id = v.changed_by),
                 'changed_at', v.changed_at) ORDER BY v.revision DESC)
          FROM homework_versions v
         WHERE v.school_id = $1
           AND v.homework_id = h.homework_id)::text AS versions
  FROM homework h
  JOIN classes c
    ON c.school_id = h.school_id
   AND c.class_id = h.class_id
  JOIN staff w
    ON w.school_id = h.school_id
   AND w.staff_id = h.staff_id
  LEFT JOIN subjects s
    ON s.subject_code = h.subject_code
  LEFT JOIN LATERAL ({STANDING.replace("$3", "h.class_id")}) AS who
    ON true
 WHERE h.school_id = $1
   AND h.homework_id = $3
"""
_PUPILS = msgspec.json.Decoder(list[HomeworkPupil])
_VERSIONS = msgspec.json.Decoder(list[HomeworkVersion])


async def one(
    reader: Reader, school_id: int, account_id: UUID, homework_id: UUID, today: date, language: str
) -> HomeworkDetail:
    """Raises NOT_FOUND for staff who are nothing to the class."""
    row = await reader.fetchrow(_ONE, school_id, account_id, homework_id, today, language)
    if row is None:
        raise NOT_FOUND()
    who = _who(row)
    item = _item(msgspec.json.decode(row["item"], type=_Item), who, language)
    return HomeworkDetail(
        item, row["class_id"], row["name"], _PUPILS.decode(row["pupils"]), _VERSIONS.decode(row["versions"])
    )


def _who(row: Any) -> Standing:
    """Staff who are nothing to the class do not learn that it is there."""
    who = standing_of(row)
    if not who.of_class:
        raise NOT_FOUND()
    return who


_FILE = f"""
SELECT who.staff_id, who.roles, who.subjects
  FROM homework h
  LEFT JOIN LATERAL ({STANDING.replace("$3", "h.class_id")}) AS who
    ON true
 WHERE h.school_id = $1
   AND h.homework_id = $3
   AND EXISTS (SELECT
                 FROM homework_versions v
                WHERE v.school_id = $1
                  AND v.homework_id = h.homework_id
                  AND $5::uuid = ANY (v.file_ids))
"""


async def require_file(
    reader: Reader, school_id: int, account_id: UUID, homework_id: UUID, file_id: UUID, today: date
) -> None:
    """Also one that hung on an earlier wording, for whoever teaches the class and the administrator."""
    row = await reader.fetchrow(_FILE, school_id, account_id, homework_id, today, file_id)
    if row is None:
        raise NOT_FOUND()
    _who(row)

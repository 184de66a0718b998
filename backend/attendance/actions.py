"""Taking the roll: one request, one transaction, four statements however large the class. It owns roll_calls, roll_marks, roll_history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.attendance.days import closed_because, refuse_day
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.core.versions import TOUCH_FAMILIES
from backend.identity.entitlement import STANDING, standing_of
from notifications.outbox import PupilNotice, publish_each
from schemas.attendance import RollException, RollIn, RollTaken, Session, Totals

SESSION_NOT_HELD = problem(
    "session-not-held", 422, vi="Lớp này không học buổi đó.", en="This class does not meet in that session."
)
ROLL_CHANGED = problem(
    "roll-changed",
    409,
    vi="Người khác vừa sửa điểm danh buổi này, xin tải lại rồi sửa tiếp.",
    en="Somebody else has just corrected this roll; please reload and correct again.",
)

_STRANGER = ("Học sinh này không thuộc lớp vào ngày đó.", "This pupil is not in the class on that day.")
_TWICE = ("Học sinh này được ghi hai lần.", "This pupil is listed twice.")

# Who is asking, what the calendar says and who is in the class, in one look. The class's row is locked, so that two teachers
# who send the same roll follow each other; what they read of earlier marks is read after that, in the statement that writes.
_SCENE = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       c.sessions, c.school_year, y.starts_on, y.ends_on,
       h.name_vi, h.name_en, d.reason, r.revision,
       array(SELECT e.pupil_id
               FROM enrolments e
               JOIN pupils p
                 ON p.school_id = e.school_id
                AND p.pupil_id = e.pupil_id
              WHERE e.school_id = $1
                AND e.class_id = $3
                AND e.from_on <= $5
                AND (e.to_on IS NULL OR e.to_on >= $5)
                AND (p.status = 'enrolled' OR e.to_on IS NOT NULL)) AS pupils
  FROM classes c
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
  LEFT JOIN who
    ON true
  LEFT JOIN public_holidays h
    ON h.holiday_on = $5
  LEFT JOIN closed_days d
    ON d.school_id = c.school_id
   AND d.closed_on = $5
  LEFT JOIN roll_calls r
    ON r.school_id = c.school_id
   AND r.class_id = c.class_id
   AND r.held_on = $5
   AND r.session = $6
 WHERE c.school_id = $1
   AND c.class_id = $3
   FOR NO KEY UPDATE OF c
"""

# The roll, its marks, the history of corrections and the families' versions. It answers which pupils are newly absent without
# leave: never before said of them in this session, neither now nor in a mark corrected since, so that no family is told twice.
_WRITE = f"""
WITH lines AS (
       SELECT l.pupil_id, l.mark, l.note
         FROM unnest($7::uuid[], $8::text[], $9::text[]) AS l (pupil_id, mark, note)
     ),
     changed AS (
       SELECT l.pupil_id, l.mark, l.note, b.mark AS old_mark
         FROM lines l
         LEFT JOIN roll_marks b
           ON b.school_id = $1
          AND b.pupil_id = l.pupil_id
          AND b.held_on = $3
          AND b.session = $4
        WHERE b.mark IS DISTINCT FROM l.mark
           OR b.note IS DISTINCT FROM l.note
     ),
     called AS (
       INSERT INTO roll_calls AS c (school_id, class_id, held_on, session, taken_by, taken_at, revision)
       VALUES ($1, $2, $3, $4, $5, $6, 1)
           ON CONFLICT (school_id, class_id, held_on, session)
           DO UPDATE SET taken_by = excluded.taken_by,
                         taken_at = excluded.taken_at,
                         revision = c.revision + 1
                   WHERE EXISTS (SELECT FROM changed)
       RETURNING c.revision
     ),
     written AS (
       INSERT INTO roll_marks (school_id, pupil_id, held_on, session, class_id, mark, note, marked_by, marked_at)
       SELECT $1, n.pupil_id, $3, $4, $2, n.mark, n.note, $5, $6
         FROM changed n
        ORDER BY n.pupil_id
           ON CONFLICT (school_id, pupil_id, held_on, session)
           DO UPDATE SET class_id = excluded.class_id,
                         mark = excluded.mark,
                         note = excluded.note,
                         marked_by = excluded.marked_by,
                         marked_at = excluded.marked_at
     ),
     remembered AS (
       INSERT INTO roll_history (school_id, pupil_id, held_on, session, changed_at, old_mark, new_mark, changed_by)
       SELECT $1, n.pupil_id, $3, $4, $6, n.old_mark, n.mark, $5
         FROM changed n
        WHERE n.old_mark <> n.mark
        ORDER BY n.pupil_id
           ON CONFLICT DO NOTHING
     ),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT n.pupil_id FROM changed n")})
SELECT (SELECT c.revision FROM called c) AS revision,
       array(SELECT n.pupil_id
               FROM changed n
              WHERE n.mark = 'unexcused'
                AND n.old_mark IS DISTINCT FROM 'unexcused'
                AND NOT EXISTS (SELECT
                                  FROM roll_history t
                                 WHERE t.school_id = $1
                                   AND t.pupil_id = n.pupil_id
                                   AND t.held_on = $3
                                   AND t.session = $4
                                   AND t.old_mark = 'unexcused')) AS newly_absent
"""


async def take_roll(
    house: House, account_id: UUID, school_id: int, class_id: UUID, day: date, session: Session, roll: RollIn
) -> RollTaken:
    """Take or retake the roll of a class. Sent again unchanged it changes nothing; corrected, it raises the revision."""
    now = house.clock.now()
    today = school_day(now)
    async with house.database.school(school_id) as tx:
        scene = await tx.fetchrow(_SCENE, school_id, account_id, class_id, today, day, session)
        if scene is None:
            raise NOT_FOUND()
        if not standing_of(scene).of_class:
            raise FORBIDDEN()
        _refuse(scene, day, today, session, roll)
        marks = _everybody(scene["pupils"], roll.exceptions)
        revision, newly_absent = await _write(tx, class_id, day, session, account_id, now, marks)
        if newly_absent:
            await _tell_families(tx, newly_absent, day, session, account_id, now, urgent=day == today)
    return RollTaken(
        class_id=class_id,
        on=day,
        session=session,
        revision=revision or scene["revision"],
        totals=_totals(mark for _, mark, _ in marks),
        notified=len(newly_absent),
    )


def _refuse(scene: Any, day: date, today: date, session: Session, roll: RollIn) -> None:
    holiday = (scene["name_vi"], scene["name_en"]) if scene["name_vi"] else None
    refuse_day(
        day,
        today=today,
        school_year=scene["school_year"],
        starts_on=scene["starts_on"],
        ends_on=scene["ends_on"],
        closed=closed_because(day, holiday, scene["reason"]),
        make_up=roll.make_up,
    )
    if session not in scene["sessions"]:
        raise SESSION_NOT_HELD()
    if roll.revision is not None and roll.revision != (scene["revision"] or 0):
        raise ROLL_CHANGED()
    if wrong := _wrong_pupils(scene["pupils"], roll.exceptions):
        raise INVALID(*wrong)


def _wrong_pupils(in_class: Sequence[UUID], exceptions: Sequence[RollException]) -> list[FieldError]:
    known, seen = set(in_class), set[UUID]()
    wrong = []
    for position, line in enumerate(exceptions):
        sentences = _STRANGER if line.pupil_id not in known else _TWICE if line.pupil_id in seen else None
        if sentences:
            wrong.append(FieldError(f"/exceptions/{position}/pupil_id", *sentences))
        seen.add(line.pupil_id)
    return wrong


def _everybody(in_class: Sequence[UUID], exceptions: Sequence[RollException]) -> list[tuple[UUID, str, str | None]]:
    """Every pupil of the class with a mark: present where nothing else was sent."""
    said = {line.pupil_id: line for line in exceptions}
    marks: list[tuple[UUID, str, str | None]] = []
    for pupil_id in in_class:
        line = said.get(pupil_id)
        marks.append(
            (pupil_id, line.mark, clean(line.note) or None if line.note else None)
            if line
            else (pupil_id, "present", None)
        )
    return marks


async def _write(
    tx: SchoolTx,
    class_id: UUID,
    day: date,
    session: str,
    account_id: UUID,
    now: datetime,
    marks: Sequence[tuple[UUID, str, str | None]],
) -> tuple[int | None, list[UUID]]:
    """The new revision (None when nothing changed) and the pupils whose families must be told."""
    row = await tx.fetchrow(
        _WRITE,
        tx.school_id,
        class_id,
        day,
        session,
        account_id,
        now,
        [pupil_id for pupil_id, _, _ in marks],
        [mark for _, mark, _ in marks],
        [note for _, _, note in marks],
    )
    assert row is not None
    return row["revision"], row["newly_absent"]


async def _tell_families(
    tx: SchoolTx, pupils: Sequence[UUID], day: date, session: str, account_id: UUID, now: datetime, *, urgent: bool
) -> None:
    notices = [
        PupilNotice(
            notice_id=new_id(),
            pupil_id=pupil_id,
            kind="absence",
            source_kind="roll",
            source_id=f"{day}:{session}:{pupil_id}",
            params={"on": day.isoformat(), "session": session},
            urgent=urgent,
        )
        for pupil_id in pupils
    ]
    await publish_each(tx, notices, created_by=account_id, at=now)


def _totals(marks: Any) -> Totals:
    counted = Counter(marks)
    return Totals(counted["present"], counted["late"], counted["excused"], counted["unexcused"], counted["left_early"])

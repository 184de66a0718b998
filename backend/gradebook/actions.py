"""Entering, correcting and publishing marks. It owns marks and mark_history; what families see changes only here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.core.versions import TOUCH_FAMILIES
from backend.gradebook import circular22
from backend.gradebook.values import NotAMark, read_passed, read_score
from backend.identity.audit import record
from backend.identity.entitlement import STANDING, standing_of
from notifications.outbox import PupilNotice, publish_each
from schemas.gradebook import MarkLine, MarksIn, MarksKept, MarksPublished, MarksToPublish

NOT_BY_MARKS = problem(
    "not-assessed-by-marks",
    422,
    vi="Tiểu học đánh giá theo Thông tư 27/2020, không ghi điểm theo Thông tư 22.",
    en="Primary grades are assessed by circular 27/2020, not by marks of circular 22.",
)
REASON_NEEDED = problem(
    "reason-needed",
    422,
    vi="Gia đình đã thấy điểm này. Muốn sửa, xin ghi lý do.",
    en="Families already see this mark. To change it, please give a reason.",
)

_STRANGER = ("Học sinh này không có trong lớp.", "This pupil is not in the class.")
_TWICE = ("Học sinh này được ghi hai lần.", "This pupil is listed twice.")
_REMARK_ALONE = ("Nhận xét phải đi cùng điểm hoặc kết quả.", "A remark needs a mark or a result beside it.")
_NO_SUBJECT = ("Lớp này không học môn đó.", "This class does not have that subject.")
_NO_TERM = ("Năm học này chưa có học kì đó.", "This school year has no such semester.")
_ONE_ONLY = (
    "Mỗi học kì chỉ có một điểm giữa kì và một điểm cuối kì.",
    "A semester has one midterm and one final mark.",
)

# Who is asking, and all that decides about one subject of one class. The class's row is locked, so that publishing and
# correcting follow each other; marks are read in a later statement, which then sees what the other has done.
_SCENE = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       c.grade, c.school_year, t.term, s.assessed, s.name_vi, s.name_en,
       (SELECT i.periods
          FROM subject_periods i
         WHERE i.subject_code = s.subject_code
           AND i.grade = c.grade
           AND i.valid_from <= y.ends_on
           AND (i.valid_to IS NULL OR i.valid_to >= y.starts_on)
         ORDER BY i.valid_from DESC
         LIMIT 1) AS periods,
       (EXISTS (SELECT
                  FROM class_subjects k
                 WHERE k.school_id = $1
                   AND k.class_id = $3
                   AND k.subject_code = $5)
        OR NOT EXISTS (SELECT
                         FROM class_subjects k
                        WHERE k.school_id = $1
                          AND k.class_id = $3)) AS taught,
       array(SELECT e.pupil_id
               FROM enrolments e
              WHERE e.school_id = $1
                AND e.class_id = $3
                AND e.to_on IS NULL) AS pupils
  FROM classes c
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
  LEFT JOIN who
    ON true
  LEFT JOIN subjects s
    ON s.subject_code = $5
  LEFT JOIN terms t
    ON t.school_id = c.school_id
   AND t.school_year = c.school_year
   AND t.term = $6
 WHERE c.school_id = $1
   AND c.class_id = $3
   FOR NO KEY UPDATE OF c
"""

_PUBLISHED = """
SELECT m.pupil_id, m.score, m.passed, m.remark
  FROM marks m
 WHERE m.school_id = $1
   AND m.pupil_id = ANY ($2::uuid[])
   AND m.school_year = $3
   AND m.term = $4
   AND m.subject_code = $5
   AND m.kind = $6
   AND m.ordinal = $7
   AND m.published_at IS NOT NULL
"""

# $1 school, $2 class, $3 school year, $4 term, $5 subject, $6 kind, $7 ordinal, $8 who, $9 when, $10 reason, $11–$14 the lines.
_WRITE = f"""
WITH changed AS (
       SELECT l.pupil_id, l.score, l.passed, l.remark,
              b.pupil_id IS NOT NULL AS existed, b.score AS old_score, b.passed AS old_passed, b.published_at,
              (l.score IS NULL AND l.passed IS NULL) AS erase,
              (b.score IS DISTINCT FROM l.score OR b.passed IS DISTINCT FROM l.passed) AS differs
         FROM unnest($11::uuid[], $12::numeric[], $13::boolean[], $14::text[]) AS l (pupil_id, score, passed, remark)
         LEFT JOIN marks b
           ON b.school_id = $1
          AND b.pupil_id = l.pupil_id
          AND b.school_year = $3
          AND b.term = $4
          AND b.subject_code = $5
          AND b.kind = $6
          AND b.ordinal = $7
        WHERE b.score IS DISTINCT FROM l.score
           OR b.passed IS DISTINCT FROM l.passed
           OR b.remark IS DISTINCT FROM l.remark
     ),
     written AS (
       INSERT INTO marks AS m (school_id, pupil_id, school_year, term, subject_code, kind, ordinal,
                               class_id, score, passed, remark, entered_by, entered_at)
       SELECT $1, n.pupil_id, $3, $4, $5, $6, $7, $2, n.score, n.passed, n.remark, $8, $9
         FROM changed n
        WHERE NOT n.erase
        ORDER BY n.pupil_id
           ON CONFLICT (school_id, pupil_id, school_year, term, subject_code, kind, ordinal)
           DO UPDATE SET class_id = excluded.class_id,
                         score = excluded.score,
                         passed = excluded.passed,
                         remark = excluded.remark,
                         entered_by = excluded.entered_by,
                         entered_at = excluded.entered_at,
                         revision = m.revision + 1
     ),
     erased AS (
       DELETE FROM marks m
        USING changed n
        WHERE m.school_id = $1
          AND m.pupil_id = n.pupil_id
          AND m.school_year = $3
          AND m.term = $4
          AND m.subject_code = $5
          AND m.kind = $6
          AND m.ordinal = $7
          AND n.erase
     ),
     remembered AS (
       INSERT INTO mark_history (school_id, pupil_id, school_year, term, subject_code, kind, ordinal, changed_at,
                                 old_score, new_score, old_passed, new_passed, reason, changed_by)
       SELECT $1, n.pupil_id, $3, $4, $5, $6, $7, $9, n.old_score, n.score, n.old_passed, n.passed, $10, $8
         FROM changed n
        WHERE n.existed
          AND n.differs
        ORDER BY n.pupil_id
           ON CONFLICT DO NOTHING
     ),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT n.pupil_id FROM changed n WHERE n.published_at IS NOT NULL")})
SELECT count(*) FILTER (WHERE NOT n.existed AND NOT n.erase) AS entered,
       count(*) FILTER (WHERE n.existed AND NOT n.erase) AS changed,
       count(*) FILTER (WHERE n.existed AND n.erase) AS erased,
       coalesce(array_agg(n.pupil_id) FILTER (WHERE n.published_at IS NOT NULL AND n.differs), '{{}}') AS corrected
  FROM changed n
"""

_PUBLISH = f"""
WITH published AS (
       UPDATE marks m
          SET published_at = $6
        WHERE m.school_id = $1
          AND m.pupil_id = ANY ($2::uuid[])
          AND m.school_year = $3
          AND m.term = $4
          AND m.subject_code = $5
          AND m.published_at IS NULL
          AND ($7::text IS NULL OR m.kind = $7)
          AND ($8::smallint IS NULL OR m.ordinal = $8)
       RETURNING m.pupil_id
     ),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT p.pupil_id FROM published p")})
SELECT p.pupil_id, count(*) AS marks
  FROM published p
 GROUP BY p.pupil_id
 ORDER BY p.pupil_id
"""


class _Value(msgspec.Struct, frozen=True):
    pupil_id: UUID
    score: Decimal | None = None
    passed: bool | None = None
    remark: str | None = None


async def enter_marks(house: House, account_id: UUID, school_id: int, class_id: UUID, marks: MarksIn) -> MarksKept:
    """One column for a class. If any line is wrong, nothing is kept and every wrong line is pointed at."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        scene = await _scene(tx, account_id, class_id, marks.subject_code, marks.term, now)
        _refuse_column(scene, marks)
        values = _read_lines(scene["pupils"], marks.lines, scene["assessed"])
        await _refuse_without_reason(tx, scene["school_year"], marks, values)
        return await _write(tx, scene, account_id, class_id, marks, values, now)


async def publish_marks(
    house: House, account_id: UUID, school_id: int, class_id: UUID, what: MarksToPublish
) -> MarksPublished:
    """From here on families see these marks; each family is told once, however many marks appeared. Twice changes nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        scene = await _scene(tx, account_id, class_id, what.subject_code, what.term, now)
        if wrong := _wrong_subject(scene):
            raise INVALID(*wrong)
        rows = await tx.fetch(
            _PUBLISH,
            school_id,
            scene["pupils"],
            scene["school_year"],
            what.term,
            what.subject_code,
            now,
            what.kind,
            what.ordinal,
        )
        told = {row["pupil_id"]: {"count": row["marks"]} for row in rows}
        await _tell_families(tx, scene, what.subject_code, account_id, now, told)
        published = MarksPublished(marks=sum(row["marks"] for row in rows), pupils=len(rows))
        if rows:
            detail = {"subject": what.subject_code, "term": what.term, "marks": published.marks}
            await record(tx, "marks.published", "class", class_id, at=now, actor=account_id, detail=detail)
        return published


async def _scene(tx: SchoolTx, account_id: UUID, class_id: UUID, subject: str, term: int, now: datetime) -> Any:
    """All that decides, for the subject's teacher in this class or the school's administrator; others are refused."""
    scene = await tx.fetchrow(_SCENE, tx.school_id, account_id, class_id, school_day(now), subject, term)
    if scene is None:
        raise NOT_FOUND()
    who = standing_of(scene)
    if not (who.admin or subject in who.subjects):
        raise FORBIDDEN()
    return scene


def _wrong_subject(scene: Any) -> list[FieldError]:
    wrong = []
    if scene["assessed"] is None or not scene["taught"]:
        wrong.append(FieldError("/subject_code", *_NO_SUBJECT))
    if scene["term"] is None:
        wrong.append(FieldError("/term", *_NO_TERM))
    return wrong


def _refuse_column(scene: Any, marks: MarksIn) -> None:
    if scene["grade"] < 6:
        raise NOT_BY_MARKS()
    wrong = _wrong_subject(scene)
    if not wrong and scene["periods"] is None:
        wrong.append(FieldError("/subject_code", *_NO_SUBJECT))
    if not wrong and marks.kind == "regular":
        commented = scene["assessed"] == "commented"
        allowed = circular22.regular_marks_allowed(scene["periods"], commented=commented)
        if marks.ordinal > allowed:
            sentences = (
                f"Môn này có nhiều nhất {allowed} điểm thường xuyên mỗi học kì.",
                f"This subject has at most {allowed} regular marks a semester.",
            )
            wrong.append(FieldError("/ordinal", *sentences))
    elif not wrong and marks.ordinal != 1:
        wrong.append(FieldError("/ordinal", *_ONE_ONLY))
    if wrong:
        raise INVALID(*wrong)


def _read_lines(in_class: Sequence[UUID], lines: Sequence[MarkLine], assessed: str) -> list[_Value]:
    known, seen = set(in_class), set[UUID]()
    values: list[_Value] = []
    wrong: list[FieldError] = []
    for position, line in enumerate(lines):
        if line.pupil_id not in known or line.pupil_id in seen:
            sentences = _TWICE if line.pupil_id in seen else _STRANGER
            wrong.append(FieldError(f"/lines/{position}/pupil_id", *sentences))
        seen.add(line.pupil_id)
        try:
            values.append(_read_line(line, assessed))
        except NotAMark as error:
            wrong.append(FieldError(f"/lines/{position}/value", *error.sentences))
    if wrong:
        raise INVALID(*wrong)
    return values


def _read_line(line: MarkLine, assessed: str) -> _Value:
    remark = clean(line.remark) or None if line.remark else None
    if line.value is None or line.value == "":
        if remark:
            raise NotAMark(_REMARK_ALONE)
        return _Value(line.pupil_id)
    if assessed == "commented":
        return _Value(line.pupil_id, passed=read_passed(line.value), remark=remark)
    return _Value(line.pupil_id, score=read_score(line.value), remark=remark)


async def _refuse_without_reason(tx: SchoolTx, school_year: str, marks: MarksIn, values: Sequence[_Value]) -> None:
    """A mark that families have seen is part of the record: changing it needs a reason."""
    if marks.reason and clean(marks.reason):
        return
    rows = await tx.fetch(
        _PUBLISHED,
        tx.school_id,
        [value.pupil_id for value in values],
        school_year,
        marks.term,
        marks.subject_code,
        marks.kind,
        marks.ordinal,
    )
    seen = {row["pupil_id"]: _Value(*row) for row in rows}
    wrong = [
        FieldError(f"/lines/{position}/value", REASON_NEEDED.vi, REASON_NEEDED.en)
        for position, value in enumerate(values)
        if value.pupil_id in seen and seen[value.pupil_id] != value
    ]
    if wrong:
        raise REASON_NEEDED(*wrong)


async def _write(
    tx: SchoolTx,
    scene: Any,
    account_id: UUID,
    class_id: UUID,
    marks: MarksIn,
    values: Sequence[_Value],
    now: datetime,
) -> MarksKept:
    row = await tx.fetchrow(
        _WRITE,
        tx.school_id,
        class_id,
        scene["school_year"],
        marks.term,
        marks.subject_code,
        marks.kind,
        marks.ordinal,
        account_id,
        now,
        clean(marks.reason) if marks.reason else None,
        [value.pupil_id for value in values],
        [value.score for value in values],
        [value.passed for value in values],
        [value.remark for value in values],
    )
    assert row is not None, "an aggregate answers one row"
    told = {pupil_id: {"count": 1, "corrected": True} for pupil_id in row["corrected"]}
    await _tell_families(tx, scene, marks.subject_code, account_id, now, told)
    return MarksKept(row["entered"], row["changed"], row["erased"], len(told))


async def _tell_families(
    tx: SchoolTx, scene: Any, subject: str, account_id: UUID, now: datetime, told: dict[UUID, dict[str, Any]]
) -> None:
    """One notice a pupil. It names the subject, never the mark."""
    about = {
        "subject_code": subject,
        "subject_vi": scene["name_vi"],
        "subject_en": scene["name_en"],
        "term": scene["term"],
    }
    notices = [
        PupilNotice(
            notice_id=new_id(),
            pupil_id=pupil_id,
            kind="mark",
            source_kind="marks",
            source_id=f"{scene['school_year']}:{scene['term']}:{subject}",
            params={**about, **what},
        )
        for pupil_id, what in told.items()
    ]
    await publish_each(tx, notices, created_by=account_id, at=now)

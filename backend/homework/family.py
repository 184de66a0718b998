"""Homework as a family reads it, its ticks and its looks. The right to read stands in each statement. It owns homework_done and homework_looks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.core.versions import TOUCH_FAMILIES
from backend.files.queries import FILES_JSON
from backend.homework.rules import AHEAD_DAYS_MAX, KEPT_DAYS
from backend.homework.telling import SOURCE
from backend.identity.entitlement import GUARDIAN_JOIN
from backend.messages.names import teacher_name
from notifications import receipts
from schemas.homework import PupilHomework, PupilHomeworkItem

_ITEMS_MAX = 300

# $1 school, $2 account, $3 the school's day, $4 pupil. The homework `h` that is read for the child of `bond` today.
_READABLE = """
       h.school_id = $1
   AND h.withdrawn_at IS NULL
   AND h.class_id IN (SELECT seat.class_id
                        FROM enrolments seat
                       WHERE seat.school_id = $1
                         AND seat.pupil_id = bond.pupil_id
                         AND seat.from_on <= $3
                         AND (seat.to_on IS NULL OR seat.to_on >= $3))
   AND (NOT h.for_some
        OR EXISTS (SELECT
                     FROM homework_pupils named
                    WHERE named.school_id = $1
                      AND named.homework_id = h.homework_id
                      AND named.pupil_id = bond.pupil_id))
"""
# For a child's list of things to do: `h` is to be brought on the next day, over a week-end on the Monday after it, and is not ticked yet.
SOON = """
       h.bring <> ''
   AND h.withdrawn_at IS NULL
   AND h.due_on > {today}
   AND h.due_on <= {today} + CASE extract(isodow FROM {today}::date) WHEN 5 THEN 3 WHEN 6 THEN 2 ELSE 1 END
   AND (NOT h.for_some
        OR EXISTS (SELECT
                     FROM homework_pupils named
                    WHERE named.school_id = $1
                      AND named.homework_id = h.homework_id
                      AND named.pupil_id = {pupil}))
   AND NOT EXISTS (SELECT
                     FROM homework_done d
                    WHERE d.school_id = $1
                      AND d.homework_id = h.homework_id
                      AND d.pupil_id = {pupil})
"""
_OF_CHILD = f"""
WITH told AS MATERIALIZED (
       SELECT family.guardian_id, bond.pupil_id
         FROM {GUARDIAN_JOIN}
        WHERE family.school_id = $1
          AND family.account_id = $2
          AND bond.pupil_id = $4
        ORDER BY family.guardian_id
        LIMIT 1)
SELECT right(bond.guardian_id::text, 8) || '.' || coalesce(v.version, 0) AS version,
       bond.guardian_id,
       (SELECT l.looked_at
          FROM homework_looks l
         WHERE l.school_id = $1
           AND l.pupil_id = bond.pupil_id
           AND l.guardian_id = bond.guardian_id) AS looked_at,
       (SELECT c.name
          FROM enrolments e
          JOIN classes c
            ON c.school_id = $1
           AND c.class_id = e.class_id
         WHERE e.school_id = $1
           AND e.pupil_id = bond.pupil_id
           AND e.from_on <= $3
           AND (e.to_on IS NULL OR e.to_on >= $3)
         ORDER BY e.from_on DESC
         LIMIT 1) AS class_name,
       (SELECT coalesce(json_agg(json_build_object(
                 'homework_id', h.homework_id, 'subject_code', h.subject_code,
                 'subject', CASE WHEN $5 = 'en' THEN s.name_en ELSE s.name_vi END,
                 'given_on', h.given_on, 'due_on', h.due_on, 'body', h.body, 'bring', h.bring,
                 'files', {FILES_JSON.format(of="h.file_ids")},
                 'author', w.full_name, 'changed_at', h.changed_at, 'edited', h.revision > 1,
                 'done_at', (SELECT d.done_at
                               FROM homework_done d
                              WHERE d.school_id = $1
                                AND d.homework_id = h.homework_id
                                AND d.pupil_id = bond.pupil_id))
                 ORDER BY h.due_on NULLS LAST, s.position NULLS LAST, h.written_at, h.homework_id), '[]'::json)
          FROM (SELECT h.*
                  FROM homework h
                 WHERE {_READABLE}
                   AND h.given_on >= $6
                   AND (h.due_on >= $7 OR h.given_on >= $7)
                 ORDER BY h.given_on DESC
                 LIMIT $8) AS h
          JOIN staff w
            ON w.school_id = $1
           AND w.staff_id = h.staff_id
          LEFT JOIN subjects s
            ON s.subject_code = h.subject_code)::text AS items
  FROM told AS bond
  LEFT JOIN family_versions v
    ON v.school_id = $1
   AND v.guardian_id = bond.guardian_id
"""
_ITEMS = msgspec.json.Decoder(list[PupilHomeworkItem])


class Read(msgspec.Struct, frozen=True):
    """`version` as family.versions.pupil_version gives it; `looked_at` when this guardian looked before."""

    version: str
    looked_at: datetime | None
    homework: PupilHomework

    @property
    def news(self) -> bool:
        return any(self.looked_at is None or one.changed_at > self.looked_at for one in self.homework.items)


async def of_child(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, today: date, language: str
) -> Read | None:
    """None for other people's children."""
    since = today - timedelta(days=KEPT_DAYS)
    row = await reader.fetchrow(
        _OF_CHILD, school_id, account_id, today, pupil_id, language, since - timedelta(days=AHEAD_DAYS_MAX), since, _ITEMS_MAX
    )  # fmt: skip
    if row is None:
        return None
    items = [
        msgspec.structs.replace(one, author=teacher_name(one.author, language)) for one in _ITEMS.decode(row["items"])
    ]
    return Read(row["version"], row["looked_at"], PupilHomework(pupil_id, row["class_name"], today, items))


_FILE = f"""
SELECT true
  FROM {GUARDIAN_JOIN}
  JOIN homework h
    ON {_READABLE}
   AND h.homework_id = $5
   AND $6::uuid = ANY (h.file_ids)
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND bond.pupil_id = $4
 LIMIT 1
"""


async def require_file(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, homework_id: UUID, file_id: UUID, today: date
) -> None:
    if not await reader.fetchval(_FILE, school_id, account_id, today, pupil_id, homework_id, file_id):
        raise NOT_FOUND()


# The homework and the child, for a tick; no row for everybody who may not see it. The child's other guardians see the tick, too.
_TICK = f"""
WITH mine AS (
       SELECT DISTINCT h.homework_id, bond.pupil_id
         FROM {GUARDIAN_JOIN}
         JOIN homework h
           ON {_READABLE}
          AND h.homework_id = $5
        WHERE family.school_id = $1
          AND family.account_id = $2
          AND bond.pupil_id = $4),
     ticked AS (
       INSERT INTO homework_done (school_id, homework_id, pupil_id, done_by, done_at)
       SELECT $1, mine.homework_id, mine.pupil_id, $2, $6
         FROM mine
        WHERE $7
           ON CONFLICT DO NOTHING
       RETURNING pupil_id),
     unticked AS (
       DELETE FROM homework_done d
        USING mine
        WHERE d.school_id = $1
          AND d.homework_id = mine.homework_id
          AND d.pupil_id = mine.pupil_id
          AND NOT $7
       RETURNING d.pupil_id),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT t.pupil_id FROM ticked t UNION ALL SELECT u.pupil_id FROM unticked u")})
SELECT true
  FROM mine
"""


async def tick(
    house: House, account_id: UUID, school_id: int, pupil_id: UUID, homework_id: UUID, *, done: bool
) -> None:
    """Twice is once. Raises NOT_FOUND for other people's children and for what the child was not given."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        found = await tx.fetchval(_TICK, school_id, account_id, school_day(now), pupil_id, homework_id, now, done)
    if not found:
        raise NOT_FOUND()


_LOOK = f"""
INSERT INTO homework_looks AS l (school_id, pupil_id, guardian_id, looked_at)
SELECT $1, bond.pupil_id, family.guardian_id, $5
  FROM {GUARDIAN_JOIN}
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND bond.pupil_id = $4
 ORDER BY family.guardian_id
    ON CONFLICT (school_id, pupil_id, guardian_id)
    DO UPDATE SET looked_at = greatest(l.looked_at, excluded.looked_at)
RETURNING true
"""
# The bells that rang for this child's homework: whoever has looked has read them.
_BELLS = """
SELECT DISTINCT r.notice_id
  FROM guardians family
  JOIN notice_recipients r
    ON r.school_id = family.school_id
   AND r.guardian_id = family.guardian_id
   AND r.opened_at IS NULL
   AND $3::uuid = ANY (r.pupil_ids)
  JOIN notices n
    ON n.school_id = r.school_id
   AND n.notice_id = r.notice_id
   AND n.source_kind = $4
   AND n.recalled_at IS NULL
 WHERE family.school_id = $1
   AND family.account_id = $2
 ORDER BY r.notice_id
 LIMIT 50
"""


async def look(house: House, account_id: UUID, school_id: int, pupil_id: UUID) -> None:
    """The guardian sees the child's homework as it stands now. Raises NOT_FOUND for other people's children."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        if not await tx.fetchval(_LOOK, school_id, account_id, school_day(now), pupil_id, now):
            raise NOT_FOUND()
        for row in await tx.fetch(_BELLS, school_id, account_id, pupil_id, SOURCE):
            await receipts.record(tx, account_id, row["notice_id"], "opened", at=now, channel="app")


# A bell that no longer stands, perhaps tapped on an old push: whose homework it rang for, while the right to see the child holds.
_RUNG_FOR = f"""
SELECT bond.pupil_id
  FROM {GUARDIAN_JOIN}
  JOIN notice_recipients r
    ON r.school_id = family.school_id
   AND r.guardian_id = family.guardian_id
   AND r.notice_id = $4
   AND bond.pupil_id = ANY (r.pupil_ids)
  JOIN notices n
    ON n.school_id = r.school_id
   AND n.notice_id = r.notice_id
   AND n.source_kind = $5
 WHERE family.school_id = $1
   AND family.account_id = $2
 ORDER BY bond.pupil_id
 LIMIT 1
"""


async def rung_for(reader: Reader, school_id: int, account_id: UUID, notice_id: UUID, today: date) -> UUID | None:
    found: UUID | None = await reader.fetchval(_RUNG_FOR, school_id, account_id, today, notice_id, SOURCE)
    return found

"""What the roll says of every child a plan may bill: one statement, however large the school. It writes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from payments.fees.amounts import Child, Relief, Terms

DEFAULT_ABSENCE_HOUR = 8


class Door(Protocol):
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


class Seated(msgspec.Struct, frozen=True):
    """A child of the audience, in the order of the class list. `billed` are the parts of the plan that were billed."""

    pupil_id: UUID
    pupil_name: str
    class_id: UUID
    class_name: str
    joined_on: date
    left_on: date | None
    sibling: int
    reliefs: list[Relief]
    attended: int
    credited_days: list[date]
    billed: list[int]

    @property
    def child(self) -> Child:
        return Child(
            joined_on=self.joined_on,
            left_on=self.left_on,
            sibling=self.sibling,
            reliefs=tuple(self.reliefs),
            attended=self.attended,
            credited_days=tuple(self.credited_days),
        )


class Facts(msgspec.Struct, frozen=True):
    closed: list[date]
    children: list[Seated]


_DECODER = msgspec.json.Decoder(Facts)

# $3..$4: the days on which a seat counts; $5..$7: classes, grades, pupils, each NULL where it does not matter; $8 plan, $9 item;
# $10..$11: the days whose absences are given back; $12: the hour before which they must have been told; $13: does the family's rule hold?
_FACTS = """
WITH seat AS (
     SELECT DISTINCT ON (e.pupil_id)
            e.pupil_id, e.class_id, e.to_on, min(e.from_on) OVER (PARTITION BY e.pupil_id) AS joined_on
       FROM enrolments e
      WHERE e.school_id = $1
        AND e.school_year = $2
        AND e.from_on <= $4
      ORDER BY e.pupil_id, e.from_on DESC
),
     child AS (
     SELECT s.pupil_id, s.class_id, s.joined_on, s.to_on, p.full_name, p.sort_key, p.born_on, c.name, c.grade
       FROM seat s
       JOIN pupils p
         ON p.school_id = $1
        AND p.pupil_id = s.pupil_id
       JOIN classes c
         ON c.school_id = $1
        AND c.class_id = s.class_id
      WHERE (s.to_on IS NULL AND p.status = 'enrolled' OR s.to_on >= $3)
        AND ($5::uuid[] IS NULL OR s.class_id = ANY ($5::uuid[]))
        AND ($6::smallint[] IS NULL OR c.grade = ANY ($6::smallint[]))
        AND ($7::uuid[] IS NULL OR s.pupil_id = ANY ($7::uuid[]))
)
SELECT json_build_object(
         'closed', (SELECT coalesce(json_agg(d.day), '[]'::json)
                      FROM (SELECT h.holiday_on AS day
                              FROM public_holidays h
                             WHERE h.holiday_on BETWEEN $3 AND $4
                             UNION
                            SELECT k.closed_on
                              FROM closed_days k
                             WHERE k.school_id = $1
                               AND k.closed_on BETWEEN $3 AND $4) d),
         'children', coalesce(json_agg(json_build_object(
           'pupil_id', c.pupil_id,
           'pupil_name', c.full_name,
           'class_id', c.class_id,
           'class_name', c.name,
           'joined_on', c.joined_on,
           'left_on', c.to_on,
           'sibling', CASE WHEN $13 THEN 1 + (SELECT count(DISTINCT o.pupil_id)
                                                FROM guardianships mine
                                                JOIN guardianships theirs
                                                  ON theirs.school_id = $1
                                                 AND theirs.guardian_id = mine.guardian_id
                                                 AND theirs.pupil_id <> mine.pupil_id
                                                JOIN pupils o
                                                  ON o.school_id = $1
                                                 AND o.pupil_id = theirs.pupil_id
                                               WHERE mine.school_id = $1
                                                 AND mine.pupil_id = c.pupil_id
                                                 AND o.status = 'enrolled'
                                                 AND (coalesce(o.born_on, 'infinity'), o.pupil_id)
                                                   < (coalesce(c.born_on, 'infinity'), c.pupil_id))
                          ELSE 1 END,
           'reliefs', (SELECT coalesce(json_agg(json_build_object(
                                'kind', x.kind, 'ground', x.ground, 'document', x.document, 'percent', x.percent,
                                'amount', x.amount, 'valid_from', x.valid_from, 'valid_to', x.valid_to)
                                ORDER BY x.granted_at, x.exemption_id), '[]'::json)
                         FROM fee_exemptions x
                        WHERE x.school_id = $1
                          AND x.pupil_id = c.pupil_id
                          AND x.revoked_at IS NULL
                          AND (x.item_id IS NULL OR x.item_id = $9)),
           'attended', (SELECT count(DISTINCT m.held_on)
                          FROM roll_marks m
                         WHERE m.school_id = $1
                           AND m.pupil_id = c.pupil_id
                           AND m.held_on BETWEEN $3 AND $4
                           AND m.mark IN ('present', 'late', 'left_early')),
           'credited_days', (SELECT coalesce(json_agg(DISTINCT m.held_on), '[]'::json)
                               FROM roll_marks m
                              WHERE m.school_id = $1
                                AND m.pupil_id = c.pupil_id
                                AND m.held_on BETWEEN $10 AND $11
                                AND m.mark = 'excused'
                                AND coalesce((SELECT min(h.changed_at)
                                                FROM roll_history h
                                               WHERE h.school_id = $1
                                                 AND h.pupil_id = m.pupil_id
                                                 AND h.held_on = m.held_on
                                                 AND h.session = m.session
                                                 AND h.new_mark = 'excused'), m.marked_at)
                                    <= (m.held_on + make_interval(hours => $12)) AT TIME ZONE 'Asia/Ho_Chi_Minh'
                                AND NOT EXISTS (SELECT
                                                  FROM roll_marks came
                                                 WHERE came.school_id = $1
                                                   AND came.pupil_id = m.pupil_id
                                                   AND came.held_on = m.held_on
                                                   AND came.mark IN ('present', 'late', 'left_early'))
                                AND NOT EXISTS (SELECT
                                                  FROM absence_credits given
                                                 WHERE given.school_id = $1
                                                   AND given.item_id = $9
                                                   AND given.pupil_id = m.pupil_id
                                                   AND given.absent_on = m.held_on)),
           'billed', (SELECT coalesce(json_agg(i.part), '[]'::json)
                        FROM invoices i
                       WHERE i.school_id = $1
                         AND i.plan_id = $8
                         AND i.pupil_id = c.pupil_id)) ORDER BY c.grade, c.name, c.sort_key, c.pupil_id), '[]'::json))::text
  FROM child c
"""


async def facts(
    door: Door,
    school_id: int,
    plan_id: UUID,
    item_id: UUID,
    school_year: str,
    terms: Terms,
    *,
    absence_hour: int | None,
    on: date,
) -> Facts:
    body = await door.fetchval(
        _FACTS,
        school_id,
        school_year,
        terms.period_from or on,
        terms.period_to or on,
        [UUID(one) for one in terms.class_ids] if terms.scope == "class" else None,
        list(terms.grades) if terms.scope == "grade" else None,
        [UUID(one) for one in terms.pupil_ids] if terms.scope == "pupils" else None,
        plan_id,
        item_id,
        terms.credit_from,
        terms.credit_to,
        DEFAULT_ABSENCE_HOUR if absence_hour is None else absence_hour,
        bool(terms.sibling_percent),
    )
    return _DECODER.decode(body)

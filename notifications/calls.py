"""The list of families whom somebody at the school rings up, since nothing else reached them. It owns call_list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from backend.core.clock import school_day
from backend.core.crypto import token_hash
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from notifications.leases import Batch
from notifications.outcomes import Sent
from notifications.rounds import Item, Try

_LIST = """
INSERT INTO call_list (school_id, notice_id, guardian_id, listed_at)
SELECT $1, l.notice_id, l.guardian_id, $4
  FROM unnest($2::uuid[], $3::uuid[]) AS l (notice_id, guardian_id)
 ORDER BY l.notice_id, l.guardian_id
    ON CONFLICT DO NOTHING
"""


class CallStation:
    """The last step of a cascade is a person with a telephone: being on the list is all that a delivery can promise."""

    channel = "call"

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        async with house.database.school(batch.school_id) as tx:
            await tx.execute(
                _LIST,
                batch.school_id,
                [item.row.notice.notice_id for item in items],
                [item.row.guardian_id for item in items],
                house.clock.now(),
            )
        for item in items:
            item.tries.append(Try(token_hash(f"call:{item.row.guardian_id}"), item.row.account_id, outcome=Sent()))


# The administrator sees all of the school's, a homeroom teacher those of the own class.
_MINE = """
     mine AS (
        SELECT c.notice_id, c.guardian_id
          FROM call_list c
          JOIN notice_recipients r
            ON r.school_id = $1
           AND r.notice_id = c.notice_id
           AND r.guardian_id = c.guardian_id
         CROSS JOIN me
         WHERE c.school_id = $1
           AND (me.admin
                OR EXISTS (SELECT
                             FROM enrolments seat
                             JOIN assignments post
                               ON post.school_id = $1
                              AND post.class_id = seat.class_id
                              AND post.staff_id = me.staff_id
                              AND post.kind = 'homeroom'
                              AND post.from_on <= $3
                              AND (post.to_on IS NULL OR post.to_on >= $3)
                            WHERE seat.school_id = $1
                              AND seat.pupil_id = ANY (r.pupil_ids)
                              AND (seat.to_on IS NULL OR seat.to_on >= $3))))
"""

_ME = """
     me AS (
        SELECT s.staff_id,
               EXISTS (SELECT
                         FROM staff_roles role
                        WHERE role.school_id = $1
                          AND role.staff_id = s.staff_id
                          AND role.role = 'school_admin') AS admin
          FROM staff s
         WHERE s.school_id = $1
           AND s.account_id = $2
           AND s.status = 'active'),
"""

_CALLS = f"""
WITH {_ME}{_MINE}
SELECT json_build_object('calls', coalesce((
         SELECT json_agg(json_build_object(
                  'notice_id', l.notice_id, 'notice_kind', l.kind, 'notice_title', l.title, 'guardian_id', l.guardian_id,
                  'guardian_name', l.full_name, 'phone', l.phone_e164, 'pupil_names', l.pupil_names, 'class_name', l.class_name,
                  'listed_at', l.listed_at, 'result', l.result, 'calls_count', l.calls_count, 'called_at', l.called_at)
                  ORDER BY l.listed_at, l.notice_id, l.guardian_id)
           FROM (SELECT c.notice_id, c.guardian_id, n.kind, n.title, g.full_name, g.phone_e164, c.listed_at, c.result, c.calls_count,
                        c.called_at, child.pupil_names, child.class_name
                   FROM mine m
                   JOIN call_list c
                     ON c.school_id = $1
                    AND c.notice_id = m.notice_id
                    AND c.guardian_id = m.guardian_id
                    AND c.result IS DISTINCT FROM 'reached'
                    AND c.listed_at >= $4
                   JOIN notices n
                     ON n.school_id = $1
                    AND n.notice_id = c.notice_id
                    AND n.recalled_at IS NULL
                   JOIN notice_recipients r
                     ON r.school_id = $1
                    AND r.notice_id = c.notice_id
                    AND r.guardian_id = c.guardian_id
                    AND r.opened_at IS NULL
                   JOIN guardians g
                     ON g.school_id = $1
                    AND g.guardian_id = c.guardian_id
                  CROSS JOIN LATERAL (
                        SELECT coalesce(json_agg(p.full_name ORDER BY p.sort_key), '[]'::json) AS pupil_names,
                               min(room.name) AS class_name
                          FROM pupils p
                          LEFT JOIN enrolments seat
                            ON seat.school_id = $1
                           AND seat.pupil_id = p.pupil_id
                           AND seat.to_on IS NULL
                          LEFT JOIN classes room
                            ON room.school_id = $1
                           AND room.class_id = seat.class_id
                         WHERE p.school_id = $1
                           AND p.pupil_id = ANY (r.pupil_ids)) AS child
                  ORDER BY c.listed_at
                  LIMIT $5) AS l), '[]'::json))::text
  FROM me
"""

_NOTE = f"""
WITH {_ME}{_MINE}
UPDATE call_list c
   SET result = $6, calls_count = c.calls_count + 1, called_by = $2, called_at = $7
  FROM mine m
 WHERE c.school_id = $1
   AND c.notice_id = m.notice_id
   AND c.guardian_id = m.guardian_id
   AND m.notice_id = $4
   AND m.guardian_id = $5
   AND c.result IS DISTINCT FROM 'reached'
RETURNING c.calls_count
"""

_SHOWN_MAX = 500
_SHOWN_FOR = timedelta(days=14)


async def calls_of(reader: Reader, school_id: int, account_id: UUID, *, now: datetime) -> str | None:
    """CallList as JSON; None for anybody who does not work at the school."""
    found: str | None = await reader.fetchval(
        _CALLS, school_id, account_id, school_day(now), now - _SHOWN_FOR, _SHOWN_MAX
    )
    return found


async def note(tx: SchoolTx, account_id: UUID, notice_id: UUID, guardian_id: UUID, result: str, *, at: datetime) -> bool:  # fmt: skip
    """What became of a call. False when it is not this person's to make, or was answered already."""
    noted = await tx.fetchval(_NOTE, tx.school_id, account_id, school_day(at), notice_id, guardian_id, result, at)
    return noted is not None

"""What staff read about notices: who has received, opened and acknowledged by name, and whom nothing could reach."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.database import Reader
from notifications.past import EVERY_DELIVERY
from schemas.notifications import Receipts

_RECIPIENTS_MAX = 5000
_PROBLEMS_MAX = 200

_RECEIPTS = f"""
SELECT json_build_object(
         'recipients_count', count(*),
         'sent_count', count(*) FILTER (WHERE one.push = 'sent'),
         'delivered_count', count(one.delivered_at),
         'opened_count', count(one.opened_at),
         'acknowledged_count', count(one.acknowledged_at),
         'recipients', coalesce(json_agg(json_build_object(
             'guardian_id', one.guardian_id, 'guardian_name', one.guardian_name, 'pupil_names', one.pupil_names,
             'class_name', one.class_name, 'push', one.push, 'reason', one.reason, 'delivered_at', one.delivered_at,
             'opened_at', one.opened_at, 'acknowledged_at', one.acknowledged_at)
             ORDER BY one.acknowledged_at IS NOT NULL, one.opened_at IS NOT NULL, one.class_name, one.sort_key, one.guardian_id)
           FILTER (WHERE one.place <= $3), '[]'::json))::text
  FROM (SELECT r.guardian_id, g.full_name AS guardian_name, child.pupil_names, child.class_name, child.sort_key,
               d.state AS push, d.reason, r.delivered_at, r.opened_at, r.acknowledged_at,
               row_number() OVER (ORDER BY r.acknowledged_at IS NOT NULL, r.opened_at IS NOT NULL, r.guardian_id) AS place
          FROM notice_recipients r
          JOIN guardians g
            ON g.school_id = r.school_id
           AND g.guardian_id = r.guardian_id
          LEFT JOIN {EVERY_DELIVERY.format(notice="$2")} AS d
            ON d.guardian_id = r.guardian_id
           AND d.channel = 'push'
         CROSS JOIN LATERAL (
               SELECT coalesce(json_agg(p.full_name ORDER BY p.sort_key), '[]'::json) AS pupil_names,
                      min(p.sort_key) AS sort_key,
                      min(room.name) AS class_name
                 FROM pupils p
                 LEFT JOIN enrolments seat
                   ON seat.school_id = p.school_id
                  AND seat.pupil_id = p.pupil_id
                  AND seat.to_on IS NULL
                 LEFT JOIN classes room
                   ON room.school_id = seat.school_id
                  AND room.class_id = seat.class_id
                WHERE p.school_id = $1
                  AND p.pupil_id = ANY (r.pupil_ids)
                  AND ($4::uuid IS NULL OR seat.class_id = $4)) AS child
         WHERE r.school_id = $1
           AND r.notice_id = $2
           AND ($4::uuid IS NULL OR child.sort_key IS NOT NULL)) AS one
"""

_PROBLEMS = """
SELECT json_build_object(
         'counts', (SELECT coalesce(json_agg(json_build_object('channel', c.channel, 'state', c.state, 'reason', c.reason,
                                                               'count', c.count)
                                             ORDER BY c.channel, c.state, c.count DESC), '[]'::json)
                      FROM (SELECT d.channel, d.state, d.reason, count(*) AS count
                              FROM deliveries d
                              JOIN notices n
                                ON n.school_id = d.school_id
                               AND n.notice_id = d.notice_id
                             WHERE d.school_id = $1
                               AND n.created_at >= $3
                             GROUP BY d.channel, d.state, d.reason) AS c),
         'problems', coalesce((SELECT json_agg(json_build_object(
                                 'notice_id', f.notice_id, 'notice_kind', f.kind, 'notice_title', f.title,
                                 'guardian_id', f.guardian_id, 'guardian_name', f.full_name, 'pupil_names', f.pupil_names,
                                 'channel', f.channel, 'state', f.state, 'reason', f.reason, 'finished_at', f.finished_at)
                                 ORDER BY f.finished_at DESC, f.notice_id, f.guardian_id)
                                 FROM (SELECT d.notice_id, n.kind, n.title, d.guardian_id, g.full_name, d.channel, d.state,
                                              d.reason, d.finished_at,
                                              (SELECT coalesce(json_agg(p.full_name ORDER BY p.sort_key), '[]'::json)
                                                 FROM notice_recipients r
                                                 JOIN pupils p
                                                   ON p.school_id = r.school_id
                                                  AND p.pupil_id = ANY (r.pupil_ids)
                                                WHERE r.school_id = $1
                                                  AND r.guardian_id = d.guardian_id
                                                  AND r.notice_id = d.notice_id) AS pupil_names
                                         FROM deliveries d
                                         JOIN notices n
                                           ON n.school_id = d.school_id
                                          AND n.notice_id = d.notice_id
                                         JOIN guardians g
                                           ON g.school_id = d.school_id
                                          AND g.guardian_id = d.guardian_id
                                        WHERE d.school_id = $1
                                          AND d.state IN ('refused', 'dead')
                                          AND d.finished_at >= $3
                                        ORDER BY d.finished_at DESC
                                        LIMIT $4) AS f), '[]'::json))::text
  FROM staff me
  JOIN staff_roles role
    ON role.school_id = me.school_id
   AND role.staff_id = me.staff_id
   AND role.role = 'school_admin'
 WHERE me.school_id = $1
   AND me.account_id = $2
   AND me.status = 'active'
"""


async def receipts_of(
    reader: Reader,
    school_id: int,
    notice_id: UUID,
    *,
    class_id: UUID | None = None,
    limit: int = _RECIPIENTS_MAX,
) -> Receipts:
    """Who got a notice, by name; with `class_id`, only the families of that class.

    At most `limit` by name, those who have not answered first; `more` says how many are left out.

    The caller has asked whether the reader may: this statement knows no account.
    """
    found = await reader.fetchval(_RECEIPTS, school_id, notice_id, limit, class_id)
    receipts = msgspec.json.decode(found, type=Receipts)
    return msgspec.structs.replace(receipts, more=receipts.recipients_count - len(receipts.recipients))


async def delivery_problems(reader: Reader, school_id: int, account_id: UUID, *, since: datetime) -> str | None:
    """DeliveryProblems as JSON, or None for anybody but the school's administrator."""
    found: str | None = await reader.fetchval(_PROBLEMS, school_id, account_id, since, _PROBLEMS_MAX)
    return found

"""Whom a notice has not reached, by name and reason. It only reads; whoever is addressed is reached, pending or in the remainder."""

from __future__ import annotations

from uuid import UUID

from backend.core.database import Reader
from notifications.cascade import CHANNELS
from notifications.past import EVERY_DELIVERY

_NAMED_MAX = 5000

# $4: the channels in their order, so that the reason is where the last way ended. Calls that were answered count.
_REMAINDER = f"""
WITH notice AS (
        SELECT n.notice_id, n.urgency
          FROM notices n
         WHERE n.school_id = $1
           AND n.notice_id = $2
           AND EXISTS (SELECT
                         FROM staff me
                        WHERE me.school_id = $1
                          AND me.account_id = $3
                          AND me.status = 'active'
                          AND (n.created_by = $3
                               OR EXISTS (SELECT
                                            FROM staff_roles role
                                           WHERE role.school_id = $1
                                             AND role.staff_id = me.staff_id
                                             AND role.role = 'school_admin')))),
     step AS MATERIALIZED (
        SELECT d.guardian_id,
               bool_or(d.state = 'sent' AND d.channel <> 'call') AS sent,
               bool_or(d.state IN ('due', 'leased', 'held') OR d.reason = 'told_elsewhere') AS pending,
               (array_agg(d.channel ORDER BY array_position($4::text[], d.channel) DESC)
                FILTER (WHERE d.state IN ('refused', 'dead', 'skipped') AND d.channel <> 'call'))[1] AS channel,
               (array_agg(coalesce(d.reason, d.state) ORDER BY array_position($4::text[], d.channel) DESC)
                FILTER (WHERE d.state IN ('refused', 'dead', 'skipped') AND d.channel <> 'call'))[1] AS reason
          FROM {EVERY_DELIVERY.format(notice="(SELECT n.notice_id FROM notice n)")} AS d
         GROUP BY d.guardian_id),
     addressed AS MATERIALIZED (
        SELECT r.guardian_id, g.full_name AS guardian_name, g.phone_e164 IS NOT NULL AS has_phone,
               r.pupil_ids, s.channel, c.result AS call_result,
               CASE WHEN g.account_id IS NULL AND g.phone_e164 IS NULL THEN 'no_contact' ELSE coalesce(s.reason, 'no_way') END AS reason,
               CASE WHEN r.opened_at IS NOT NULL OR r.delivered_at IS NOT NULL OR s.sent OR c.result = 'reached' THEN 'reached'
                    WHEN s.pending THEN 'pending'
                    ELSE 'unreached' END AS state
          FROM notice_recipients r
          JOIN guardians g
            ON g.school_id = r.school_id
           AND g.guardian_id = r.guardian_id
          LEFT JOIN step s
            ON s.guardian_id = r.guardian_id
          LEFT JOIN call_list c
            ON c.school_id = r.school_id
           AND c.notice_id = r.notice_id
           AND c.guardian_id = r.guardian_id
         WHERE r.school_id = $1
           AND r.notice_id = (SELECT n.notice_id FROM notice n)
         UNION ALL
        SELECT NULL, NULL, false, ARRAY[o.pupil_id], NULL, NULL, 'no_guardian', 'unreached'
          FROM notice_orphans o
         WHERE o.school_id = $1
           AND o.notice_id = (SELECT n.notice_id FROM notice n)),
     home AS MATERIALIZED (
        SELECT child.pupil_id, bool_or(a.state = 'reached') AS reached
          FROM addressed a
         CROSS JOIN LATERAL unnest(a.pupil_ids) AS child (pupil_id)
         GROUP BY child.pupil_id),
     named AS (
        SELECT a.*, child.pupil_names, child.class_name, child.sort_key, child.home_reached,
               row_number() OVER (ORDER BY child.class_name, child.sort_key, a.guardian_id) AS place
          FROM addressed a
         CROSS JOIN LATERAL (
               SELECT coalesce(json_agg(p.full_name ORDER BY p.sort_key), '[]'::json) AS pupil_names,
                      min(p.sort_key) AS sort_key,
                      min(room.name) AS class_name,
                      coalesce(bool_and(h.reached), false) AS home_reached
                 FROM pupils p
                 LEFT JOIN home h
                   ON h.pupil_id = p.pupil_id
                 LEFT JOIN enrolments seat
                   ON seat.school_id = p.school_id
                  AND seat.pupil_id = p.pupil_id
                  AND seat.to_on IS NULL
                 LEFT JOIN classes room
                   ON room.school_id = seat.school_id
                  AND room.class_id = seat.class_id
                WHERE p.school_id = $1
                  AND p.pupil_id = ANY (a.pupil_ids)) AS child
         WHERE a.state = 'unreached')
SELECT json_build_object(
         'addressed_count', (SELECT count(*) FROM addressed),
         'reached_count', (SELECT count(*) FROM addressed WHERE state = 'reached'),
         'pending_count', (SELECT count(*) FROM addressed WHERE state = 'pending'),
         'unreached_count', (SELECT count(*) FROM addressed WHERE state = 'unreached'),
         'homes_count', (SELECT count(*) FROM home),
         'homes_reached_count', (SELECT count(*) FROM home WHERE reached),
         'urgency', n.urgency,
         'unreached', (SELECT coalesce(json_agg(json_build_object(
                                'guardian_id', u.guardian_id, 'guardian_name', u.guardian_name, 'has_phone', u.has_phone,
                                'pupil_names', u.pupil_names, 'class_name', u.class_name, 'channel', u.channel, 'reason', u.reason,
                                'call_result', u.call_result, 'home_reached', u.home_reached) ORDER BY u.place), '[]'::json)
                         FROM named u
                        WHERE u.place <= $5))::text
  FROM notice n
"""


async def remainder_of(reader: Reader, school_id: int, notice_id: UUID, account_id: UUID) -> str | None:
    """Remainder as JSON for whoever wrote the notice or administers the school; None for anybody else."""
    found: str | None = await reader.fetchval(_REMAINDER, school_id, notice_id, account_id, list(CHANNELS), _NAMED_MAX)
    return found

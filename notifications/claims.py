"""The statements that take due deliveries and say what is known of each. leases.py speaks them; it knows when and why."""

from __future__ import annotations

LAPSED = """
UPDATE deliveries d
   SET state       = CASE WHEN d.failures >= $3 THEN 'dead' ELSE 'due' END,
       reason      = CASE WHEN d.reason LIKE 'bounced:%' THEN d.reason ELSE 'lease_lost' END,
       finished_at = CASE WHEN d.failures >= $3 THEN $2::timestamptz END,
       failures    = d.failures + 1,
       due_at      = $2,
       lease_token = NULL,
       lease_until = NULL
 WHERE d.school_id = $1
   AND d.state = 'leased'
   AND d.lease_until < $2
"""

# The choice is made in a CTE of its own, so that no plan can run it twice and take more than the limit.
_DUE = """(
        SELECT d.notice_id, d.guardian_id, d.channel
          FROM deliveries d
         WHERE d.school_id = $1
           AND d.state = 'due'
           AND d.due_at <= $2
           AND d.channel = ANY ($3::text[])
         ORDER BY d.priority, d.due_at
         LIMIT $4
           FOR UPDATE SKIP LOCKED)"""

# On a channel that rests: whose turn came so long before the rest will end that the next step must not wait for it. Once is enough.
_IMPATIENT = """(
        SELECT d.notice_id, d.guardian_id, d.channel
          FROM deliveries d
          JOIN notices n
            ON n.school_id = $1
           AND n.notice_id = d.notice_id
          JOIN unnest($3::text[], $9::text[], $10::timestamptz[]) AS rest (channel, urgency, before)
            ON rest.channel = d.channel
           AND rest.urgency = n.urgency
         WHERE d.school_id = $1
           AND d.state = 'due'
           AND d.due_at <= $2
           AND d.due_at < rest.before
           AND d.reason IS DISTINCT FROM 'channel_rests'
         ORDER BY d.priority, d.due_at
         LIMIT $4
           FOR UPDATE OF d SKIP LOCKED)"""


def _claim(mine: str) -> str:
    return f"""
WITH mine AS MATERIALIZED {mine},
     leased AS (
        UPDATE deliveries d
           SET state = 'leased', lease_token = $5, lease_until = $6, attempts = d.attempts + 1
          FROM mine m
         WHERE d.school_id = $1
           AND d.notice_id = m.notice_id
           AND d.guardian_id = m.guardian_id
           AND d.channel = m.channel
     RETURNING d.notice_id, d.guardian_id, d.channel, d.attempts, d.failures, d.priority, d.reason, d.due_at)
SELECT l.notice_id, l.guardian_id, l.channel, l.attempts, l.failures, l.reason, l.due_at, g.account_id, g.language, g.phone_e164,
       r.opened_at IS NOT NULL AS read,
       r.delivered_at IS NOT NULL AS delivered,
       other.took, other.busy, other.soon,
       still.pupil_ids, still.pupil_ids <> '{{}}' AS entitled
  FROM leased l
  JOIN guardians g
    ON g.school_id = $1
   AND g.guardian_id = l.guardian_id
  JOIN notice_recipients r
    ON r.school_id = $1
   AND r.guardian_id = l.guardian_id
   AND r.notice_id = l.notice_id
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(bond.pupil_id ORDER BY bond.pupil_id), '{{}}') AS pupil_ids
         FROM guardianships bond
        WHERE bond.school_id = $1
          AND bond.guardian_id = l.guardian_id
          AND bond.pupil_id = ANY (r.pupil_ids)
          AND bond.can_view
          AND bond.gets_notices
          AND bond.valid_from <= $7
          AND (bond.valid_to IS NULL OR bond.valid_to >= $7)) AS still
 CROSS JOIN LATERAL (
       SELECT array_agg(d.channel) FILTER (WHERE d.state = 'sent') AS took,
              array_agg(d.channel) FILTER (WHERE d.state = 'leased') AS busy,
              array_agg(d.channel) FILTER (WHERE d.state = 'due' AND d.due_at <= $8) AS soon
         FROM deliveries d
        WHERE d.school_id = $1
          AND d.notice_id = l.notice_id
          AND d.guardian_id = l.guardian_id
          AND d.channel NOT IN (l.channel, 'call')) AS other
 ORDER BY l.priority, l.notice_id
"""


CLAIM = _claim(_DUE)
CLAIM_IMPATIENT = _claim(_IMPATIENT)

NOTICES = """
SELECT n.notice_id, n.kind, n.title, n.params::text AS params, n.urgent, n.created_at, n.urgency,
       n.recalled_at IS NOT NULL OR coalesce(n.expires_at <= $3, false) AS recalled, s.name AS school_name
  FROM notices n
  JOIN schools s
    ON s.school_id = $1
 WHERE n.school_id = $1
   AND n.notice_id = ANY ($2::uuid[])
"""

NAMES = """
SELECT p.pupil_id, p.full_name
  FROM pupils p
 WHERE p.school_id = $1
   AND p.pupil_id = ANY ($2::uuid[])
"""

# Addresses that need not be tried again: they took the message, or refused it for good.
DONE_WITH = """
SELECT a.notice_id, a.guardian_id, a.channel, a.address_hash, a.outcome
  FROM delivery_attempts a
  JOIN unnest($2::uuid[], $3::uuid[], $4::text[]) AS again (notice_id, guardian_id, channel)
    ON a.notice_id = again.notice_id
   AND a.guardian_id = again.guardian_id
   AND a.channel = again.channel
 WHERE a.school_id = $1
   AND a.outcome IN ('sent', 'refused')
"""

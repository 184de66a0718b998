"""The statements that promise: a notice, its recipients, its first deliveries and its orphans in one go. outbox.py speaks them.

The first deliveries of every urgency are data (cascade.openings) written into the text, so that publishing stays one statement.
"""

from __future__ import annotations

from backend.core.versions import TOUCH_FAMILIES, TOUCH_GUARDIANS
from notifications.audience import ADDRESSED, PUPILS
from notifications.cascade import openings

URGENT, ORDINARY = 1, 5

# What publishing writes at once, as rows of a VALUES list: urgency, how the guardian is known, channel, wait.
_OPENINGS = ",\n               ".join(
    f"('{o.urgency}', '{o.known_by}', '{o.channel}', interval '{int(o.after.total_seconds())} seconds')"
    for o in openings()
)

# The rows that follow from `notice` (inserted) and `addressed`
# (notice_id, guardian_id, account_id, has_phone, pupil_ids, urgency, awaits); `orphans` yields (notice_id, pupil_id).
# $1 = school_id, $6 = the instant. A guardian without an account has no push address: a row says so and is finished at once.
_ROWS_OF = """
     recipient AS (
        INSERT INTO notice_recipients (school_id, guardian_id, notice_id, pupil_ids, created_at, awaits_acknowledgement)
        SELECT $1, a.guardian_id, a.notice_id, a.pupil_ids, $6, a.awaits
          FROM addressed a
         ORDER BY a.guardian_id, a.notice_id
            ON CONFLICT DO NOTHING
     RETURNING guardian_id),
     delivery AS (
        INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, priority, due_at, reason, finished_at)
        SELECT $1, step.notice_id, step.guardian_id, step.channel, step.state,
               CASE WHEN step.urgency IN ('urgent', 'emergency') THEN {urgent} ELSE {ordinary} END,
               $6 + step.wait, step.reason,
               CASE WHEN step.state = 'skipped' THEN $6 END
          FROM (SELECT a.notice_id, a.guardian_id, a.urgency, o.channel, 'due' AS state, o.wait, NULL AS reason
                  FROM addressed a
                  JOIN (VALUES {openings}) AS o (urgency, known_by, channel, wait)
                    ON o.urgency = a.urgency
                   AND o.known_by = CASE WHEN a.account_id IS NOT NULL THEN 'account'
                                         WHEN a.has_phone THEN 'phone'
                                         ELSE 'nothing' END
                 UNION ALL
                SELECT a.notice_id, a.guardian_id, a.urgency, 'push', 'skipped', interval '0', 'no_account'
                  FROM addressed a
                 WHERE a.account_id IS NULL) AS step
         ORDER BY step.guardian_id, step.notice_id, step.channel
            ON CONFLICT DO NOTHING
     RETURNING state, due_at),
     orphan AS (
        INSERT INTO notice_orphans (school_id, notice_id, pupil_id)
        SELECT p.school_id, o.notice_id, p.pupil_id
          FROM {orphans} AS o
          JOIN pupils p
            ON p.school_id = $1
           AND p.pupil_id = o.pupil_id
            ON CONFLICT DO NOTHING
     RETURNING 1),
     touched AS ({touch}
     RETURNING 1)
SELECT (SELECT count(*) FROM notice) AS notices,
       (SELECT count(*) FROM recipient) AS guardians,
       (SELECT count(*) FROM delivery WHERE state = 'skipped') AS without_account,
       (SELECT count(*) FROM delivery WHERE state = 'due' AND due_at <= $6) AS due
"""


def _rows(touch: str, orphans: str) -> str:
    return _ROWS_OF.format(urgent=URGENT, ordinary=ORDINARY, openings=_OPENINGS, touch=touch, orphans=orphans)


_EVERYBODY = "(SELECT a.guardian_id FROM addressed a)"
_ROWS = _rows(
    TOUCH_GUARDIANS.format(guardians=_EVERYBODY),
    f"""(
        SELECT n.notice_id, p.pupil_id FROM notice n CROSS JOIN ({PUPILS}) AS p
        EXCEPT
        SELECT a.notice_id, unnest(a.pupil_ids) FROM addressed a)""",
)
# Who may look at a pupil without getting its notices sees a new version as well.
_ROWS_EACH = _rows(
    TOUCH_FAMILIES.format(pupils="SELECT i.pupil_id FROM item i"),
    """(
        SELECT n.notice_id, i.pupil_id FROM notice n JOIN item i USING (notice_id)
        EXCEPT
        SELECT a.notice_id, unnest(a.pupil_ids) FROM addressed a)""",
)
# Guardians by name: nobody was forgotten who was not meant.
_ROWS_NAMED = _rows(
    TOUCH_GUARDIANS.format(guardians=_EVERYBODY),
    "(SELECT a.notice_id, a.guardian_id AS pupil_id FROM addressed a WHERE false)",
)

PUBLISH = f"""
WITH notice AS (
        INSERT INTO notices
               (school_id, notice_id, kind, source_kind, source_id, title, body, params,
                urgent, needs_acknowledgement, created_by, created_at, urgency, expires_at)
        VALUES ($1, $7, $8, $9, $10, $11, $12, $13::jsonb, $14, $15, $16, $6, $17, $18)
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
     addressed AS MATERIALIZED (
        SELECT n.notice_id, f.guardian_id, f.account_id, f.has_phone, f.pupil_ids, $17::text AS urgency, $15::boolean AS awaits
          FROM notice n
         CROSS JOIN ({ADDRESSED}) AS f),
{_ROWS}
"""

RECALL = """
WITH recalled AS (
        UPDATE notices
           SET recalled_at = $3
         WHERE school_id = $1
           AND notice_id = $2
           AND recalled_at IS NULL
     RETURNING notice_id)
{touch}
""".format(
    touch=TOUCH_GUARDIANS.format(
        guardians="SELECT r.guardian_id FROM notice_recipients r JOIN recalled c USING (notice_id) WHERE r.school_id = $1"
    )
)

# A letter, the reminders of it, and what was said of it once more.
RECALL_ALL = RECALL.replace("notice_id = $2\n", "source_kind = $2\n           AND source_id = $4\n", 1)

LET_EXPIRE = """
WITH over AS (
        SELECT n.notice_id
          FROM notices n
         WHERE n.school_id = $1
           AND n.expires_at <= $2
           AND n.expired_at IS NULL
         ORDER BY n.notice_id
         LIMIT 100
           FOR UPDATE SKIP LOCKED),
     ended AS (
        UPDATE notices n
           SET expired_at = $2
          FROM over o
         WHERE n.school_id = $1
           AND n.notice_id = o.notice_id),
     unsent AS (
        UPDATE deliveries d
           SET state = 'skipped', reason = 'expired', finished_at = $2
          FROM over o
         WHERE d.school_id = $1
           AND d.notice_id = o.notice_id
           AND d.state IN ('due', 'held')),
     unasked AS (
        UPDATE notice_recipients r
           SET awaits_acknowledgement = false
          FROM over o
         WHERE r.school_id = $1
           AND r.notice_id = o.notice_id
           AND r.awaits_acknowledgement
     RETURNING r.guardian_id),
     touched AS ({touch})
SELECT o.notice_id
  FROM over o
""".format(touch=TOUCH_GUARDIANS.format(guardians="SELECT u.guardian_id FROM unasked u"))

PUBLISH_EACH = f"""
WITH item AS MATERIALIZED (
        SELECT i.notice_id, i.pupil_id, i.kind, i.source_kind, i.source_id, i.params, i.urgent, i.urgency
          FROM unnest($3::uuid[], $4::uuid[], $5::text[], $7::text[], $8::text[], $9::text[], $10::boolean[], $12::text[])
            AS i (notice_id, pupil_id, kind, source_kind, source_id, params, urgent, urgency)),
     notice AS (
        INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, params, urgent, created_by, created_at, urgency)
        SELECT $1, i.notice_id, i.kind, i.source_kind, i.source_id, i.params::jsonb, i.urgent, $11, $6, i.urgency
          FROM item i
         ORDER BY i.notice_id
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
     addressed AS MATERIALIZED (
        SELECT i.notice_id, g.guardian_id, g.account_id, g.phone_e164 IS NOT NULL AS has_phone, ARRAY[i.pupil_id] AS pupil_ids,
               i.urgency, false AS awaits
          FROM notice n
          JOIN item i
            ON i.notice_id = n.notice_id
          JOIN guardianships bond
            ON bond.school_id = $1
           AND bond.pupil_id = i.pupil_id
           AND bond.can_view
           AND bond.gets_notices
           AND bond.valid_from <= $2
           AND (bond.valid_to IS NULL OR bond.valid_to >= $2)
          JOIN guardians g
            ON g.school_id = bond.school_id
           AND g.guardian_id = bond.guardian_id),
{_ROWS_EACH}
"""


def _to_named(named: str, bond: str) -> str:
    """`named` says who is meant, `bond` for whose sake. Rights are asked once more: since somebody looked, one may have ended."""
    return f"""
     addressed AS MATERIALIZED (
        SELECT n.notice_id, g.guardian_id, g.account_id, g.phone_e164 IS NOT NULL AS has_phone,
               array_agg(bond.pupil_id ORDER BY bond.pupil_id) AS pupil_ids, $12::text AS urgency, false AS awaits
          FROM notice n
          {named}
          JOIN guardianships bond
            ON bond.school_id = $1
           AND bond.guardian_id = named.guardian_id
           AND {bond}
           AND bond.can_view
           AND bond.gets_notices
           AND bond.valid_from <= $2
           AND (bond.valid_to IS NULL OR bond.valid_to >= $2)
          JOIN guardians g
            ON g.school_id = bond.school_id
           AND g.guardian_id = bond.guardian_id
         GROUP BY n.notice_id, g.guardian_id, g.account_id, g.phone_e164),
{_ROWS_NAMED}
"""


_ONE_BY_ONE = _to_named(
    """JOIN unnest($9::uuid[], $10::uuid[], $11::uuid[]) AS named (notice_id, guardian_id, pupil_id)
            ON named.notice_id = n.notice_id""",
    "bond.pupil_id = named.pupil_id",
)
_WHO_HAS_NOT_ANSWERED = _to_named(
    """CROSS JOIN earlier e
          JOIN notice_recipients named
            ON named.school_id = $1
           AND named.notice_id = e.notice_id
           AND CASE WHEN e.needs_acknowledgement THEN named.acknowledged_at IS NULL ELSE named.opened_at IS NULL END""",
    "bond.pupil_id = ANY (named.pupil_ids)",
)

PUBLISH_TO_GUARDIANS = f"""
WITH item AS MATERIALIZED (
        SELECT i.notice_id, i.kind, i.source_kind, i.source_id, i.params
          FROM unnest($3::uuid[], $4::text[], $5::text[], $7::text[], $8::text[])
            AS i (notice_id, kind, source_kind, source_id, params)),
     notice AS (
        INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, params, created_at, urgency)
        SELECT $1, i.notice_id, i.kind, i.source_kind, i.source_id, i.params::jsonb, $6, $12
          FROM item i
         ORDER BY i.notice_id
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
{_ONE_BY_ONE}"""

# To whom $4 went and who has neither acknowledged it, where that was asked, nor opened it otherwise.
PUBLISH_AGAIN = f"""
WITH earlier AS (
        SELECT n.notice_id, n.needs_acknowledgement
          FROM notices n
         WHERE n.school_id = $1
           AND n.notice_id = $4
           AND n.recalled_at IS NULL),
     notice AS (
        INSERT INTO notices
               (school_id, notice_id, kind, source_kind, source_id, title, body, params, created_by, created_at, urgency)
        SELECT $1, $3, 'reminder', $5, $7, $8, $9, $10::jsonb, $11, $6, $12
          FROM earlier
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
{_WHO_HAS_NOT_ANSWERED}"""

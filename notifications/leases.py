"""Taking due deliveries: one short transaction, after which nothing is held but a lease. settling.py gives them back.

Whoever takes a delivery holds it by a token until `lease_until`. A worker that dies gives nothing back, so the lease runs out and
the delivery is taken again, with the same msg_id: twice on the wire, once on the phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Database
from backend.core.ids import new_id
from notifications.cascade import Urgency
from notifications.retries import RETRY_AFTER_SECONDS

BATCH = 200
# Above the longest round: 200 letters over 64 connections with 15 seconds patience each, and fetching a token.
LEASE = timedelta(seconds=90)
# A delivery whose worker died this often is itself the likely reason.
LEASES_LOST_MAX = len(RETRY_AFTER_SECONDS)


class Told(msgspec.Struct, frozen=True):
    """A notice as delivery needs it."""

    notice_id: UUID
    kind: str
    title: str | None
    params: dict[str, Any]
    urgent: bool
    created_at: datetime
    recalled: bool
    urgency: Urgency = "ordinary"


class Claimed(msgspec.Struct, frozen=True):
    """One delivery in our hands. `children` are full names, empty for what a whole class may read.

    `phone` is the number on the school's roll, `delivered` what a device or provider confirmed, `reached_before` that another
    channel took this notice for this guardian, `paid_before` that one did for money; `reason` is why it was given back the last time.
    """

    notice: Told
    guardian_id: UUID
    channel: str
    account_id: UUID | None
    language: str
    attempt: int
    failures: int
    read: bool
    entitled: bool
    children: tuple[str, ...]
    sent_before: bool
    done_with: frozenset[bytes]
    phone: str | None = None
    delivered: bool = False
    reached_before: bool = False
    paid_before: bool = False
    reason: str | None = None

    @property
    def key(self) -> tuple[UUID, UUID, str]:
        return self.notice.notice_id, self.guardian_id, self.channel


class Batch(msgspec.Struct, frozen=True):
    school_id: int
    school_name: str
    lease: UUID
    rows: list[Claimed]


_LAPSED = """
UPDATE deliveries d
   SET state       = CASE WHEN d.failures >= $3 THEN 'dead' ELSE 'due' END,
       reason      = 'lease_lost',
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
_CLAIM = """
WITH mine AS MATERIALIZED (
        SELECT d.notice_id, d.guardian_id, d.channel
          FROM deliveries d
         WHERE d.school_id = $1
           AND d.state = 'due'
           AND d.due_at <= $2
           AND d.channel = ANY ($3::text[])
         ORDER BY d.priority, d.due_at
         LIMIT $4
           FOR UPDATE SKIP LOCKED),
     leased AS (
        UPDATE deliveries d
           SET state = 'leased', lease_token = $5, lease_until = $6, attempts = d.attempts + 1
          FROM mine m
         WHERE d.school_id = $1
           AND d.notice_id = m.notice_id
           AND d.guardian_id = m.guardian_id
           AND d.channel = m.channel
     RETURNING d.notice_id, d.guardian_id, d.channel, d.attempts, d.failures, d.priority, d.reason)
SELECT l.notice_id, l.guardian_id, l.channel, l.attempts, l.failures, l.reason, g.account_id, g.language, g.phone_e164,
       r.opened_at IS NOT NULL AS read,
       r.delivered_at IS NOT NULL AS delivered,
       before.reached IS TRUE AS reached_before,
       before.paid IS TRUE AS paid_before,
       still.pupil_ids, still.pupil_ids <> '{}' AS entitled,
       s.name AS school_name
  FROM leased l
  JOIN guardians g
    ON g.school_id = $1
   AND g.guardian_id = l.guardian_id
  JOIN notice_recipients r
    ON r.school_id = $1
   AND r.guardian_id = l.guardian_id
   AND r.notice_id = l.notice_id
  JOIN schools s
    ON s.school_id = $1
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(bond.pupil_id ORDER BY bond.pupil_id), '{}') AS pupil_ids
         FROM guardianships bond
        WHERE bond.school_id = $1
          AND bond.guardian_id = l.guardian_id
          AND bond.pupil_id = ANY (r.pupil_ids)
          AND bond.gets_notices
          AND bond.valid_from <= $7
          AND (bond.valid_to IS NULL OR bond.valid_to >= $7)) AS still
 CROSS JOIN LATERAL (
       SELECT bool_or(true) AS reached, bool_or(d.channel IN ('zns', 'sms')) AS paid
         FROM deliveries d
        WHERE d.school_id = $1
          AND d.notice_id = l.notice_id
          AND d.guardian_id = l.guardian_id
          AND d.channel NOT IN (l.channel, 'call')
          AND d.state = 'sent') AS before
 ORDER BY l.priority, l.notice_id
"""

_NOTICES = """
SELECT n.notice_id, n.kind, n.title, n.params::text AS params, n.urgent, n.created_at, n.urgency,
       n.recalled_at IS NOT NULL OR coalesce(n.expires_at <= $3, false) AS recalled
  FROM notices n
 WHERE n.school_id = $1
   AND n.notice_id = ANY ($2::uuid[])
"""

_NAMES = """
SELECT p.pupil_id, p.full_name
  FROM pupils p
 WHERE p.school_id = $1
   AND p.pupil_id = ANY ($2::uuid[])
"""

# Addresses that need not be tried again: they took the message, or refused it for good.
_DONE_WITH = """
SELECT a.notice_id, a.guardian_id, a.channel, a.address_hash, a.outcome
  FROM delivery_attempts a
  JOIN unnest($2::uuid[], $3::uuid[], $4::text[]) AS again (notice_id, guardian_id, channel)
    ON a.notice_id = again.notice_id
   AND a.guardian_id = again.guardian_id
   AND a.channel = again.channel
 WHERE a.school_id = $1
   AND a.outcome IN ('sent', 'refused')
"""


async def claim(database: Database, school_id: int, channels: Sequence[str], *, now: datetime, today: Any) -> Batch:
    """Up to BATCH deliveries of one school, urgent ones first. Empty when nothing is due or others hold what is."""
    lease = new_id()
    async with database.school(school_id) as tx:
        await tx.execute(_LAPSED, school_id, now, LEASES_LOST_MAX)
        rows = await tx.fetch(_CLAIM, school_id, now, list(channels), BATCH, lease, now + LEASE, today)
        if not rows:
            return Batch(school_id, "", lease, [])
        notices = {
            row["notice_id"]: _told(row)
            for row in await tx.fetch(_NOTICES, school_id, list({r["notice_id"] for r in rows}), now)
        }
        personal = {pupil for r in rows if is_personal(notices[r["notice_id"]]) for pupil in r["pupil_ids"]}
        names = (
            {row["pupil_id"]: row["full_name"] for row in await tx.fetch(_NAMES, school_id, list(personal))}
            if personal
            else {}
        )
        again = [row for row in rows if row["attempts"] > 1]
        done = await tx.fetch(_DONE_WITH, school_id, *_keys(again)) if again else []
    sent = {(d["notice_id"], d["guardian_id"], d["channel"]) for d in done if d["outcome"] == "sent"}
    spent: dict[tuple[UUID, UUID, str], set[bytes]] = {}
    for d in done:
        spent.setdefault((d["notice_id"], d["guardian_id"], d["channel"]), set()).add(d["address_hash"])
    claimed = []
    for row in rows:
        notice, key = notices[row["notice_id"]], (row["notice_id"], row["guardian_id"], row["channel"])
        children = tuple(names[p] for p in row["pupil_ids"] if p in names) if is_personal(notice) else ()
        claimed.append(
            Claimed(
                notice,
                row["guardian_id"],
                row["channel"],
                row["account_id"],
                row["language"],
                row["attempts"],
                row["failures"],
                row["read"],
                row["entitled"],
                children,
                key in sent,
                frozenset(spent.get(key, ())),
                row["phone_e164"],
                row["delivered"],
                row["reached_before"],
                row["paid_before"],
                row["reason"],
            )
        )
    return Batch(school_id, rows[0]["school_name"], lease, claimed)


def is_personal(notice: Told) -> bool:
    return notice.kind != "announcement" or bool(notice.params.get("personal"))


def _told(row: Any) -> Told:
    return Told(
        row["notice_id"],
        row["kind"],
        row["title"],
        msgspec.json.decode(row["params"]),
        row["urgent"],
        row["created_at"],
        row["recalled"],
        row["urgency"],
    )


def _keys(rows: Sequence[Any]) -> tuple[list[UUID], list[UUID], list[str]]:
    return [r["notice_id"] for r in rows], [r["guardian_id"] for r in rows], [r["channel"] for r in rows]

"""Taking due deliveries: one short transaction, after which nothing is held but a lease. settling.py gives them back.

Whoever takes a delivery holds it by a token until `lease_until`. A worker that dies gives nothing back, so the lease runs out and
the delivery is taken again, with the same msg_id: twice on the wire, once on the phone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Database
from backend.core.ids import new_id
from notifications.cascade import PAID, Urgency
from notifications.claims import CLAIM, CLAIM_IMPATIENT, DONE_WITH, LAPSED, NAMES, NOTICES
from notifications.retries import RETRY_AFTER_SECONDS

BATCH = 200
# Above the longest round: 200 letters over 64 connections with 15 seconds patience each, and fetching a token.
LEASE = timedelta(seconds=90)
# Longer than a lease: whoever stands back for so long finds the other one settled.
STANDS_BACK = timedelta(minutes=2)
# A delivery whose worker died this often is itself the likely reason.
LEASES_LOST_MAX = len(RETRY_AFTER_SECONDS)
_NONE: frozenset[str] = frozenset()
_NOTHING: frozenset[bytes] = frozenset()


class Told(msgspec.Struct, frozen=True, gc=False):
    """A notice as delivery needs it."""

    notice_id: UUID
    kind: str
    title: str | None
    params: dict[str, Any]
    urgent: bool
    created_at: datetime
    recalled: bool
    urgency: Urgency = "ordinary"


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """One delivery in our hands. `children` are full names, empty for what a whole class may read.

    `phone` is the number on the school's roll, `delivered` what a device or provider confirmed; `took` are the other channels that took
    this notice for this guardian, `busy` those by which somebody sends it just now, `soon` those whose turn is all but come. `reason`
    is why it was given back the last time, `due_at` since when it has its turn.
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
    took: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    soon: frozenset[str] = frozenset()
    reason: str | None = None
    due_at: datetime | None = None

    @property
    def urgency_waits(self) -> bool:
        """One step after the other; in an emergency they all go at once."""
        return self.notice.urgency != "emergency"

    @property
    def reached_before(self) -> bool:
        return bool(self.took)

    @property
    def paid_before(self) -> bool:
        return not self.took.isdisjoint(PAID)

    @property
    def key(self) -> tuple[UUID, UUID, str]:
        return self.notice.notice_id, self.guardian_id, self.channel


class Batch(msgspec.Struct, frozen=True):
    school_id: int
    school_name: str
    lease: UUID
    rows: list[Claimed]


class Rest(msgspec.Struct, frozen=True):
    """What waits on `channel`, is of this urgency, and had its turn before `before`, waits for the rest's end no longer."""

    channel: str
    urgency: Urgency
    before: datetime


async def claim(
    database: Database,
    school_id: int,
    channels: Sequence[str],
    *,
    now: datetime,
    today: Any,
    limit: int = BATCH,
    lapsed: bool = True,
) -> Batch:
    """Up to `limit` deliveries of one school, urgent ones first. Empty when nothing is due or others hold what is.

    `lapsed`: first take back what dead workers hold. Whoever claims batch after batch need not look each time.
    """
    return await _claimed(database, school_id, CLAIM, list(channels), limit, now, lapsed, today)


async def claim_impatient(
    database: Database, school_id: int, rests: Sequence[Rest], *, now: datetime, today: Any
) -> Batch:
    """The same of channels that rest: they are not to be sent, but to give way."""
    return await _claimed(
        database,
        school_id,
        CLAIM_IMPATIENT,
        [rest.channel for rest in rests],
        BATCH,
        now,
        False,
        today,
        [rest.urgency for rest in rests],
        [rest.before for rest in rests],
    )


async def _claimed(
    database: Database,
    school_id: int,
    statement: str,
    channels: list[str],
    limit: int,
    now: datetime,
    lapsed: bool,
    *more: Any,
) -> Batch:
    lease = new_id()
    today, *rests = more
    async with database.school(school_id) as tx:
        if lapsed:
            await tx.execute(LAPSED, school_id, now, LEASES_LOST_MAX)
        rows = await tx.fetch(
            statement, school_id, now, channels, limit, lease, now + LEASE, today, now + STANDS_BACK, *rests
        )
        if not rows:
            return Batch(school_id, "", lease, [])
        told = await tx.fetch(NOTICES, school_id, list({row["notice_id"] for row in rows}), now)
        notices = {row["notice_id"]: _told(row) for row in told}
        personal = {pupil for r in rows if is_personal(notices[r["notice_id"]]) for pupil in r["pupil_ids"]}
        names = (
            {row["pupil_id"]: row["full_name"] for row in await tx.fetch(NAMES, school_id, list(personal))}
            if personal
            else {}
        )
        again = [row for row in rows if row["attempts"] > 1]
        done = await tx.fetch(DONE_WITH, school_id, *_keys(again)) if again else []
    sent = {(d["notice_id"], d["guardian_id"], d["channel"]) for d in done if d["outcome"] == "sent"}
    spent: dict[tuple[UUID, UUID, str], set[bytes]] = {}
    for d in done:
        spent.setdefault((d["notice_id"], d["guardian_id"], d["channel"]), set()).add(d["address_hash"])
    claimed = [_row(row, notices, names, sent, spent) for row in rows]
    return Batch(school_id, told[0]["school_name"], lease, claimed)


def _row(
    row: Any,
    notices: Mapping[UUID, Told],
    names: Mapping[UUID, str],
    sent: Collection[tuple[UUID, UUID, str]],
    spent: Mapping[tuple[UUID, UUID, str], set[bytes]],
) -> Claimed:
    """In the order of the statement's columns: by their names it would cost as much again, and this is done half a million times."""
    (
        notice_id, guardian_id, channel, attempts, failures, reason, due_at, account_id, language, phone,
        read, delivered, took, busy, soon, pupil_ids, entitled,
    ) = row  # fmt: skip
    notice = notices[notice_id]
    key = (notice_id, guardian_id, channel)
    return Claimed(
        notice,
        guardian_id,
        channel,
        account_id,
        language,
        attempts,
        failures,
        read,
        entitled,
        tuple(names[pupil] for pupil in pupil_ids if pupil in names) if names and is_personal(notice) else (),
        bool(sent) and key in sent,
        frozenset(spent.get(key, ())) if spent else _NOTHING,
        phone,
        delivered,
        frozenset(took) if took else _NONE,
        frozenset(busy) if busy else _NONE,
        frozenset(soon) if soon else _NONE,
        reason,
        due_at,
    )


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

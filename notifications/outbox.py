"""The promise that a notice will be delivered: notices, their recipients and their deliveries, written in the caller's transaction.

It owns notices, notice_recipients (with receipts.py) and deliveries. It knows no channel's wire and sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.versions import TOUCH_FAMILIES, TOUCH_GUARDIANS
from notifications.audience import ADDRESSED, Audience, SomePupils, parameters

Kind = Literal[
    "absence", "mark", "announcement", "invoice", "payment",
    "message", "form", "feed", "reminder", "digest", "event",
]  # fmt: skip

URGENT, ORDINARY = 1, 5


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """`notice_id` comes from the caller, so that a repeated publish is the same publish; it is also the id that devices de-duplicate by.

    `title` and `body` are what somebody wrote; without them the texts come from the catalogue by kind and `params`.
    """

    notice_id: UUID
    kind: Kind
    source_kind: str
    source_id: str
    created_at: datetime
    title: str | None = None
    body: str | None = None
    params: dict[str, Any] = {}
    urgent: bool = False
    needs_acknowledgement: bool = False
    created_by: UUID | None = None


class PupilNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One of many: a notice to the guardians of one pupil."""

    notice_id: UUID
    pupil_id: UUID
    kind: Kind
    source_kind: str
    source_id: str
    params: dict[str, Any] = {}
    urgent: bool = False


class GuardiansNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One of many: a notice to guardians by name, about pupils whom each of them may see."""

    notice_id: UUID
    guardian_ids: tuple[UUID, ...]
    pupil_ids: tuple[UUID, ...]
    kind: Kind
    source_kind: str
    source_id: str
    params: dict[str, Any] = {}


class Published(msgspec.Struct, frozen=True):
    """`guardians` were addressed, one row each; `without_account` of them have never signed in, so no push can reach them."""

    notice_id: UUID
    guardians: int
    without_account: int
    new: bool


class PublishedEach(msgspec.Struct, frozen=True):
    notices: int
    guardians: int
    without_account: int


# The rows that follow from `notice` (inserted) and `addressed` (notice_id, guardian_id, account_id, pupil_ids, urgent, awaits).
# $1 = school_id, $6 = the instant. A guardian without an account has no push address: the row says so and is finished at once.
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
        SELECT $1, a.notice_id, a.guardian_id, 'push',
               CASE WHEN a.account_id IS NULL THEN 'skipped' ELSE 'due' END,
               CASE WHEN a.urgent THEN {urgent} ELSE {ordinary} END,
               $6,
               CASE WHEN a.account_id IS NULL THEN 'no_account' END,
               CASE WHEN a.account_id IS NULL THEN $6 END
          FROM addressed a
         ORDER BY a.guardian_id, a.notice_id
            ON CONFLICT DO NOTHING
     RETURNING state),
     touched AS ({touch}
     RETURNING 1)
SELECT (SELECT count(*) FROM notice) AS notices,
       (SELECT count(*) FROM recipient) AS guardians,
       (SELECT count(*) FROM delivery WHERE state = 'skipped') AS without_account,
       (SELECT count(*) FROM delivery WHERE state = 'due') AS due
"""
_ROWS = _ROWS_OF.format(
    urgent=URGENT, ordinary=ORDINARY, touch=TOUCH_GUARDIANS.format(guardians="SELECT a.guardian_id FROM addressed a")
)
# Who may look at a pupil without getting its notices sees a new version as well.
_ROWS_EACH = _ROWS_OF.format(
    urgent=URGENT, ordinary=ORDINARY, touch=TOUCH_FAMILIES.format(pupils="SELECT i.pupil_id FROM item i")
)

_PUBLISH = f"""
WITH notice AS (
        INSERT INTO notices
               (school_id, notice_id, kind, source_kind, source_id, title, body, params,
                urgent, needs_acknowledgement, created_by, created_at)
        VALUES ($1, $7, $8, $9, $10, $11, $12, $13::jsonb, $14::boolean, $15, $16, $6)
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
     addressed AS MATERIALIZED (
        SELECT n.notice_id, f.guardian_id, f.account_id, f.pupil_ids, $14::boolean AS urgent, $15::boolean AS awaits
          FROM notice n
         CROSS JOIN ({ADDRESSED}) AS f),
{_ROWS}
"""

_RECALL = """
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

_PUBLISH_EACH = f"""
WITH item AS MATERIALIZED (
        SELECT i.notice_id, i.pupil_id, i.kind, i.source_kind, i.source_id, i.params, i.urgent
          FROM unnest($3::uuid[], $4::uuid[], $5::text[], $7::text[], $8::text[], $9::text[], $10::boolean[])
            AS i (notice_id, pupil_id, kind, source_kind, source_id, params, urgent)),
     notice AS (
        INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, params, urgent, created_by, created_at)
        SELECT $1, i.notice_id, i.kind, i.source_kind, i.source_id, i.params::jsonb, i.urgent, $11, $6
          FROM item i
         ORDER BY i.notice_id
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
     addressed AS MATERIALIZED (
        SELECT i.notice_id, g.guardian_id, g.account_id, ARRAY[i.pupil_id] AS pupil_ids, i.urgent, false AS awaits
          FROM notice n
          JOIN item i
            ON i.notice_id = n.notice_id
          JOIN guardianships bond
            ON bond.school_id = $1
           AND bond.pupil_id = i.pupil_id
           AND bond.gets_notices
           AND bond.valid_from <= $2
           AND (bond.valid_to IS NULL OR bond.valid_to >= $2)
          JOIN guardians g
            ON g.school_id = bond.school_id
           AND g.guardian_id = bond.guardian_id),
{_ROWS_EACH}
"""


# Bonds are asked once more: between whom a caller names and the row, a right may have ended.
_PUBLISH_TO_GUARDIANS = f"""
WITH item AS MATERIALIZED (
        SELECT i.notice_id, i.kind, i.source_kind, i.source_id, i.params
          FROM unnest($3::uuid[], $4::text[], $5::text[], $7::text[], $8::text[])
            AS i (notice_id, kind, source_kind, source_id, params)),
     notice AS (
        INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, params, created_at)
        SELECT $1, i.notice_id, i.kind, i.source_kind, i.source_id, i.params::jsonb, $6
          FROM item i
         ORDER BY i.notice_id
            ON CONFLICT DO NOTHING
     RETURNING notice_id),
     addressed AS MATERIALIZED (
        SELECT n.notice_id, g.guardian_id, g.account_id, array_agg(bond.pupil_id ORDER BY bond.pupil_id) AS pupil_ids,
               false AS urgent, false AS awaits
          FROM notice n
          JOIN unnest($9::uuid[], $10::uuid[], $11::uuid[]) AS named (notice_id, guardian_id, pupil_id)
            ON named.notice_id = n.notice_id
          JOIN guardianships bond
            ON bond.school_id = $1
           AND bond.guardian_id = named.guardian_id
           AND bond.pupil_id = named.pupil_id
           AND bond.can_view
           AND bond.gets_notices
           AND bond.valid_from <= $2
           AND (bond.valid_to IS NULL OR bond.valid_to >= $2)
          JOIN guardians g
            ON g.school_id = bond.school_id
           AND g.guardian_id = bond.guardian_id
         GROUP BY n.notice_id, g.guardian_id, g.account_id),
{_ROWS}
"""


async def publish(tx: SchoolTx, notice: Notice, audience: Audience) -> Published:
    """One statement, however large the school. Publishing the same notice_id again changes nothing and says so in `new`."""
    # What was written to a few pupils may be about them; only what a whole class may read is shown on a lock screen.
    params = {**notice.params, "personal": True} if isinstance(audience, SomePupils) else notice.params
    row = await tx.fetchrow(
        _PUBLISH,
        tx.school_id,
        school_day(notice.created_at),
        *parameters(audience),
        notice.created_at,
        notice.notice_id,
        notice.kind,
        notice.source_kind,
        notice.source_id,
        notice.title,
        notice.body,
        msgspec.json.encode(params).decode(),
        notice.urgent,
        notice.needs_acknowledgement,
        notice.created_by,
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring("deliver", tx.school_id)
    return Published(notice.notice_id, row["guardians"], row["without_account"], bool(row["notices"]))


async def publish_each(
    tx: SchoolTx, items: Sequence[PupilNotice], *, created_by: UUID | None, at: datetime
) -> PublishedEach:
    """Many notices in one statement, each to the guardians of its pupil. Repeating it changes nothing."""
    if not items:
        return PublishedEach(0, 0, 0)
    row = await tx.fetchrow(
        _PUBLISH_EACH,
        tx.school_id,
        school_day(at),
        [item.notice_id for item in items],
        [item.pupil_id for item in items],
        [item.kind for item in items],
        at,
        [item.source_kind for item in items],
        [item.source_id for item in items],
        [msgspec.json.encode(item.params).decode() for item in items],
        [item.urgent for item in items],
        created_by,
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring("deliver", tx.school_id)
    return PublishedEach(row["notices"], row["guardians"], row["without_account"])


async def publish_to_guardians(tx: SchoolTx, items: Sequence[GuardiansNotice], *, at: datetime) -> PublishedEach:
    """Many notices in one statement, each to the guardians that it names. Repeating it changes nothing."""
    if not items:
        return PublishedEach(0, 0, 0)
    named = [
        (item.notice_id, guardian, pupil)
        for item in items
        for guardian in item.guardian_ids
        for pupil in item.pupil_ids
    ]
    row = await tx.fetchrow(
        _PUBLISH_TO_GUARDIANS,
        tx.school_id,
        school_day(at),
        [item.notice_id for item in items],
        [item.kind for item in items],
        [item.source_kind for item in items],
        at,
        [item.source_id for item in items],
        [msgspec.json.encode(item.params).decode() for item in items],
        [notice_id for notice_id, _, _ in named],
        [guardian_id for _, guardian_id, _ in named],
        [pupil_id for _, _, pupil_id in named],
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring("deliver", tx.school_id)
    return PublishedEach(row["notices"], row["guardians"], row["without_account"])


async def recall(tx: SchoolTx, notice_id: UUID, *, at: datetime) -> None:
    """Families no longer see the notice; deliveries still waiting are skipped when their turn comes. Twice is once."""
    await tx.execute(_RECALL, tx.school_id, notice_id, at)

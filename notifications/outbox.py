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
from notifications.audience import Audience, SomePupils, parameters
from notifications.bells import BELL
from notifications.cascade import urgency_of
from notifications.promises import LET_EXPIRE, PUBLISH, PUBLISH_EACH, PUBLISH_TO_GUARDIANS, RECALL, RECALL_ALL

Kind = Literal[
    "absence", "mark", "announcement", "invoice", "payment",
    "message", "form", "feed", "reminder", "digest", "event", "homework",
    "dossier",
]  # fmt: skip

# An emergency is not published: it is declared, by somebody and for a reason (emergencies.py).
Planned = Literal["ordinary", "important", "urgent"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """`notice_id` comes from the caller, so that a repeated publish is the same publish; it is also the id that devices de-duplicate by.

    `title` and `body` are what somebody wrote; without them the texts come from the catalogue by kind and `params`.
    `urgency` chooses the cascade; without it kind, `urgent` and `needs_acknowledgement` do.
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
    urgency: Planned | None = None
    expires_at: datetime | None = None


class PupilNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One of many: a notice to the guardians of one pupil."""

    notice_id: UUID
    pupil_id: UUID
    kind: Kind
    source_kind: str
    source_id: str
    params: dict[str, Any] = {}
    urgent: bool = False
    urgency: Planned | None = None


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


async def publish(tx: SchoolTx, notice: Notice, audience: Audience, *, bell: str = BELL) -> Published:
    """One statement, however large the school. Publishing the same notice_id again changes nothing and says so in `new`.

    `bell`: BELL_BEHIND for one of very many schools that are written to at once.
    """
    # What was written to a few pupils may be about them; only what a whole class may read is shown on a lock screen.
    personal = isinstance(audience, SomePupils) and audience.personal
    params = {**notice.params, "personal": True} if personal else notice.params
    row = await tx.fetchrow(
        PUBLISH,
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
        notice.urgency
        or urgency_of(notice.kind, urgent=notice.urgent, needs_acknowledgement=notice.needs_acknowledgement),
        notice.expires_at,
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring(bell, tx.school_id)
    return Published(notice.notice_id, row["guardians"], row["without_account"], bool(row["notices"]))


async def publish_each(
    tx: SchoolTx, items: Sequence[PupilNotice], *, created_by: UUID | None, at: datetime
) -> PublishedEach:
    """Many notices in one statement, each to the guardians of its pupil. Repeating it changes nothing."""
    if not items:
        return PublishedEach(0, 0, 0)
    row = await tx.fetchrow(
        PUBLISH_EACH,
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
        [item.urgency or urgency_of(item.kind, urgent=item.urgent, needs_acknowledgement=False) for item in items],
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring(BELL, tx.school_id)
    return PublishedEach(row["notices"], row["guardians"], row["without_account"])


async def publish_to_guardians(
    tx: SchoolTx, items: Sequence[GuardiansNotice], *, at: datetime, urgency: Planned = "ordinary"
) -> PublishedEach:
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
        PUBLISH_TO_GUARDIANS,
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
        urgency,
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring(BELL, tx.school_id)
    return PublishedEach(row["notices"], row["guardians"], row["without_account"])


async def recall(tx: SchoolTx, notice_id: UUID, *, at: datetime) -> None:
    """Families no longer see the notice; deliveries still waiting are skipped when their turn comes. Twice is once."""
    await tx.execute(RECALL, tx.school_id, notice_id, at)


async def recall_all(tx: SchoolTx, source_kind: str, source_id: str, *, at: datetime) -> None:
    """Every notice about one thing: also those that reminded of it or said it once more. Twice is once."""
    await tx.execute(RECALL_ALL, tx.school_id, source_kind, at, source_id)


async def let_expire(tx: SchoolTx, *, at: datetime) -> int:
    """Notices whose time is over stop waiting for anybody: nothing more is sent and no acknowledgement is asked. Bounded, repeatable."""
    rows = await tx.fetch(LET_EXPIRE, tx.school_id, at)
    return len(rows)

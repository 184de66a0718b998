"""Shapes of the parents' API: the home screen, the inbox, and what is asked of a family."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

NoticeKind = Literal["absence", "mark", "announcement", "invoice", "payment"]


class NoticeRow(msgspec.Struct, frozen=True):
    """A notice as it is kept. Without title and body its text is rendered from `params` in the reader's language."""

    notice_id: UUID
    kind: NoticeKind
    title: str | None
    body: str | None
    params: dict[str, Any]
    urgent: bool
    needs_acknowledgement: bool
    created_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None
    pupil_ids: list[UUID]

"""Whom a form is for: the audience's rules are the announcements room's, its pupils the notifications room's. It owns no table."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.announcements import audiences, resolving
from backend.core.database import SchoolTx
from backend.core.problems import INVALID, FieldError
from backend.identity.entitlement import Standing
from notifications.audience import Audience
from schemas.announcements import To, ToAbsent, ToUnacknowledged, ToUnanswered, ToUnpaid

_LIVE = (
    "Biểu mẫu gửi cho một nơi nhận cố định: trường, khối, lớp, nhóm hay học sinh.",
    "A form goes to whoever stays the same: school, grade, class, group or pupils.",
)


async def require_audience(tx: SchoolTx, account_id: UUID, to: To, today: date) -> Standing:
    """Who may write to these families may ask them. Raises FORBIDDEN, and INVALID for what does not exist or changes by the day."""
    who = await audiences.require_audience(tx, tx.school_id, account_id, to, today)
    if isinstance(to, ToAbsent | ToUnpaid | ToUnacknowledged | ToUnanswered):
        raise INVALID(FieldError("/audience", *_LIVE))
    return who


async def addressed(tx: SchoolTx, to: To, today: date) -> Audience:
    return await resolving.resolved(tx, tx.school_id, to, today)

"""Whom a form is for: the audience's rules are the announcements room's, its pupils the notifications room's. It owns no table."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.announcements import actions as announcing
from backend.core.database import SchoolTx
from backend.identity.entitlement import Standing
from notifications.audience import Audience
from schemas.announcements import To


async def require_audience(tx: SchoolTx, account_id: UUID, to: To, today: date) -> Standing:
    """Who may write to these families may ask them. Raises FORBIDDEN, and INVALID for what does not exist."""
    return await announcing._require_audience(tx, tx.school_id, account_id, to, today)


def addressed(to: To) -> Audience:
    return announcing._addressed(to)

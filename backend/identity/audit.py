"""The audit trail: who did what to whom, written in the same transaction as the deed. It owns audit_events and account_events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from backend.core.database import SchoolTx, Tx
from backend.core.ids import new_id

# For a CTE of another room's statement that must not cost a round trip of its own; $1 = school_id, the rest are expressions.
RECORDED = """
        INSERT INTO audit_events AS v
               (school_id, audit_id, happened_at, actor_account_id, actor_kind, action, subject_kind, subject_id, detail, request_id)
        SELECT $1, {audit_id}, {at}, {actor}, 'account', {action}, {subject_kind}, {subject_id}, {detail}, {request_id}
"""


def request_id() -> str | None:
    """Of the request at work, as it stands in its log lines."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


async def record(
    tx: SchoolTx,
    action: str,
    subject_kind: str,
    subject_id: object,
    *,
    at: datetime,
    actor: UUID | None = None,
    actor_kind: str = "account",
    detail: dict[str, Any] | None = None,
) -> None:
    """`detail` holds ids, counts and codes, never names, phones or texts."""
    await tx.execute(
        """
        INSERT INTO audit_events
               (school_id, audit_id, happened_at, actor_account_id, actor_kind, action, subject_kind, subject_id, detail, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10)
        """,
        tx.school_id,
        new_id(),
        at,
        actor,
        actor_kind,
        action,
        subject_kind,
        str(subject_id),
        msgspec.json.encode(detail or {}).decode(),
        request_id(),
    )


async def record_account(
    tx: Tx,
    account_id: UUID,
    action: str,
    *,
    at: datetime,
    address: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    await tx.execute(
        """
        INSERT INTO account_events (account_id, event_id, happened_at, action, address, detail)
        VALUES ($1, $2, $3, $4, $5, $6::jsonb)
        """,
        account_id,
        new_id(),
        at,
        action,
        address,
        msgspec.json.encode(detail or {}).decode(),
    )


async def record_refusal(tx: Tx, phone: str, action: str, *, at: datetime, address: str) -> None:
    """Whoever signs in with the number can see later that somebody tried. For an unknown number the same statement finds nobody."""
    await tx.execute(
        """
        INSERT INTO account_events (account_id, event_id, happened_at, action, address, detail)
        SELECT DISTINCT p.account_id, $2::uuid, $3::timestamptz, $4::text, $5::text, '{}'::jsonb
          FROM phone_accounts p
         WHERE p.phone_e164 = $1
            ON CONFLICT (account_id, event_id) DO NOTHING
        """,
        phone,
        new_id(),
        at,
        action,
        address,
    )

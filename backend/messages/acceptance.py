"""Who has taken note of the community rules. It owns message_rules_accepted; the rules themselves are data (rules.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, problem
from backend.files.queries import is_member
from backend.messages import rules
from schemas.messages import Rules

RULES_NOT_ACCEPTED = problem(
    "message-rules-not-accepted",
    409,
    vi="Xin đọc và đồng ý với nội quy trao đổi trước khi gửi tin đầu tiên.",
    en="Please read and accept the rules of conversation before your first message.",
)


async def require_rules(tx: SchoolTx, account_id: UUID, accepts: int | None, now: datetime) -> None:
    version = rules.current(school_day(now)).number
    if accepts == version:
        await _keep(tx, account_id, version, now)
    elif await accepted_at(tx, tx.school_id, account_id, version) is None:
        raise RULES_NOT_ACCEPTED(version=version)


async def rules_for(reader: Reader, school_id: int, account_id: UUID, now: datetime, language: str) -> Rules:
    if not await is_member(reader, school_id, account_id, on=school_day(now)):
        raise FORBIDDEN()
    current = rules.current(school_day(now))
    at = await accepted_at(reader, school_id, account_id, current.number)
    return Rules(current.number, current.valid_from, current.title(language), current.lines(language), at)


async def accept(house: House, account_id: UUID, school_id: int, version: int) -> None:
    """Of the version that holds today; an older one, or one to come, says nothing."""
    now = house.clock.now()
    if not await is_member(house.database.reader, school_id, account_id, on=school_day(now)):
        raise FORBIDDEN()
    if version != rules.current(school_day(now)).number:
        raise CONFLICT()
    async with house.database.school(school_id) as tx:
        await _keep(tx, account_id, version, now)


async def accepted_at(door: Any, school_id: int, account_id: UUID, version: int) -> datetime | None:
    found: datetime | None = await door.fetchval(
        """
        SELECT accepted_at
          FROM message_rules_accepted
         WHERE school_id = $1
           AND account_id = $2
           AND version = $3
        """,
        school_id,
        account_id,
        version,
    )
    return found


async def _keep(tx: SchoolTx, account_id: UUID, version: int, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO message_rules_accepted (school_id, account_id, version, accepted_at)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
        """,
        tx.school_id,
        account_id,
        version,
        at,
    )

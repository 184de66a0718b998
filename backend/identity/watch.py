"""Keeps a process's list of revoked sessions fresh, so that signing out everywhere works within seconds and not after a token's life."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from backend.core.house import House
from backend.identity.tokens import TokenOffice

log = structlog.get_logger()

EVERY_SECONDS = 3.0


async def watch_revocations(house: House, tokens: TokenOffice) -> None:
    while True:
        try:
            await reload_revocations(house, tokens)
        except Exception as error:  # the database may be away for a moment; the old list stays in force
            log.warning("revocations_not_reloaded", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def reload_revocations(house: House, tokens: TokenOffice) -> None:
    since = house.clock.now() - timedelta(seconds=house.settings.access_token_seconds + 60)
    rows = await house.database.reader.fetch(
        """
        SELECT session_id
          FROM sessions
         WHERE revoked_at >= $1
        """,
        since,
    )
    tokens.reload(frozenset(row["session_id"] for row in rows), since=since.timestamp())

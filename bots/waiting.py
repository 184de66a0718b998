"""A chat that has sent more than it may: what waits of it is ticked off at once. It writes chat_updates beside chats.py."""

from __future__ import annotations

from datetime import datetime

from backend.core.house import House


async def give_up_waiting(house: House, channel: str, chat_id: str, until: datetime, outcome: str) -> None:
    """All that a chat had sent by an instant, in one statement: a flood must not cost as many as it has drops."""
    await house.database.keep(
        """
        UPDATE chat_updates u
           SET answered_at = $4, outcome = $5, leased_until = NULL
         WHERE u.channel = $1
           AND u.chat_id = $2
           AND u.answered_at IS NULL
           AND u.received_at <= $3
        """,
        channel,
        chat_id,
        until,
        house.clock.now(),
        outcome,
    )

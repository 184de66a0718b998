"""Kept updates that wait or are done without an answer: tried again, given up, found by the sweep, forgotten. It knows no chat's state.

With chats.py, which keeps and claims them, it writes chat_updates.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from backend.core.house import House

KEPT_DAYS = 30
_SWEEP_AFTER = timedelta(seconds=5)
_SWEEP_MAX = 200


async def give_up(house: House, channel: str, chat_id: str, update_id: str, outcome: str) -> None:
    """Nothing will be answered: the reader blocked us, it came from a group, or it failed too often."""
    await house.database.keep(
        """
        UPDATE chat_updates u
           SET answered_at = $4, outcome = $5, leased_until = NULL
         WHERE u.channel = $1
           AND u.chat_id = $2
           AND u.update_id = $3
        """,
        channel,
        chat_id,
        update_id,
        house.clock.now(),
        outcome,
    )


async def try_again(
    house: House, channel: str, chat_id: str, update_id: str, *, after: timedelta, parts_sent: int = 0
) -> None:
    """Weather outside: the update stays waiting, and its chat with it, until then. What is out of its answer stays out."""
    await house.database.keep(
        """
        UPDATE chat_updates u
           SET leased_until = $4, parts_sent = greatest(u.parts_sent, $5)
         WHERE u.channel = $1
           AND u.chat_id = $2
           AND u.update_id = $3
        """,
        channel,
        chat_id,
        update_id,
        house.clock.now() + after,
        parts_sent,
    )


async def waiting_chats(house: House, channel: str) -> list[str]:
    """Chats with an update whose bell was lost or whose lease ran out."""
    now = house.clock.now()
    rows = await house.database.reader.fetch(
        """
        SELECT w.chat_id, min(w.received_at) AS since
          FROM chat_updates w
         WHERE w.channel = $1
           AND w.answered_at IS NULL
           AND w.received_at < $2
           AND (w.leased_until IS NULL OR w.leased_until < $3)
         GROUP BY w.chat_id
         ORDER BY since
         LIMIT $4
        """,
        channel,
        now - _SWEEP_AFTER,
        now,
        _SWEEP_MAX,
    )
    return [row["chat_id"] for row in rows]


async def forget_old(house: House) -> None:
    """What families wrote is not kept longer than it takes to look into a complaint."""
    await house.database.keep(
        "DELETE FROM chat_updates WHERE received_at < $1", house.clock.now() - timedelta(days=KEPT_DAYS)
    )


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

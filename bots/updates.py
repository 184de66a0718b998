"""What becomes of an update: kept, claimed, finished, tried again, found by the sweep, forgotten. It knows no chat's meaning.

With turns.py, whose statement does the first three for many chats at once, it writes chat_updates and chat_turns.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from bots.chats import Chat, default_school, packed
from bots.gathering import gathering_of
from bots.turns import Arrived, Asked, Claimed, Done, Told

JOB = "answer_chat"
KEPT_DAYS = 30
_SWEEP_AFTER = timedelta(seconds=5)
_SWEEP_MAX = 200
_LOOKS_MAX = 3


async def arrive(house: House, channel: str, chat_id: str, update: Arrived, *, takes: bool) -> Told:
    """Keep what arrived, once. `takes`: whoever calls it answers what is claimed, this update or an older one of the chat."""
    return await _ask(house, _asked(house, channel, chat_id, new_id(), takes=takes, arrived=(update,)), None)


async def keep(house: House, channel: str, chat_id: str, update: Arrived) -> bool:
    """Keep what arrived and ring for a worker; True when it is new."""
    told = await arrive(house, channel, chat_id, update, takes=False)
    if told.new and told.free:
        await house.queue.ring(JOB, channel, chat_id)
    return bool(told.new)


async def claim(house: House, channel: str, chat_id: str) -> Claimed | None:
    """The chat's next update, unless somebody is at the chat."""
    return (await _ask(house, _asked(house, channel, chat_id, new_id()), None)).claimed


async def finish(house: House, claimed: Claimed, outcome: str, chat: Chat | None = None) -> Claimed | None:
    """Answered, or never to be: tick it off, remember where the talk stands if `chat` says so, and take the chat's next one.

    Whoever calls it must answer what it gives back.
    """
    done = Done(claimed.update_id, outcome)
    if chat is not None:
        done = Done(claimed.update_id, outcome, chat.language, packed(chat.memory))
    asked = _asked(house, claimed.chat.channel, claimed.chat.chat_id, claimed.by, done=done)
    following = (await _ask(house, asked, claimed.arrived)).claimed
    if following is None or chat is None:
        return following
    # The statement saw the talk as it stood before it was written down.
    known = msgspec.structs.replace(following.chat, language=chat.language, memory=chat.memory)
    return msgspec.structs.replace(following, chat=known)


def _asked(house: House, channel: str, chat_id: str, by: UUID, **more: Any) -> Asked:
    now = house.clock.now()
    return Asked(channel, chat_id, by, now, school_day(now), default_school(house), **more)


async def _ask(house: House, asked: Asked, arrived_before: int | None) -> Told:
    gathering = gathering_of(house.database)
    told = await gathering.ask(asked)
    once_more = msgspec.structs.replace(asked, done=None, arrived=())
    for _ in range(_LOOKS_MAX):
        if not asked.takes or not told.look_again(arrived_before):
            break
        told = msgspec.structs.replace(await gathering.ask(once_more), new=told.new)
        arrived_before = told.arrived
    return told


_LATER = """
    WITH later AS (
    UPDATE chat_updates u
       SET leased_until = $4, parts_sent = greatest(u.parts_sent, $5)
     WHERE u.channel = $1
       AND u.chat_id = $2
       AND u.update_id = $3
    )
    UPDATE chat_turns t
       SET taken_until = $4
     WHERE t.channel = $1
       AND t.chat_id = $2
       AND t.taken_by = $6
"""


async def try_again(house: House, claimed: Claimed, *, after: timedelta, parts_sent: int = 0) -> None:
    """Weather outside: the update stays waiting, and its chat with it, until then. What is out of its answer stays out."""
    chat, until = claimed.chat, house.clock.now() + after
    await house.database.keep(_LATER, chat.channel, chat.chat_id, claimed.update_id, until, parts_sent, claimed.by)


async def waiting_chats(house: House, channel: str) -> list[str]:
    """Chats with an update whose bell was lost or whose lease ran out."""
    now = house.clock.now()
    rows = await house.database.reader.fetch(
        """
        SELECT w.chat_id, min(w.received_at) AS since
          FROM chat_updates w
          LEFT JOIN chat_turns t
            ON t.channel = w.channel
           AND t.chat_id = w.chat_id
         WHERE w.channel = $1
           AND w.answered_at IS NULL
           AND w.received_at < $2
           AND (w.leased_until IS NULL OR w.leased_until < $3)
           AND (t.taken_until IS NULL OR t.taken_until < $3)
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
    before = house.clock.now() - timedelta(days=KEPT_DAYS)
    await house.database.keep("DELETE FROM chat_updates WHERE received_at < $1", before)
    await house.database.keep(
        "DELETE FROM chat_turns WHERE looked_at < $1 AND (taken_until IS NULL OR taken_until < $1)", before
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

"""Sends what a station has ready: a few at a time, each in its account's turn, none after the patience of a lease or a channel's stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from backend.core.house import House
from notifications.allowances import Allowance, turn
from notifications.dead_addresses import bury, dead_among
from notifications.leases import Claimed
from notifications.outcomes import INTERRUPTED, Outcome, Refused, TryLater, stops_channel
from notifications.rounds import Try
from notifications.switches import flag_of

log = structlog.get_logger()
T = TypeVar("T")

CONNECTIONS = 8
# Together with one last timeout this stays below a lease (leases.py): what has not begun by then goes back untouched.
PATIENCE_SECONDS = 45.0


@dataclass(slots=True, frozen=True)
class Posting:
    """One message to one address, ready to leave."""

    one: Try
    send: Callable[[], Awaitable[Outcome]]


async def post_living(
    house: House, channel: str, postings: Sequence[Posting], limit: Allowance | None, *, connections: int = CONNECTIONS
) -> None:
    """What is known as dead is not asked again, and says why; what the provider calls dead now is kept as dead."""
    hashes = list({posting.one.address_hash for posting in postings})
    dead = await dead_among(house.database.reader, channel, hashes, now=house.clock.now())
    living = []
    for posting in postings:
        if known := dead.get(posting.one.address_hash):
            posting.one.outcome = Refused("address_dead", known.why)
        else:
            living.append(posting)
    try:
        await post_all(living, limit, connections=connections, held=partial(house.flags.raised, flag_of(channel)))
    finally:
        await bury(house, channel, [posting.one for posting in living])


def never() -> bool:
    return False


async def post_all(
    postings: Sequence[Posting],
    limit: Allowance | None,
    *,
    connections: int = CONNECTIONS,
    held: Callable[[], bool] = never,
) -> None:
    """Outcomes stand in the tries, also of those sent before an interruption; None where a turn did not come.

    `held` is asked before each message: from the moment it says yes none more begins.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    waiting = iter(postings)
    async with asyncio.TaskGroup() as senders:
        for _ in range(min(connections, len(postings))):
            senders.create_task(_sender(waiting, until, limit, held))


async def _sender(waiting: Iterator[Posting], until: float, limit: Allowance | None, held: Callable[[], bool]) -> None:
    for posting in waiting:
        if time.monotonic() > until or not await turn(limit, until) or held():
            return
        posting.one.outcome = INTERRUPTED
        posting.one.outcome = await _sent(posting)
        if stops_channel(posting.one.outcome):
            # Whoever shares the iterator finds it empty: what was not begun stays None.
            for _ in waiting:
                pass


async def _sent(posting: Posting) -> Outcome:
    """A sender that fails where it should have answered must not keep the others of the batch from leaving."""
    try:
        return await posting.send()
    except Exception as error:
        log.error("sender_failed", kind=type(error).__name__, exc_info=True)
        return TryLater(f"our_bug:{type(error).__name__}", uncertain=True, repeatable=False)


def made(row: Claimed, make: Callable[[], T]) -> T | Refused:
    """What a notice says, or why it cannot be said: one such notice must not keep the others of its batch from leaving."""
    try:
        return make()
    except Exception as error:
        log.error("notice_not_rendered", notice_id=str(row.notice.notice_id), kind=type(error).__name__)
        return Refused("our_bug", type(error).__name__)

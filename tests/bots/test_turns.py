"""Whose turn it is: two processes over the same chats, all at once. One answers a chat at a time, each update once, and none is left lying."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from backend.core.database import Database
from backend.core.house import House
from backend.core.ids import new_id
from bots import updates
from bots.gathering import gathering_of
from bots.turns import BOOK, LEASE, Arrived, Asked, Claimed, arguments
from tests.bots.scenes import NOW, TODAY

_ids = itertools.count(1)
CHATS, MESSAGES = 6, 30


@pytest.fixture
async def neighbour(house: House, database_url: str) -> AsyncIterator[House]:
    """Another process: the same books, connections and company of its own."""
    database = await Database.open(database_url, writers=1, readers=1)
    yield dataclasses.replace(house, database=database)
    await database.close()


def _update(house: House, number: int) -> Arrived:
    return Arrived(str(number), b"{}", house.clock.now())


async def test_two_processes_answer_each_update_once_and_one_at_a_time(house: House, neighbour: House) -> None:
    """Nobody sweeps here: whatever fell between an arrival and an ending would stay lying."""
    chats = [f"drill-{next(_ids)}" for _ in range(CHATS)]
    answered: dict[str, list[int]] = {chat: [] for chat in chats}
    at_work: set[str] = set()
    answers: set[asyncio.Task[None]] = set()

    async def answer(here: House, claimed: Claimed | None) -> None:
        while claimed is not None:
            chat = claimed.chat.chat_id
            assert chat not in at_work, "one at a time in a chat"
            at_work.add(chat)
            await asyncio.sleep(0)
            answered[chat].append(int(claimed.update_id))
            at_work.discard(chat)
            claimed = await updates.finish(here, claimed, "drilled", claimed.chat)

    async def told_of(here: House, chat: str, number: int) -> None:
        told = await updates.arrive(here, "telegram", chat, _update(here, number), takes=True)
        if told.claimed is not None:
            answers.add(asyncio.create_task(answer(here, told.claimed)))

    async def write(here: House, chat: str, dice: random.Random) -> None:
        for number in range(MESSAGES):
            await told_of(here, chat, number)
            await asyncio.sleep(dice.random() * 0.03)

    # Every update is told to both processes, at about the same time.
    await asyncio.gather(*(write(here, chat, random.Random(chat)) for chat in chats for here in (house, neighbour)))
    while answers:
        done, answers = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        assert not [task.exception() for task in done if task.exception()]
    assert {chat: sorted(numbers) for chat, numbers in answered.items()} == {
        chat: list(range(MESSAGES)) for chat in chats
    }


@pytest.mark.parametrize("first", ["the ending", "the arrival"])
async def test_an_arrival_and_an_ending_that_fall_together_do_not_miss_each_other(
    house: House, neighbour: House, owner: asyncpg.Connection, database_url: str, first: str
) -> None:
    """Both statements have begun before either is through: neither sees what the other writes, but the second sees that it wrote."""
    chat = f"drill-{next(_ids)}"
    claimed = (await updates.arrive(house, "telegram", chat, _update(house, 1), takes=True)).claimed
    assert claimed is not None
    holding = await asyncpg.connect(database_url)
    hold = holding.transaction()
    await hold.start()
    await holding.execute("SELECT 1 FROM chat_turns WHERE chat_id = $1 FOR UPDATE", chat)

    async def end() -> Claimed | None:
        return await updates.finish(house, claimed, "drilled")

    async def arrive() -> Claimed | None:
        return (await updates.arrive(neighbour, "telegram", chat, _update(house, 2), takes=True)).claimed

    both = []
    for number, deed in enumerate([end, arrive] if first == "the ending" else [arrive, end], 1):
        both.append(asyncio.create_task(deed()))
        while await owner.fetchval(_AT_THE_ROW) < number:
            await asyncio.sleep(0.005)
    await hold.rollback()
    await holding.close()
    taken = [one for one in await asyncio.gather(*both) if one is not None]
    assert [one.update_id for one in taken] == ["2"]


_AT_THE_ROW = """
SELECT count(*)
  FROM pg_stat_activity
 WHERE application_name = 'nhipcau-chat' AND wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_what_was_claimed_by_a_process_that_died_is_claimed_when_its_turn_has_run_out(
    house: House, neighbour: House, owner: asyncpg.Connection
) -> None:
    chat = f"drill-{next(_ids)}"
    first = (await updates.arrive(neighbour, "telegram", chat, _update(house, 1), takes=True)).claimed
    assert first is not None and first.attempts == 1
    assert (await updates.arrive(house, "telegram", chat, _update(house, 2), takes=True)).claimed is None
    assert await updates.claim(house, "telegram", chat) is None
    assert chat not in await updates.waiting_chats(house, "telegram")
    await owner.execute(
        "UPDATE chat_updates SET leased_until = leased_until - $2::interval, received_at = received_at - $2::interval WHERE chat_id = $1",
        chat, LEASE * 2,
    )  # fmt: skip
    await owner.execute(
        "UPDATE chat_turns SET taken_until = taken_until - $2::interval WHERE chat_id = $1", chat, LEASE * 2
    )
    assert chat in await updates.waiting_chats(house, "telegram")
    again = await updates.claim(house, "telegram", chat)
    assert again is not None and (again.update_id, again.attempts) == ("1", 2)
    # The dead one was only slow: its ending counts, and takes nothing from who has the turn now.
    assert await updates.finish(neighbour, first, "late") is None
    following = await updates.finish(house, again, "drilled")
    assert following is not None and following.update_id == "2"


async def test_a_chat_waits_with_what_is_to_be_tried_again(house: House) -> None:
    chat = f"drill-{next(_ids)}"
    claimed = (await updates.arrive(house, "telegram", chat, _update(house, 1), takes=True)).claimed
    assert claimed is not None
    await updates.try_again(house, claimed, after=timedelta(seconds=30), parts_sent=2)
    told = await updates.arrive(house, "telegram", chat, _update(house, 2), takes=True)
    assert told.new == {"2"} and told.claimed is None
    later = dataclasses.replace(house, clock=_Later())
    claimed = await updates.claim(later, "telegram", chat)
    assert claimed is not None and (claimed.update_id, claimed.parts_sent, claimed.attempts) == ("1", 2, 2)


class _Later:
    def now(self) -> object:
        from datetime import UTC, datetime

        return datetime.now(UTC) + timedelta(seconds=31)


async def test_what_breaks_one_chat_does_not_hold_up_the_others(house: House) -> None:
    """A NUL cannot be written as text; it goes in one statement with others, which is repeated for each by itself."""
    chats = [f"drill-{next(_ids)}" for _ in range(3)]
    names = [chats[0], chats[1] + "\0", chats[2]]
    told = await asyncio.gather(
        *(updates.arrive(house, "telegram", chat, _update(house, 1), takes=True) for chat in names),
        return_exceptions=True,
    )
    assert isinstance(told[1], asyncpg.PostgresError)
    assert [isinstance(one, BaseException) or one.claimed is None for one in told] == [False, True, False]


async def test_many_chats_that_come_at_once_go_in_few_statements(house: House) -> None:
    book = gathering_of(house.database)
    before = book.statements
    chats = [f"drill-{next(_ids)}" for _ in range(40)]
    told = await asyncio.gather(
        *(updates.arrive(house, "telegram", chat, _update(house, 1), takes=True) for chat in chats)
    )
    assert all(one.claimed is not None for one in told)
    assert book.statements - before <= 4


async def test_a_chat_among_many_costs_what_it_costs_alone(house: House, owner: asyncpg.Connection) -> None:
    """Each chat's family is read once, however many chats the statement is for."""
    asked = [
        Asked("telegram", f"drill-{next(_ids)}", new_id(), NOW, TODAY, None, arrived=(Arrived("1", b"{}", NOW),))
        for _ in range(24)
    ]
    explained = owner.transaction()
    await explained.start()
    try:
        plan = await owner.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {BOOK}", *arguments(asked))
    finally:
        await explained.rollback()
    loops = list(_loops(json.loads(plan)[0]["Plan"], "schools"))
    assert loops and max(loops) <= len(asked)


def _loops(node: dict[str, Any], table: str) -> Iterator[float]:
    if node.get("Relation Name") == table:
        yield node["Actual Loops"]
    for child in node.get("Plans", []):
        yield from _loops(child, table)

"""Whatever is done in whatever order, by two people and two workers: a letter leaves at most once, and never after it was taken back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.announcements import drafts, rules
from backend.announcements.actions import recall_announcement
from backend.announcements.leaving import publish_due
from backend.core.clock import StoppedClock
from backend.core.database import Database
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.core.queue import SilentBell
from schemas.announcements import AnnouncementRules, ToClass
from schemas.drafts import DraftIn, DraftSend, Letter
from tests.factories import World, make_world
from tests.wednesday import MORNING

DEEDS = (
    "save",
    "send",
    "send_later",
    "take_back",
    "approve",
    "return",
    "discard",
    "sweep",
    "two_sweeps",
    "wait",
    "recall",
)


@dataclass
class Model:
    """What a person at the desk believes: nothing of the tables, only what was answered."""

    version: int = 0
    waits: bool = False
    may_leave: bool = False
    left: bool = False


async def act(house: House, clock: StoppedClock, world: World, announcement_id: Any, deed: str, model: Model) -> None:
    teacher, admin, school = world.teacher.account_id, world.admin.account_id, world.school_id
    match deed:
        case "save":
            letter = Letter(f"Tin {new_id().hex[:6]}", "Ngày 20/10/2026, cô Lan.", ToClass(world.class_id))
            model.version = await drafts.save(house, teacher, school, announcement_id, DraftIn(letter, model.version))
        case "send" | "send_later":
            undo = 0 if deed == "send" else 60
            how = DraftSend(max(1, model.version), undo)
            state = await drafts.send(house, teacher, school, announcement_id, how)
            model.waits, model.may_leave = state == "waiting", state == "scheduled"
        case "take_back":
            await drafts.take_back(house, teacher, school, announcement_id)
            model.waits, model.may_leave = False, False
        case "approve":
            await drafts.approve(house, admin, school, announcement_id, max(1, model.version))
            assert model.waits or model.may_leave, "approved though it did not wait for that"
            model.waits, model.may_leave = False, True
        case "return":
            await drafts.give_back(house, admin, school, announcement_id, "Sửa lại.")
            model.waits, model.may_leave = False, False
        case "discard":
            await drafts.discard(house, teacher, school, announcement_id)
            model.may_leave = False
        case "sweep":
            model.left |= await publish_due(house, school) > 0
        case "two_sweeps":
            left = await asyncio.gather(publish_due(house, school), publish_due(house, school))
            assert sum(left) <= 1, "two workers sent it twice"
            model.left |= sum(left) > 0
        case "wait":
            clock.advance(timedelta(seconds=61))
        case "recall":
            await recall_announcement(house, teacher, school, announcement_id)


@settings(max_examples=40)
@given(approval=st.sampled_from(["none", "teachers"]), deeds=st.lists(st.sampled_from(DEEDS), min_size=3, max_size=14))
def test_no_order_of_deeds_sends_twice_or_what_was_taken_back(
    approval: Any, deeds: list[str], lonely_house: Any
) -> None:
    lonely_house(approval, ["save", *deeds])


@pytest.fixture(scope="module")
def lonely_house(database_url: str, redis_url: str, house: House) -> Any:
    """Runs one order of deeds on a loop of its own, as Hypothesis is not asynchronous."""

    def run(approval: Any, deeds: list[str]) -> None:
        runner.run(in_order(approval, deeds))

    async def opened() -> tuple[House, asyncpg.Connection, World, StoppedClock]:
        clock = StoppedClock(MORNING)
        database = await Database.open(database_url, writers=4, readers=2)
        # The session's bell lives on another loop: here the sweep comes when it is called.
        mine = replace(house, database=database, clock=clock, queue=SilentBell())
        owner = await asyncpg.connect(database_url)
        return mine, owner, await make_world(owner, mine), clock

    async def in_order(approval: Any, deeds: list[str]) -> None:
        mine, owner, world, clock = scene
        await rules.set_rules(mine, world.admin.account_id, world.school_id, AnnouncementRules(approval))
        announcement_id, model = new_id(), Model()
        for deed in deeds:
            was = replace(model)
            try:
                await act(mine, clock, world, announcement_id, deed, model)
            except Problem:
                pass
            if model.left and not was.left:
                assert was.may_leave, f"left though it was not to leave: {deeds}"
        rows = await owner.fetch(
            "SELECT n.recalled_at FROM notices n WHERE n.school_id = $1 AND n.source_id = $2",
            world.school_id,
            str(announcement_id),
        )
        assert len(rows) == (1 if model.left else 0), deeds
        # Whatever is still on its way of this order must not meet the next one.
        await owner.execute(
            "UPDATE announcement_drafts SET state = 'discarded', due_at = NULL WHERE school_id = $1", world.school_id
        )

    async def closed() -> None:
        await scene[1].close()
        await scene[0].database.close()

    # The fixtures' loop is running in this thread: what runs beside it needs one of its own.
    runner = _Aside()
    scene = runner.run(opened())
    yield run
    runner.run(closed())
    runner.close()


class _Aside:
    """A loop in a thread of its own."""

    def __init__(self) -> None:
        import threading

        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

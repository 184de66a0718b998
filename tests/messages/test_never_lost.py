"""Whatever is done, in whatever order: nothing leaves the history, nobody outside reads, no reading is told in quiet hours.

Scripts of deeds are drawn from a seed, so that a failure is found again.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from backend.messages.shield import Hours, is_quiet
from tests.factories import Person, World
from tests.messages.scenes import at, open_thread, root, say

_STEPS = 45
_OUTSIDE = ("classmate_parent", "neighbour", "stranger", "other_teacher", "accountant", "admin")


class Story:
    def __init__(self, web: httpx.AsyncClient, world: World, clock: StoppedClock, seed: int) -> None:
        self.web, self.world, self.clock = web, world, clock
        self.draw = random.Random(seed)
        self.thread_id = ""
        self.written: dict[str, str] = {}
        self.read_in_quiet: set[str] = set()

    @property
    def inside(self) -> Person:
        return self.draw.choice([self.world.parent, self.world.parent2, self.world.teacher])

    async def post(self, who: Person, rest: str, body: dict[str, object] | None = None) -> httpx.Response:
        answer = await self.web.post(root(self.world, f"/{self.thread_id}{rest}"), json=body or {}, headers=who.headers)
        assert answer.status_code < 500, answer.text
        return answer

    async def write(self) -> None:
        text = f"Tin số {len(self.written)} {self.draw.choice(['cảm ơn cô', 'mai cháu nghỉ', 'vâng'])}"
        answer = await say(self.web, self.world, self.inside, self.thread_id, text)
        if answer.status_code == 201:
            self.written[answer.json()["message_id"]] = text

    async def write_again(self) -> None:
        """The id of a message that is there, with other words, by anybody."""
        if self.written:
            taken = self.draw.choice(list(self.written))
            answer = await say(self.web, self.world, self.inside, self.thread_id, "Chèn lên", message_id=taken)
            assert answer.status_code in (200, 409)

    async def edit(self) -> None:
        if self.written:
            await self.post(self.inside, f"/messages/{self.draw.choice(list(self.written))}/edit", {"text": "Sửa lại"})

    async def withdraw(self) -> None:
        if self.written:
            await self.post(self.inside, f"/messages/{self.draw.choice(list(self.written))}/withdraw")

    async def report(self) -> None:
        if self.written:
            body = {"report_id": str(new_id()), "reason": "other"}
            await self.post(self.inside, f"/messages/{self.draw.choice(list(self.written))}/report", body)

    async def moderate(self) -> None:
        path = f"/v1/schools/{self.world.school_id}/message-reports"
        found = (await self.web.get(path, headers=self.world.admin.headers)).json()["reports"]
        if found:
            body = {"state": self.draw.choice(["hidden", "kept"])}
            one = self.draw.choice(found)["report_id"]
            await self.web.post(f"{path}/{one}", json=body, headers=self.world.admin.headers)

    async def read(self) -> None:
        if self.written:
            upto = self.draw.choice(list(self.written))
            await self.post(self.inside, "/read", {"message_id": upto})

    async def wait(self) -> None:
        self.clock.advance(timedelta(minutes=self.draw.randrange(5, 9 * 60)))

    async def intrude(self) -> None:
        who = getattr(self.world, self.draw.choice(_OUTSIDE))
        answer = await self.web.get(root(self.world, f"/{self.thread_id}"), headers=who.headers)
        assert answer.status_code == 404
        for message_id in self.draw.sample(list(self.written), min(1, len(self.written))):
            for rest, body in (("withdraw", {}), ("edit", {"text": "x"})):
                refused = await self.web.post(
                    root(self.world, f"/{self.thread_id}/messages/{message_id}/{rest}"), json=body, headers=who.headers
                )
                assert refused.status_code in (403, 404)

    async def look(self) -> None:
        """What the family sees of the teacher's reading, now."""
        answer = await self.web.get(root(self.world, f"/{self.thread_id}"), headers=self.world.parent.headers)
        now = self.clock.now()
        for message in answer.json()["messages"]:
            if message["side"] == "family" and message["read_at"]:
                shown = datetime.fromisoformat(message["read_at"])
                assert shown <= now
                assert not is_quiet(shown, Hours(), frozenset()), "a reading of the evening was told"

    @property
    def deeds(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.write, self.write, self.write, self.write_again, self.edit, self.withdraw, self.report, self.moderate,
            self.read, self.read, self.wait, self.intrude, self.look,
        ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
async def test_no_order_of_deeds_loses_a_message_or_tells_too_much(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, owner: asyncpg.Connection, seed: int
) -> None:
    story = Story(web, world, clock, seed)
    at(clock, 2026, 10, 12, 16, 0)
    story.thread_id = await open_thread(web, world, world.parent)
    for _ in range(_STEPS):
        await story.draw.choice(story.deeds)()
        await story.look()
    kept = await owner.fetch(
        "SELECT m.message_id::text, x.body FROM messages m JOIN message_texts x USING (school_id, message_id)"
        " WHERE m.school_id = $1 AND x.version = 1",
        world.school_id,
    )
    assert {row["message_id"]: row["body"] for row in kept} == story.written
    shown = await web.get(root(world, f"/{story.thread_id}"), params={"limit": 100}, headers=world.parent2.headers)
    assert {one["message_id"] for one in shown.json()["messages"]} == set(story.written)
    reason = {"reason": "Xem lại toàn bộ"}
    overseen = await web.get(root(world, f"/{story.thread_id}/oversight"), params=reason, headers=world.admin.headers)
    told = {one["message_id"]: one["versions"][0]["text"] for one in overseen.json()["messages"]}
    assert told == story.written
    assert clock.now() > datetime(2026, 10, 12, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("table", ["messages", "message_texts", "message_reads"])
@pytest.mark.parametrize(
    "deed", ["DELETE FROM {table}", "UPDATE {table} SET school_id = school_id", "TRUNCATE {table}"]
)
async def test_the_application_itself_may_not_change_history(owner: asyncpg.Connection, table: str, deed: str) -> None:
    change = owner.transaction()
    await change.start()
    try:
        await owner.execute("SET LOCAL ROLE nhipcau_app")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(deed.format(table=table))
    finally:
        await change.rollback()

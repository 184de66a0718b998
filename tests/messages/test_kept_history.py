"""What was decided stays decided, by somebody else than its author; an id stands for one thing; a number tells nobody's hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.messages.late_reads import tell_everywhere
from tests.factories import Person, World
from tests.messages.scenes import at, look, open_thread, read, root, said

pytestmark = pytest.mark.usefixtures("clock")


def school(world: World, rest: str) -> str:
    return f"/v1/schools/{world.school_id}{rest}"


async def test_a_request_taken_back_keeps_who_had_decided_on_it(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    absent = {"kind": "absent", "from_on": "2026-10-14", "to_on": "2026-10-15", "reason": "Cháu sốt"}
    message_id = await said(web, world, world.parent, thread_id, request=absent)
    path = school(world, f"/message-requests/{message_id}")
    assert (await web.post(path, json={"state": "confirmed"}, headers=world.teacher.headers)).status_code == 204
    withdraw = root(world, f"/{thread_id}/messages/{message_id}/withdraw")
    assert (await web.post(withdraw, headers=world.parent.headers)).status_code == 204
    row = await owner.fetchrow("SELECT * FROM message_requests WHERE message_id = $1", message_id)
    assert row["state"] == "withdrawn"
    assert (row["decided_by"], row["withdrawn_by"]) == (world.teacher.account_id, world.parent.account_id)
    # What had not been decided has nobody who decided.
    undecided = await said(web, world, world.parent, thread_id, request=absent)
    await web.post(root(world, f"/{thread_id}/messages/{undecided}/withdraw"), headers=world.parent.headers)
    row = await owner.fetchrow("SELECT * FROM message_requests WHERE message_id = $1", undecided)
    assert (row["state"], row["decided_by"], row["decided_at"]) == ("withdrawn", None, None)


async def report(
    web: httpx.AsyncClient, world: World, by: Person, thread_id: str, message_id: str, report_id: str, **more: Any
) -> int:
    body = {"report_id": report_id, "reason": "insult", "note": "Nặng lời", **more}
    path = root(world, f"/{thread_id}/messages/{message_id}/report")
    return (await web.post(path, json=body, headers=by.headers)).status_code


async def test_nobody_decides_on_the_report_of_the_own_message_and_each_decision_is_kept(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent, desk="office")
    await said(web, world, world.parent, thread_id, "Xin hỏi về học phí")
    answer = await said(web, world, world.admin, thread_id, "Hỏi gì hỏi lắm thế")
    report_id = str(new_id())
    assert await report(web, world, world.parent, thread_id, answer, report_id) == 204
    path = school(world, f"/message-reports/{report_id}")
    refused = await web.post(path, json={"state": "kept"}, headers=world.admin.headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/own-message-reported")
    # A second head decides, twice: both decisions are in the list.
    await owner.execute(
        "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'school_admin', '2026-09-01Z')",
        world.school_id,
        world.other_teacher.person_id,
    )
    for state in ("hidden", "kept"):
        decided = await web.post(path, json={"state": state, "note": state}, headers=world.other_teacher.headers)
        assert decided.status_code == 204, decided.text
    rows = await owner.fetch(
        "SELECT number, state, decided_by FROM message_report_decisions WHERE school_id = $1 ORDER BY number",
        world.school_id,
    )
    who = world.other_teacher.account_id
    assert [tuple(row) for row in rows] == [(1, "hidden", who), (2, "kept", who)]


async def test_an_id_that_stands_for_something_else_is_a_conflict(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    one, two = [await said(web, world, world.parent, thread_id, text) for text in ("Một", "Hai")]
    report_id = str(new_id())
    assert await report(web, world, world.teacher, thread_id, one, report_id) == 204
    assert await report(web, world, world.teacher, thread_id, one, report_id) == 204
    assert await report(web, world, world.teacher, thread_id, two, report_id) == 409
    assert await report(web, world, world.teacher, thread_id, one, report_id, reason="spam") in (409, 422)
    assert await report(web, world, world.teacher, thread_id, one, report_id, note="Khác") == 409
    block = {
        "block_id": str(new_id()),
        "thread_id": thread_id,
        "guardian_id": str(world.parent.person_id),
        "reason": "Nhắn đêm",
    }
    path = school(world, "/message-blocks")
    for _ in range(2):
        assert (await web.post(path, json=block, headers=world.teacher.headers)).status_code == 204
    other = {**block, "reason": "Lý do khác"}
    assert (await web.post(path, json=other, headers=world.teacher.headers)).status_code == 409


async def test_a_block_that_ends_keeps_who_granted_it(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    block_id = str(new_id())
    block = {
        "block_id": block_id,
        "thread_id": thread_id,
        "guardian_id": str(world.parent.person_id),
        "reason": "Nhắn đêm",
    }
    await web.post(school(world, "/message-blocks"), json=block, headers=world.teacher.headers)
    path = school(world, f"/message-blocks/{block_id}")
    for decision in ({"state": "granted", "until_on": "2026-10-20"}, {"state": "ended"}):
        assert (await web.post(path, json=decision, headers=world.admin.headers)).status_code == 204
    row = await owner.fetchrow("SELECT * FROM message_blocks WHERE block_id = $1", block_id)
    assert (row["state"], row["decided_by"], row["ended_by"]) == (
        "ended",
        world.admin.account_id,
        world.admin.account_id,
    )
    assert row["decided_at"] is not None and row["ended_at"] is not None


async def test_reading_in_quiet_hours_moves_the_familys_version_when_it_may_be_told(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, school_house: House
) -> None:
    async def tag() -> str:
        return (await web.get("/v1/family/home", headers=world.parent.headers)).headers["etag"]

    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Thưa cô, mai cháu nghỉ")
    at(clock, 2026, 10, 14, 22, 0)
    before = await tag()
    await read(web, world, world.teacher, thread_id, message_id)
    await tell_everywhere(school_house)
    assert await tag() == before
    at(clock, 2026, 10, 14, 23, 59)
    await tell_everywhere(school_house)
    assert await tag() == before  # the day has not turned and nothing may be told yet
    at(clock, 2026, 10, 15, 6, 30)
    morning = await tag()
    await tell_everywhere(school_house)
    told = await tag()
    assert told != morning
    [message] = (await look(web, world, world.parent, thread_id))["messages"]
    assert message["read_at"] is not None
    clock.advance(timedelta(minutes=1))
    await tell_everywhere(school_house)
    assert await tag() == told

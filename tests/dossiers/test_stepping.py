"""A request goes on: papers asked for and brought, the clock that stands meanwhile, decisions, and who is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from backend.dossiers import queries
from tests.dossiers.filing import attach, family_step, file, seen_by_family, seen_by_school, step
from tests.factories import World


async def told(owner: asyncpg.Connection, world: World) -> list[tuple[Any, dict[str, Any]]]:
    rows = await owner.fetch(
        "SELECT r.guardian_id, n.params::text AS params FROM notices n JOIN notice_recipients r USING (school_id, notice_id)"
        " WHERE n.school_id = $1 AND n.kind = 'dossier' ORDER BY n.created_at, n.notice_id, r.guardian_id",
        world.school_id,
    )
    return [(row["guardian_id"], msgspec.json.decode(row["params"])) for row in rows]


async def test_the_clock_stands_while_papers_are_waited_for(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    """Filed on Wednesday for three days (Monday 19th); asked on Thursday with two left; brought a week later, promised two days on."""
    dossier_id = await file(web, world.parent, world.child, "transfer")
    clock.advance(timedelta(days=1))
    asked = await step(web, world, dossier_id, "ask", 1, note="Thiếu giấy đồng ý tiếp nhận của trường mới.")
    assert asked.json() == {"state": "needs_papers", "steps": 2, "promised_on": None}
    clock.advance(timedelta(days=7))
    paper = await attach(web, world.parent, world.school_id)
    added = await family_step(web, world, dossier_id, "add", 2, file_ids=[paper], note="Tôi gửi bổ sung.")
    assert added.json() == {"state": "answered", "steps": 3, "promised_on": "2026-10-26"}
    there = await seen_by_school(web, world, dossier_id)
    assert [file.name for file in there.history[-1].files] == ["giay.png"] and there.history[
        -1
    ].note == "Tôi gửi bổ sung."


async def test_from_hand_to_hand(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> None:
    dossier_id = await file(web, world.parent, world.child)
    for number, name in enumerate(("start", "ready", "collect"), 1):
        assert (await step(web, world, dossier_id, name, number)).status_code == 200
    own = await seen_by_family(web, world, dossier_id, world.parent)
    assert (own.state, own.next) == ("collected", [])
    assert [one.step for one in own.history] == ["file", "start", "ready", "collect"]
    # The father hears of what the mother filed, and both of what the school does; the push says nothing of what it is.
    heard = [(guardian, params["said"]) for guardian, params in await told(owner, world)]
    parents = sorted([world.parent.person_id, world.parent2.person_id])
    later = [(guardian, said) for said in ("in_work", "ready", "collected") for guardian in parents]
    assert heard == [(world.parent2.person_id, "received"), *later]


async def test_a_sensitive_kind_is_named_in_no_notice(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    dossier_id = await file(web, world.parent, world.child, "policy-disability")
    await step(web, world, dossier_id, "ask", 1, note="Thiếu giấy xác nhận khuyết tật.")
    assert "khuyết tật" not in str(await told(owner, world)) and "title_vi" not in str(await told(owner, world))
    body = await web.get("/v1/family/notices", headers=world.parent.headers)
    assert "HS-2026-0001" in body.text and "khuyết tật" not in body.text


@pytest.mark.parametrize(
    ("name", "more", "pointer"),
    [
        ("ask", {}, "/note"),
        ("refuse", {"note": "  "}, "/note"),
        ("withdraw", {}, "/note"),
        ("add", {}, "/file_ids"),
        ("postpone", {"note": "Chờ dấu."}, "/promised_on"),
        ("postpone", {"note": "Chờ dấu.", "promised_on": "2026-10-14"}, "/promised_on"),
        ("postpone", {"note": "Chờ dấu.", "promised_on": "2028-10-14"}, "/promised_on"),
    ],
)
async def test_what_a_step_wants_is_pointed_at(
    web: httpx.AsyncClient, world: World, name: str, more: dict[str, Any], pointer: str
) -> None:
    dossier_id = await file(web, world.parent, world.child)
    answer = await step(web, world, dossier_id, name, 1, **more)
    assert answer.status_code == 422 and [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_another_day_is_promised_with_a_reason(web: httpx.AsyncClient, world: World) -> None:
    dossier_id = await file(web, world.parent, world.child)
    done = await step(web, world, dossier_id, "postpone", 1, note="Hiệu trưởng đi vắng.", promised_on="2026-10-21")
    assert done.json() == {"state": "received", "steps": 2, "promised_on": "2026-10-21"}
    own = await seen_by_family(web, world, dossier_id, world.parent)
    assert (own.promised_on, own.history[-1].note) == (date(2026, 10, 21), "Hiệu trưởng đi vắng.")


async def test_nobody_decides_over_what_came_a_moment_before(web: httpx.AsyncClient, world: World) -> None:
    dossier_id = await file(web, world.parent, world.child)
    assert (await family_step(web, world, dossier_id, "withdraw", 1)).json()["state"] == "withdrawn"
    late = await step(web, world, dossier_id, "ready", 1)
    assert late.status_code == 409 and late.json()["type"] == "/problems/dossier-changed"
    looked = await step(web, world, dossier_id, "ready", 2)
    assert looked.status_code == 409 and looked.json()["type"] == "/problems/dossier-step"


async def test_the_same_step_twice_is_one(web: httpx.AsyncClient, world: World) -> None:
    dossier_id, step_id = await file(web, world.parent, world.child), str(new_id())
    first = await step(web, world, dossier_id, "start", 1, step_id=step_id)
    again = await step(web, world, dossier_id, "start", 1, step_id=step_id)
    assert first.json() == again.json() and again.status_code == 200
    assert len((await seen_by_school(web, world, dossier_id)).history) == 2


async def test_only_who_filed_takes_it_back(web: httpx.AsyncClient, world: World) -> None:
    dossier_id = await file(web, world.parent, world.child)
    refused = await family_step(web, world, dossier_id, "withdraw", 1, by=world.parent2)
    assert refused.status_code == 403
    assert (await seen_by_family(web, world, dossier_id, world.parent2)).next == ["add"]


async def test_what_is_overdue_comes_first_and_is_counted(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    late = await file(web, world.parent, world.child)
    clock.advance(timedelta(days=4))
    await file(web, world.parent, world.child, "class-change")
    waiting = await file(web, world.parent, world.child, "mark-review")
    await step(web, world, waiting, "ask", 1, note="Thiếu bài kiểm tra.")
    path = f"/v1/schools/{world.school_id}/dossiers"
    page = (await web.get(path, headers=world.admin.headers)).json()
    assert (page["overdue"], page["waiting"], page["open"]) == (1, 2, 3)
    assert page["dossiers"][0]["dossier_id"] == str(late) and page["dossiers"][0]["overdue"]
    only = (await web.get(path, params={"show": "overdue"}, headers=world.admin.headers)).json()["dossiers"]
    assert [one["dossier_id"] for one in only] == [str(late)]
    papers = (await web.get(path, params={"show": "papers"}, headers=world.admin.headers)).json()["dossiers"]
    assert [one["dossier_id"] for one in papers] == [str(waiting)]
    by_number = (await web.get(path, params={"find": "HS-2026-0002"}, headers=world.admin.headers)).json()["dossiers"]
    assert [one["kind"] for one in by_number] == ["class-change"]
    by_name = await web.get(path, params={"find": world.child.full_name.split()[-1]}, headers=world.admin.headers)
    assert len(by_name.json()["dossiers"]) == 3


async def test_what_waits_for_the_family_stands_in_its_list(web: httpx.AsyncClient, world: World) -> None:
    dossier_id = await file(web, world.parent, world.child)

    async def lines() -> list[tuple[str, str, str]]:
        found = (await web.get("/v1/family/todo", headers=world.parent.headers)).json()["lines"]
        return [(line["kind"], line["title"], line["link"]) for line in found]

    assert await lines() == []
    before = (await web.get("/v1/family/home", headers=world.parent.headers)).headers["etag"]
    await step(web, world, dossier_id, "ask", 1, note="Thiếu ảnh.")
    changed = await web.get("/v1/family/home", headers={**world.parent.headers, "if-none-match": before})
    assert changed.status_code == 200  # the phone that asks whether anything is new hears of it
    link = f"/app/{world.school_id}/dossiers/{dossier_id}"
    title = "Giấy xác nhận học sinh đang học (HS-2026-0001)"
    assert await lines() == [("papers", title, link)]
    await family_step(web, world, dossier_id, "add", 2, note="Tôi đã gửi ở văn phòng.")
    assert await lines() == []
    await step(web, world, dossier_id, "ready", 3, note="Nhận tại văn phòng, buổi sáng.")
    assert await lines() == [("collect", title, link)]


async def test_pages_follow_one_another_whichever_way_they_are_ordered(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_PAGE", 2)
    kinds = ("confirm-loan", "transfer", "class-change", "student-card", "confirm-enrolment")
    filed = [await file(web, world.parent, world.child, kind) for kind in kinds]

    async def all_of(show: str) -> list[str]:
        found: list[str] = []
        before: dict[str, str] = {}
        while True:
            path = f"/v1/schools/{world.school_id}/dossiers"
            page = (await web.get(path, params={"show": show, **before}, headers=world.admin.headers)).json()
            found += [one["dossier_id"] for one in page["dossiers"]]
            if page["next"] is None:
                return found
            before = {"before": page["next"]}

    by_promise = [filed[place] for place in (0, 4, 1, 2, 3)]  # in two, two, three, ten and ten days
    assert await all_of("open") == [str(one) for one in by_promise]
    for one in filed:
        clock.advance(timedelta(minutes=1))
        await family_step(web, world, one, "withdraw", 1)
    assert await all_of("closed") == [str(one) for one in reversed(filed)]

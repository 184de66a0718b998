"""What a post exposes of a child, and children compared, is said to its writer and to whoever approves it."""

from __future__ import annotations

import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from tests.factories import World
from tests.feed.scenes import Feed
from tests.feed.test_pages import browser

RANKED = "Bạn An đứng nhất lớp, bạn Ân học kém nhất lớp, xếp thứ 40."


@pytest.fixture
async def feed(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> Feed:
    made = Feed(web, world)
    await made.settle(approval="admin")
    return made


async def test_findings_stand_at_the_draft_and_at_what_waits(feed: Feed, world: World) -> None:
    post_id = await feed.drafted(world.teacher, body=RANKED)
    path = feed.school(f"/feed/posts/{post_id}")
    draft = (await feed.web.get(path, headers=world.teacher.headers)).json()
    assert {one["defect"] for one in draft["findings"]} == {"personal_data_exposed", "comparison_of_pupils"}
    await feed.deed(world.teacher, post_id, "hand-in")
    [waiting] = (await feed.web.get(feed.school("/feed/waiting"), headers=world.admin.headers)).json()["posts"]
    assert waiting["findings"] == draft["findings"]
    queue = (await feed.web.get(f"/console/{world.school_id}/feed", headers=browser(world.admin))).text
    assert draft["findings"][0]["sentence"] in queue
    plain = await feed.drafted(world.teacher, body="Cả lớp trồng cây trong vườn trường.")
    found = (await feed.web.get(feed.school(f"/feed/posts/{plain}"), headers=world.teacher.headers)).json()
    assert found["findings"] == []


async def test_the_writer_sees_them_before_it_is_handed_in(feed: Feed, world: World) -> None:
    post_id, who = str(new_id()), browser(world.teacher)
    here = f"/console/{world.school_id}/classes/{world.class_id}/feed/{post_id}"
    shown = await feed.web.post(here, data={"body": RANKED, "do": "hand_in"}, headers=who)
    assert shown.status_code == 200
    assert "Đã xem, vẫn gửi" in shown.text and RANKED in shown.text
    state = (await feed.web.get(feed.school(f"/feed/posts/{post_id}"), headers=world.teacher.headers)).json()["state"]
    assert state == "draft"
    sent = await feed.web.post(here, data={"body": RANKED, "do": "hand_in_anyway"}, headers=who)
    assert sent.status_code == 303
    state = (await feed.web.get(feed.school(f"/feed/posts/{post_id}"), headers=world.teacher.headers)).json()["state"]
    assert state == "waiting"


async def test_the_api_tells_them_when_a_draft_is_kept_and_handed_in_and_refuses_nothing(
    feed: Feed, world: World
) -> None:
    path = feed.school(f"/feed/posts/{new_id()}")
    draft = {"class_id": str(world.class_id), "body": RANKED}
    kept = await feed.web.put(path, json=draft, headers=world.teacher.headers)
    assert kept.status_code == 201
    assert {one["defect"] for one in kept.json()["findings"]} == {"personal_data_exposed", "comparison_of_pupils"}
    sent = await feed.web.post(path + "/hand-in", headers=world.teacher.headers)
    assert (sent.status_code, sent.json()["state"]) == (200, "waiting")
    assert sent.json()["findings"] == kept.json()["findings"]
    mended = await feed.web.put(path, json={**draft, "body": "Cả lớp trồng cây."}, headers=world.teacher.headers)
    assert mended.json()["findings"] == []

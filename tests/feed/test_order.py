"""Pages of the feed lose nothing, a report stands for one thing, and nobody decides about the own post."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from tests.factories import World
from tests.feed.scenes import Feed


@pytest.fixture
async def feed(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> Feed:
    made = Feed(web, world)
    await made.settle()
    return made


async def test_posts_of_one_instant_are_all_on_some_page(feed: Feed, world: World) -> None:
    made = {await feed.published(world.teacher, body=f"Bài {n}") for n in range(5)}  # the clock stands still
    seen: list[str] = []
    before = None
    for _ in range(4):
        params = {"limit": "2"} | ({"before": before} if before else {})
        page = (await feed.web.get("/v1/family/feed", params=params, headers=world.parent.headers)).json()
        seen += [one["post_id"] for one in page["posts"]]
        before = page["next"]
        if before is None:
            break
    assert (len(seen), set(seen)) == (5, made)


@pytest.mark.parametrize("before", ["2026-10-14T07:40:00", "hôm qua", "2026-10-14T07:40:00Z~x"])
async def test_a_place_that_is_none_is_pointed_at(feed: Feed, world: World, before: str) -> None:
    answer = await feed.web.get("/v1/family/feed", params={"before": before}, headers=world.parent.headers)
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, ["/before"])


async def test_an_instant_with_a_zone_is_a_place(feed: Feed, world: World) -> None:
    await feed.published(world.teacher)
    for before, count in (("2026-10-14T07:40:00+07:00", 0), ("2026-10-14T07:41:00+07:00", 1)):
        answer = await feed.web.get("/v1/family/feed", params={"before": before}, headers=world.parent.headers)
        assert len(answer.json()["posts"]) == count


async def test_a_report_stands_for_one_thing(feed: Feed, world: World) -> None:
    one, two = [await feed.published(world.teacher, body=text) for text in ("Một", "Hai")]
    report_id = str(new_id())
    for post_id, reason, status in ((one, "insult", 204), (one, "insult", 204), (two, "insult", 409), (one, "other", 409)):  # fmt: skip
        answer = await feed.report(world.parent, post_id, reason, report_id=report_id)
        assert answer.status_code == status, answer.text


async def test_nobody_decides_about_the_own_post_and_each_decision_is_kept(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    post_id = await feed.published(world.admin)
    report_id = str(new_id())
    assert (await feed.report(world.parent, post_id, "other", report_id=report_id)).status_code == 204
    path = feed.school(f"/feed/reports/{report_id}")
    refused = await feed.web.post(path, json={"state": "kept"}, headers=world.admin.headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/feed-own-reported")
    await owner.execute(
        "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'school_admin', '2026-09-01Z')",
        world.school_id,
        world.other_teacher.person_id,
    )
    for state in ("hidden", "kept"):
        decided = await feed.web.post(path, json={"state": state}, headers=world.other_teacher.headers)
        assert decided.status_code == 204, decided.text
    rows = await owner.fetch(
        "SELECT number, state FROM feed_report_decisions WHERE school_id = $1 ORDER BY number", world.school_id
    )
    assert [tuple(row) for row in rows] == [(1, "hidden"), (2, "kept")]


async def test_a_comment_taken_back_keeps_who_had_let_it_through(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    await feed.settle(moderate_comments=True)
    post_id = await feed.published(world.teacher, comments_allowed=True)
    comment_id = str(new_id())
    await feed.comment(world.parent, post_id, comment_id=comment_id)
    shown = await feed.web.post(
        feed.school(f"/feed/comments/{comment_id}"), json={"state": "shown"}, headers=world.teacher.headers
    )
    assert shown.status_code == 204, shown.text
    gone = await feed.web.post(feed.family(f"/feed/comments/{comment_id}/withdraw"), headers=world.parent.headers)
    assert gone.status_code == 204, gone.text
    row = await owner.fetchrow("SELECT * FROM feed_comments WHERE comment_id = $1", comment_id)
    assert (row["state"], row["decided_by"]) == ("withdrawn", world.teacher.account_id)
    assert row["withdrawn_at"] is not None

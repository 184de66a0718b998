"""The feed's pages for families, as plain forms: reading, thanking, commenting, reporting, and each child's consent."""

from __future__ import annotations

import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.factories import Person, World
from tests.feed.scenes import PICTURE, Feed


@pytest.fixture
async def feed(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> Feed:
    made = Feed(web, world)
    await made.settle()
    return made


def browser(person: Person) -> dict[str, str]:
    return {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": f"{ACCESS_COOKIE}={person.token}"}


async def test_a_family_reads_thanks_and_comments(feed: Feed, world: World) -> None:
    photo = await feed.photo(world.teacher)
    post_id = await feed.published(world.teacher, photos=[photo], comments_allowed=True)
    here, who = f"/app/{world.school_id}/feed/{post_id}", browser(world.parent)
    shown = (await feed.web.get("/app/feed", headers=who)).text
    assert "Cả lớp trồng cây." in shown
    assert f"/feed/posts/{post_id}/files/{photo['file_id']}" in shown
    assert (await feed.web.post(here + "/thanks", data={"x": "1"}, headers=who)).status_code in (302, 303)
    said = {"comment_id": str(new_id()), "text": "Vui quá cô ơi!"}
    refused = await feed.web.post(here + "/comment", data=said, headers=who)
    assert refused.status_code == 409
    assert "Vui quá cô ơi!" in refused.text  # what was typed is not lost
    assert (await feed.web.post(here + "/comment", data={**said, "accepts": "yes"}, headers=who)).status_code in (302, 303)  # fmt: skip
    assert "Mẹ An" in (await feed.web.get("/app/feed", headers=browser(world.classmate_parent))).text


async def test_my_child_on_a_picture_takes_it_out_of_sight(feed: Feed, world: World) -> None:
    photo = await feed.photo(world.teacher)
    post_id = await feed.published(world.teacher, photos=[photo])
    here, who = f"/app/{world.school_id}/feed/{post_id}", browser(world.parent)
    said = {"report_id": str(new_id()), "reason": "my_child", "file_id": ""}
    assert (await feed.web.post(here + "/report", data=said, headers=who)).status_code == 422
    answer = await feed.web.post(here + "/report", data={**said, "file_id": photo["file_id"]}, headers=who)
    assert answer.status_code in (302, 303)
    assert photo["file_id"] not in (await feed.web.get("/app/feed", headers=who)).text


async def test_consent_is_given_and_withdrawn_on_its_page(feed: Feed, world: World) -> None:
    here, who = f"/app/{world.school_id}/children/{world.child.pupil_id}/consents", browser(world.parent)
    refused = await feed.web.post(here, data={"photo": "class", "praise": "class"}, headers=who)
    assert refused.status_code == 422
    assert "hỏi con" in refused.text
    agreed = {"photo": "class", "praise": "none", "child_agrees": "yes"}
    assert (await feed.web.post(here, data=agreed, headers=who)).status_code in (302, 303)
    assert "Chỉ lớp của con xem" in (await feed.web.get(here, headers=who)).text


async def test_a_teacher_writes_tags_and_hands_in_and_the_head_approves(feed: Feed, world: World) -> None:
    await feed.settle(approval="admin")
    post_id, who = str(new_id()), browser(world.teacher)
    here = f"/console/{world.school_id}/classes/{world.class_id}/feed/{post_id}"
    sent = {"photos": ("anh.png", PICTURE, "image/png")}
    saved = await feed.web.post(here, data={"body": "Trồng cây", "do": "save"}, files=sent, headers=who)
    assert saved.status_code in (302, 303), saved.text
    draft = (await feed.web.get(feed.school(f"/feed/posts/{post_id}"), headers=world.teacher.headers)).json()
    file_id = draft["photos"][0]["file_id"]
    tagged = {"body": "Trồng cây", "do": "hand_in", f"tag-{file_id}-{world.child.pupil_id}": "yes"}
    refused = await feed.web.post(here, data=tagged, headers=who)
    assert refused.status_code == 409
    assert "Gia đình em Nguyễn Minh An chưa đồng ý" in refused.text
    await feed.wished(world.parent, world.child, "class")
    assert (await feed.web.post(here, data=tagged, headers=who)).status_code in (302, 303)
    queue = f"/console/{world.school_id}/feed"
    assert "Trồng cây" in (await feed.web.get(queue, headers=browser(world.admin))).text
    approve = f"{queue}/posts/{post_id}/approve"
    assert (await feed.web.post(approve, data={"x": "1"}, headers=browser(world.admin))).status_code in (302, 303)
    assert await feed.pictures(world.classmate_parent) == {file_id}

"""A class's feed through its doors: approval, consent, comments, reports, and what each side is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.feed import family, retention
from tests.factories import World
from tests.feed.scenes import Feed


@pytest.fixture
async def feed(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> Feed:
    made = Feed(web, world)
    await made.settle()
    return made


async def test_a_classs_families_read_its_feed_and_nobody_else(feed: Feed, world: World) -> None:
    post_id = await feed.published(world.teacher)
    for reader in (world.parent, world.parent2, world.classmate_parent):
        [post] = await feed.seen(reader)
        assert (post["post_id"], post["body"], post["author"]) == (post_id, "Cả lớp trồng cây.", "Cô Cúc")
    for other in (world.neighbour, world.stranger):
        assert await feed.seen(other) == []
        assert (await feed.web.get(feed.family(f"/feed/posts/{post_id}"), headers=other.headers)).status_code == 404


async def test_a_guardian_who_may_not_see_the_child_reads_nothing(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    await feed.published(world.teacher)
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    assert await feed.seen(world.parent2) == []
    assert len(await feed.seen(world.parent)) == 1


async def test_a_child_who_has_left_the_class_takes_its_family_along(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    await feed.published(world.teacher)
    await owner.execute(
        "UPDATE enrolments SET to_on = $3 WHERE school_id = $1 AND pupil_id = $2",
        world.school_id, world.child.pupil_id, date(2026, 10, 13),
    )  # fmt: skip
    assert await feed.seen(world.parent) == []


@pytest.mark.parametrize("approval", ["admin", "teacher"])
async def test_somebody_else_approves(feed: Feed, world: World, approval: str) -> None:
    await feed.settle(approval=approval)
    post_id = await feed.drafted(world.teacher)
    assert (await feed.deed(world.subject_teacher, post_id, "approve")).status_code in (403, 404)
    answer = await feed.deed(world.teacher, post_id, "hand-in")
    assert answer.json()["state"] == "waiting"
    assert await feed.seen(world.parent) == []
    own = await feed.deed(world.teacher, post_id, "approve")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/feed-own-post")
    second = await feed.deed(world.subject_teacher, post_id, "approve")
    assert second.status_code == (200 if approval == "teacher" else 403)
    assert (await feed.deed(world.admin, post_id, "approve")).json()["state"] == "published"
    assert len(await feed.seen(world.parent)) == 1


async def test_the_heads_own_post_needs_another_head(feed: Feed, world: World) -> None:
    await feed.settle(approval="admin")
    post_id = await feed.drafted(world.admin)
    await feed.deed(world.admin, post_id, "hand-in")
    assert (await feed.deed(world.admin, post_id, "approve")).status_code == 403


async def test_a_post_that_went_back_is_changed_and_handed_in_anew(feed: Feed, world: World) -> None:
    await feed.settle(approval="admin")
    post_id = await feed.drafted(world.teacher)
    await feed.deed(world.teacher, post_id, "hand-in")
    queue = (await feed.web.get(feed.school("/feed/waiting"), headers=world.admin.headers)).json()
    assert [one["post_id"] for one in queue["posts"]] == [post_id]
    assert (await feed.deed(world.admin, post_id, "send-back", note="Thiếu ngày")).status_code == 204
    read = await feed.web.get(feed.school(f"/feed/posts/{post_id}"), headers=world.teacher.headers)
    assert (read.json()["state"], read.json()["decision_note"]) == ("draft", "Thiếu ngày")
    await feed.drafted(world.teacher, post_id=post_id, body="Cả lớp trồng cây hôm 14/10.")
    await feed.deed(world.teacher, post_id, "hand-in")
    # A change while it waits takes it back, so that nobody approves what they have not read.
    await feed.drafted(world.teacher, post_id=post_id, body="Khác hẳn")
    assert (await feed.deed(world.admin, post_id, "approve")).status_code == 404
    await feed.deed(world.teacher, post_id, "hand-in")
    assert (await feed.deed(world.admin, post_id, "approve")).status_code == 200
    [post] = await feed.seen(world.parent)
    assert post["body"] == "Khác hẳn"


async def test_a_picture_needs_everybodys_consent_and_the_teacher_is_told_whose(feed: Feed, world: World) -> None:
    await feed.wished(world.parent, world.child, "class")
    photo = await feed.photo(world.teacher, world.child, world.classmate)
    post_id = await feed.drafted(world.teacher, photos=[photo])
    answer = await feed.deed(world.teacher, post_id, "hand-in")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/feed-photos-not-ready")
    [wrong] = answer.json()["errors"]
    assert wrong["pointer"] == f"/photos/0/pupil_ids/{world.classmate.pupil_id}"
    assert "Trần Bảo Ân" in wrong["detail"]
    await feed.wished(world.classmate_parent, world.classmate, "school")
    assert (await feed.deed(world.teacher, post_id, "hand-in")).json()["state"] == "published"
    assert await feed.pictures(world.parent) == {photo["file_id"]}
    served = await feed.picture(world.parent, post_id, photo["file_id"])
    assert (served.status_code, served.headers["cache-control"]) == (200, "private, no-cache")
    again = await feed.picture(world.parent, post_id, photo["file_id"], **{"if-none-match": served.headers["etag"]})
    assert again.status_code == 304


async def test_an_untagged_picture_is_not_published(feed: Feed, world: World) -> None:
    photo = {"file_id": await feed.upload(world.teacher)}
    post_id = await feed.drafted(world.teacher, photos=[photo])
    answer = await feed.deed(world.teacher, post_id, "hand-in")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/photos/0"]
    await feed.drafted(world.teacher, post_id=post_id, photos=[{**photo, "nobody_recognisable": True}])
    assert (await feed.deed(world.teacher, post_id, "hand-in")).status_code == 200


async def test_a_withdrawal_hides_the_picture_at_once(feed: Feed, world: World) -> None:
    await feed.wished(world.parent, world.child, "class")
    photo = await feed.photo(world.teacher, world.child)
    post_id = await feed.published(world.teacher, photos=[photo])
    etag = (await feed.picture(world.classmate_parent, post_id, photo["file_id"])).headers["etag"]
    await feed.wished(world.parent, world.child, "none")
    for reader in (world.parent, world.classmate_parent):
        assert await feed.pictures(reader) == set()
        assert (
            await feed.picture(reader, post_id, photo["file_id"], **{"if-none-match": etag})
        ).status_code == 404  # fmt: skip
    # The teacher sees it, and that nobody else does.
    read = await feed.web.get(feed.school(f"/feed/posts/{post_id}"), headers=world.teacher.headers)
    [shown] = read.json()["photos"]
    assert (shown["seen"], shown["tags"][0]["allowed"]) == (False, False)


async def test_of_two_guardians_the_stricter_wish_counts(feed: Feed, world: World, clock: StoppedClock) -> None:
    await feed.wished(world.parent, world.child, "school")
    clock.advance(timedelta(minutes=1))
    await feed.wished(world.parent2, world.child, "none")
    path = feed.family(f"/pupils/{world.child.pupil_id}/consents")
    found = (await feed.web.get(path, headers=world.parent.headers)).json()
    assert found["photo"] == "none"
    assert {(one["mine"], one["photo"]) for one in found["wishes"]} == {(True, "school"), (False, "none")}
    assert [one["wish"] for one in found["history"] if one["purpose"] == "photo"] == ["none", "school"]
    await feed.wished(world.parent2, world.child, "class")
    assert (await feed.web.get(path, headers=world.parent.headers)).json()["photo"] == "class"


async def test_the_childs_own_word_is_asked_from_seven_years_on(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    answer = await feed.wish(world.parent, world.child, "class", child_agrees=False)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/child_agrees")
    assert (await feed.wish(world.parent, world.child, "none", child_agrees=False)).status_code == 204
    await owner.execute(
        "UPDATE pupils SET born_on = '2020-10-15' WHERE school_id = $1 AND pupil_id = $2",
        world.school_id,
        world.child.pupil_id,
    )
    assert (await feed.wish(world.parent, world.child, "class", child_agrees=False)).status_code == 204


async def test_a_child_of_another_class_needs_consent_for_the_school(feed: Feed, world: World) -> None:
    await feed.wished(world.neighbour, world.neighbour_child, "class")
    photo = await feed.photo(world.teacher, world.neighbour_child)
    post_id = await feed.drafted(world.teacher, photos=[photo])
    assert (await feed.deed(world.teacher, post_id, "hand-in")).status_code == 409
    await feed.wished(world.neighbour, world.neighbour_child, "school")
    assert (await feed.deed(world.teacher, post_id, "hand-in")).status_code == 200
    assert await feed.pictures(world.parent) == {photo["file_id"]}
    assert await feed.seen(world.neighbour) == []  # on the picture, but not in the class


async def test_praise_of_one_child_is_its_familys_unless_it_agrees(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    praise = {"kind": "pupil_praise", "pupil_id": str(world.child.pupil_id), "body": "Em An giúp bạn rất tận tình."}
    await feed.published(world.teacher, **praise)
    [post] = await feed.seen(world.parent)
    assert post["pupil_name"] == "Nguyễn Minh An"
    assert await feed.seen(world.classmate_parent) == []
    await feed.wished(world.parent, world.child, "none", "class")
    assert len(await feed.seen(world.classmate_parent)) == 1
    await feed.wished(world.parent2, world.child, "none", "none")
    assert await feed.seen(world.classmate_parent) == []
    told = await owner.fetch(
        "SELECT r.guardian_id FROM notices n JOIN notice_recipients r ON r.school_id = n.school_id AND r.notice_id = n.notice_id"
        " WHERE n.school_id = $1 AND n.kind = 'feed'",
        world.school_id,
    )
    assert {row["guardian_id"] for row in told} == {world.parent.person_id, world.parent2.person_id}


async def test_thanks_are_a_number_for_the_author_alone(feed: Feed, world: World) -> None:
    post_id = await feed.published(world.teacher)
    for who in (world.parent, world.parent, world.classmate_parent):
        answer = await feed.web.post(feed.family(f"/feed/posts/{post_id}/thanks"), headers=who.headers)
        assert answer.status_code == 204
    for reader, thanks in ((world.teacher, 2), (world.subject_teacher, None), (world.admin, None)):
        answer = await feed.web.get(feed.school(f"/feed/posts/{post_id}"), headers=reader.headers)
        assert answer.json()["thanks"] == thanks
    [post] = await feed.seen(world.parent)
    assert post["thanked"] is True
    assert "thanks" not in post


async def test_comments_wait_are_shown_by_role_and_keep_their_place(feed: Feed, world: World) -> None:
    await feed.settle(moderate_comments=True)
    closed = await feed.published(world.teacher)
    assert (await feed.comment(world.parent, closed)).status_code == 409
    post_id = await feed.published(world.teacher, comments_allowed=True)
    assert (await feed.comment(world.classmate_parent, post_id, accepts_rules=None)).status_code == 409
    assert (await feed.comment(world.neighbour, post_id)).status_code == 404
    made = await feed.comment(world.parent, post_id, "Cảm ơn cô!")
    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    assert (await _comments(feed, world.classmate_parent, post_id)) == []
    queue = (await feed.web.get(feed.school("/feed/waiting"), headers=world.teacher.headers)).json()
    assert [(one["author"], one["text"]) for one in queue["comments"]] == [("Mẹ An", "Cảm ơn cô!")]
    path = feed.school(f"/feed/comments/{made.json()['comment_id']}")
    assert (
        await feed.web.post(path, json={"state": "shown"}, headers=world.subject_teacher.headers)
    ).status_code == 403
    assert (await feed.web.post(path, json={"state": "shown"}, headers=world.teacher.headers)).status_code == 204
    assert await _comments(feed, world.classmate_parent, post_id) == [("Mẹ An", "Cảm ơn cô!", "shown")]
    withdraw = feed.family(f"/feed/comments/{made.json()['comment_id']}/withdraw")
    assert (await feed.web.post(withdraw, headers=world.parent2.headers)).status_code == 404
    assert (await feed.web.post(withdraw, headers=world.parent.headers)).status_code == 204
    assert await _comments(feed, world.classmate_parent, post_id) == [("Mẹ An", None, "withdrawn")]
    assert (await feed.web.post(path, json={"state": "shown"}, headers=world.teacher.headers)).status_code == 409


async def _comments(feed: Feed, by: Any, post_id: str) -> list[tuple[str, str | None, str]]:
    [post] = [one for one in await feed.seen(by) if one["post_id"] == post_id]
    return [(one["author"], one["text"], one["state"]) for one in post["comments"]]


async def test_my_child_is_on_it_hides_the_picture_until_decided(feed: Feed, world: World) -> None:
    photo = await feed.photo(world.teacher)
    post_id = await feed.published(world.teacher, photos=[photo])
    assert (await feed.report(world.parent, post_id, "my_child")).status_code == 422
    assert (await feed.report(world.neighbour, post_id, "my_child", file_id=photo["file_id"])).status_code == 404
    assert (await feed.report(world.parent, post_id, "my_child", file_id=photo["file_id"])).status_code == 204
    assert await feed.pictures(world.classmate_parent) == set()
    found = await feed.web.get(feed.school("/feed/reports"), headers=world.admin.headers)
    [report] = found.json()["reports"]
    assert (report["reason"], report["reported_by"], report["state"]) == ("my_child", "Nguyễn Thị Hoa", "waiting")
    path = feed.school(f"/feed/reports/{report['report_id']}")
    await feed.web.post(path, json={"state": "kept"}, headers=world.admin.headers)
    assert await feed.pictures(world.classmate_parent) == {photo["file_id"]}
    # The teacher tags the child who was overlooked: without its consent the picture is gone for good.
    more = {"file_id": photo["file_id"], "pupil_ids": [str(world.child.pupil_id)]}
    assert (await feed.deed(world.teacher, post_id, "tags", **more)).status_code == 204
    assert await feed.pictures(world.classmate_parent) == set()


async def test_a_reported_post_is_hidden_and_its_place_stays(
    feed: Feed, world: World, owner: asyncpg.Connection
) -> None:
    post_id = await feed.published(world.teacher)
    await feed.report(world.parent, post_id, "private_data")
    found = (await feed.web.get(feed.school("/feed/reports"), headers=world.admin.headers)).json()["reports"]
    path = feed.school(f"/feed/reports/{found[0]['report_id']}")
    assert (await feed.web.post(path, json={"state": "hidden"}, headers=world.admin.headers)).status_code == 204
    [post] = await feed.seen(world.parent)
    assert (post["hidden"], post["body"], post["photos"], post["comments"]) == (True, None, [], [])
    recalled = await owner.fetchval(
        "SELECT recalled_at IS NOT NULL FROM notices WHERE school_id = $1 AND kind = 'feed'", world.school_id
    )
    assert recalled is True
    assert (await feed.deed(world.admin, post_id, "show")).status_code == 204
    [post] = await feed.seen(world.parent)
    assert post["body"] == "Cả lớp trồng cây."


async def test_only_ones_own_pictures_are_put_on_a_post(feed: Feed, world: World) -> None:
    stolen = await feed.upload(world.parent)
    answer = await feed.draft(world.teacher, photos=[{"file_id": stolen}])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/photos/0")


async def test_every_wrong_field_of_a_draft_is_named(feed: Feed, world: World) -> None:
    file_id, stranger = str(new_id()), str(world.other_child.pupil_id)
    photos = [
        {"file_id": file_id, "pupil_ids": [stranger], "nobody_recognisable": True},
        {"file_id": file_id},
    ]
    answer = await feed.draft(world.teacher, kind="pupil_praise", photos=photos)
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "/photos/0/nobody_recognisable", "/photos/0/pupil_ids/0", "/photos/1/file_id", "/pupil_id",
    }  # fmt: skip


async def test_after_its_time_nothing_is_left_but_a_count(
    feed: Feed, world: World, owner: asyncpg.Connection, school_house: House, clock: StoppedClock
) -> None:
    await feed.wished(world.parent, world.child, "class")
    photo, other = await feed.photo(world.teacher, world.child), await feed.photo(world.teacher)
    post_id = await feed.published(world.teacher, photos=[photo, other], comments_allowed=True)
    await feed.comment(world.parent, post_id)
    await feed.web.post(feed.family(f"/feed/posts/{post_id}/thanks"), headers=world.parent.headers)
    await feed.report(world.parent, post_id, "other")
    # One of the pictures also hangs on a letter, which keeps its own time.
    letter = {
        "announcement_id": str(new_id()), "title": "Ảnh", "body": "Ảnh lớp", "file_ids": [other["file_id"]],
        "audience": {"kind": "class", "class_id": str(world.class_id)},
    }  # fmt: skip
    sent = await feed.web.post(feed.school("/announcements"), json=letter, headers=world.teacher.headers)
    assert sent.status_code == 201, sent.text
    clock.advance(timedelta(days=(date(2027, 6, 30) - date(2026, 10, 14)).days))
    await retention.run_everywhere(school_house)
    assert await _rows(owner, world) == {"feed_posts": 1, "files": 2}
    clock.advance(timedelta(days=1))
    assert await _seen_late(feed, world, owner, school_house) == 0
    assert await retention.run_everywhere(school_house) >= 1
    assert await _rows(owner, world) == {"feed_posts": 0, "files": 1}
    for table in ("feed_photos", "feed_photo_pupils", "feed_comments", "feed_thanks", "feed_reports"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE school_id = $1", world.school_id) == 0
    detail = await owner.fetchval(
        "SELECT detail::text FROM audit_events WHERE school_id = $1 AND action = 'feed.expired'", world.school_id
    )
    for part in ('"posts": 1', '"photos": 2', '"files": 1', '"comments": 1'):
        assert part in detail


async def _rows(owner: asyncpg.Connection, world: World) -> dict[str, int]:
    return {
        table: await owner.fetchval(f"SELECT count(*) FROM {table} WHERE school_id = $1", world.school_id)
        for table in ("feed_posts", "files")
    }


async def _seen_late(feed: Feed, world: World, owner: asyncpg.Connection, house: House) -> int:
    """How many posts the family sees on the house's day; its token has run out by then."""
    today = school_day(house.clock.now())
    found = await family.feed(house.database.reader, world.parent.account_id, [world.school_id], today, "vi")
    return len(found.posts)


async def test_a_post_for_a_class_that_is_not_there_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/schools/{world.school_id}/feed/posts/{new_id()}"
    answer = await web.put(path, json={"class_id": str(new_id()), "body": "Chào"}, headers=world.admin.headers)
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, ["/class_id"])

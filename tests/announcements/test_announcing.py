"""Writing to families and seeing who read it, through the doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from notifications.audience import Reach
from schemas.announcements import AnnouncementPage, AnnouncementRow
from schemas.notifications import Receipts
from tests.factories import Person, World


def letter(audience: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "announcement_id": str(new_id()),
        "title": "Họp phụ huynh",
        "body": "Thứ Sáu, 18 giờ.\n\n\n\nTại phòng  học lớp.",
        "audience": audience,
        **more,
    }


def to_class(world: World) -> dict[str, Any]:
    return {"kind": "class", "class_id": str(world.class_id)}


async def send(
    web: httpx.AsyncClient, world: World, body: dict[str, Any], by: Person | None = None, rest: str = ""
) -> httpx.Response:
    return await web.post(
        f"/v1/schools/{world.school_id}/announcements{rest}", json=body, headers=(by or world.teacher).headers
    )


async def receipts(
    web: httpx.AsyncClient, world: World, announcement_id: str, by: Person, **query: str
) -> httpx.Response:
    return await web.get(
        f"/v1/schools/{world.school_id}/announcements/{announcement_id}/receipts", params=query, headers=by.headers
    )


async def inbox(web: httpx.AsyncClient, who: Person) -> list[dict[str, Any]]:
    answer = await web.get("/v1/family/notices", headers=who.headers)
    found: list[dict[str, Any]] = answer.json()["notices"]
    return found


async def test_an_announcement_to_a_class_reaches_its_families_only(web: httpx.AsyncClient, world: World) -> None:
    answer = await send(web, world, letter(to_class(world)))
    assert answer.status_code == 201, answer.text
    assert (answer.json()["guardians"], answer.json()["without_account"]) == (3, 0)
    [notice] = await inbox(web, world.parent)
    assert (notice["title"], notice["body"]) == ("Họp phụ huynh", "Thứ Sáu, 18 giờ.\n\nTại phòng học lớp.")
    assert await inbox(web, world.neighbour) == []


@pytest.mark.parametrize(
    ("audience", "reached"),
    [({"kind": "school"}, 4), ({"kind": "grade", "grade": 6}, 4), ({"kind": "grade", "grade": 7}, 0)],
)
async def test_the_administrator_writes_to_school_and_grade(
    web: httpx.AsyncClient, world: World, audience: dict[str, Any], reached: int
) -> None:
    answer = await send(web, world, letter(audience), by=world.admin)
    assert answer.json()["guardians"] == reached


async def test_a_letter_to_pupils_reaches_their_guardians(web: httpx.AsyncClient, world: World) -> None:
    audience = {"kind": "pupils", "pupil_ids": [str(world.classmate.pupil_id)]}
    assert (await send(web, world, letter(audience))).json()["guardians"] == 1
    assert (len(await inbox(web, world.classmate_parent)), await inbox(web, world.parent)) == (1, [])


async def test_the_same_request_again_announces_nothing_twice(web: httpx.AsyncClient, world: World) -> None:
    body = letter(to_class(world))
    first, again = await send(web, world, body), await send(web, world, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(await inbox(web, world.parent)) == 1


@pytest.mark.parametrize(
    "change", [{"title": "Khác"}, {"needs_acknowledgement": True}, {"audience": {"kind": "school"}}]
)
async def test_other_words_under_the_same_id_are_a_conflict(
    web: httpx.AsyncClient, world: World, change: dict[str, Any]
) -> None:
    body = letter(to_class(world))
    await send(web, world, body, by=world.admin)
    assert (await send(web, world, {**body, **change}, by=world.admin)).status_code == 409


@pytest.mark.parametrize("who", ["teacher", "other_teacher", "accountant"])
@pytest.mark.parametrize("audience", [{"kind": "school"}, {"kind": "grade", "grade": 6}])
async def test_only_the_administrator_writes_beyond_a_class(
    web: httpx.AsyncClient, world: World, who: str, audience: dict[str, Any]
) -> None:
    assert (await send(web, world, letter(audience), by=getattr(world, who))).status_code == 403


async def test_a_teacher_does_not_write_to_other_classes_or_their_pupils(web: httpx.AsyncClient, world: World) -> None:
    assert (await send(web, world, letter(to_class(world)), by=world.other_teacher)).status_code == 403
    mixed = {"kind": "pupils", "pupil_ids": [str(world.child.pupil_id), str(world.neighbour_child.pupil_id)]}
    assert (await send(web, world, letter(mixed))).status_code == 403
    assert await inbox(web, world.parent) == []


async def test_what_does_not_exist_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    pupils = {"kind": "pupils", "pupil_ids": [str(world.child.pupil_id), str(world.other_child.pupil_id)]}
    foreign = {"kind": "class", "class_id": str(world.foreign_class_id)}
    for audience, pointer in ((pupils, "/audience/pupil_ids/1"), (foreign, "/audience/class_id")):
        answer = await send(web, world, letter(audience), by=world.admin)
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [pointer])


async def test_blanks_are_no_title_and_no_text(web: httpx.AsyncClient, world: World) -> None:
    answer = await send(web, world, letter(to_class(world), title=" ​ ", body="\n \n"))
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/title", "/body"]


async def test_the_preview_names_whom_nothing_can_reach(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL, phone_e164 = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.classmate_parent.person_id,
    )
    answer = await send(web, world, {"audience": to_class(world)}, rest="/preview")
    found = msgspec.json.decode(answer.content, type=Reach)
    assert (found.homes, found.homes_reached) == (2, 1)
    assert [home.full_name for home in found.unreached] == ["Trần Bảo Ân"]
    refused = await send(web, world, {"audience": {"kind": "school"}}, rest="/preview")
    assert refused.status_code == 403


async def test_the_teacher_sees_by_name_who_has_read_and_acknowledged(web: httpx.AsyncClient, world: World) -> None:
    made = (await send(web, world, letter(to_class(world), needs_acknowledgement=True))).json()
    for who, deed in ((world.parent, "acknowledged"), (world.parent2, "opened")):
        await web.post(f"/v1/family/notices/{world.school_id}/{made['notice_id']}/{deed}", headers=who.headers)
    answer = await receipts(web, world, made["announcement_id"], world.teacher)
    found = msgspec.json.decode(answer.content, type=Receipts)
    assert (found.recipients_count, found.opened_count, found.acknowledged_count) == (3, 2, 1)
    state = {r.guardian_name: (r.opened_at is not None, r.acknowledged_at is not None) for r in found.recipients}
    assert state == {
        "Nguyễn Thị Hoa": (True, True),
        "Nguyễn Văn Hùng": (True, False),
        "Trần Thị Mai": (False, False),
    }


async def test_of_a_school_wide_letter_a_teacher_sees_the_own_class_only(web: httpx.AsyncClient, world: World) -> None:
    made = (await send(web, world, letter({"kind": "school"}), by=world.admin)).json()
    own = await receipts(web, world, made["announcement_id"], world.teacher, class_id=str(world.class_id))
    assert {r["guardian_name"] for r in own.json()["recipients"]} == {
        "Nguyễn Thị Hoa",
        "Nguyễn Văn Hùng",
        "Trần Thị Mai",
    }
    for query in ({}, {"class_id": str(world.other_class_id)}):
        assert (await receipts(web, world, made["announcement_id"], world.teacher, **query)).status_code == 403
    whole = await receipts(web, world, made["announcement_id"], world.admin)
    assert whole.json()["recipients_count"] == 4


async def test_a_class_letters_receipts_cannot_be_widened_by_another_class(
    web: httpx.AsyncClient, world: World
) -> None:
    """The teacher of 6A2 may ask about 6A2's families, and of a letter to 6A1 there are none."""
    made = (await send(web, world, letter(to_class(world)))).json()
    answer = await receipts(
        web, world, made["announcement_id"], world.other_teacher, class_id=str(world.other_class_id)
    )
    assert (answer.status_code, answer.json()["recipients"]) == (200, [])
    assert (await receipts(web, world, made["announcement_id"], world.other_teacher)).status_code == 403


async def test_a_recalled_announcement_is_gone_for_families_and_kept_for_the_school(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    body = letter(to_class(world), needs_acknowledgement=True)
    made = (await send(web, world, body)).json()
    first = await web.get("/v1/family/home", headers=world.parent.headers)
    recall = f"/{made['announcement_id']}/recall"
    assert (await send(web, world, {}, by=world.other_teacher, rest=recall)).status_code == 403
    for _ in range(2):
        assert (await send(web, world, {}, rest=recall)).status_code == 204
    headers = {**world.parent.headers, "if-none-match": first.headers["etag"]}
    home = await web.get("/v1/family/home", headers=headers)
    assert (home.status_code, home.json()["children"][0]["to_do"]["acknowledge"]) == (200, [])
    assert await inbox(web, world.parent) == []
    row = await web.get(
        f"/v1/schools/{world.school_id}/announcements/{made['announcement_id']}", headers=world.teacher.headers
    )
    assert msgspec.json.decode(row.content, type=AnnouncementRow).recalled_at is not None
    assert (await send(web, world, body)).json()["type"] == "/problems/announcement-recalled"
    assert await owner.fetchval(
        "SELECT count(*) FROM audit_events WHERE school_id = $1 AND action = 'announcement.recalled'", world.school_id
    ) == 1  # fmt: skip


async def listed(web: httpx.AsyncClient, world: World, who: Person, **query: str) -> AnnouncementPage:
    answer = await web.get(f"/v1/schools/{world.school_id}/announcements", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=AnnouncementPage)


async def test_the_list_shows_each_teacher_what_concerns_the_own_classes(web: httpx.AsyncClient, world: World) -> None:
    pupils = {"kind": "pupils", "pupil_ids": [str(world.child.pupil_id)]}
    for title, audience, by in [
        ("Toàn trường", {"kind": "school"}, world.admin),
        ("Khối 6", {"kind": "grade", "grade": 6}, world.admin),
        ("Khối 7", {"kind": "grade", "grade": 7}, world.admin),
        ("Lớp 6A1", to_class(world), world.teacher),
        ("Riêng", pupils, world.teacher),
    ]:
        assert (await send(web, world, letter(audience, title=title), by=by)).status_code == 201

    async def titles(who: Person) -> set[str]:
        return {row.title for row in (await listed(web, world, who)).announcements}

    assert await titles(world.admin) == {"Toàn trường", "Khối 6", "Khối 7", "Lớp 6A1", "Riêng"}
    assert await titles(world.teacher) == {"Toàn trường", "Khối 6", "Lớp 6A1", "Riêng"}
    assert await titles(world.other_teacher) == {"Toàn trường", "Khối 6"}
    assert await titles(world.accountant) == {"Toàn trường"}


async def test_the_list_is_read_page_by_page_with_its_counts(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    for number in range(3):
        made = (await send(web, world, letter(to_class(world), title=f"Tin {number}"))).json()
        clock.advance(timedelta(minutes=1))
    await web.post(f"/v1/family/notices/{world.school_id}/{made['notice_id']}/opened", headers=world.parent.headers)
    first = await listed(web, world, world.teacher, limit="2")
    second = await listed(web, world, world.teacher, limit="2", before=str(first.next))
    assert [row.title for row in (*first.announcements, *second.announcements)] == ["Tin 2", "Tin 1", "Tin 0"]
    assert second.next is None
    newest = first.announcements[0]
    assert (newest.recipients, newest.opened, newest.mine, newest.class_name) == (3, 1, True, "6A1")

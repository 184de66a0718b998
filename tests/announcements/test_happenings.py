"""What follows from a letter, and what a family sees beyond its words: files, dates, reminders, corrections, and a recalled letter's stone."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from backend.announcements.happenings import as_ics
from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from schemas.happenings import FamilyEvent
from tests.announcements.letters import pass_time
from tests.announcements.test_announcing import inbox, letter, send, to_class
from tests.factories import Person, World
from tests.files.matrix_lines import PICTURE
from tests.wednesday import MORNING


@pytest.fixture
async def sent(web: httpx.AsyncClient, world: World) -> dict[str, Any]:
    made: dict[str, Any] = (await send(web, world, letter(to_class(world)))).json()
    return made


async def post(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], rest: str, body: Any, by: Person | None = None
) -> httpx.Response:
    path = f"/v1/schools/{world.school_id}/announcements/{sent['announcement_id']}/{rest}"
    return await web.post(path, json=body, headers=(by or world.teacher).headers)


def meeting(**more: Any) -> dict[str, Any]:
    return {
        "event_id": str(new_id()),
        "title": "Họp phụ huynh",
        "held_on": "2026-10-16",
        "starts_at": "18:00:00",
        **more,
    }


async def test_a_date_stands_in_the_calendar_of_those_who_got_the_letter(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any]
) -> None:
    body = meeting(place="Phòng học lớp 6A1", ends_at="19:30:00")
    first, again = [await post(web, world, sent, "events", body) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (await post(web, world, sent, "events", {**body, "title": "Khác"})).status_code == 409

    async def events(who: Person) -> list[Any]:
        found: list[Any] = (await web.get("/v1/family/events", headers=who.headers)).json()["events"]
        return found

    [event] = await events(world.parent)
    assert (event["title"], event["held_on"], event["children"]) == ("Họp phụ huynh", "2026-10-16", ["Nguyễn Minh An"])
    assert await events(world.neighbour) == []
    ics = f"/v1/family/events/{world.school_id}/{event['event_id']}/ics"
    answer = await web.get(ics, headers=world.parent.headers)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "DTSTART:20261016T110000Z\r\nDTEND:20261016T123000Z" in answer.text
    assert (await web.get(ics, headers=world.neighbour.headers)).status_code == 404
    page = await web.get("/app/events", headers={**world.parent.headers, "accept": "text/html"})
    assert "Họp phụ huynh" in page.text and "16/10/2026" in page.text
    none = await web.get("/app/events", headers={**world.neighbour.headers, "accept": "text/html"})
    assert none.status_code == 200 and "Họp phụ huynh" not in none.text
    path = f"/v1/schools/{world.school_id}/announcements/{sent['announcement_id']}/events/{event['event_id']}"
    assert (await web.delete(path, headers=world.other_teacher.headers)).status_code == 403
    for _ in range(2):
        assert (await web.delete(path, headers=world.teacher.headers)).status_code == 204
    assert await events(world.parent) == []


async def test_a_date_that_makes_no_sense_is_pointed_at(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any]
) -> None:
    wrong = await post(web, world, sent, "events", meeting(title=" ", held_on="2026-10-13", ends_at="17:00:00"))
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"/title", "/held_on", "/ends_at"}
    assert (await post(web, world, sent, "events", meeting(), by=world.other_teacher)).status_code == 403


def test_an_entry_follows_rfc_5545() -> None:
    event = FamilyEvent(
        1, "Trường THCS Thử Nghiệm", new_id(), new_id(), "Họp; bàn về quỹ, và kế hoạch năm học mới của lớp", MORNING.date(),
        None, None, "A\\B", ["An"],
    )  # fmt: skip
    lines = as_ics(event, MORNING).split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    whole = b"\r\n".join(lines).replace(b"\r\n ", b"").decode()
    assert "SUMMARY:Họp\\; bàn về quỹ\\, và kế hoạch năm học mới của lớp\r\n" in whole
    assert "DTSTART;VALUE=DATE:20261014\r\nDTEND;VALUE=DATE:20261015" in whole and "LOCATION:A\\\\B" in whole


async def test_a_reminder_comes_the_evening_before_to_those_who_got_it_once(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], school_house: House, clock: StoppedClock
) -> None:
    for _ in range(2):
        answer = await post(web, world, sent, "reminders", {"about_on": "2026-10-15"})
        assert (answer.status_code, answer.json()["remind_at"]) == (201, "2026-10-14T19:00:00+07:00")
    today = await post(web, world, sent, "reminders", {"about_on": "2026-10-14"})
    assert [error["pointer"] for error in today.json()["errors"]] == ["/about_on"]
    assert (
        await post(web, world, sent, "reminders", {"about_on": "2026-10-15"}, by=world.other_teacher)
    ).status_code == 403
    assert await pass_time(school_house, clock, world, minutes=50) == 0
    assert len(await inbox(web, world.parent)) == 1
    left = await pass_time(school_house, clock, world, hours=11)
    assert (left, await pass_time(school_house, clock, world)) == (1, 0)
    row = await school_house.database.reader.fetchrow(
        "SELECT n.kind, n.title, (SELECT count(*) FROM notice_recipients r WHERE r.school_id = $1 AND r.notice_id = n.notice_id)"
        " AS told FROM notices n WHERE n.school_id = $1 AND n.kind = 'reminder'",
        world.school_id,
    )
    assert row is not None and (row["kind"], row["title"], row["told"]) == ("reminder", "Họp phụ huynh", 3)


async def test_a_dropped_reminder_is_not_said_and_the_trail_knows_who_dropped_it(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], school_house: House, clock: StoppedClock
) -> None:
    await post(web, world, sent, "reminders", {"about_on": "2026-10-15"})
    path = f"/v1/schools/{world.school_id}/announcements/{sent['announcement_id']}/reminders/2026-10-15"
    for _ in range(2):
        assert (await web.delete(path, headers=world.teacher.headers)).status_code == 204
    trail = await school_house.database.reader.fetch(
        "SELECT actor_account_id, detail->>'about_on' AS about_on FROM audit_events"
        " WHERE school_id = $1 AND action = 'announcement.reminder_dropped' AND subject_id = $2",
        world.school_id,
        sent["announcement_id"],
    )
    assert [tuple(row) for row in trail] == [(world.teacher.account_id, "2026-10-15")]
    assert await pass_time(school_house, clock, world, hours=12) == 0


async def test_a_recalled_letter_is_not_said_again(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], school_house: House, clock: StoppedClock
) -> None:
    await post(web, world, sent, "reminders", {"about_on": "2026-10-15"})
    await post(web, world, sent, "recall", None)
    assert await pass_time(school_house, clock, world, hours=12) == 0


async def test_a_recalled_letter_takes_everything_said_about_it_along(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], school_house: House, clock: StoppedClock
) -> None:
    await post(web, world, sent, "reminders", {"about_on": "2026-10-15"})
    assert await pass_time(school_house, clock, world, hours=12) == 1
    assert await pass_time(school_house, clock, world, hours=2) == 0
    assert (await post(web, world, sent, "again", {"reminder_id": str(new_id())})).status_code == 200
    told = await inbox(web, world.parent)
    assert [one["kind"] for one in told] == ["reminder", "reminder", "announcement"]
    await post(web, world, sent, "recall", None)
    assert await inbox(web, world.parent) == []
    for one in told:
        path = f"/v1/family/notices/{world.school_id}/{one['notice_id']}"
        assert (await web.get(path, headers=world.parent.headers)).status_code == 404


@pytest.mark.parametrize("about_on", ["0001-01-01", "9999-12-31"])
async def test_a_reminder_of_a_day_out_of_sight_is_pointed_at(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], about_on: str
) -> None:
    answer = await post(web, world, sent, "reminders", {"about_on": about_on})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, ["/about_on"])


async def uploaded(web: httpx.AsyncClient, world: World, who: Person) -> str:
    file_id = str(new_id())
    files = {"data": ("ảnh.png", PICTURE, "image/png")}
    path = f"/v1/schools/{world.school_id}/files"
    assert (await web.post(path, params={"file_id": file_id}, files=files, headers=who.headers)).status_code == 201
    return file_id


async def test_files_reach_those_who_got_the_letter_and_nobody_else(web: httpx.AsyncClient, world: World) -> None:
    mine, hers = await uploaded(web, world, world.teacher), await uploaded(web, world, world.parent)
    stolen = await send(web, world, letter(to_class(world), file_ids=[mine, hers]))
    assert [error["pointer"] for error in stolen.json()["errors"]] == ["/file_ids/1"]
    made = (await send(web, world, letter(to_class(world), file_ids=[mine]))).json()
    path = f"/v1/family/notices/{world.school_id}/{made['notice_id']}"
    shown = (await web.get(f"{path}/letter", headers=world.parent.headers)).json()
    assert [one["name"] for one in shown["files"]] == ["ảnh.png"]
    assert (await web.get(f"{path}/files/{mine}", headers=world.parent.headers)).status_code == 200
    for rest, who in ((mine, world.neighbour), (hers, world.parent)):
        assert (await web.get(f"{path}/files/{rest}", headers=who.headers)).status_code == 404
    await post(web, world, made, "recall", None)
    assert (await web.get(f"{path}/files/{mine}", headers=world.parent.headers)).status_code == 404


async def test_a_correction_and_what_it_corrects_point_at_each_other(
    web: httpx.AsyncClient, world: World, sent: dict[str, Any], owner: asyncpg.Connection
) -> None:
    other = letter(to_class(world), corrects=sent["announcement_id"], title="Đính chính")
    made = (await send(web, world, other)).json()

    async def seen(notice_id: str) -> Any:
        return (
            await web.get(f"/v1/family/notices/{world.school_id}/{notice_id}/letter", headers=world.parent.headers)
        ).json()

    assert (await seen(sent["notice_id"]))["corrected_by"] == made["notice_id"]
    assert (await seen(made["notice_id"]))["corrects"] == sent["notice_id"]
    foreign = letter(to_class(world), corrects=str(new_id()))
    assert [error["pointer"] for error in (await send(web, world, foreign)).json()["errors"]] == ["/corrects"]


async def test_a_familys_page_shows_file_date_and_the_stone_of_a_recalled_letter(
    web: httpx.AsyncClient, world: World
) -> None:
    file_id = await uploaded(web, world, world.teacher)
    made = (
        await send(web, world, letter(to_class(world), file_ids=[file_id], expires_at="2026-10-15T00:00:00Z"))
    ).json()
    await post(web, world, made, "events", meeting(place="Phòng 6A1"))
    path = f"/app/{world.school_id}/notices/{made['notice_id']}"
    shown = await web.get(path, headers={**world.parent.headers, "accept": "text/html"})
    assert file_id in shown.text and "Phòng 6A1" in shown.text and "/ics" in shown.text
    await post(web, world, made, "recall", None)
    gone = await web.get(path, headers={**world.parent.headers, "accept": "text/html"})
    assert gone.status_code == 410 and "thu hồi" in gone.text and "Thứ Sáu, 18 giờ" not in gone.text
    assert (await web.get(path, headers={**world.neighbour.headers, "accept": "text/html"})).status_code == 404

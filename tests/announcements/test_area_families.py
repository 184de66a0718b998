"""A commune writes to the families of two schools: the paper is kept once, and a family in both is told once, of both its children."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.announcements.leaving import publish_due
from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.files.area import forget_area, upload_area
from bots.answers.asking import Asker
from bots.answers.notices import unread
from tests.announcements.test_announcing import inbox
from tests.announcements.test_area import ask, storm
from tests.factories import Person, World, also_in_the_other_school
from tests.feed.test_pages import browser
from tests.files.matrix_lines import PICTURE
from tests.files.test_variants import photograph


async def uploaded(web: httpx.AsyncClient, world: World) -> str:
    file_id = str(new_id())
    sent = {"data": ("so-do.png", PICTURE, "image/png")}
    answer = await web.post("/v1/area/files", params={"file_id": file_id}, files=sent, headers=world.area_admin.headers)
    assert answer.status_code == 201, answer.text
    return file_id


async def sent(web: httpx.AsyncClient, world: World, area: str, **more: Any) -> str:
    body = storm(area, undo_seconds=0, **more)
    answer = await ask(web, world, "POST", json=body)
    assert answer.status_code == 201, answer.text
    return str(body["letter_id"])


async def leave(house: House, world: World) -> None:
    for school_id in (world.school_id, world.other_school_id):
        await publish_due(house, school_id)


async def test_the_paper_is_kept_once_and_read_by_the_families_of_every_school_and_nobody_else(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, owner: asyncpg.Connection
) -> None:
    file_id = await uploaded(web, world)
    letter_id = await sent(web, world, area, file_ids=[file_id])
    before = await owner.fetchval("SELECT count(*) FROM area_files")
    await leave(school_house, world)
    assert await owner.fetchval("SELECT count(*) FROM area_files") == before
    assert await owner.fetchval("SELECT count(*) FROM files WHERE file_id = $1", file_id) == 0
    paths = {}
    for who in (world.parent, world.stranger):
        [notice] = await inbox(web, who)
        paths[who.account_id] = f"/v1/family/notices/{notice['school_id']}/{notice['notice_id']}"
        letter = (await web.get(paths[who.account_id] + "/letter", headers=who.headers)).json()
        assert [one["file_id"] for one in letter["files"]] == [file_id]
        picture = await web.get(f"{paths[who.account_id]}/files/{file_id}", headers=who.headers)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    # A notice of the other school opens nothing, nor another file of the area.
    theirs = f"{paths[world.stranger.account_id]}/files/{file_id}"
    assert (await web.get(theirs, headers=world.parent.headers)).status_code == 404
    other = await uploaded(web, world)
    assert (await web.get(f"{paths[world.parent.account_id]}/files/{other}", headers=world.parent.headers)).status_code == 404  # fmt: skip
    staff = f"/v1/schools/{world.school_id}/announcements/{letter_id}/files/{file_id}"
    assert (await web.get(staff, headers=world.teacher.headers)).status_code == 200
    assert (await web.get(staff, headers=world.other_admin.headers)).status_code in (403, 404)
    own = f"/v1/area/letters/{letter_id}/files/{file_id}"
    assert (await web.get(own, headers=world.area_admin.headers)).status_code == 200
    await ask(web, world, "POST", f"/{letter_id}/recall")
    await leave(school_house, world)
    gone = f"{paths[world.parent.account_id]}/files/{file_id}"
    assert (await web.get(gone, headers=world.parent.headers)).status_code == 404


async def test_only_what_the_writer_uploaded_can_be_hung_and_what_hangs_nowhere_is_forgotten(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, clock: StoppedClock, owner: asyncpg.Connection
) -> None:
    loose, hung = await uploaded(web, world), await uploaded(web, world)
    await sent(web, world, area, file_ids=[hung])
    refused = await ask(web, world, "POST", json=storm(area, file_ids=[hung, str(new_id())]))
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/file_ids/1"]
    await forget_area(school_house, clock.now() + timedelta(days=8))
    kept = await owner.fetch("SELECT file_id FROM area_files WHERE file_id::text = ANY ($1)", [loose, hung])
    assert [str(one["file_id"]) for one in kept] == [hung]


@pytest.fixture
async def both(owner: asyncpg.Connection, house: House, world: World) -> Person:
    await also_in_the_other_school(owner, house, world)
    return world.parent


async def home_of(web: httpx.AsyncClient, who: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await web.get("/v1/family/home", headers=who.headers)).json()
    return found


async def test_a_family_in_two_schools_is_told_once_of_both_its_children(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, both: Person, owner: asyncpg.Connection
) -> None:
    look = (await ask(web, world, "GET", "/look", params={"area_code": area})).json()
    assert (look["guardians"], look["people"]) == (6, 5)
    letter_id = await sent(web, world, area, needs_acknowledgement=True)
    # Both schools at the same moment, each by two workers.
    schools = (world.school_id, world.other_school_id) * 2
    await asyncio.gather(*(publish_due(school_house, school) for school in schools))
    ways = await owner.fetch(
        "SELECT d.state, d.reason FROM deliveries d JOIN guardians g USING (school_id, guardian_id)"
        " JOIN notices n USING (school_id, notice_id) WHERE n.source_id = $1 AND g.account_id = $2 ORDER BY d.state",
        letter_id,
        both.account_id,
    )
    assert [(row["state"], row["reason"]) for row in ways] == [("due", None), ("skipped", "told_elsewhere")]
    [notice] = await inbox(web, both)
    assert {child["full_name"] for child in notice["children"]} == {"Nguyễn Minh An", "Phạm Văn Đức"}
    path = f"/v1/family/notices/{notice['school_id']}/{notice['notice_id']}"
    one = (await web.get(path, headers=both.headers)).json()
    assert {child["full_name"] for child in one["children"]} == {"Nguyễn Minh An", "Phạm Văn Đức"}
    home = await home_of(web, both)
    assert (home["unread_notices"], len(home["to_do"])) == (1, 1)
    [line] = home["to_do"]
    assert {child["full_name"] for child in line["children"]} == {"Nguyễn Minh An", "Phạm Văn Đức"}
    claimed = await web.post(
        f"/v1/family/todo/{line['school_id']}/claim", json={"key": line["key"]}, headers=both.headers
    )
    assert claimed.status_code == 204, claimed.text
    [taken] = (await home_of(web, both))["to_do"]
    assert (taken["taken_by"]["mine"], len(taken["children"])) == (True, 2)
    # Taken note of once, it is for both schools.
    assert (await web.post(path + "/acknowledged", headers=both.headers)).status_code == 204
    home = await home_of(web, both)
    assert (home["unread_notices"], home["to_do"]) == (0, [])
    noted = await owner.fetchval(
        "SELECT count(*) FROM notice_recipients r JOIN guardians g USING (school_id, guardian_id)"
        " WHERE g.account_id = $1 AND r.acknowledged_at IS NOT NULL",
        both.account_id,
    )
    assert noted == 2
    # Others are told by their own school as ever.
    assert [len(one["children"]) for one in await inbox(web, world.stranger)] == [1]


async def test_copies_are_one_on_whatever_page_they_stand(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, both: Person
) -> None:
    await sent(web, world, area)
    await publish_due(school_house, world.school_id)
    for number in range(3):
        await publish_other(web, world, f"Tin {number}")
    await publish_due(school_house, world.other_school_id)
    seen: list[str] = []
    before = None
    while True:
        params = {"limit": 2} | ({"before": before} if before else {})
        page = (await web.get("/v1/family/notices", params=params, headers=both.headers)).json()
        seen += [one["title"] for one in page["notices"]]
        before = page["next"]
        if before is None:
            break
    assert seen == ["Nghỉ học tránh bão", "Tin 2", "Tin 1", "Tin 0"]


async def publish_other(web: httpx.AsyncClient, world: World, title: str) -> None:
    letter = {
        "announcement_id": str(new_id()),
        "title": title,
        "body": "Thứ Sáu 16/10/2026.",
        "audience": {"kind": "school"},
    }
    answer = await web.post(f"/v1/schools/{world.school_id}/announcements", json=letter, headers=world.admin.headers)
    assert answer.status_code == 201


async def test_a_family_that_may_no_longer_see_one_child_still_reads_the_other_schools_copy(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, both: Person, owner: asyncpg.Connection
) -> None:
    await sent(web, world, area)
    await leave(school_house, world)
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        both.person_id,
    )
    [notice] = await inbox(web, both)
    assert [child["full_name"] for child in notice["children"]] == ["Phạm Văn Đức"]


async def test_a_chat_counts_an_areas_letter_once(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, owner: asyncpg.Connection
) -> None:
    await also_in_the_other_school(owner, school_house, world)
    await sent(web, world, area)
    await leave(school_house, world)
    asker = Asker(school_house, world.parent.account_id, school_day(school_house.clock.now()), "vi")
    found = await unread(asker, [world.school_id, world.other_school_id])
    assert len(found.shown) == 1 and "1 thông báo" in found.text
    assert len(found.shown[0].children) == 2


async def test_a_phone_loads_a_letters_picture_small_and_the_whole_only_when_it_is_tapped(
    web: httpx.AsyncClient, world: World, area: str, school_house: House
) -> None:
    file_id = new_id()
    await upload_area(school_house, world.area_admin.account_id, file_id=file_id, name="a.jpg", data=photograph(1600, 1200))  # fmt: skip
    await sent(web, world, area, file_ids=[str(file_id)])
    await leave(school_house, world)
    [notice] = await inbox(web, world.parent)
    page = (await web.get(f"/app/{notice['school_id']}/notices/{notice['notice_id']}", headers=browser(world.parent))).text  # fmt: skip
    whole = f"/v1/family/notices/{notice['school_id']}/{notice['notice_id']}/files/{file_id}"
    assert f'<a href="{whole}"' in page
    assert f'src="{whole}?size=small"' in page and f"{whole}?size=middle 960w" in page
    assert f'src="{whole}"' not in page
    small = await web.get(whole, params={"size": "small"}, headers=world.parent.headers)
    assert small.status_code == 200 and len(small.content) * 4 < len((await web.get(whole, headers=world.parent.headers)).content)  # fmt: skip

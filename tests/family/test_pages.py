"""A child's grades and attendance, and the inbox of a family, through their doors."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.family.queries import unread_notices
from schemas.attendance import PupilMonth
from schemas.family import FamilyNotice, Inbox
from schemas.gradebook import PupilGrades
from tests.attendance.test_roll_call import absent, take
from tests.factories import Person, World
from tests.family.test_home import announce, in_two_schools
from tests.gradebook.test_entering import enter, fill, line
from tests.gradebook.test_entering import publish as publish_marks
from tests.wednesday import TODAY


def page(world: World, rest: str) -> str:
    return f"/v1/family/schools/{world.school_id}/pupils/{world.child.pupil_id}/{rest}"


async def inbox(web: httpx.AsyncClient, who: Person, **query: str) -> Inbox:
    answer = await web.get("/v1/family/notices", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Inbox)


async def test_grades_show_published_marks_and_the_circulars_average(web: httpx.AsyncClient, world: World) -> None:
    await fill(web, world)
    await publish_marks(web, world)
    await enter(web, world, line(world.child, 10), term=2)
    answer = await web.get(page(world, "grades"), headers=world.parent.headers)
    [subject] = msgspec.json.decode(answer.content, type=PupilGrades).subjects
    assert (subject.name, [term.term for term in subject.terms], subject.year_average) == ("Toán", [1], None)
    assert (subject.terms[0].average, len(subject.terms[0].marks)) == (Decimal("8.1"), 6)
    assert set(answer.json()["subjects"][0]) == {"code", "name", "assessed", "terms", "year_average", "year_passed"}


async def test_an_average_of_marks_that_families_do_not_see_yet_stays_hidden(
    web: httpx.AsyncClient, world: World
) -> None:
    await fill(web, world)
    await publish_marks(web, world, kind="regular")
    answer = await web.get(page(world, "grades?term=1"), headers=world.parent.headers)
    [subject] = msgspec.json.decode(answer.content, type=PupilGrades).subjects
    assert subject.terms[0].average is None


async def test_attendance_defaults_to_this_month(web: httpx.AsyncClient, world: World) -> None:
    await take(web, world, absent(world.child.pupil_id, "excused", note="ốm"))
    answer = await web.get(page(world, "attendance"), headers=world.parent.headers)
    month = msgspec.json.decode(answer.content, type=PupilMonth)
    assert (month.month, [(m.mark, m.note) for m in month.marks]) == ("2026-10", [("excused", "ốm")])
    other = await web.get(page(world, "attendance?month=2026-09"), headers=world.parent.headers)
    month = msgspec.json.decode(other.content, type=PupilMonth)
    assert (month.marks, month.totals.excused, month.year.excused) == ([], 0, 1)


@pytest.mark.parametrize("rest", ["grades", "attendance"])
async def test_pages_of_a_child_answer_304_until_something_is_new(
    web: httpx.AsyncClient, world: World, rest: str
) -> None:
    async def again(tag: str) -> httpx.Response:
        return await web.get(page(world, rest), headers={**world.parent.headers, "if-none-match": tag})

    first = await web.get(page(world, rest), headers=world.parent.headers)
    assert (await again(first.headers["etag"])).status_code == 304
    await take(web, world, absent(world.child.pupil_id, "late"))
    assert (await again(first.headers["etag"])).status_code == 200


@pytest.mark.parametrize("rest", ["grades", "attendance"])
@pytest.mark.parametrize("who", ["neighbour", "classmate_parent", "stranger"])
async def test_other_peoples_children_are_not_found_even_with_a_wildcard(
    web: httpx.AsyncClient, world: World, rest: str, who: str
) -> None:
    for headers in ({}, {"if-none-match": "*"}):
        answer = await web.get(page(world, rest), headers={**getattr(world, who).headers, **headers})
        assert answer.status_code == 404


async def test_a_wrong_month_or_term_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    for rest, pointer in (("attendance?month=10-2026", "?month"), ("grades?term=3", "?term")):
        answer = await web.get(page(world, rest), headers=world.parent.headers)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_the_inbox_says_notices_in_the_readers_words(web: httpx.AsyncClient, world: World) -> None:
    await take(web, world, absent(world.child.pupil_id))
    [notice] = (await inbox(web, world.parent)).notices
    assert (notice.kind, notice.urgent, [c.full_name for c in notice.children]) == ("absence", True, ["Nguyễn Minh An"])
    assert "14/10/2026" in notice.body and "Minh An" in notice.body
    english = await web.get("/v1/family/notices", headers={**world.parent.headers, "accept-language": "en"})
    assert english.json()["notices"][0]["title"] == "Absent without leave"


async def test_a_corrected_absence_says_so_where_it_was_told(web: httpx.AsyncClient, world: World) -> None:
    await take(web, world, absent(world.child.pupil_id))
    before = (await inbox(web, world.parent)).notices[0].body
    await take(web, world, absent(world.child.pupil_id, "late"))
    [notice] = (await inbox(web, world.parent)).notices
    assert notice.body == before + "\n\nNhà trường đã sửa lại điểm danh buổi này: đi muộn."
    await take(web, world, absent(world.child.pupil_id))
    assert (await inbox(web, world.parent)).notices[0].body == before


async def test_the_inbox_is_read_page_by_page(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    made = []
    for number in range(5):
        made.append(await announce(school_house, world, title=f"Tin {number}"))
        clock.advance(timedelta(minutes=1))
    seen: list[str] = []
    before: dict[str, str] = {}
    for _ in range(3):
        page_of = await inbox(web, world.parent, limit="2", **before)
        seen += [notice.title for notice in page_of.notices]
        before = {"before": str(page_of.next)}
    assert page_of.next is None
    assert seen == [f"Tin {number}" for number in (4, 3, 2, 1, 0)]


async def test_the_inbox_merges_two_schools(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    headers = await in_two_schools(owner, school_house, world)
    await announce(school_house, world, title="Trường này")
    answer = await web.get("/v1/family/notices", headers=headers)
    assert [notice["title"] for notice in answer.json()["notices"]] == ["Trường này"]


async def test_one_notice_is_read_in_full_by_its_family_only(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    notice_id = await announce(school_house, world)
    address = f"/v1/family/notices/{world.school_id}/{notice_id}"
    answer = await web.get(address, headers=world.parent.headers)
    notice = msgspec.json.decode(answer.content, type=FamilyNotice)
    assert (notice.title, notice.body, notice.opened_at) == ("Tiêm chủng", "Mang theo sổ tiêm.", None)
    for who in (world.neighbour, world.stranger):
        assert (await web.get(address, headers=who.headers)).status_code == 404


async def test_a_notice_about_a_child_one_may_no_longer_see_is_gone(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    notice_id = await announce(school_house, world)
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent.person_id,
    )  # fmt: skip
    assert (await inbox(web, world.parent)).notices == []
    answer = await web.get(f"/v1/family/notices/{world.school_id}/{notice_id}", headers=world.parent.headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("deed", ["opened", "acknowledged"])
async def test_answering_twice_is_once(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection, deed: str
) -> None:
    notice_id = await announce(school_house, world, needs_acknowledgement=True)
    for _ in range(2):
        answer = await web.post(
            f"/v1/family/notices/{world.school_id}/{notice_id}/{deed}", headers=world.parent.headers
        )
        assert (answer.status_code, answer.content) == (204, b"")
    receipts = await owner.fetchval(
        "SELECT count(*) FROM notice_receipts WHERE school_id = $1 AND kind = $2", world.school_id, deed
    )
    assert receipts == 1


async def test_nobody_answers_for_another_family(web: httpx.AsyncClient, world: World, school_house: House) -> None:
    notice_id = await announce(school_house, world)
    for notice, who in ((notice_id, world.neighbour), (notice_id, world.stranger), (new_id(), world.parent)):
        answer = await web.post(f"/v1/family/notices/{world.school_id}/{notice}/opened", headers=who.headers)
        assert answer.status_code == 404


async def test_the_unread_are_the_inbox_without_the_opened(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    first, second = await announce(school_house, world), await announce(school_house, world, title="Hai")
    await web.post(f"/v1/family/notices/{world.school_id}/{first}/opened", headers=world.parent.headers)
    reader = school_house.database.reader
    unread = await unread_notices(reader, world.school_id, world.parent.account_id, TODAY)
    assert [row.notice_id for row in unread] == [second]
    assert await unread_notices(reader, world.school_id, world.neighbour.account_id, TODAY) == []

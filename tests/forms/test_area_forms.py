"""A commune asks the families of all its schools: school by school, each keeping its answers; numbers for the area, no names."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from backend.announcements.leaving import publish_due
from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.forms import chasing
from backend.forms.area_counting import COUNT_EVERY, count_everywhere
from schemas.area_forms import AreaFormPage
from tests.factories import Person, World, also_in_the_other_school
from tests.forms.asking import QUESTIONS, YES, sign, signature
from tests.forms.test_chasing import EVENING, reminded
from tests.wednesday import CLOCK, TODAY


def asked(area: str, **more: Any) -> dict[str, Any]:
    return {
        "form_id": str(new_id()), "area_code": area, "title": "Phiếu khảo sát bơi", "body": "Lớp bơi của xã.",
        "questions": QUESTIONS, "signature": "one", "due_on": str(TODAY + timedelta(days=7)), "undo_seconds": 0, **more,
    }  # fmt: skip


async def ask(web: httpx.AsyncClient, world: World, method: str, rest: str = "", **more: Any) -> httpx.Response:
    return await web.request(method, f"/v1/area/forms{rest}", headers=world.area_admin.headers, **more)


async def leave(house: House, world: World) -> None:
    for school_id in (world.school_id, world.other_school_id):
        await publish_due(house, school_id)


async def sent(web: httpx.AsyncClient, world: World, area: str, house: House, **more: Any) -> UUID:
    body = asked(area, **more)
    answer = await ask(web, world, "POST", json=body)
    assert answer.status_code == 201, answer.text
    await leave(house, world)
    return UUID(body["form_id"])


async def numbers(web: httpx.AsyncClient, world: World, house: House, form_id: UUID) -> AreaFormPage:
    CLOCK.advance(COUNT_EVERY)
    await count_everywhere(house)
    answer = await ask(web, world, "GET", f"/{form_id}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=AreaFormPage)


async def waiting(web: httpx.AsyncClient, who: Person) -> list[tuple[int, bool]]:
    found = (await web.get("/v1/family/forms", headers=who.headers)).json()["forms"]
    return [(one["school_id"], one["waits"]) for one in found]


async def test_every_school_asks_its_families_and_the_area_reads_numbers_only(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, clock: StoppedClock
) -> None:
    body = asked(area, undo_seconds=60)
    first, again = [await ask(web, world, "POST", json=body) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["state"], first.json()["schools"]) == ("waiting", 2)
    assert (await ask(web, world, "POST", json={**body, "title": "Khác"})).status_code == 409
    await leave(school_house, world)
    assert await waiting(web, world.parent) == []  # its minute is not over
    clock.advance(timedelta(seconds=60))
    await asyncio.gather(*(publish_due(school_house, world.school_id) for _ in range(3)))
    half = await numbers(web, world, school_house, UUID(body["form_id"]))
    assert (half.form.state, half.form.opened) == ("leaving", 1)
    await publish_due(school_house, world.other_school_id)
    form_id = UUID(body["form_id"])
    assert await waiting(web, world.parent) == [(world.school_id, True)]
    await sign(web, world, form_id, world.parent)
    found = await numbers(web, world, school_house, form_id)
    assert (found.form.state, found.form.answered, found.total.done) == ("open", 1, 1)
    assert found.total.pupils == found.total.done + found.total.missing + found.total.nobody
    assert found.total.tally is None, "one answer told by a number is somebody's answer"
    told = (await ask(web, world, "GET", f"/{form_id}")).text
    assert not any(name in told for name in ("Nguyễn Minh An", "Nguyễn Thị Hoa"))


async def test_the_school_reads_its_answers_chases_and_leaves_the_rest_to_the_area(
    web: httpx.AsyncClient, world: World, area: str, school_house: House
) -> None:
    form_id = await sent(web, world, area, school_house)
    root = f"/v1/schools/{world.school_id}/forms/{form_id}"
    await sign(web, world, form_id, world.parent)
    results = (await web.get(root + "/results", headers=world.admin.headers)).json()
    assert (results["form"]["author"], results["form"]["from_area"]) == (area, area)
    signed = [one for pupil in results["pupils"] for one in pupil["signers"] if one["counts"]]
    assert [one["answers"] for one in signed] == [YES]
    assert all("copied" not in one for one in signed)
    for deed, json in (("/close", None), ("/extend", {"due_on": str(TODAY + timedelta(days=9))})):
        refused = await web.post(root + deed, json=json, headers=world.admin.headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/form-of-area")
    assert (await web.post(root + "/remind", headers=world.admin.headers)).json()["guardians"] > 0
    assert (await web.get(root + "/results", headers=world.other_admin.headers)).status_code in (403, 404)


async def test_words_day_and_end_reach_every_school_in_whatever_order_they_came(
    web: httpx.AsyncClient, world: World, area: str, school_house: House
) -> None:
    form_id = await sent(web, world, area, school_house)
    await sign(web, world, form_id, world.parent)
    text = {"title": "Phiếu bơi", "body": "Lớp bơi của xã, 16 giờ.", "questions": QUESTIONS}
    kept = await ask(web, world, "PUT", f"/{form_id}/text", json=text)
    assert (kept.status_code, kept.json()["type"]) == (409, "/problems/form-answered")
    # Two deeds before a school's turn comes: it takes both at once.
    assert (await ask(web, world, "PUT", f"/{form_id}/text", json={**text, "new_version": True})).status_code == 204
    later = {"due_on": str(TODAY + timedelta(days=20))}
    assert (await ask(web, world, "POST", f"/{form_id}/until", json=later)).status_code == 204
    assert (await numbers(web, world, school_house, form_id)).form.behind == 2
    await leave(school_house, world)
    form = (await web.get(f"/v1/family/forms/{world.school_id}/{form_id}", headers=world.parent.headers)).json()
    assert (form["title"], form["version"], form["due_on"]) == ("Phiếu bơi", 2, later["due_on"])
    assert [child["waits"] for child in form["children"]] == [True]  # what was signed stood under other words
    for _ in range(2):
        assert (await ask(web, world, "POST", f"/{form_id}/close")).status_code == 204
    await leave(school_house, world)
    late = await sign(web, world, form_id, world.parent, version=2)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/form-closed")
    assert (await numbers(web, world, school_house, form_id)).form.state == "closed"
    assert (await ask(web, world, "POST", f"/{form_id}/remind")).status_code == 409
    assert (await ask(web, world, "POST", f"/{form_id}/until", json=later)).status_code == 204
    await leave(school_house, world)
    assert (await sign(web, world, form_id, world.parent, version=2)).status_code == 200


async def test_a_family_in_two_schools_answers_a_familys_form_once_and_is_told_once(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, owner: asyncpg.Connection
) -> None:
    await also_in_the_other_school(owner, school_house, world)
    form_id = await sent(web, world, area, school_house, per="family")
    assert await waiting(web, world.parent) == [(world.school_id, True)]  # one line of two schools
    [line] = [one for one in (await web.get("/v1/family/home", headers=world.parent.headers)).json()["to_do"] if one["key"] == f"form:{form_id}"]  # fmt: skip
    assert len(line["children"]) == 2
    skipped = await owner.fetchval(
        "SELECT count(*) FROM deliveries WHERE school_id = $1 AND reason = 'told_elsewhere'", world.other_school_id
    )
    assert skipped > 0
    body = signature(world.child)
    for _ in range(2):  # sent twice, signed once
        assert (await sign(web, world, form_id, world.parent, body)).status_code == 200
    assert [waits for _, waits in await waiting(web, world.parent)] == [False]
    copy = (await web.get(f"/v1/family/forms/{world.other_school_id}/{form_id}", headers=world.parent.headers)).json()
    assert [(one["waits"], one["answers"]) for one in copy["children"]] == [(False, YES)]
    found = await numbers(web, world, school_house, form_id)
    assert (found.total.done, found.total.families) == (2, 1)
    path = f"/v1/family/forms/{world.school_id}/{form_id}/withdraw"
    gone = {"signature_id": str(new_id()), "pupil_ids": [str(world.child.pupil_id)]}
    assert (await web.post(path, json=gone, headers=world.parent.headers)).status_code == 200
    assert [waits for _, waits in await waiting(web, world.parent)] == [True]
    assert (await numbers(web, world, school_house, form_id)).total.families == 0


async def test_of_every_pupil_each_school_asks_for_its_own(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, owner: asyncpg.Connection
) -> None:
    await also_in_the_other_school(owner, school_house, world)
    form_id = await sent(web, world, area, school_house)
    assert sorted(await waiting(web, world.parent)) == sorted([(world.school_id, True), (world.other_school_id, True)])
    await sign(web, world, form_id, world.parent)
    assert sorted(await waiting(web, world.parent)) == sorted([(world.school_id, False), (world.other_school_id, True)])


async def test_only_those_missing_are_chased_and_a_family_of_two_schools_once_a_day(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    await also_in_the_other_school(owner, school_house, world)
    form_id = await sent(web, world, area, school_house, per="family", remind_days=[])
    await sign(web, world, form_id, world.classmate_parent, signature(world.classmate))
    for _ in range(2):
        assert (await ask(web, world, "POST", f"/{form_id}/remind")).status_code == 204
        await leave(school_house, world)
    heard = await reminded(owner, world)
    assert world.classmate_parent.person_id not in heard
    assert heard[world.parent.person_id] == ["Phiếu khảo sát bơi"]
    there_too = "SELECT count(*) FROM form_reminders WHERE school_id = $1 AND form_id = $2 AND guardian_id IN (SELECT guardian_id FROM guardians WHERE school_id = $1 AND account_id = $3)"  # fmt: skip
    assert await owner.fetchval(there_too, world.other_school_id, form_id, world.parent.account_id) == 0
    clock.advance(EVENING)
    assert await chasing.run(school_house, world.school_id, at=clock.now()) == 0  # no day of its own was given


async def test_taken_back_in_time_nobody_is_asked(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, clock: StoppedClock
) -> None:
    early = asked(area, undo_seconds=60)
    await ask(web, world, "POST", json=early)
    for _ in range(2):
        assert (await ask(web, world, "POST", f"/{early['form_id']}/take-back")).status_code == 204
    clock.advance(timedelta(hours=1))
    late = await sent(web, world, area, school_house)
    assert [school for school, _ in await waiting(web, world.stranger)] == [world.other_school_id]
    refused = await ask(web, world, "POST", f"/{late}/take-back")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/area-form-left")
    states = {one["form_id"]: one["state"] for one in (await ask(web, world, "GET")).json()["forms"]}
    assert states == {early["form_id"]: "taken_back", str(late): "open"}


async def test_choices_are_told_by_numbers_from_five_answers_on_and_the_table_has_a_row_a_school(
    web: httpx.AsyncClient,
    world: World,
    area: str,
    school_house: House,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.forms.area_reading.FEW", 1)
    form_id = await sent(web, world, area, school_house)
    await sign(web, world, form_id, world.parent)
    found = await numbers(web, world, school_house, form_id)
    assert found.total.tally == {"go": {"yes": 1}, "meal": {"Cơm gà": 1}}
    got = await web.get(f"/v1/area/form-files/{form_id}/csv", headers=world.area_admin.headers)
    rows = list(csv.reader(io.StringIO(got.content.decode("utf-8-sig"))))
    schools = [row for row in rows if any(one.name in row for one in found.schools)]
    assert len(schools) == 2, rows
    assert (await web.get(f"/v1/area/form-files/{form_id}/xlsx", headers=world.area_admin.headers)).content[:2] == b"PK"


async def test_an_area_asks_only_its_own_and_every_wrong_field_is_pointed_at(
    web: httpx.AsyncClient, world: World, area: str
) -> None:
    assert (await ask(web, world, "POST", json=asked("elsewhere"))).status_code == 403
    paper = {"kind": "file", "id": "p", "text": "Giấy khám"}
    wrong = asked(area, per="family", signature="both", due_on="2026-10-13", questions=[paper], title="​")
    answer = await ask(web, world, "POST", json=wrong)
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/title", "/due_on", "/signature", "/questions/0/kind"}
    none = await ask(web, world, "POST", json=asked(area, level="preschool"))
    assert [error["pointer"] for error in none.json()["errors"]] == ["/level"]
    assert (await ask(web, world, "GET", f"/{new_id()}")).status_code == 404

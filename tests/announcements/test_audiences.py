"""Groups, and audiences that are whoever it concerns when the letter leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from backend.attendance.actions import take_roll
from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from schemas.attendance import RollException, RollIn
from tests.announcements.letters import Desk, pass_time, written
from tests.announcements.test_announcing import inbox, letter, send
from tests.factories import Person, World
from tests.scenes import a_fee
from tests.wednesday import TODAY


async def put_group(
    web: httpx.AsyncClient, world: World, by: Person, pupils: list[Any], group_id: str | None = None, **more: Any
) -> httpx.Response:
    body = {"name": "Xe tuyến 3", "kind": "bus", "pupil_ids": [str(one.pupil_id) for one in pupils], **more}
    path = f"/v1/schools/{world.school_id}/groups/{group_id or new_id()}"
    return await web.put(path, json=body, headers=by.headers)


async def got(web: httpx.AsyncClient, world: World) -> dict[str, int]:
    return {
        who: len(await inbox(web, getattr(world, who)))
        for who in ("parent", "parent2", "classmate_parent", "neighbour")
    }


NOBODY = {"parent": 0, "parent2": 0, "classmate_parent": 0, "neighbour": 0}


async def test_a_group_is_written_to_as_it_stands_when_the_letter_leaves(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    made = await put_group(web, world, world.admin, [world.child], owner_staff_id=str(world.teacher.person_id))
    assert made.status_code == 200, made.text
    group = made.json()
    assert (group["owner"], [one["class_name"] for one in group["members"]]) == (world.teacher.full_name, ["6A1"])
    desk = Desk(web, world, world.teacher)
    draft = await desk.saved(audience={"kind": "group", "group_id": group["group_id"]})
    assert (await desk.send(draft)).json()["group_name"] == "Xe tuyến 3"
    pupils = [world.classmate, world.neighbour_child]
    await put_group(web, world, world.admin, pupils, group["group_id"], owner_staff_id=str(world.teacher.person_id))
    await pass_time(school_house, clock, world, seconds=30)
    assert await got(web, world) == {**NOBODY, "classmate_parent": 1, "neighbour": 1}
    [notice] = await inbox(web, world.neighbour)
    assert notice["title"] == "Họp phụ huynh"


async def test_a_teacher_puts_in_pupils_taught_and_keeps_whom_the_administrator_put_in(
    web: httpx.AsyncClient, world: World
) -> None:
    both = [world.child, world.neighbour_child]
    refused = await put_group(web, world, world.teacher, both)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/pupil_ids/1"]
    made = (await put_group(web, world, world.admin, both, owner_staff_id=str(world.teacher.person_id))).json()
    kept = await put_group(web, world, world.teacher, [*both, world.classmate], made["group_id"])
    assert (kept.status_code, len(kept.json()["members"])) == (200, 3)
    stranger = await put_group(web, world, world.admin, [world.other_child])
    assert [error["pointer"] for error in stranger.json()["errors"]] == ["/pupil_ids/0"]


async def test_a_group_is_its_owners_and_the_administrators(web: httpx.AsyncClient, world: World) -> None:
    made = (await put_group(web, world, world.teacher, [world.child])).json()
    audience = {"kind": "group", "group_id": made["group_id"]}
    assert (await send(web, world, letter(audience), by=world.other_teacher)).status_code == 403
    assert (await put_group(web, world, world.other_teacher, [], made["group_id"])).status_code == 404
    assert (await put_group(web, world, world.accountant, [])).status_code == 403
    taken = await put_group(web, world, world.admin, [], name="XE  TUYEN 3")
    assert [error["pointer"] for error in taken.json()["errors"]] == ["/name"]
    path = f"/v1/schools/{world.school_id}/groups"
    lists = [(await web.get(path, headers=who.headers)).json()["groups"] for who in (world.teacher, world.other_teacher, world.admin)]  # fmt: skip
    assert [len(one) for one in lists] == [1, 0, 1]
    assert (await web.delete(f"{path}/{made['group_id']}", headers=world.teacher.headers)).status_code == 204
    closed = await send(web, world, letter(audience), by=world.admin)
    assert [error["pointer"] for error in closed.json()["errors"]] == ["/audience/group_id"]


async def test_the_families_of_those_absent_today(web: httpx.AsyncClient, world: World, school_house: House) -> None:
    roll = RollIn([RollException(world.child.pupil_id, "unexcused"), RollException(world.classmate.pupil_id, "late")])
    await take_roll(school_house, world.teacher.account_id, world.school_id, world.class_id, TODAY, "morning", roll)
    before = await got(web, world)
    audience = {"kind": "absent", "class_id": str(world.class_id)}
    answer = await send(web, world, letter(audience))
    assert (answer.status_code, answer.json()["guardians"]) == (201, 2)
    after = await got(web, world)
    assert {who: after[who] - before[who] for who in after} == {**NOBODY, "parent": 1, "parent2": 1}
    assert (await send(web, world, letter({"kind": "absent"}))).status_code == 403
    assert (await send(web, world, letter(audience), by=world.other_teacher)).status_code == 403
    assert (await send(web, world, letter({"kind": "absent"}), by=world.admin)).json()["guardians"] == 2


async def test_who_owes_is_the_offices_to_know_and_gifts_are_owed_by_nobody(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, school_house: House, clock: StoppedClock
) -> None:
    fee_id, _ = await a_fee(owner, school_house, world)
    unpaid = {"kind": "unpaid"}

    async def asked(by: Person, **more: str) -> httpx.Response:
        return await send(web, world, {"audience": {**unpaid, **more}}, by=by, rest="/preview")

    assert (await asked(world.admin)).json()["homes"] == 0  # it is not due yet
    due_on = "UPDATE invoices SET due_on = '2026-10-14' WHERE school_id = $1"
    await owner.execute(due_on, world.school_id)
    assert (await asked(world.accountant)).json()["homes"] == 2
    assert (await asked(world.admin, class_id=str(world.other_class_id))).json()["homes"] == 0
    for who in (world.teacher, world.subject_teacher):
        assert (await asked(who, class_id=str(world.class_id))).status_code == 403
    await owner.execute(
        "UPDATE fees SET category = 'voluntary' WHERE school_id = $1 AND fee_id = $2", world.school_id, fee_id
    )
    assert (await asked(world.admin)).json()["homes"] == 0


async def test_a_letter_to_those_who_owe_names_nobody_to_teachers(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, school_house: House
) -> None:
    await a_fee(owner, school_house, world)
    await owner.execute("UPDATE invoices SET due_on = '2026-10-14' WHERE school_id = $1", world.school_id)
    body = letter({"kind": "unpaid", "class_id": str(world.class_id)})
    made = await send(web, world, body, by=world.accountant)
    assert made.json()["guardians"] == 3
    root = f"/v1/schools/{world.school_id}/announcements"
    for query in ({}, {"class_id": str(world.class_id)}):
        path = f"{root}/{body['announcement_id']}/receipts"
        answer = await web.get(path, params=query, headers=world.teacher.headers)
        assert answer.status_code == 403
    shown = await web.get(root, headers=world.teacher.headers)
    assert body["announcement_id"] not in shown.text
    again = letter(
        {"kind": "unacknowledged", "announcement_id": body["announcement_id"], "class_id": str(world.class_id)}
    )
    assert (await send(web, world, again)).status_code == 403
    params = await owner.fetchval(
        "SELECT params ->> 'personal' FROM notices WHERE school_id = $1 AND source_id = $2",
        world.school_id, body["announcement_id"],
    )  # fmt: skip
    assert params == "true"  # no lock screen shows its title


async def test_homes_where_nobody_has_acknowledged(web: httpx.AsyncClient, world: World) -> None:
    first = letter({"kind": "class", "class_id": str(world.class_id)}, needs_acknowledgement=True)
    made = (await send(web, world, first)).json()
    for who, deed in ((world.parent, "acknowledged"), (world.classmate_parent, "opened")):
        await web.post(f"/v1/family/notices/{world.school_id}/{made['notice_id']}/{deed}", headers=who.headers)
    chase = letter({"kind": "unacknowledged", "announcement_id": made["announcement_id"]}, title="Nhắc lại")
    answer = await send(web, world, chase)
    assert answer.json()["guardians"] == 1  # one guardian's word is the home's
    assert [one["title"] for one in await inbox(web, world.classmate_parent)] == ["Nhắc lại", "Họp phụ huynh"]
    foreign = letter({"kind": "unacknowledged", "announcement_id": str(new_id())})
    assert (await send(web, world, foreign)).status_code == 403
    assert (await send(web, world, foreign, by=world.admin)).status_code == 422


async def test_homes_from_whom_an_answer_is_missing(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> None:
    form_id = str(new_id())
    form = {
        "form_id": form_id, "title": "Đi tham quan", "body": "Ngày 30/10/2026.", "questions": [], "signature": "one",
        "audience": {"kind": "class", "class_id": str(world.class_id)}, "due_on": "2026-10-20",
    }  # fmt: skip
    opened = await web.post(f"/v1/schools/{world.school_id}/forms", json=form, headers=world.teacher.headers)
    assert opened.status_code == 201, opened.text
    audience = {"kind": "unanswered", "form_id": form_id}
    assert (await send(web, world, letter(audience))).json()["guardians"] == 3
    assert (await send(web, world, letter(audience), by=world.other_teacher)).status_code == 403
    live = {**form, "form_id": str(new_id()), "audience": {"kind": "absent", "class_id": str(world.class_id)}}
    refused = await web.post(f"/v1/schools/{world.school_id}/forms", json=live, headers=world.teacher.headers)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/audience"]


_ZNS = """
[[template]]
kind = "announcement"
template_id = "301234"
price = 220
parameters = { noi_dung = { from = "summary", max = 100 } }
"""


async def test_the_look_tells_reach_price_and_hour(
    web: httpx.AsyncClient,
    world: World,
    owner: asyncpg.Connection,
    school_app: Litestar,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL, phone_e164 = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.classmate_parent.person_id,
    )  # fmt: skip
    desk = Desk(web, world, world.teacher)
    plain = (await desk.ask("POST", "/look", written(world))).json()
    assert (plain["homes"], plain["homes_reached"]) == (2, 1)
    assert [one["full_name"] for one in plain["unreached"]] == ["Trần Bảo Ân"]
    assert all(one["total"] == 0 for one in plain["prices"])
    assert plain["leaves_at"] == "2026-10-14T00:40:30Z"
    urgent = (await desk.ask("POST", "/look", written(world, urgent=True))).json()
    paid = {one["channel"]: one["each"] for one in urgent["prices"] if one["total"]}
    assert paid == {"sms": 850} and "zns" not in [one["channel"] for one in urgent["prices"]]
    (tmp_path / "zns.toml").write_text(_ZNS)
    house: House = school_app.state.house
    priced = msgspec.structs.replace(house.settings, sms_part_price=700, zns_templates_file=str(tmp_path / "zns.toml"))
    monkeypatch.setattr(house, "settings", priced)
    urgent = (await desk.ask("POST", "/look", written(world, urgent=True, title="Khẩn: " + "bão " * 30))).json()
    paid = {one["channel"]: one["each"] for one in urgent["prices"] if one["total"]}
    assert paid == {"zns": 220, "sms": 2 * 700}
    assert all(one["total"] == one["each"] * one["people"] for one in urgent["prices"])
    assert (await desk.ask("POST", "/look", written(world, audience={"kind": "school"}))).status_code == 403


async def test_the_look_tells_what_families_would_ask_back(web: httpx.AsyncClient, world: World) -> None:
    desk = Desk(web, world, world.teacher)

    async def look(body: str, **more: Any) -> Any:
        answer = await desk.ask("POST", "/look", written(world, body=body, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()

    vague = await look("Họp phụ huynh thứ 6 này, 18 giờ, phòng học lớp. Liên hệ cô Lan 0961234567.")
    assert "relative_date_ambiguous" in [one["defect"] for one in vague["findings"]]
    assert [(one["words"], one["on"]) for one in vague["dates"]] == [("thứ 6", "2026-10-16")]
    wrong = await look(
        "Kính gửi phụ huynh lớp 7A2: 18 giờ thứ Sáu 16/10/2026 họp tại phòng học lớp 7A2. Cô Lan 0961234567."
    )
    assert "wrong_audience" in [one["defect"] for one in wrong["findings"]]
    clear = "Họp phụ huynh 18 giờ thứ Sáu 16/10/2026 tại phòng học lớp 6A1. Liên hệ cô Lan 0961234567."
    good = await look(clear)
    assert (good["findings"], good["place"], good["asks"]) == ([], "phòng học lớp 6A1", ["attend"])
    sent = (await send(web, world, letter(written(world)["audience"], body=clear))).json()
    again = await look(clear)
    assert [one["defect"] for one in again["findings"]] == ["near_duplicate"]
    assert (await look(clear, corrects=sent["announcement_id"]))["findings"] == []

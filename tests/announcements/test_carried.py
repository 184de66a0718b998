"""Forms and messages to a class leave by the rules of letters: held for a second person, undone before they leave, given back, sent once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.announcements.letters import Desk, notices_of, pass_time
from tests.announcements.test_drafts import set_rules
from tests.factories import Person, World
from tests.wednesday import TODAY


@pytest.fixture
def teacher(web: httpx.AsyncClient, world: World) -> Desk:
    return Desk(web, world, world.teacher)


@pytest.fixture
async def admin(web: httpx.AsyncClient, world: World) -> Desk:
    desk = Desk(web, world, world.admin)
    await set_rules(desk, approval="teachers")
    return desk


def a_form(world: World, **more: Any) -> dict[str, Any]:
    asked = [{"kind": "consent", "id": "go", "text": "Gia đình đồng ý cho con đi?"}]
    form = {
        "form_id": str(new_id()),
        "title": "Phiếu tham quan",
        "body": "Bảo tàng, 7 giờ thứ Bảy 24/10/2026. Liên hệ cô Lan 0961234567.",
        "questions": asked,
        "audience": {"kind": "class", "class_id": str(world.class_id)},
        "signature": "one",
        "due_on": str(TODAY + timedelta(days=7)),
    }
    return {**form, **more}


def a_message(world: World, **more: Any) -> dict[str, Any]:
    words = {"group_message_id": str(new_id()), "class_id": str(world.class_id), "text": "Mai các con mang bút màu."}
    return {**words, "accepts_rules": 1, **more}


async def submit(desk: Desk, carried: dict[str, Any], draft_id: str, version: int = 0, **more: Any) -> httpx.Response:
    return await desk.ask("PUT", f"/{draft_id}/carried", {"carried": carried, "version": version, **more})


async def submitted(desk: Desk, carried: dict[str, Any], draft_id: str, **more: Any) -> dict[str, Any]:
    answer = await submit(desk, carried, draft_id, **more)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def form_draft(form: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "form", "form": form}


async def told(owner: asyncpg.Connection, world: World) -> list[str]:
    rows = await owner.fetch("SELECT kind FROM notices WHERE school_id = $1 ORDER BY notice_id", world.school_id)
    return [row["kind"] for row in rows]


async def test_nothing_to_a_class_leaves_at_once_where_the_school_wants_approval(
    teacher: Desk, admin: Desk, owner: asyncpg.Connection, world: World
) -> None:
    school = f"/v1/schools/{world.school_id}"
    for path, body in ((f"{school}/forms", a_form(world)), (f"{school}/group-messages", a_message(world))):
        refused = await teacher.web.post(path, json=body, headers=world.teacher.headers)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/announcement-needs-approval")
    assert await told(owner, world) == []
    # The administrator is not held where only teachers are.
    made = await admin.web.post(f"{school}/forms", json=a_form(world), headers=world.admin.headers)
    assert made.status_code == 201


async def test_a_form_waits_is_given_back_mended_and_approved_as_it_was_read(
    teacher: Desk, admin: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    form = a_form(world)
    draft = await submitted(teacher, form_draft(form), form["form_id"])
    assert (draft["state"], draft["letter"]["title"]) == ("waiting", "Phiếu tham quan")
    again = await submitted(teacher, form_draft(form), form["form_id"])
    assert (again["state"], again["version"]) == ("waiting", 1)
    assert (await teacher.do("approve", draft, {"version": 1})).status_code == 403
    assert (await admin.do("return", draft, {"reason": "Ghi rõ giờ về."})).status_code == 204
    mended = {**form, "body": form["body"] + " Về lúc 11 giờ."}
    # Read before it was mended: an approval is of one version.
    draft = await submitted(teacher, form_draft(mended), form["form_id"], version=1)
    assert (await admin.do("approve", draft, {"version": 1})).status_code == 409
    assert (await admin.do("approve", draft, {"version": 2})).status_code == 200
    assert await pass_time(school_house, clock, world, seconds=29) == 0
    assert await pass_time(school_house, clock, world, seconds=1) == 1
    [notice] = await notices_of(owner, world, form["form_id"])
    assert (notice["kind"], notice["told"]) == ("form", 3)
    kept = await teacher.web.get(
        f"/v1/schools/{world.school_id}/forms/{form['form_id']}", headers=world.teacher.headers
    )
    assert kept.json()["body"] == mended["body"]
    assert (await submitted(teacher, form_draft(mended), form["form_id"], version=1))["state"] == "published"


async def test_a_message_to_a_class_can_be_taken_back_and_leaves_once(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    message = a_message(world)
    carried = {"kind": "class_message", "message": message}
    draft = await submitted(teacher, carried, message["group_message_id"])
    assert draft["state"] == "scheduled"
    assert (await teacher.do("take-back", draft)).status_code == 204
    assert await pass_time(school_house, clock, world, minutes=5) == 0
    assert await told(owner, world) == []
    assert (await teacher.read(draft)).json()["may"] == ["edit", "send", "discard"]
    assert (await teacher.send(draft)).json()["state"] == "scheduled"
    assert await pass_time(school_house, clock, world, seconds=30) == 1
    assert await pass_time(school_house, clock, world, minutes=5) == 0
    assert await told(owner, world) == ["message", "message"]
    found = await teacher.web.get(
        f"/v1/schools/{world.school_id}/group-messages/{message['group_message_id']}", headers=world.teacher.headers
    )
    assert (found.json()["text"], found.json()["families"]) == ("Mai các con mang bút màu.", 2)


async def test_other_words_for_a_form_are_held_too(
    teacher: Desk, admin: Desk, school_house: House, clock: StoppedClock, world: World
) -> None:
    form = a_form(world)
    await submitted(teacher, form_draft(form), form["form_id"])
    await admin.do("approve", {"announcement_id": form["form_id"]}, {"version": 1})
    await pass_time(school_house, clock, world, minutes=1)
    here = f"/v1/schools/{world.school_id}/forms/{form['form_id']}"
    text = {"title": "Phiếu tham quan", "body": "Đổi sang Chủ nhật.", "questions": form["questions"]}
    refused = await teacher.web.put(here + "/text", json=text, headers=world.teacher.headers)
    assert refused.json()["type"] == "/problems/announcement-needs-approval"
    draft_id = str(new_id())
    carried = {"kind": "form_words", "form_id": form["form_id"], "text": text}
    draft = await submitted(teacher, carried, draft_id)
    assert draft["state"] == "waiting"
    await admin.do("approve", draft, {"version": 1})
    assert await pass_time(school_house, clock, world, minutes=1) == 1
    kept = (await teacher.web.get(here, headers=world.teacher.headers)).json()
    assert (kept["version"], kept["body"]) == (2, "Đổi sang Chủ nhật.")


async def test_wrong_fields_are_pointed_at_and_other_families_refused(teacher: Desk, world: World) -> None:
    form = a_form(world, title="  ", due_on=str(TODAY - timedelta(days=1)), questions=[], body="")
    wrong = await submit(teacher, form_draft(form), form["form_id"])
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {
        "/carried/form/title",
        "/carried/form/body",
        "/carried/form/due_on",
    }
    other = await submit(teacher, form_draft(a_form(world)), str(new_id()))
    assert [one["pointer"] for one in other.json()["errors"]] == ["/carried/form/form_id"]
    strange = a_form(world, audience={"kind": "class", "class_id": str(world.other_class_id)})
    assert (await submit(teacher, form_draft(strange), strange["form_id"])).status_code == 403
    # A letter's door does not overwrite what a form's draft carries.
    form = a_form(world)
    draft = await submitted(teacher, form_draft(form), form["form_id"], undo_seconds=600)
    await teacher.do("take-back", draft)
    letter = {"title": "Khác", "body": "Khác"}
    assert (await teacher.save(letter, form["form_id"], 1)).json()["type"] == "/problems/draft-state"


async def test_what_its_writer_may_no_longer_send_comes_back(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    form = a_form(world)
    draft = await submitted(teacher, form_draft(form), form["form_id"])
    await owner.execute(
        "UPDATE assignments SET to_on = $3 WHERE school_id = $1 AND staff_id ="
        " (SELECT staff_id FROM staff WHERE school_id = $1 AND account_id = $2)",
        world.school_id,
        world.teacher.account_id,
        TODAY - timedelta(days=1),
    )
    assert await pass_time(school_house, clock, world, minutes=1) == 0
    assert await told(owner, world) == []
    back = (await teacher.read(draft)).json()
    assert back["state"] == "draft" and back["returned_reason"]


def browser(person: Person) -> dict[str, str]:
    return {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": f"{ACCESS_COOKIE}={person.token}"}


async def test_the_same_pages_show_approve_and_give_back_a_form(
    admin: Desk, school_house: House, clock: StoppedClock, world: World
) -> None:
    console, web = f"/console/{world.school_id}", admin.web
    form_id, who, head = str(new_id()), browser(world.teacher), browser(world.admin)
    filled = {
        "form_id": form_id,
        "to": f"class:{world.class_id}",
        "title": "Phiếu bán trú",
        "body": "Đăng ký ăn trưa.",
        "signature": "one",
        "due_on": str(TODAY + timedelta(days=7)),
        "remind_days": "3",
        "rows": "1",
        "kind-0": "one_of",
        "text-0": "Bữa trưa",
        "options-0": "Cơm gà\nCơm chay",
        "required-0": "yes",
        "do": "open",
    }
    sent = await web.post(f"{console}/forms/new", data=filled, headers=who)
    draft = f"{console}/announcements/drafts/{form_id}"
    assert sent.headers["location"] == draft
    assert "Biểu mẫu: Phiếu bán trú" in (await web.get(f"{console}/announcements", headers=head)).text
    shown = (await web.get(draft, headers=head)).text
    assert "Cơm gà · Cơm chay" in shown and "Chờ duyệt" in shown
    given = await web.post(draft + "/return", data={"reason": "Ghi giá."}, headers=head)
    assert given.status_code == 303
    edit = await web.get(draft + "/edit", headers=who)
    editor = (await web.get(edit.headers["location"], headers=who)).text
    assert "Cơm gà\nCơm chay" in editor and 'value="Phiếu bán trú"' in editor
    mended = {**filled, "body": "Đăng ký ăn trưa, 30.000 đồng một bữa.", "version": "1", "id-0": "q1"}
    assert (await web.post(f"{console}/forms/new", data=mended, headers=who)).headers["location"] == draft
    assert (await web.post(draft + "/approve", data={"version": "2"}, headers=head)).status_code == 303
    await pass_time(school_house, clock, world, minutes=1)
    assert (await web.get(draft, headers=who)).headers["location"] == f"{console}/forms/{form_id}"
    assert "30.000 đồng" in (await web.get(f"{console}/forms/{form_id}", headers=who)).text


async def test_a_message_that_was_taken_back_is_filled_in_again(teacher: Desk, world: World) -> None:
    console, web, who = f"/console/{world.school_id}", teacher.web, browser(world.teacher)
    message_id = str(new_id())
    filled = {
        "group_message_id": message_id,
        "class_id": str(world.class_id),
        "text": "Mai các con mang bút màu.",
        "accepts_rules": "1",
    }
    sent = await web.post(f"{console}/group-messages/new", data=filled, headers=who)
    draft = f"{console}/announcements/drafts/{message_id}"
    assert sent.headers["location"] == draft
    assert "Hoàn tác" in (await web.get(draft, headers=who)).text
    await web.post(draft + "/take-back", headers=who)
    edit = await web.get(draft + "/edit", headers=who)
    assert "Mai các con mang bút màu." in (await web.get(edit.headers["location"], headers=who)).text

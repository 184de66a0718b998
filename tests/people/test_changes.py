"""What an administrator changes in the roll by hand, and what follows from it."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.ids import new_id
from tests.attendance.test_roll_call import take
from tests.factories import Person, World, fresh_phone
from tests.wednesday import TODAY


async def change(
    web: httpx.AsyncClient, world: World, method: str, rest: str, body: Any, who: Person | None = None
) -> httpx.Response:
    return await web.request(
        method, f"/v1/schools/{world.school_id}{rest}", json=body, headers=(who or world.admin).headers
    )


def newcomer(world: World, **more: Any) -> dict[str, Any]:
    return {"pupil_id": str(new_id()), "full_name": "  Đặng Thị  Ý ", "class_id": str(world.class_id), **more}


async def home_names(web: httpx.AsyncClient, who: Person) -> list[str]:
    answer = await web.get("/v1/family/home", headers=who.headers)
    return [child["full_name"] for child in answer.json()["children"]]


async def audited(owner: asyncpg.Connection, world: World) -> list[str]:
    rows = await owner.fetch(
        "SELECT action FROM audit_events WHERE school_id = $1 ORDER BY happened_at, audit_id", world.school_id
    )
    return [row["action"] for row in rows]


async def test_a_pupil_entered_by_hand_is_in_the_class(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    new = newcomer(world, personal_id="031315000777", born_on="2015-02-01", sex="female")
    assert (await change(web, world, "POST", "/pupils", new)).status_code == 201
    assert (await change(web, world, "POST", "/pupils", new)).status_code == 200
    pupils = await web.get(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/pupils", headers=world.teacher.headers
    )
    assert [p["full_name"] for p in pupils.json()["pupils"]] == ["Nguyễn Minh An", "Trần Bảo Ân", "Đặng Thị Ý"]
    stored = await owner.fetchval("SELECT personal_id_sealed FROM pupils WHERE pupil_id = $1", new["pupil_id"])
    assert b"031315000777" not in stored
    assert await audited(owner, world) == ["pupil.created"]


async def test_another_pupil_with_the_same_number_or_id_is_refused(web: httpx.AsyncClient, world: World) -> None:
    first = newcomer(world, personal_id="031315000778")
    await change(web, world, "POST", "/pupils", first)
    twin = await change(web, world, "POST", "/pupils", newcomer(world, personal_id="031315000778"))
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/pupil-exists")
    stolen = await change(
        web, world, "POST", "/pupils", {**newcomer(world, full_name="Ai Khác"), "pupil_id": first["pupil_id"]}
    )
    assert (stolen.status_code, stolen.json()["type"]) == (409, "/problems/conflict")


async def test_a_new_pupils_wrong_fields_are_all_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    guardians = [
        {"full_name": "Mẹ", "relation": "mother", "phone": "12345678"},
        {"full_name": "​ ", "relation": "father"},
    ]
    answer = await change(web, world, "POST", "/pupils", newcomer(world, guardians=guardians))
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/guardians/0/phone", "/guardians/1/full_name"]
    foreign = await change(web, world, "POST", "/pupils", newcomer(world, class_id=str(world.foreign_class_id)))
    assert [e["pointer"] for e in foreign.json()["errors"]] == ["/class_id"]


async def test_a_brother_or_sister_shares_the_parent_who_signed_in(web: httpx.AsyncClient, world: World) -> None:
    guardian = {"full_name": "nguyễn thị hoa", "relation": "mother", "phone": world.parent.phone}
    answer = await change(web, world, "POST", "/pupils", newcomer(world, guardians=[guardian]))
    assert answer.status_code == 201, answer.text
    assert await home_names(web, world.parent) == ["Nguyễn Minh An", "Đặng Thị Ý"]


async def test_a_transfer_moves_the_pupil_from_that_day_on(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    move = {"class_id": str(world.other_class_id), "on": str(TODAY)}
    for _ in range(2):
        answer = await change(web, world, "POST", f"/pupils/{world.child.pupil_id}/transfer", move)
        assert answer.status_code == 204
    seats = await owner.fetch(
        "SELECT class_id, from_on, to_on FROM enrolments WHERE school_id = $1 AND pupil_id = $2 ORDER BY from_on",
        world.school_id, world.child.pupil_id,
    )  # fmt: skip
    assert [tuple(seat) for seat in seats] == [
        (world.class_id, date(2026, 9, 5), date(2026, 10, 13)),
        (world.other_class_id, TODAY, None),
    ]
    yesterday = await take(web, world, on=date(2026, 10, 13))
    today = await take(web, world)
    assert (yesterday.json()["totals"]["present"], today.json()["totals"]["present"]) == (2, 1)
    answer = await web.get("/v1/family/home", headers=world.parent.headers)
    assert answer.json()["children"][0]["class_name"] == "6A2"


async def test_a_transfer_before_the_pupil_came_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    move = {"class_id": str(world.other_class_id), "on": "2026-09-01"}
    answer = await change(web, world, "POST", f"/pupils/{world.child.pupil_id}/transfer", move)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/on"]


async def test_a_wrong_class_of_the_first_day_is_simply_corrected(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    move = {"class_id": str(world.other_class_id), "on": "2026-09-05"}
    await change(web, world, "POST", f"/pupils/{world.child.pupil_id}/transfer", move)
    seats = await owner.fetch(
        "SELECT class_id, to_on FROM enrolments WHERE school_id = $1 AND pupil_id = $2", world.school_id, world.child.pupil_id
    )  # fmt: skip
    assert [tuple(seat) for seat in seats] == [(world.other_class_id, None)]


async def test_a_changed_phone_ends_the_old_accounts_sight_at_once(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    first = await web.get("/v1/family/home", headers=world.parent.headers)
    address = f"/guardians/{world.parent.person_id}/phone"
    assert (await change(web, world, "PUT", address, {"phone": fresh_phone()})).status_code == 204
    again = await web.get("/v1/family/home", headers={**world.parent.headers, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.json()["children"]) == (200, [])
    assert await home_names(web, world.parent2) == ["Nguyễn Minh An"]
    assert "guardian.phone_changed" in await audited(owner, world)


async def test_a_phone_that_an_account_of_the_same_name_has_is_linked_at_once(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    """The father's number was wrong; the right one is a phone with which the same name signed in before."""
    await owner.execute(
        "UPDATE guardians SET full_name = $3, name_fold = 'le van binh' WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent2.person_id, "Lê Văn Bình",
    )  # fmt: skip
    await change(web, world, "PUT", f"/guardians/{world.parent2.person_id}/phone", {"phone": world.neighbour.phone})
    assert "Nguyễn Minh An" in await home_names(web, world.neighbour)


async def test_a_phone_that_is_none_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    answer = await change(web, world, "PUT", f"/guardians/{world.parent.person_id}/phone", {"phone": "0123 45678"})
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/phone"]


async def test_the_same_phone_again_leaves_the_family_signed_in(web: httpx.AsyncClient, world: World) -> None:
    await change(web, world, "PUT", f"/guardians/{world.parent.person_id}/phone", {"phone": world.parent.phone})
    assert await home_names(web, world.parent) == ["Nguyễn Minh An"]


async def test_custody_papers_close_and_open_a_guardians_sight(web: httpx.AsyncClient, world: World) -> None:
    address = f"/pupils/{world.child.pupil_id}/guardians/{world.parent2.person_id}"
    for body, sees in (({"can_view": False}, []), ({"can_view": True}, ["Nguyễn Minh An"]),
                       ({"valid_to": "2026-10-13"}, []), ({"valid_to": None}, ["Nguyễn Minh An"]),
                       ({"may_collect": False}, ["Nguyễn Minh An"])):  # fmt: skip
        assert (await change(web, world, "PATCH", address, body)).status_code == 204
        assert await home_names(web, world.parent2) == sees, body


async def test_custody_of_a_stranger_is_not_found(web: httpx.AsyncClient, world: World) -> None:
    address = f"/pupils/{world.child.pupil_id}/guardians/{world.neighbour.person_id}"
    assert (await change(web, world, "PATCH", address, {"can_view": True})).status_code == 404


async def test_reassigned_teachers_lose_and_gain_the_class_today(web: httpx.AsyncClient, world: World) -> None:
    lines = [
        {"staff_id": str(world.other_teacher.person_id), "kind": "homeroom"},
        {"staff_id": str(world.teacher.person_id), "kind": "subject", "subject_code": "VAN"},
    ]
    address = f"/classes/{world.class_id}/assignments"
    for _ in range(2):
        assert (await change(web, world, "PUT", address, {"assignments": lines})).status_code == 204
    me = await web.get(f"/v1/schools/{world.school_id}/me", headers=world.teacher.headers)
    assert [(a["kind"], a["subject_code"]) for a in me.json()["assignments"]] == [("subject", "VAN")]
    assert (await take(web, world, by=world.other_teacher)).status_code == 200


async def test_a_new_subject_of_a_class_can_be_marked(web: httpx.AsyncClient, world: World) -> None:
    lines = [{"staff_id": str(world.teacher.person_id), "kind": "subject", "subject_code": "KHTN"}]
    await change(web, world, "PUT", f"/classes/{world.class_id}/assignments", {"assignments": lines})
    marks = {
        "subject_code": "KHTN",
        "term": 1,
        "kind": "regular",
        "lines": [{"pupil_id": str(world.child.pupil_id), "value": 8}],
    }
    answer = await change(web, world, "PUT", f"/classes/{world.class_id}/marks", marks, world.teacher)
    assert answer.status_code == 200


async def test_wrong_assignments_are_all_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    staff = str(world.teacher.person_id)
    lines = [
        {"staff_id": str(new_id()), "kind": "homeroom"},
        {"staff_id": staff, "kind": "subject", "subject_code": "XYZ"},
        {"staff_id": staff, "kind": "homeroom", "subject_code": "TOAN"},
    ]
    answer = await change(web, world, "PUT", f"/classes/{world.class_id}/assignments", {"assignments": lines})
    assert [e["pointer"] for e in answer.json()["errors"]] == [
        "/assignments/0/staff_id",
        "/assignments/1/subject_code",
        "/assignments/2/subject_code",
    ]


async def test_a_closed_day_takes_no_roll_until_it_is_opened(web: httpx.AsyncClient, world: World) -> None:
    address = f"/closed-days/{TODAY}"
    assert (await change(web, world, "PUT", address, {"reason": "Bão số 9"})).status_code == 204
    assert (await take(web, world)).status_code == 422
    calendar = await web.get(f"/v1/schools/{world.school_id}/calendar", headers=world.teacher.headers)
    assert calendar.json()["closed_days"] == [{"on": str(TODAY), "reason": "Bão số 9"}]
    assert (await change(web, world, "DELETE", address, None)).status_code == 204
    assert (await take(web, world)).status_code == 200
    assert (await change(web, world, "DELETE", address, None)).status_code == 404


def frame(**more: Any) -> dict[str, Any]:
    terms = [
        {"term": 1, "starts_on": "2027-09-05", "ends_on": "2028-01-15"},
        {"term": 2, "starts_on": "2028-01-16", "ends_on": "2028-05-31"},
    ]
    return {"starts_on": "2027-09-05", "ends_on": "2028-05-31", "terms": terms, **more}


async def test_a_school_moves_to_its_next_year(web: httpx.AsyncClient, world: World) -> None:
    assert (await change(web, world, "PUT", "/years/2027-2028", frame())).status_code == 204
    assert (await change(web, world, "PUT", "/years/2027-2028", frame(is_current=True))).status_code == 204
    calendar = await web.get(f"/v1/schools/{world.school_id}/calendar", headers=world.admin.headers)
    current = {year["school_year"]: year["is_current"] for year in calendar.json()["years"]}
    assert current == {"2027-2028": True, "2026-2027": False}


@pytest.mark.parametrize(
    ("year", "body", "pointer"),
    [
        ("2027-2029", frame(), "?school_year"),
        ("0", frame(), "?school_year"),
        ("2027-2028", frame(ends_on="2027-09-01"), "/ends_on"),
        ("2027-2028", frame(terms=list(reversed(frame()["terms"]))), "/terms"),
        ("2027-2028", frame(starts_on="2027-09-10"), "/terms/0"),
    ],
)
async def test_a_school_year_that_cannot_be_is_pointed_at(
    web: httpx.AsyncClient, world: World, year: str, body: dict[str, Any], pointer: str
) -> None:
    answer = await change(web, world, "PUT", f"/years/{year}", body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]

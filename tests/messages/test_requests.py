"""Typed messages: every wrong field pointed at, taken note of in one tap, and seen by the roll."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from backend.core.house import House
from backend.messages.deciding import announced
from schemas.messages import Absent, Late, Medicine, Pickup
from tests.factories import Person, World
from tests.messages.scenes import look, open_thread, root, said, say
from tests.wednesday import TODAY

pytestmark = pytest.mark.usefixtures("clock")

ABSENT = {"kind": "absent", "from_on": "2026-10-14", "to_on": "2026-10-15", "reason": "Cháu sốt"}
LATE = {"kind": "late", "on": "2026-10-14", "arrives_at": "08:15"}
PICKUP = {
    "kind": "pickup",
    "on": "2026-10-14",
    "collector": "Chú Tú",
    "phone": "0912 345 678",
    "until_on": "2026-10-20",
}
MEDICINE = {
    "kind": "medicine", "name": "Siro ho", "dose": "5 ml", "at": ["11:30", "07:30"], "from_on": "2026-10-14", "until_on": "2026-10-16",
}  # fmt: skip


async def decide(
    web: httpx.AsyncClient, world: World, who: Person, message_id: str, state: str = "confirmed", note: str = ""
) -> httpx.Response:
    path = f"/v1/schools/{world.school_id}/message-requests/{message_id}"
    return await web.post(path, json={"state": state, "note": note}, headers=who.headers)


@pytest.mark.parametrize(
    ("request_", "pointers"),
    [
        ({**ABSENT, "from_on": "2026-10-20", "reason": "  "}, {"/request/to_on", "/request/reason"}),
        ({**ABSENT, "from_on": "2026-10-01", "to_on": "2026-10-02"}, {"/request/from_on"}),
        ({**ABSENT, "to_on": "2026-12-30"}, {"/request/to_on"}),
        ({**ABSENT, "from_on": "hôm nay", "reason": ""}, {"/request/from_on", "/request/reason"}),
        ({**LATE, "on": "2026-10-13"}, {"/request/on"}),
        ({**LATE, "arrives_at": "25:00"}, {"/request/arrives_at"}),
        ({**PICKUP, "phone": "12", "collector": " ", "until_on": "2026-10-13"}, {"/request/phone", "/request/collector", "/request/until_on"}),
        ({**MEDICINE, "name": " ", "dose": " ", "until_on": "2027-10-16"}, {"/request/name", "/request/dose", "/request/until_on"}),
        ({**MEDICINE, "at": []}, {"/request/at"}),
    ],
)  # fmt: skip
async def test_every_wrong_field_is_pointed_at(
    web: httpx.AsyncClient, world: World, request_: dict[str, Any], pointers: set[str]
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    answer = await say(web, world, world.parent, thread_id, request=request_)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers
    assert (await look(web, world, world.parent, thread_id))["messages"] == []


@pytest.mark.parametrize("request_", [ABSENT, LATE, PICKUP, MEDICINE])
async def test_a_request_waits_until_somebody_takes_note(
    web: httpx.AsyncClient, world: World, request_: dict[str, Any]
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, request=request_)
    found = await look(web, world, world.teacher, thread_id)
    assert (found["head"]["requests_waiting"], found["messages"][0]["request"]["state"]) == (1, "waiting")
    assert found["head"]["waiting_since"] is not None
    for who, status in (
        (world.other_teacher, 403),
        (world.subject_teacher, 403),
        (world.teacher, 204),
        (world.teacher, 204),
    ):
        assert (await decide(web, world, who, message_id)).status_code == status
    found = await look(web, world, world.parent, thread_id)
    request = found["messages"][0]["request"]
    assert (request["state"], request["decided_by"]) == ("confirmed", "Cô Cúc")
    assert (await look(web, world, world.teacher, thread_id))["head"]["waiting_since"] is None
    assert (await decide(web, world, world.teacher, message_id, "declined")).status_code == 409
    [notice] = (await web.get("/v1/family/notices", headers=world.parent2.headers)).json()["notices"]
    assert "Cô Cúc đã xem tin gia đình gửi về Minh An" in notice["body"]


async def test_an_absence_told_to_one_teacher_is_known_to_the_roll(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    named = {"desk": "teacher", "staff_id": str(world.subject_teacher.person_id)}
    thread_id = await open_thread(web, world, world.parent, **named)
    message_id = await said(web, world, world.parent, thread_id, request=ABSENT)
    reader = school_house.database.reader

    async def of(day: date, *, reasons: bool = True) -> Any:
        found = await announced(reader, world.school_id, world.class_id, day, reasons=reasons)
        return found.get(world.child.pupil_id)

    assert ((await of(TODAY)).reason, (await of(TODAY)).state) == ("Cháu sốt", "waiting")
    assert (await of(TODAY, reasons=False)).reason is None
    assert await of(date(2026, 10, 16)) is None
    # The homeroom teacher does not sit at that desk, and yet takes note of what concerns her roll.
    assert (await decide(web, world, world.teacher, message_id)).status_code == 204
    assert (await of(TODAY)).state == "confirmed"
    await web.post(root(world, f"/{thread_id}/messages/{message_id}/withdraw"), headers=world.parent.headers)
    assert await of(TODAY) is None


async def test_who_may_only_look_asks_for_nothing(web: httpx.AsyncClient, world: World, owner: Any) -> None:
    await owner.execute(
        "UPDATE guardianships SET can_act = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    thread_id = await open_thread(web, world, world.parent)
    assert (await say(web, world, world.parent2, thread_id, request=PICKUP)).status_code == 403
    assert (await say(web, world, world.parent2, thread_id, "Chào cô")).status_code == 201


async def test_what_is_kept_is_shown_as_it_was_read(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    for request in (PICKUP, MEDICINE):
        await said(web, world, world.parent, thread_id, request=request)
    details = {
        one["request"]["kind"]: one["request"]["detail"]
        for one in (await look(web, world, world.teacher, thread_id))["messages"]
    }
    assert details["pickup"] == {"collector": "Chú Tú", "phone": "+84912345678"}
    assert details["medicine"]["at"] == ["07:30", "11:30"]


def test_the_kinds_are_those_of_the_wire() -> None:
    assert {kind.__struct_config__.tag for kind in (Absent, Late, Pickup, Medicine)} == {
        "absent", "late", "pickup", "medicine"
    }  # fmt: skip

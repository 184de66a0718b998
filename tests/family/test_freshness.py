"""Every kind of write that a family can see gives its home a new ETag. A write that forgets shows families yesterday's screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backend.core.ids import new_id
from tests.announcements.test_announcing import letter, send, to_class
from tests.attendance.test_roll_call import absent, take
from tests.factories import Person, World, fresh_phone
from tests.gradebook.test_entering import enter, line
from tests.gradebook.test_entering import publish as publish_marks
from tests.payments.conftest import Money, money  # noqa: F401  (the fixture)
from tests.people.test_changes import change, frame
from tests.wednesday import TODAY

Deed = Callable[[httpx.AsyncClient, World], Awaitable[Any]]


async def nothing(web: httpx.AsyncClient, world: World) -> None: ...


async def a_notice(web: httpx.AsyncClient, world: World) -> None:
    await send(web, world, letter(to_class(world), needs_acknowledgement=True))


async def answer(web: httpx.AsyncClient, world: World, deed: str) -> httpx.Response:
    inbox = await web.get("/v1/family/notices", headers=world.parent.headers)
    notice_id = inbox.json()["notices"][0]["notice_id"]
    return await web.post(f"/v1/family/notices/{world.school_id}/{notice_id}/{deed}", headers=world.parent.headers)


async def a_published_mark(web: httpx.AsyncClient, world: World) -> None:
    await enter(web, world, line(world.child, 6))
    await publish_marks(web, world)


async def a_letter_to_recall(web: httpx.AsyncClient, world: World) -> None:
    await send(web, world, {**letter(to_class(world)), "announcement_id": "0199e0a4-6c00-7d11-a1b2-00000000000a"})


GUARDIAN = "/pupils/{child}/guardians/{parent}"
WRITES: dict[str, tuple[Deed, Deed]] = {
    "the roll is called": (nothing, lambda web, world: take(web, world)),
    "the roll is corrected": (
        lambda web, world: take(web, world),
        lambda web, world: take(web, world, absent(world.child.pupil_id, "late")),
    ),
    "marks are published": (
        lambda web, world: enter(web, world, line(world.child, 6)),
        lambda web, world: publish_marks(web, world),
    ),
    "a published mark is corrected": (
        a_published_mark,
        lambda web, world: enter(web, world, line(world.child, 7), reason="Cộng sót"),
    ),
    "a published mark is taken back": (
        a_published_mark,
        lambda web, world: enter(web, world, line(world.child, None), reason="Nhầm học sinh"),
    ),
    "a letter comes": (nothing, lambda web, world: send(web, world, letter(to_class(world)))),
    "a letter is recalled": (
        a_letter_to_recall,
        lambda web, world: send(web, world, {}, rest="/0199e0a4-6c00-7d11-a1b2-00000000000a/recall"),
    ),
    "a letter is opened": (a_notice, lambda web, world: answer(web, world, "opened")),
    "a letter is acknowledged": (a_notice, lambda web, world: answer(web, world, "acknowledged")),
    "the child changes class": (
        nothing,
        lambda web, world: change(
            web, world, "POST", f"/pupils/{world.child.pupil_id}/transfer",
            {"class_id": str(world.other_class_id), "on": str(TODAY)},
        ),
    ),
    "custody papers come": (
        nothing,
        lambda web, world: change(
            web, world, "PATCH", f"/pupils/{world.child.pupil_id}/guardians/{world.parent.person_id}", {"can_act": False}
        ),
    ),
    "the phone is another's": (
        nothing,
        lambda web, world: change(
            web, world, "PUT", f"/guardians/{world.parent.person_id}/phone", {"phone": fresh_phone()}
        ),
    ),
    "a brother comes to the school": (
        nothing,
        lambda web, world: change(
            web, world, "POST", "/pupils",
            {
                "pupil_id": str(new_id()), "full_name": "Nguyễn Minh Em", "class_id": str(world.class_id),
                "guardians": [{"full_name": world.parent.full_name, "relation": "mother", "phone": world.parent.phone}],
            },
        ),
    ),
    "a new school year begins": (
        nothing,
        lambda web, world: change(web, world, "PUT", "/years/2027-2028", frame(is_current=True)),
    ),
}  # fmt: skip


async def is_new(http: httpx.AsyncClient, who: Person, deed: Callable[[], Awaitable[Any]]) -> bool:
    """Whether the home that was current before the deed is no longer so after it."""
    before = await http.get("/v1/family/home", headers=who.headers)
    known = {**who.headers, "if-none-match": before.headers["etag"]}
    assert (await http.get("/v1/family/home", headers=known)).status_code == 304
    done = await deed()
    assert not isinstance(done, httpx.Response) or done.is_success, done.text
    return (await http.get("/v1/family/home", headers=known)).status_code == 200


@pytest.mark.parametrize("write", WRITES)
async def test_a_family_sees_that(web: httpx.AsyncClient, world: World, write: str) -> None:
    prepare, deed = WRITES[write]
    await prepare(web, world)
    assert await is_new(web, world.parent, lambda: deed(web, world))


async def test_a_bill_its_payment_and_its_end_are_each_seen(money: Money) -> None:  # noqa: F811
    parent = money.world.parent
    assert await is_new(money.http, parent, money.bill)
    invoice = await money.invoice()

    async def paid() -> None:
        await money.receive(money.bank.credit(100_000, f"{invoice['reference']} nop tien"))

    assert await is_new(money.http, parent, paid)
    await money.bill()
    newest = await money.invoice()
    cancel = f"/invoices/{newest['invoice_id']}/cancel"
    assert await is_new(money.http, parent, lambda: money.post(cancel, {"reason": "Nhập nhầm"}))

"""Who gives and who does not is nobody's business: whatever families do, a teacher sees no trace of it, and nobody is reminded."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.factories import YEAR, Person, add_pupils
from tests.identity.matrix import plain, routes_of

TITLE = "Câu lạc bộ thiên văn"
AMOUNT = 41_300


async def _billed_and_partly_paid(money, chance: random.Random) -> list[Any]:
    """A school of some size, a voluntary item, and some who pay it. Returns the bills, paid or not."""
    await add_pupils(money.owner, money.world, chance.randint(2, 12))
    due_on = school_day(money.house.clock.now()) + timedelta(days=chance.randint(1, 20))
    item_id, plan_id = str(new_id()), str(new_id())
    item = {
        "item_id": item_id, "title": TITLE, "category": "voluntary", "unit_amount": AMOUNT, "valid_from": "2026-08-01",
        "valid_to": "2039-05-31", "planned_use": "Ống nhòm", "equal_share": chance.choice([True, False]),
    }  # fmt: skip
    assert (await money.post("/fee-items", item)).status_code == 201
    plan = {"plan_id": plan_id, "item_id": item_id, "title": TITLE, "due_on": [due_on.isoformat()]}
    assert (await money.post("/fee-plans", plan)).status_code == 201
    published = await money.post(f"/fee-plans/{plan_id}/publish", None)
    assert published.status_code == 200, published.text
    bills = await money.owner.fetch(
        "SELECT invoice_id, fee_id, reference, pupil_id FROM invoices WHERE school_id = $1", money.world.school_id
    )
    for bill in chance.sample(bills, chance.randint(0, len(bills) - 1)):
        assert await money.receive(money.bank.credit(AMOUNT, bill["reference"])) == ["settled"]
    return bills


def _addresses(app: Any, known: dict[str, str]) -> list[str]:
    """Every address that answers GET and whose every part this school can fill in."""
    found = []
    for method, path in routes_of(app):
        names = re.findall(r"\{(\w+)", path)
        if method == "GET" and all(name in known for name in names):
            found.append(re.sub(r"\{(\w+)[^}]*\}", lambda m: known[m[1]], plain(path)))
    return sorted(found)


async def _seen(money, who: Person, path: str) -> list[httpx.Response]:
    as_browser = {"cookie": f"{ACCESS_COOKIE}={who.token}", "accept": "text/html"}
    return [
        await money.http.get(path, headers=who.headers),
        await money.http.get(path, headers=as_browser),
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_no_page_or_answer_tells_a_teacher_who_gave(money, app, seed) -> None:
    bills = await _billed_and_partly_paid(money, random.Random(seed))
    world, today = money.world, school_day(money.house.clock.now())
    known = {
        "school_id": str(world.school_id), "class_id": str(world.class_id), "pupil_id": str(world.child.pupil_id),
        "invoice_id": str(bills[0]["invoice_id"]), "fee_id": str(bills[0]["fee_id"]), "day": today.isoformat(),
        "on": today.isoformat(), "held_on": today.isoformat(), "session": "morning", "school_year": YEAR,
        "subject_code": "TOAN", "term": "1", "month": today.strftime("%Y-%m"), "grade": "6",
    }  # fmt: skip
    addresses = _addresses(app, known)
    traces = [TITLE, "41.300", str(AMOUNT), "41,300", *(bill["reference"] for bill in bills)]
    opened = 0
    for who in (world.teacher, world.subject_teacher):
        for path in addresses:
            for answer in await _seen(money, who, path):
                opened += answer.status_code == 200
                # As words of their own: the digits of a sum may stand in any id by chance.
                text = answer.text
                told = [
                    trace
                    for trace in traces
                    if trace in text and re.search(rf"(?<![\w-]){re.escape(trace)}(?![\w-])", text)
                ]
                assert not told, (path, answer.status_code, told)
    assert opened > 20, "teachers open pages, or this test sees nothing"
    # The same traces are plain to the accountant, so the test would see them.
    assert bills[0]["reference"] in (await money.get(f"/classes/{world.class_id}/invoices")).text


@pytest.mark.parametrize("seed", range(2))
async def test_who_does_not_give_owes_nothing_and_nobody_would_be_reminded(money, seed) -> None:
    bills = await _billed_and_partly_paid(money, random.Random(seed))
    await money.bill()
    await money.owner.execute("UPDATE invoices SET due_on = due_on - 60 WHERE school_id = $1", money.world.school_id)
    owed = await money.owner.fetchval("SELECT reference FROM invoices WHERE school_id = $1 AND plan_id IS NULL LIMIT 1",
                                      money.world.school_id)  # fmt: skip
    debts = await money.get("/reports/debts")
    reminders = await money.get("/reminders/preview")
    assert (debts.status_code, reminders.status_code) == (200, 200), debts.text + reminders.text
    assert owed in debts.text, "what is owed is listed, so the list is not merely empty"
    for answer in (debts, reminders):
        assert TITLE not in answer.text
        assert not any(bill["reference"] in answer.text for bill in bills)

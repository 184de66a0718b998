"""The demo's bank: it pays through the real, signed webhook, and it does not exist outside the demo."""

from contextlib import asynccontextmanager

import httpx
import pytest

from backend.app import create_app
from tests.conftest import test_settings as settings_of
from tests.payments.conftest import AMOUNT


@pytest.fixture
def demo(database_url, redis_url):
    """A context, entered by the test itself: a lifespan wants to be left by the task that entered it."""
    return lambda: demo_client(database_url, redis_url)


@asynccontextmanager
async def demo_client(database_url, redis_url):
    application = create_app(settings_of(mode="demo"), redis_url=redis_url, database_url=database_url)
    async with application.lifespan():
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield http


async def path_of(money):
    await money.bill()
    invoice = await money.invoice()
    return f"/v1/demo/schools/{money.world.school_id}/invoices/{invoice['invoice_id']}/transfer"


async def test_one_press_pays_what_is_due(money, demo):
    path = await path_of(money)
    async with demo() as http:
        answer = await http.post(path, json={}, headers=money.world.parent.headers)
        assert (answer.status_code, answer.json()) == (202, {"success": True})
        await money.settle()
        assert (await money.invoice())["state"] == "paid"
        assert (await http.post(path, json={}, headers=money.world.parent.headers)).status_code == 404
    await money.prove()


async def test_a_part_can_be_named(money, demo):
    path = await path_of(money)
    async with demo() as http:
        await http.post(path, json={"amount": 100_000}, headers=money.world.parent.headers)
    await money.settle()
    assert (await money.invoice())["remaining"] == AMOUNT - 100_000


async def test_only_for_the_own_child(money, demo):
    path = await path_of(money)
    async with demo() as http:
        for who in (money.world.neighbour, money.world.stranger, money.world.teacher):
            assert (await http.post(path, json={}, headers=who.headers)).status_code == 404
        assert (await http.post(path, json={})).status_code == 401


async def test_outside_the_demo_there_is_no_such_door(money):
    path = await path_of(money)
    assert (await money.http.post(path, json={}, headers=money.world.parent.headers)).status_code == 404

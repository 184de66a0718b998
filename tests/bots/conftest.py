"""A bot as in production: the server takes webhooks, the worker answers, Telegram's twin stands in for Telegram."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from backend.core.house import House
from backend.core.settings import Settings
from backend.serving import Child, environment_for, free_port, serve_command, wait_until_ready, work_command
from bots.wires import Wires
from notifications.stations import Stations
from tests.bots.round_trips import way_of  # noqa: F401  (a fixture)
from tests.bots.wired import wired, wired_once  # noqa: F401  (fixtures for the tests of the wires)
from tests.conftest import test_settings
from tests.twins.telegram import TelegramTwin

SECRET = "webhook-secret-of-the-tests-0123456789"
TOKEN = "4242:twin-token-for-tests"


@dataclass
class Bridge:
    url: str
    twin: TelegramTwin
    settings: Settings


# For one file only: its worker would deliver, settle and send words behind the backs of the tests that come after.
@pytest.fixture(scope="module")
async def bridge(database_url: str, redis_url: str) -> AsyncIterator[Bridge]:
    twin = TelegramTwin(TOKEN)
    await twin.start()
    port = free_port("127.0.0.1", 20_000 + os.getpid() % 2_000)
    url = f"http://127.0.0.1:{port}"
    settings = test_settings(
        port=port,
        database_url=database_url,
        redis_url=redis_url,
        public_url=url,
        telegram_token=TOKEN,
        telegram_secret=SECRET,
        telegram_base_url=twin.base_url,
        telegram_bot_name=twin.username,
    )
    environment = environment_for(settings)
    server, worker = Child("server", serve_command(), environment), Child("worker", work_command(), environment)
    try:
        wait_until_ready(url, server)
        yield Bridge(url, twin, settings)
    finally:
        worker.stop()
        server.stop()
        await twin.stop()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramTwin]:
    twin = TelegramTwin("4243:twin-token-for-sending")
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def open_house(house: House, telegram: TelegramTwin) -> AsyncIterator[House]:
    settings = msgspec.structs.replace(
        house.settings, telegram_token=telegram.token, telegram_base_url=telegram.base_url
    )
    own = House(settings, house.database, house.queue, house.clock, house.cipher, house.redis_url)
    stations = await Stations.open(own)
    wires = await Wires.open(own, stations, webhooks=False)
    yield own
    await wires.close()
    assert not own.speakers
    await stations.close()
    await own.limits.close()

"""A Firebase twin, and a house whose stations speak to it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from notifications.addresses import register
from notifications.channel_tokens import ChannelTokens, Pair, authorise
from notifications.channels.fcm import FcmSender
from notifications.channels.fcm_credentials import FcmCredentials
from notifications.channels.wire import Wire
from notifications.channels.zalo_tokens import ZaloTokenWire
from notifications.outbox import Notice
from notifications.push import PushStation
from notifications.stations import Stations
from tests.twins.fcm import FcmTwin
from tests.twins.zalo import ZaloTwin

ACCOUNT = "zalo:test"
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def open_channels(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """No channel rests or is switched off because of an earlier test, nor after this one."""
    await owner.execute("DELETE FROM channel_states")
    yield
    await owner.execute("DELETE FROM channel_states")


@pytest.fixture(scope="session")
async def shared_fcm() -> AsyncIterator[FcmTwin]:
    twin = FcmTwin()
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def fcm(shared_fcm: FcmTwin, owner: asyncpg.Connection) -> FcmTwin:
    shared_fcm.behave()
    shared_fcm.refused.clear()
    return shared_fcm


@pytest.fixture(scope="session")
async def sender(shared_fcm: FcmTwin) -> AsyncIterator[FcmSender]:
    credentials = FcmCredentials(shared_fcm.credentials())
    made = FcmSender(credentials, project_id=shared_fcm.project_id, base_url=shared_fcm.base_url)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def stations(fcm: FcmTwin, sender: FcmSender) -> Stations:
    made = Stations()
    made.push = PushStation(sender)
    return made


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOW)


@pytest.fixture
def still_house(house: House, clock: StoppedClock) -> House:
    """The house with a clock that the test moves by hand, and a bell that nobody hears."""
    settings = msgspec.structs.replace(house.settings, public_url="https://truong.example")
    return dataclasses.replace(house, clock=clock, settings=settings)


@pytest.fixture
async def zalo(clock: StoppedClock) -> AsyncIterator[ZaloTwin]:
    twin = ZaloTwin()
    twin.now = lambda: clock.now().timestamp()
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def oauth(zalo: ZaloTwin, wire: Wire) -> ZaloTokenWire:
    return ZaloTokenWire(wire, app_id=zalo.app_id, app_secret=zalo.app_secret, base_url=zalo.base_url)


@pytest.fixture
async def process(
    still_house: House, oauth: ZaloTokenWire, zalo: ZaloTwin, owner: asyncpg.Connection
) -> Callable[[], ChannelTokens]:
    """Each call is another process with the same account, authorised once."""
    await owner.execute("DELETE FROM channel_tokens")
    pair = zalo.grant()
    await authorise(still_house, ACCOUNT, Pair(pair["access_token"], pair["refresh_token"], int(pair["expires_in"])))
    return lambda: ChannelTokens(still_house, ACCOUNT, oauth.refresh)


async def phone(
    house: House,
    account_id: UUID,
    *,
    platform: str = "android",
    language: str = "vi",
    kind: str = "fcm_token",
    token: str = "",
) -> str:
    """A device of the account with a push address of its own."""
    token = token or (f"tok-{new_id().hex}" if kind == "fcm_token" else new_id().hex[-22:])
    async with house.database.directory() as tx:
        await register(
            tx,
            account_id=account_id,
            session_id=new_id(),
            token=token,
            kind=kind,
            platform=platform,
            language=language,
            at=house.clock.now(),
        )
    return token


def notice(**changes: Any) -> Notice:
    usual = {
        "notice_id": new_id(), "kind": "announcement", "source_kind": "announcement", "source_id": "1", "created_at": NOW,
        "title": "Họp phụ huynh", "body": "8 giờ sáng thứ bảy",
    }  # fmt: skip
    return Notice(**{**usual, **changes})


async def states(owner: asyncpg.Connection, school_id: int, notice_id: UUID) -> dict[UUID, tuple[str, str | None]]:
    rows = await owner.fetch(
        "SELECT guardian_id, state, reason FROM deliveries WHERE school_id = $1 AND notice_id = $2 AND channel = 'push'",
        school_id, notice_id,
    )  # fmt: skip
    return {row["guardian_id"]: (row["state"], row["reason"]) for row in rows}

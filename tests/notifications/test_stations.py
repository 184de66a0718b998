"""Stations follow the settings: a channel without settings has none, and its deliveries say so instead of waiting for ever."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import asyncpg
import msgspec

from backend.core.house import House
from notifications.audience import OneClass
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import notice, phone, states
from tests.twins.fcm import FcmTwin


async def test_every_channel_with_settings_has_a_station(house: House, fcm: FcmTwin, tmp_path: Path) -> None:
    account = tmp_path / "fcm.json"
    account.write_bytes(msgspec.json.encode(fcm.credentials()))
    settings = msgspec.structs.replace(
        house.settings,
        fcm_project_id=fcm.project_id,
        fcm_credentials_file=str(account),
        telegram_token="100200300:stations",
        sms_api_key="key",
        sms_secret_key="secret",
        sms_brand="TRUONG",
    )
    stations = await Stations.open(dataclasses.replace(house, settings=settings))
    assert all(stations.of(channel) is not None for channel in ("push", "telegram"))
    assert stations.sms is not None and stations.telegram_sender is not None
    await stations.close()


async def test_without_settings_deliveries_are_skipped_and_say_why(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    await phone(still_house, world.parent.account_id)
    stations = await Stations.open(still_house)
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await drain(still_house, stations, world.school_id)
    await stations.close()
    found = await states(owner, world.school_id, told.notice_id)
    assert found[world.parent.person_id] == ("skipped", "channel_off")

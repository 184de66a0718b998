"""Stations follow the settings: a channel without settings has none, and its deliveries say so instead of waiting for ever."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args, get_type_hints

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.catalogue import entries
from backend.core.house import House
from backend.core.settings import Settings, SettingsRefused, refuse_unsafe
from notifications.audience import OneClass
from notifications.cascade import CHANNELS, PAID
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.retries import USEFUL_FOR
from notifications.rounds import is_paid
from notifications.stations import Stations
from schemas.notifications import DeliveryProblem
from tests.factories import World
from tests.notifications.conftest import notice, phone, states
from tests.notifications.test_zns import FILE
from tests.twins.fcm import FcmTwin


async def test_every_channel_with_settings_has_a_station(house: House, fcm: FcmTwin, tmp_path: Path) -> None:
    account = tmp_path / "fcm.json"
    account.write_bytes(msgspec.json.encode(fcm.credentials()))
    templates = tmp_path / "templates.toml"
    templates.write_text(FILE, encoding="utf-8")
    settings = msgspec.structs.replace(
        house.settings,
        fcm_project_id=fcm.project_id,
        fcm_credentials_file=str(account),
        telegram_token="100200300:stations",
        zalo_app_id="4318",
        zalo_app_secret="secret",
        zalo_oa_id="1646",
        sms_api_key="key",
        sms_secret_key="secret",
        sms_brand="TRUONG",
        speedsms_token="token",
        speedsms_brand="TRUONG",
        zns_templates_file=str(templates),
        zalo_bot_token="1:token",
        smtp_host="127.0.0.1",
        smtp_sender="truong@truong.example",
        webpush_contact="mailto:it@truong.example",
    )
    stations = await Stations.open(dataclasses.replace(house, settings=settings))
    assert [channel for channel in CHANNELS if stations.of(channel) is None] == []
    assert {channel for channel in CHANNELS if is_paid(stations.of(channel))} == PAID  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    ("half", "missing"),
    [
        ({"zalo_app_id": "4318"}, "NHIPCAU_ZALO_APP_SECRET, NHIPCAU_ZALO_OA_ID, NHIPCAU_ZALO_OA_SECRET"),
        ({"fcm_project_id": "truong"}, "NHIPCAU_FCM_CREDENTIALS_FILE"),
    ],
)
def test_production_does_not_start_with_half_a_channel(half: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        refuse_unsafe(Settings(**half))  # type: ignore[arg-type]
    assert f"{missing}: needed together" in str(refused.value)


def test_every_channel_and_kind_is_described_and_has_words_for_the_office() -> None:
    fields = get_type_hints(DeliveryProblem)
    assert get_args(fields["channel"]) == CHANNELS
    words = entries()
    assert [c for c in CHANNELS if f"console.channel_{c}" not in words] == []
    assert set(get_args(fields["notice_kind"])) == set(USEFUL_FOR)
    assert [k for k in USEFUL_FOR if f"console.notice_{k}" not in words] == []


async def test_the_offices_page_shows_what_any_channel_refused(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    for number, channel in enumerate(CHANNELS):
        told = notice(created_at=datetime.now(UTC), title=None, kind=list(USEFUL_FOR)[number])
        async with house.database.school(world.school_id) as tx:
            await publish(tx, told, OneClass(world.class_id))
        await owner.execute("DELETE FROM deliveries WHERE notice_id = $1", told.notice_id)
        await owner.execute(
            "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at, reason, finished_at)"
            " VALUES ($1, $2, $3, $4, 'refused', $5, 'window_closed', $5)",
            world.school_id, told.notice_id, world.parent.person_id, channel, datetime.now(UTC),
        )  # fmt: skip
    page = await client.get(
        f"/console/{world.school_id}/unreached",
        headers={"authorization": f"Bearer {world.admin.token}", "accept": "text/html"},
    )
    assert page.status_code == 200 and "ZNS" in page.text

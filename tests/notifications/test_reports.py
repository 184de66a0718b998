"""What gateways and Zalo report: proven, found again, and kept as a receipt or as a dead number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from backend.app import create_app
from backend.core.crypto import token_hash
from backend.core.house import House
from notifications import arrivals, sent_texts
from notifications.audience import OneClass
from notifications.dead_addresses import phone_hash
from notifications.outbox import publish
from notifications.sent_texts import Text
from notifications.tracking import Tracked, tracking_id
from tests.conftest import running, test_settings
from tests.factories import World
from tests.notifications.conftest import notice
from tests.notifications.ears import steps
from tests.twins.zalo import ZaloTwin

SECRET = "a-secret-of-reports-0001"
_TWIN = ZaloTwin()


@pytest.fixture(scope="module")
async def door(database_url: str, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = test_settings(
        sms_report_secret=SECRET,
        zalo_app_id=_TWIN.app_id,
        zalo_app_secret="s",
        zalo_oa_id=_TWIN.oa_id,
        zalo_oa_secret=_TWIN.oa_secret,
    )
    app = create_app(settings, redis_url=redis_url, database_url=database_url)
    async with running(app):
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield http


@pytest.fixture
async def told(house: House, world: World) -> Tracked:
    """A notice for the own child's mother."""
    made = notice(created_at=datetime.now(UTC))
    async with house.database.school(world.school_id) as tx:
        await publish(tx, made, OneClass(world.class_id))
    return Tracked(world.school_id, made.notice_id, world.parent.person_id)


def name_of(of: Tracked) -> str:
    return tracking_id(of.school_id, of.notice_id, of.guardian_id)


async def taken(owner: asyncpg.Connection, of: Tracked, channel: str) -> None:
    """The provider took it a minute ago."""
    await owner.execute(
        "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at, finished_at) VALUES ($1, $2, $3, $4, 'sent', $5, $5)",
        of.school_id, of.notice_id, of.guardian_id, channel, datetime.now(UTC) - timedelta(minutes=1),
    )  # fmt: skip


async def test_a_template_message_that_zalo_gives_up_makes_the_chain_go_on(
    door: httpx.AsyncClient, owner: asyncpg.Connection, world: World, told: Tracked
) -> None:
    await taken(owner, told, "zns")
    body, headers = _TWIN.signed(_receipt(told, message={"msg_id": "m1", "tracking_id": name_of(told), "error": -114}))
    assert (await door.post("/bots/zalo/webhook", content=body, headers=headers)).status_code == 200
    assert (await steps(owner, told.notice_id, world.parent))["zns"] == ("due", "bounced:ZNS_-114")


async def arrived(owner: asyncpg.Connection, of: Tracked) -> list[str]:
    rows = await owner.fetch(
        "SELECT channel FROM notice_receipts WHERE school_id = $1 AND notice_id = $2 AND guardian_id = $3 AND kind = 'delivered'",
        of.school_id, of.notice_id, of.guardian_id,
    )  # fmt: skip
    return [row["channel"] for row in rows]


def test_zalos_own_test_vector_is_proven() -> None:
    body = (
        '{"app_id":"431812345678901234","sender":{"id":"5510185758261927916"},"user_id_by_app":"3611371994410983884",'
        '"recipient":{"id":"1646843870823903717"},"event_name":"user_send_text","message":{"text":"Xin chào",'
        '"msg_id":"e2a641af6661713b2874"},"timestamp":"1717061839659"}'
    ).encode()
    mac = "d6bf503b6820875d9c74ace807463b5e2dcf2f899efd848374a4d637a27078d2"
    at = datetime.fromtimestamp(1717061839, UTC)
    proven = {"app_id": "431812345678901234", "secret": "testOaSecretKey", "now": at}
    assert len(body) == 270
    for signature in (f"mac={mac}", mac):
        event = arrivals.proven_event(body, signature, **proven)  # type: ignore[arg-type]
        assert event is not None and event.event_name == "user_send_text"
    assert arrivals.proven_event(body + b" ", mac, **proven) is None  # type: ignore[arg-type]
    assert arrivals.proven_event(body, mac, **{**proven, "secret": ""}) is None  # type: ignore[arg-type]
    assert arrivals.proven_event(body, mac, **{**proven, "app_id": "1"}) is None  # type: ignore[arg-type]
    assert arrivals.proven_event(body, mac, **{**proven, "now": at + timedelta(hours=4)}) is None  # type: ignore[arg-type]


def _receipt(of: Tracked, **changes: Any) -> dict[str, Any]:
    now = str(int(datetime.now(UTC).timestamp() * 1000))
    return {
        "event_name": "user_received_message",
        "sender": {"id": _TWIN.oa_id},
        "recipient": {"id": "84912345678"},
        "message": {"delivery_time": now, "msg_id": "m1", "tracking_id": name_of(of)},
        "timestamp": now,
        **changes,
    }


async def test_a_receipt_of_zns_finds_its_delivery_and_twice_is_once(
    door: httpx.AsyncClient, owner: asyncpg.Connection, told: Tracked
) -> None:
    body, headers = _TWIN.signed(_receipt(told))
    for _ in range(2):
        assert (await door.post("/bots/zalo/webhook", content=body, headers=headers)).status_code == 200
    assert await arrived(owner, told) == ["zns"]


async def test_an_unsigned_or_foreign_event_changes_nothing(
    door: httpx.AsyncClient, client: httpx.AsyncClient, owner: asyncpg.Connection, told: Tracked
) -> None:
    body, headers = _TWIN.signed(_receipt(told))
    changed = body.replace(b'"m1"', b'"m2"')
    for content, sent in ((body, {}), (changed, headers), (b"{}", headers), (b"\xff", headers)):
        assert (await door.post("/bots/zalo/webhook", content=content, headers=sent)).status_code == 401
    # Without a secret in the settings nobody is let in, and other events are only heard.
    assert (await client.post("/bots/zalo/webhook", content=body, headers=headers)).status_code == 401
    other, signed = _TWIN.signed(_receipt(told, event_name="user_seen_message"))
    assert (await door.post("/bots/zalo/webhook", content=other, headers=signed)).status_code == 200
    assert await arrived(owner, told) == []


async def test_esms_reports_in_the_query_in_a_form_and_as_json(
    door: httpx.AsyncClient, owner: asyncpg.Connection, told: Tracked
) -> None:
    path = f"/hooks/sms/{SECRET}/esms"
    fields = {"SMSID": "1", "RequestId": name_of(told), "SendStatus": "5", "SendSuccess": "1", "SendFailed": "0"}
    on_its_way = {**fields, "SendStatus": "3"}
    assert (await door.get(path, params=on_its_way)).status_code == 200
    assert await arrived(owner, told) == []
    assert (await door.get(path, params=fields)).status_code == 200
    assert (await door.post(path, data=fields)).status_code == 200
    assert (await door.post(path, json={**fields, "SendStatus": 5, "SendSuccess": 1})).status_code == 200
    assert await arrived(owner, told) == ["sms"]
    code = {**fields, "RequestId": str(UUID(int=1))}
    assert (await door.get(path, params=code)).status_code == 200


async def test_a_text_that_could_not_be_delivered_makes_the_number_dead_and_the_chain_go_on(
    door: httpx.AsyncClient, owner: asyncpg.Connection, world: World, told: Tracked
) -> None:
    hashed = token_hash(str(told.guardian_id))
    await owner.execute(
        "INSERT INTO delivery_attempts (school_id, notice_id, guardian_id, channel, address_hash, attempt, attempted_at, outcome)"
        " VALUES ($1, $2, $3, 'sms', $4, 1, $5, 'sent')",
        told.school_id, told.notice_id, told.guardian_id, hashed, datetime.now(UTC),
    )  # fmt: skip
    await taken(owner, told, "sms")
    fields = {"RequestId": name_of(told), "SendStatus": "5", "SendSuccess": "0", "SendFailed": "1"}
    assert (await door.get(f"/hooks/sms/{SECRET}/esms", params=fields)).status_code == 200
    assert (
        await owner.fetchval("SELECT why FROM dead_addresses WHERE address_hash = $1", hashed) == "ESMS_not_delivered"
    )
    assert await arrived(owner, told) == []
    assert await steps(owner, told.notice_id, world.parent) == {
        "push": ("due", None), "sms": ("due", "bounced:ESMS_not_delivered")
    }  # fmt: skip


async def test_speedsms_reports_by_its_own_number(
    door: httpx.AsyncClient, house: House, owner: asyncpg.Connection, world: World, told: Tracked
) -> None:
    hashed = phone_hash(house.cipher, world.parent.phone)
    text = Text(name_of(told), world.parent.phone, "a", hashed, told)
    await sent_texts.named(house, "speedsms", text, f"tran-{told.notice_id}")
    path = f"/hooks/sms/{SECRET}/speedsms"
    report = {"type": "report", "tranId": f"tran-{told.notice_id}", "phone": "849", "status": "1"}
    assert (await door.post(path, json=report)).status_code == 200
    assert await arrived(owner, told) == []
    assert (await door.post(path, json={**report, "status": 0})).status_code == 200
    assert await arrived(owner, told) == ["sms"]
    assert (await door.post(path, json={**report, "status": 64})).status_code == 200
    assert (
        await owner.fetchval("SELECT why FROM dead_addresses WHERE address_hash = $1", hashed) == "SPEEDSMS_report_64"
    )
    assert (await door.post(path, json={**report, "tranId": 424242})).status_code == 200
    assert (await door.post(path, content=b"[]")).status_code == 400


async def test_without_the_secret_no_report_is_taken(
    door: httpx.AsyncClient, client: httpx.AsyncClient, owner: asyncpg.Connection, told: Tracked
) -> None:
    fields = {"RequestId": name_of(told), "SendStatus": "5", "SendSuccess": "1"}
    assert (await door.get("/hooks/sms/guess/esms", params=fields)).status_code == 401
    assert (await client.get(f"/hooks/sms/{SECRET}/esms", params=fields)).status_code == 401
    assert await arrived(owner, told) == []


async def test_a_readers_message_opens_the_window_and_leaving_closes_it(
    door: httpx.AsyncClient, owner: asyncpg.Connection, told: Tracked
) -> None:
    reader = f"r{told.notice_id.hex}"

    async def happened(name: str, ago: int, **who: Any) -> None:
        at = str(int((datetime.now(UTC) - timedelta(seconds=ago)).timestamp() * 1000))
        body, headers = _TWIN.signed({"event_name": name, "timestamp": at, **who})
        assert (await door.post("/bots/zalo/webhook", content=body, headers=headers)).status_code == 200

    await happened("follow", 60, follower={"id": reader})
    row = await owner.fetchrow("SELECT last_interacted_at, followed_at FROM zalo_followers WHERE user_id = $1", reader)
    assert row is not None and row["last_interacted_at"] is None and row["followed_at"] is not None
    await happened("user_send_text", 50, sender={"id": reader}, message={"msg_id": "1", "text": "Xin chào"})
    assert await owner.fetchval("SELECT replies_left FROM zalo_followers WHERE user_id = $1", reader) == 8
    await happened("unfollow", 40, follower={"id": reader})
    assert await owner.fetchval("SELECT unfollowed_at IS NOT NULL FROM zalo_followers WHERE user_id = $1", reader)

"""Web push: sealed for one browser (the RFC's own vector), signed for one service, and dead subscriptions retired."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from notifications.addresses import register
from notifications.audience import OneClass
from notifications.channels.webpush import Parcel, Services, Subscription, WebPushSender
from notifications.channels.webpush_crypto import encrypt, fresh_key, from_text, house_key, public_point, to_text
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.stations import Stations
from notifications.webpush_station import WebPushStation
from tests.factories import World
from tests.notifications.conftest import notice
from tests.twins.pushservice import Browser, Fault, PushServiceTwin, opened

# RFC 8291, appendix A.
_PLAIN = b"When I grow up, I want to be a watermelon"
_SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
_POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
_SALT = "DGv6ra1nlYgDCS1FRnbzlw"
_SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_rfcs_own_vector() -> None:
    own = ec.derive_private_key(int.from_bytes(from_text(_SENDER), "big"), ec.SECP256R1())
    sealed = encrypt(_PLAIN, from_text(_POINT), from_text(_AUTH), own=own, salt=from_text(_SALT))
    assert to_text(sealed) == _SEALED


def test_what_is_sealed_opens_in_that_browser_alone() -> None:
    here, there = (Browser(fresh_key(), os.urandom(16)) for _ in range(2))
    sealed = encrypt("Xin chào".encode(), here.point, here.auth, own=fresh_key(), salt=os.urandom(16))
    assert opened(sealed, here).decode() == "Xin chào"
    with pytest.raises(Exception):
        opened(sealed, there)


def test_the_houses_key_is_its_own_and_stays(house: House) -> None:
    assert public_point(house_key(house.cipher)) == public_point(house_key(house.cipher))
    assert public_point(house_key(type(house.cipher)("another secret of forty characters 00000"))) != public_point(
        house_key(house.cipher)
    )


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://web.push.apple.com/QAbc", True),
        ("https://push.apple.com/QAbc", False),
        ("https://evilpush.apple.com.attacker.example/", False),
        ("https://xpush.apple.com/", False),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://user@fcm.googleapis.com/x", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://localhost/", False),
        ("nonsense", False),
    ],
)
def test_only_known_services_are_posted_to(endpoint: str, known: bool) -> None:
    assert Services("https://fcm.googleapis.com, https://*.push.apple.com").knows(endpoint) is known


@pytest.fixture
async def twin() -> AsyncIterator[PushServiceTwin]:
    made = PushServiceTwin()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def sender(twin: PushServiceTwin, house: House) -> AsyncIterator[WebPushSender]:
    key = house_key(house.cipher)
    made = WebPushSender(key, contact="mailto:it@truong.example", services=Services(twin.base_url))
    await made.open()
    yield made
    await made.close()


def of(subscription: dict[str, Any]) -> Subscription:
    return Subscription(subscription["endpoint"], **subscription["keys"])


PARCEL = Parcel(b'{"title":"a"}', 600, "high", "t" * 32)

_ANSWERS: list[tuple[Fault, Outcome]] = [
    (Fault(http=404), Refused("address_dead", "WEBPUSH_404")),
    (Fault(http=410), Refused("address_dead", "WEBPUSH_410")),
    (Fault(http=413), Refused("our_bug", "WEBPUSH_413")),
    (Fault(http=401), Refused("channel_down", "WEBPUSH_401")),
    (Fault(http=429, retry_after="120"), TryLater("WEBPUSH_429", 120.0)),
    (Fault(http=503, retry_after="9"), TryLater("WEBPUSH_503", 9.0)),
    (Fault(http=500), TryLater("WEBPUSH_500", uncertain=True)),
    (Fault(http=418), Refused("unknown", "WEBPUSH_418")),
    (Fault(cut=True), TryLater("connection_lost", uncertain=True)),
    (Fault(lost=True), TryLater("connection_lost", uncertain=True)),
]


@pytest.mark.parametrize(("fault", "meaning"), _ANSWERS)
async def test_every_answer_has_one_meaning(
    twin: PushServiceTwin, sender: WebPushSender, fault: Fault, meaning: Outcome
) -> None:
    _, subscription = twin.subscribe()
    twin.misbehave(fault)
    assert await sender.post(of(subscription), PARCEL) == meaning
    assert isinstance(await sender.post(of(subscription), PARCEL), Sent)


async def test_the_service_checks_who_posts_and_the_browser_opens_it(
    twin: PushServiceTwin, sender: WebPushSender, house: House
) -> None:
    browser, subscription = twin.subscribe(to_text(public_point(house_key(house.cipher))))
    assert isinstance(await sender.post(of(subscription), PARCEL), Sent)
    assert browser.received == [{"title": "a"}]
    assert browser.headers[0]["ttl"] == "600" and browser.headers[0]["topic"] == "t" * 32
    foreign, made_for_another = twin.subscribe(to_text(public_point(fresh_key())))
    assert await sender.post(of(made_for_another), PARCEL) == Refused("address_dead", "WEBPUSH_403")
    assert foreign.received == []


async def test_what_cannot_be_sealed_or_posted_is_no_crash(twin: PushServiceTwin, sender: WebPushSender) -> None:
    _, subscription = twin.subscribe()
    good = of(subscription)
    off_curve = Subscription(good.endpoint, to_text(b"\x04" + b"\x01" * 64), good.auth)
    assert await sender.post(off_curve, PARCEL) == Refused("address_dead", "WEBPUSH_keys")
    elsewhere = Subscription("https://elsewhere.example/x", good.p256dh, good.auth)
    assert await sender.post(elsewhere, PARCEL) == Refused("address_dead", "WEBPUSH_unknown_service")
    large = Parcel(b"x" * 4000, 600, "high", "t")
    assert await sender.post(good, large) == Refused("our_bug", "payload_too_large")


async def test_a_notice_reaches_the_familys_browser_and_a_dead_one_is_retired(
    still_house: House, stations: Stations, twin: PushServiceTwin, sender: WebPushSender, owner: asyncpg.Connection, world: World,
    clock: StoppedClock,
) -> None:  # fmt: skip
    stations.add(WebPushStation(sender))
    browser, subscription = twin.subscribe()
    async with still_house.database.directory() as tx:
        await register(
            tx, account_id=world.parent.account_id, session_id=new_id(), token=subscription["endpoint"], kind="webpush",
            platform="web", language="vi", at=still_house.clock.now(), **subscription["keys"],
        )  # fmt: skip
    told = await _tell(still_house, owner, world, stations)
    assert told == ("sent", None)
    (shown,) = browser.received
    assert (
        shown["title"] == "Trường THCS Thử Nghiệm"
        and shown["body"] == "Họp phụ huynh"
        and shown["path"].startswith("/app/")
    )
    browser.gone = True
    clock.advance(timedelta(seconds=1))
    assert await _tell(still_house, owner, world, stations) == ("refused", "WEBPUSH_410")
    assert (
        await owner.fetchval("SELECT retired_why FROM devices WHERE token = $1", subscription["endpoint"])
        == "WEBPUSH_410"
    )
    assert (await _tell(still_house, owner, world, stations))[0] == "skipped"


async def _tell(house: House, owner: asyncpg.Connection, world: World, stations: Stations) -> tuple[str, str | None]:
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await owner.execute("DELETE FROM deliveries WHERE notice_id = $1", told.notice_id)
    await owner.execute(
        "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at) VALUES ($1, $2, $3, 'webpush', 'due', $4)",
        world.school_id, told.notice_id, world.parent.person_id, house.clock.now(),
    )  # fmt: skip
    await drain(house, stations, world.school_id)
    row = await owner.fetchrow(
        "SELECT state, reason FROM deliveries WHERE notice_id = $1 AND channel = 'webpush'", told.notice_id
    )
    assert row is not None
    return row["state"], row["reason"]


async def test_the_door_names_every_wrong_field(client: httpx.AsyncClient, world: World) -> None:
    keys = {"p256dh": "A" * 87, "auth": "A" * 22}
    answer = await client.post(
        "/v1/devices/webpush",
        json={"endpoint": "https://169.254.169.254/latest", "keys": keys},
        headers={"authorization": f"Bearer {world.parent.token}"},
    )
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/endpoint", "/keys"}

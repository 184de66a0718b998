"""Waking staff: at the end of quiet hours once for everything, at once for what is urgent, and with no word of what was written."""

from __future__ import annotations

from typing import Any, cast

import asyncpg
import httpx

from backend.core.clock import StoppedClock
from backend.core.crypto import token_hash
from backend.core.house import House
from backend.core.ids import new_id
from backend.messages.alerts_sending import drain_alerts
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.stations import Stations
from tests.factories import Person, World
from tests.messages.scenes import at, open_thread, read, said, say
from tests.notifications.conftest import fcm, sender, shared_fcm, stations  # noqa: F401
from tests.twins.fcm import FcmTwin

URGENT = {"reason": "child_missing", "words": "Cháu chưa về nhà, gọi bạn bè không ai biết ạ."}


class Gateway:
    """What the alerts know of an SMS gateway: send."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, str]] = []

    async def send(self, phone: str, text: str, request_id: str) -> Outcome:
        self.sent.append((phone, text, request_id))
        return self.answers.pop(0)


async def a_phone(owner: asyncpg.Connection, who: Person) -> str:
    token = f"token-{new_id()}"
    await owner.execute(
        "INSERT INTO devices (account_id, token_hash, session_id, token, token_kind, platform, language, registered_at, refreshed_at)"
        " VALUES ($1, $2, $3, $4, 'fcm_token', 'android', 'vi', now(), now())",
        who.account_id, token_hash(token), new_id(), token,
    )  # fmt: skip
    return token


async def states(owner: asyncpg.Connection, world: World) -> list[tuple[str, str | None]]:
    rows = await owner.fetch(
        "SELECT state, outcome FROM staff_alerts WHERE school_id = $1 ORDER BY due_at", world.school_id
    )
    return [(row["state"], row["outcome"]) for row in rows]


async def test_an_evening_of_messages_is_one_push_in_the_morning(
    web: httpx.AsyncClient,
    world: World,
    clock: StoppedClock,
    owner: asyncpg.Connection,
    school_house: House,
    stations: Stations,  # noqa: F811
    fcm: FcmTwin,  # noqa: F811
) -> None:
    token = await a_phone(owner, world.teacher)
    at(clock, 2026, 10, 14, 20, 0)
    for parent, pupil in ((world.parent, world.child), (world.classmate_parent, world.classmate)):
        thread_id = await open_thread(web, world, parent, pupil=pupil)
        await said(web, world, parent, thread_id, "Bí mật: cháu bị điểm kém")
    at(clock, 2026, 10, 15, 6, 29)
    assert await drain_alerts(school_house, stations, world.school_id) == 0
    assert fcm.phones[token].received == []
    at(clock, 2026, 10, 15, 6, 30)
    assert await drain_alerts(school_house, stations, world.school_id) == 1
    assert await drain_alerts(school_house, stations, world.school_id) == 0
    [push] = fcm.phones[token].received
    assert "2 tin nhắn mới" in push["notification"]["body"] and "điểm kém" not in str(push)
    assert fcm.refused == []


async def test_what_was_read_meanwhile_wakes_nobody(
    web: httpx.AsyncClient,
    world: World,
    clock: StoppedClock,
    owner: asyncpg.Connection,
    school_house: House,
    stations: Stations,  # noqa: F811
) -> None:
    await a_phone(owner, world.teacher)
    at(clock, 2026, 10, 14, 20, 0)
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Cô ơi")
    await read(web, world, world.teacher, thread_id, message_id)
    at(clock, 2026, 10, 15, 7, 0)
    assert await drain_alerts(school_house, stations, world.school_id) == 0
    assert await states(owner, world) == [("read", None)]


async def test_what_is_urgent_comes_by_sms_where_no_device_is(
    web: httpx.AsyncClient,
    world: World,
    clock: StoppedClock,
    owner: asyncpg.Connection,
    school_house: House,
    stations: Stations,  # noqa: F811
) -> None:
    at(clock, 2026, 10, 14, 22, 0)
    thread_id = await open_thread(web, world, world.parent)
    assert (await say(web, world, world.parent, thread_id, urgent=URGENT)).status_code == 201
    gateway = Gateway(TryLater("timeout", uncertain=True), Sent("1"))
    stations.sms = cast(Any, gateway)
    assert await drain_alerts(school_house, stations, world.school_id) == 0
    assert await states(owner, world) == [("due", "timeout")]
    at(clock, 2026, 10, 14, 22, 1)
    assert await drain_alerts(school_house, stations, world.school_id) == 1
    (phone, text, first), (_, _, again) = gateway.sent
    assert phone == world.admin.phone and first == again, "asked again it is the same SMS, paid once"
    assert "Minh An" in text and "bạn bè" not in text
    assert await states(owner, world) == [("sent", None)]


async def test_an_ordinary_message_costs_no_sms_and_is_given_up_without_an_address(
    web: httpx.AsyncClient,
    world: World,
    owner: asyncpg.Connection,
    school_house: House,
    stations: Stations,  # noqa: F811
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Cô ơi")
    gateway = Gateway(Refused("unknown", "never"))
    stations.sms = cast(Any, gateway)
    assert await drain_alerts(school_house, stations, world.school_id) == 0
    assert (await states(owner, world), gateway.sent) == ([("failed", "no_address")], [])

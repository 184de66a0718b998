"""From the promise to the phone, and what becomes of a delivery for every answer of the provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from notifications.audience import OneClass, SomePupils, WholeSchool
from notifications.delivery import drain
from notifications.outbox import PupilNotice, publish, publish_each
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import NOW, notice, phone, states
from tests.twins.fcm import Fault, FcmTwin


async def tell(house: House, world: World, **changes: Any) -> UUID:
    """An announcement to the own class's one child's family, unless said otherwise."""
    told = notice(**changes)
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    return told.notice_id


async def test_a_notice_reaches_every_device_of_a_family_once(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    tokens = [
        await phone(still_house, world.parent.account_id),
        await phone(still_house, world.parent.account_id, platform="ios"),
        await phone(still_house, world.parent.account_id, platform="web", kind="fcm_fid"),
    ]
    told = await tell(still_house, world)
    assert await drain(still_house, stations, world.school_id) == 3
    assert await drain(still_house, stations, world.school_id) == 0
    for token in tokens:
        (message,) = fcm.phones[token].received
        assert message["data"]["msg_id"] == str(told)
        assert message["data"]["path"] == f"/app/{world.school_id}/notices/{told}"
        assert message["notification"]["body"] == "Họp phụ huynh"
    assert fcm.refused == []
    found = await states(owner, world.school_id, told)
    assert found[world.parent.person_id] == ("sent", None)
    assert found[world.parent2.person_id] == ("skipped", "no_device")
    attempts = await owner.fetch(
        "SELECT outcome, provider_id FROM delivery_attempts WHERE school_id = $1 AND notice_id = $2",
        world.school_id,
        told,
    )
    assert [a["outcome"] for a in attempts] == ["sent"] * 3
    assert all(a["provider_id"] for a in attempts)


async def test_each_device_reads_its_own_language(
    still_house: House, stations: Stations, fcm: FcmTwin, world: World
) -> None:
    vietnamese = await phone(still_house, world.parent.account_id)
    english = await phone(still_house, world.parent.account_id, language="en")
    item = PupilNotice(
        notice_id=new_id(), pupil_id=world.child.pupil_id, kind="absence", source_kind="roll", source_id="1",
        params={"on": "2026-11-24", "session": "morning"},
    )  # fmt: skip
    async with still_house.database.school(world.school_id) as tx:
        await publish_each(tx, [item], created_by=None, at=NOW)
    await drain(still_house, stations, world.school_id)
    assert "chuyên cần của Minh An" in fcm.phones[vietnamese].received[0]["notification"]["body"]
    assert "Minh An's attendance" in fcm.phones[english].received[0]["notification"]["body"]


async def test_what_is_written_to_one_family_is_not_shown_on_the_lock_screen(
    still_house: House, stations: Stations, fcm: FcmTwin, world: World
) -> None:
    token = await phone(still_house, world.parent.account_id)
    told = notice(title="Con bị điểm 2 môn Toán", body="Mời gia đình lên trường")
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, SomePupils((world.child.pupil_id,)))
    await drain(still_house, stations, world.school_id)
    (message,) = fcm.phones[token].received
    assert "điểm" not in str(message)
    assert message["notification"]["body"] == "Nhà trường có tin nhắn mới về Minh An. Mở ứng dụng để xem."


@pytest.mark.parametrize(("fault", "state"), [("unregistered", "UNREGISTERED"), ("sender_mismatch", "SENDER_ID_MISMATCH"), ("bad_token", "INVALID_ARGUMENT")])  # fmt: skip
async def test_a_dead_address_is_retired_and_the_refusal_is_kept(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World,
    clock: StoppedClock, fault: str, state: str,
) -> None:  # fmt: skip
    token = await phone(still_house, world.parent.account_id)
    clock.advance(timedelta(seconds=1))
    fcm.misbehave(token, Fault(fault))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("refused", state)
    retired = await owner.fetchrow("SELECT retired_at, retired_why FROM devices WHERE token = $1", token)
    assert retired is not None and retired["retired_at"] is not None and retired["retired_why"] == state
    again = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, again))[world.parent.person_id] == ("skipped", "no_device")


async def test_an_address_refreshed_during_the_send_stays(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World,
    clock: StoppedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave(token, Fault("unregistered"))
    await tell(still_house, world)
    assert stations.push is not None
    send_all = stations.push.sender.send_all

    async def refresh_meanwhile(letters: Any, outcomes: Any) -> None:
        clock.advance(timedelta(seconds=1))
        await phone(still_house, world.parent.account_id, token=token)
        await send_all(letters, outcomes)

    monkeypatch.setattr(stations.push.sender, "send_all", refresh_meanwhile)
    await drain(still_house, stations, world.school_id)
    assert await owner.fetchval("SELECT retired_at FROM devices WHERE token = $1", token) is None


async def test_one_dead_device_does_not_spoil_a_family_that_another_reaches(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    dead = await phone(still_house, world.parent.account_id)
    await phone(still_house, world.parent.account_id)
    fcm.misbehave(dead, Fault("unregistered"))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("sent", None)


@pytest.mark.parametrize("fault", ["unavailable", "internal", "cut", "lost"])
async def test_weather_is_waited_out_by_the_schedule(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World,
    clock: StoppedClock, fault: str,
) -> None:  # fmt: skip
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave(token, Fault(fault, times=2))
    told = await tell(still_house, world)
    for seconds in (0, 13, 37):
        clock.advance(timedelta(seconds=seconds))
        await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("sent", None)
    # Cut connections had been delivered: the same msg_id arrives thrice and is shown once.
    assert len(fcm.phones[token].received) == (3 if fault == "cut" else 1)
    assert list(fcm.phones[token].shown) == [str(told)]


async def test_a_retry_comes_no_earlier_than_the_schedule_or_the_provider_says(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave(token, Fault("unavailable", times=1), Fault("unavailable", times=1, retry_after="120"))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    first = await owner.fetchrow("SELECT due_at, failures, reason FROM deliveries WHERE notice_id = $1 AND guardian_id = $2", told, world.parent.person_id)  # fmt: skip
    assert first is not None and (first["failures"], first["reason"]) == (1, "UNAVAILABLE")
    assert timedelta(seconds=10) <= first["due_at"] - NOW <= timedelta(seconds=12)
    clock.advance(timedelta(seconds=9))
    assert await drain(still_house, stations, world.school_id) == 0
    clock.advance(timedelta(seconds=3))
    await drain(still_house, stations, world.school_id)
    second = await owner.fetchval("SELECT due_at FROM deliveries WHERE notice_id = $1 AND guardian_id = $2", told, world.parent.person_id)  # fmt: skip
    assert second - clock.now() >= timedelta(seconds=120)


async def test_a_device_that_got_it_is_not_written_to_again_while_another_is_retried(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    good = await phone(still_house, world.parent.account_id)
    slow = await phone(still_house, world.parent.account_id)
    fcm.misbehave(slow, Fault("unavailable", times=1))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    clock.advance(timedelta(seconds=15))
    await drain(still_house, stations, world.school_id)
    assert [len(fcm.phones[token].received) for token in (good, slow)] == [1, 1]
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("sent", None)


async def test_after_the_end_of_the_schedule_a_delivery_is_dead_and_says_why(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave(token, Fault("unavailable"))
    told = await tell(still_house, world)
    rounds = 0
    while (await states(owner, world.school_id, told))[world.parent.person_id][0] == "due":
        await drain(still_house, stations, world.school_id)
        clock.advance(timedelta(hours=7))
        rounds += 1
        assert rounds < 20
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("dead", "UNAVAILABLE")
    assert rounds == 9


async def test_our_own_bug_is_put_aside_and_keeps_the_address(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave(token, Fault("bad_request"))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("dead", "our_bug:INVALID_ARGUMENT")
    assert await owner.fetchval("SELECT retired_at FROM devices WHERE token = $1", token) is None


async def test_a_used_up_quota_rests_the_whole_sender_and_moves_no_schedule(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    for person in (world.parent, world.parent2, world.classmate_parent):
        await phone(still_house, person.account_id)
    fcm.misbehave("*", Fault("quota", retry_after="90"))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    paused = await owner.fetchrow("SELECT paused_until, reason FROM channel_states WHERE channel = 'push'")
    assert paused is not None and paused["reason"] == "QUOTA_EXCEEDED"
    assert timedelta(seconds=90) <= paused["paused_until"] - NOW <= timedelta(seconds=108)
    before = fcm.requests
    clock.advance(timedelta(seconds=80))
    await tell(still_house, world)
    assert await drain(still_house, stations, world.school_id) == 0
    assert fcm.requests == before
    fcm.behave()
    clock.advance(timedelta(seconds=30))
    await drain(still_house, stations, world.school_id)
    rows = await owner.fetch("SELECT state, failures FROM deliveries WHERE school_id = $1 AND notice_id = $2 AND state <> 'skipped'", world.school_id, told)  # fmt: skip
    assert [tuple(row) for row in rows] == [("sent", 0)] * 3
    state = await owner.fetchrow("SELECT paused_until, pauses_in_row FROM channel_states WHERE channel = 'push'")
    assert state is not None and tuple(state) == (None, 0)


async def test_a_refused_credential_stops_the_channel_and_keeps_every_address(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave("*", Fault("permission_denied"))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("due", "PERMISSION_DENIED")
    assert await owner.fetchval("SELECT retired_at FROM devices WHERE token = $1", token) is None
    fcm.behave()
    clock.advance(timedelta(seconds=75))
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("sent", None)


async def test_a_wrong_apple_key_stops_iphones_only(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    iphone = await phone(still_house, world.parent.account_id, platform="ios")
    android = await phone(still_house, world.parent2.account_id)
    fcm.misbehave(iphone, Fault("third_party_auth", times=1))
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    found = await states(owner, world.school_id, told)
    assert found[world.parent.person_id] == ("due", "THIRD_PARTY_AUTH_ERROR")
    assert found[world.parent2.person_id] == ("sent", None)
    again = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, again))[world.parent.person_id][0] == "due"
    assert (len(fcm.phones[iphone].received), len(fcm.phones[android].received)) == (0, 2)
    assert await owner.fetchval("SELECT retired_at FROM devices WHERE token = $1", iphone) is None


async def test_a_token_endpoint_that_is_down_rests_the_channel(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    assert stations.push is not None
    await phone(still_house, world.parent.account_id)
    stations.push.sender._credentials.forget()
    fcm.token_endpoint_down = True
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("due", "token_endpoint")
    fcm.token_endpoint_down = False
    clock.advance(timedelta(seconds=75))
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("sent", None)


async def test_what_became_pointless_is_not_sent(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    token = await phone(still_house, world.parent.account_id)
    recalled, read, revoked, late = [await tell(still_house, world) for _ in range(4)]
    school = world.school_id
    await owner.execute(
        "UPDATE notices SET recalled_at = $3 WHERE school_id = $1 AND notice_id = $2", school, recalled, NOW
    )
    await owner.execute(
        "UPDATE notice_recipients SET opened_at = $3 WHERE school_id = $1 AND notice_id = $2", school, read, NOW
    )
    await owner.execute("UPDATE notices SET created_at = $3 WHERE school_id = $1 AND notice_id = $2", school, late, NOW - timedelta(days=4))  # fmt: skip
    await owner.execute("UPDATE deliveries SET due_at = $3 WHERE school_id = $1 AND notice_id = $2", school, revoked, NOW + timedelta(hours=1))  # fmt: skip
    await drain(still_house, stations, school)
    await owner.execute("UPDATE guardianships SET gets_notices = false WHERE school_id = $1", school)
    clock.advance(timedelta(hours=1))
    await drain(still_house, stations, school)
    found = {
        told: (await states(owner, school, told))[world.parent.person_id] for told in (recalled, read, revoked, late)
    }
    assert found == {
        recalled: ("skipped", "recalled"),
        read: ("skipped", "already_read"),
        revoked: ("skipped", "not_entitled"),
        late: ("dead", "too_late"),
    }
    assert fcm.phones[token].received == []


async def test_urgent_notices_leave_before_a_broadcast(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    await phone(still_house, world.parent.account_id)
    ordinary = await tell(still_house, world)
    urgent = await tell(still_house, world, urgent=True)
    from backend.core.clock import school_day
    from notifications.leases import claim

    batch = await claim(still_house.database, world.school_id, ["push"], now=NOW, today=school_day(NOW))
    order = [row.notice.notice_id for row in batch.rows]
    assert order == sorted(order, key=lambda told: told != urgent) and ordinary in order


async def test_a_notice_that_cannot_be_said_does_not_hold_up_the_others(
    still_house: House,
    stations: Stations,
    fcm: FcmTwin,
    owner: asyncpg.Connection,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await phone(still_house, world.parent.account_id)
    from notifications import push

    usual = push.on_lock_screen

    def fails_for_one(kind: str, language: str, *, title: str | None, **rest: Any) -> Any:
        if title == "poison":
            raise ValueError
        return usual(kind, language, title=title, **rest)

    monkeypatch.setattr(push, "on_lock_screen", fails_for_one)
    poison = await tell(still_house, world, title="poison")
    good = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, poison))[world.parent.person_id] == ("dead", "our_bug:ValueError")
    assert list(fcm.phones[token].shown) == [str(good)]


async def test_signing_out_ends_the_pushes(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    token = await phone(still_house, world.parent.account_id)
    session = await owner.fetchval("SELECT session_id FROM devices WHERE token = $1", token)
    await owner.execute(
        "INSERT INTO sessions (session_id, account_id, device_name, device_kind, address, method, second_factor, created_at, last_used_at, expires_at, revoked_at)"
        " VALUES ($1, $2, 'Pixel', 'app', '', 'code', false, $3, $3, $3, $3)",
        session, world.parent.account_id, NOW,
    )  # fmt: skip
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("skipped", "no_device")
    assert fcm.phones[token].received == []


async def test_a_whole_school_is_drained_in_batches(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    tokens = [await phone(still_house, person.account_id) for person in (world.parent, world.neighbour)]
    for _ in range(120):
        async with still_house.database.school(world.school_id) as tx:
            await publish(tx, notice(), WholeSchool())
    assert await drain(still_house, stations, world.school_id) == 480
    assert [len(fcm.phones[token].shown) for token in tokens] == [120, 120]
    left = await owner.fetchval(
        "SELECT count(*) FROM deliveries WHERE school_id = $1 AND state IN ('due', 'leased')", world.school_id
    )
    assert left == 0

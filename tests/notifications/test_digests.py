"""One message at the hour that a person chose: over all children and schools, the same news once, nothing that has been read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications.audience import SomePupils
from notifications.delivery import drain
from notifications.digest_round import send_due
from notifications.leases import LEASE
from notifications.outbox import publish, recall
from notifications.outcomes import Refused, TryLater
from notifications.preferences import Wishes, keep
from notifications.receipts import record
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import notice, phone
from tests.notifications.ears import Ear, listening, steps
from tests.notifications.test_outbox import bond
from tests.twins.fcm import FcmTwin

EVENING = timedelta(hours=10, minutes=30)  # half past six, seen from eight in the morning
SPREAD = timedelta(minutes=10)
ALL_DIGEST = Wishes({"announcement": "digest", "mark": "digest", "message": "digest"}, digest_minute=18 * 60 + 30)


@pytest.fixture(autouse=True)
async def no_other_digests(owner: asyncpg.Connection) -> None:
    """The round looks at everybody's."""
    await owner.execute("DELETE FROM digests")
    await owner.execute("DELETE FROM digest_items")


async def wish(house: House, account_id: UUID, wishes: Wishes = ALL_DIGEST) -> None:
    async with house.database.directory() as tx:
        await keep(tx, account_id, wishes, at=house.clock.now())


async def tell(house: House, school_id: int, pupil_id: UUID, **changes: Any) -> UUID:
    told = notice(created_at=house.clock.now(), **changes)
    async with house.database.school(school_id) as tx:
        await publish(tx, told, SomePupils((pupil_id,)))
    return told.notice_id


async def also_in_the_other_school(owner: asyncpg.Connection, world: World) -> None:
    """The mother has a second child there: the stranger's place is hers."""
    await owner.execute(
        "UPDATE guardians SET account_id = $3 WHERE school_id = $1 AND guardian_id = $2",
        world.other_school_id, world.stranger.person_id, world.parent.account_id,
    )  # fmt: skip


async def test_the_news_of_two_schools_and_three_children_is_one_message(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await also_in_the_other_school(owner, world)
    await bond(owner, world, world.parent, world.classmate)
    await wish(still_house, world.parent.account_id)
    token = await phone(still_house, world.parent.account_id)
    here = [await tell(still_house, world.school_id, child.pupil_id) for child in (world.child, world.classmate)]
    there = await tell(still_house, world.other_school_id, world.other_child.pupil_id, kind="mark", title=None, body=None)  # fmt: skip
    for school in (world.school_id, world.other_school_id):
        await drain(still_house, stations, school)
    assert token not in fcm.phones or fcm.phones[token].received == []
    assert await steps(owner, here[0], world.parent) == {"push": ("held", "digest")}
    assert await send_due(still_house, stations) == 0
    clock.advance(EVENING + SPREAD)
    assert await send_due(still_house, stations) == 1
    (message,) = fcm.phones[token].received
    # The same announcement about two children is one; the other school's result is another.
    assert message["notification"] == {
        "title": "Nhịp Cầu – tin từ các trường của con",
        "body": "Tin hôm nay về Minh An, Bảo Ân và Văn Đức: 1 thông báo, 1 kết quả học tập. Mở ứng dụng để xem.",
    }
    assert message["data"]["path"] == "/app"
    for told in (*here, there):
        person = world.stranger if told == there else world.parent
        assert await steps(owner, told, person) == {"push": ("sent", "digest")}
    assert await owner.fetchval("SELECT count(*) FROM digest_items WHERE account_id = $1", world.parent.account_id) == 0
    clock.advance(timedelta(days=1))
    assert await send_due(still_house, stations) == 0


async def test_what_was_read_recalled_or_taken_away_is_not_in_it(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await also_in_the_other_school(owner, world)
    await wish(still_house, world.parent.account_id)
    push = Ear("push")
    read, gone = [await tell(still_house, world.school_id, world.child.pupil_id, title=t) for t in ("a", "b")]
    foreign = await tell(still_house, world.other_school_id, world.other_child.pupil_id)
    for school in (world.school_id, world.other_school_id):
        await drain(still_house, listening(push), school)
    push.heard.clear()  # the father's, at once
    async with still_house.database.school(world.school_id) as tx:
        await record(tx, world.parent.account_id, read, "opened", at=clock.now())
        await recall(tx, gone, at=clock.now())
    await owner.execute("UPDATE guardianships SET gets_notices = false WHERE school_id = $1 AND guardian_id = $2", world.other_school_id, world.stranger.person_id)  # fmt: skip
    clock.advance(EVENING + SPREAD)
    assert await send_due(still_house, listening(push)) == 1
    assert push.heard == []
    assert (await steps(owner, read, world.parent))["push"] == ("skipped", "already_read")
    assert (await steps(owner, gone, world.parent))["push"] == ("skipped", "nothing_left")
    assert (await steps(owner, foreign, world.stranger))["push"] == ("skipped", "nothing_left")


async def test_two_digests_of_one_person_that_are_due_together_are_two_messages(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, told = Ear("push"), []
    for minute in (18 * 60, 18 * 60 + 30):  # the hour was changed in between
        await wish(still_house, world.parent.account_id, Wishes({"announcement": "digest"}, digest_minute=minute))
        told.append(await tell(still_house, world.school_id, world.child.pupil_id, title=str(minute)))
        await drain(still_house, listening(push), world.school_id)
    push.heard.clear()  # the father's, at once
    clock.advance(EVENING + SPREAD)
    assert await send_due(still_house, listening(push)) == 2
    assert len(set(push.heard)) == 2, "each under its own name"
    assert [await steps(owner, one, world.parent) for one in told] == [{"push": ("sent", "digest")}] * 2


async def test_what_does_not_wait_goes_at_once(still_house: House, owner: asyncpg.Connection, world: World) -> None:
    await wish(still_house, world.parent.account_id)
    push = Ear("push", known={world.parent.account_id})
    child = world.child.pupil_id
    urgent = await tell(still_house, world.school_id, child, urgent=True)
    absence = await tell(still_house, world.school_id, child, kind="absence", title=None, body=None)
    bill = await tell(still_house, world.school_id, child, kind="invoice", title=None, body=None)
    await tell(still_house, world.school_id, child)
    await drain(still_house, listening(push), world.school_id)
    assert {told for told, _ in push.heard} == {urgent, absence, bill}


async def test_what_would_be_no_news_by_the_next_evening_is_told_at_once(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    """Homework waits for the evening unless the family says otherwise; written after it, it is for the next morning."""
    stations = listening(Ear("push"))
    homework = {"kind": "homework", "title": None, "body": None}
    by_day = await tell(still_house, world.school_id, world.child.pupil_id, **homework)
    await drain(still_house, stations, world.school_id)
    assert await steps(owner, by_day, world.parent) == {"push": ("held", "digest")}
    clock.advance(EVENING + timedelta(minutes=30))
    late = await tell(still_house, world.school_id, world.child.pupil_id, **homework)
    await drain(still_house, stations, world.school_id)
    assert (await steps(owner, late, world.parent))["push"][0] == "sent"


async def test_a_digest_goes_by_another_free_way_and_is_never_paid_for(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await wish(still_house, world.parent.account_id)
    push, mail, sms = Ear("push"), Ear("email"), Ear("sms", price=1)
    stations = listening(push, mail, sms)
    told = await tell(still_house, world.school_id, world.child.pupil_id)
    await drain(still_house, stations, world.school_id)
    clock.advance(EVENING + SPREAD)
    push.answers, mail.answers = [Refused("address_dead", "UNREGISTERED")], [TryLater("421")]
    for _ in range(2):
        await send_due(still_house, stations)
    assert (await steps(owner, told, world.parent))["push"] == ("held", "digest")
    clock.advance(timedelta(seconds=15))
    await send_due(still_house, stations)
    assert (await steps(owner, told, world.parent))["push"] == ("sent", "digest")
    mine = [told for told, guardian in mail.heard if guardian == world.parent.account_id]
    # Twice asked, because the first answer was to come again; by the same name, so that it is shown once.
    assert len(mine) == 2 and len(set(mine)) == 1
    assert sms.heard == []


async def test_a_person_nothing_leads_to_is_named_and_not_forgotten(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await wish(still_house, world.parent.account_id)
    stations = listening(Ear("push", known=()))
    told = await tell(still_house, world.school_id, world.child.pupil_id)
    await drain(still_house, stations, world.school_id)
    clock.advance(EVENING + SPREAD)
    await send_due(still_house, stations)
    assert (await steps(owner, told, world.parent))["push"] == ("skipped", "no_device")


async def test_a_worker_that_died_with_a_digest_in_its_hands_is_followed_by_another(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    await wish(still_house, world.parent.account_id)
    push = Ear("push")
    told = await tell(still_house, world.school_id, world.child.pupil_id)
    await drain(still_house, listening(push), world.school_id)
    push.heard.clear()
    clock.advance(EVENING + SPREAD)
    with monkeypatch.context() as dying:

        async def lost(self: object) -> None:
            """The machine went away before anything was written."""

        dying.setattr("notifications.digest_round._Round._write", lost)
        await send_due(still_house, listening(push), batches_max=1)
    assert await send_due(still_house, listening(push)) == 0
    clock.advance(LEASE + timedelta(seconds=1))
    assert await send_due(still_house, listening(push)) == 1
    assert len(push.heard) == 2 and len(set(push.heard)) == 1
    assert (await steps(owner, told, world.parent))["push"] == ("sent", "digest")
